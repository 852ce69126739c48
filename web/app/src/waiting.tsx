import { Spinner } from "@fluentui/react-components";

import { t } from "./words";

export function Waiting() {
  return (
    <div className="waiting">
      <Spinner label={t("waiting")} />
    </div>
  );
}
