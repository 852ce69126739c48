// What is wrong with the connection, the session or the storage, above each page: it
// goes as it came, by itself.
import { Button } from "@fluentui/react-components";

import { app, askSignIn } from "./app";
import { reach } from "./client/reach";
import { useStore } from "./store";
import { t } from "./words";

export function States() {
  const { away, full, slow } = useStore(reach, (value) => value);
  const ended = useStore(app, (value) => value.ended);
  return (
    <div className="states" role="status">
      {away && (
        <div className="state" id="away">
          {t("state.away")}
        </div>
      )}
      {ended && (
        <div className="state" id="ended">
          {t("state.ended")}
          <Button size="small" onClick={() => void askSignIn()}>
            {t("state.signIn")}
          </Button>
        </div>
      )}
      {full && (
        <div className="state" id="full">
          {t("state.full")}
        </div>
      )}
      {slow && !away && (
        <div className="slow" id="slow">
          {t("state.slow")}
        </div>
      )}
    </div>
  );
}
