import icon from "../../pages/icon.svg";
import { t } from "./words";

/** What is seen until the app is there: index.html begins with the same. */
export const Splash = () => (
  <div className="splash" role="progressbar" aria-label={t("waiting")}>
    <img src={icon} alt="" width={32} height={32} />
    <span>{t("app.name")}</span>
  </div>
);
