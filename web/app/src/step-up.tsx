// Confirms that it is still them, for what a stolen session must not do; then what
// waited for it goes on.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from "@fluentui/react-components";
import { Key20Regular } from "@fluentui/react-icons";
import { type FormEvent, useState } from "react";

import type { SessionBegin } from "../../../clients/types";
import { answerStepUp, me } from "./app";
import { call } from "./client/jmap";
import { hasPasskeys, usePasskey as answerByPasskey } from "./client/passkey";
import { textOf } from "./client/problem";
import { t } from "./words";

export default function StepUp() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");

  const confirm = async (how: () => Promise<SessionBegin>) => {
    setBusy(true);
    setWrong("");
    try {
      await call("session.stepup", await how());
      answerStepUp(true);
    } catch (error) {
      setWrong(textOf(error));
      setBusy(false);
    }
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const given = new FormData(event.currentTarget);
    const { login } = me();
    void confirm(async () => ({
      ...(login === undefined ? {} : { login }),
      password: String(given.get("password")),
      code: String(given.get("code")).replace(/\s/g, ""),
    }));
  };

  return (
    <Dialog
      open
      modalType="alert"
      onOpenChange={(_, { open }) => {
        if (!open) answerStepUp(false);
      }}
    >
      <DialogSurface className="narrow" id="step-up">
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{t("stepUp.title")}</DialogTitle>
            <DialogContent className="fields">
              <p>{t("stepUp.text")}</p>
              {wrong !== "" && (
                <p className="wrong" role="alert">
                  {wrong}
                </p>
              )}
              {hasPasskeys() && (
                <Button
                  id="step-up-passkey"
                  appearance="primary"
                  icon={<Key20Regular />}
                  disabledFocusable={busy}
                  onClick={() => void confirm(() => answerByPasskey())}
                >
                  {t("stepUp.passkey")}
                </Button>
              )}
              <div className="or">{t("signIn.or")}</div>
              <input
                className="unseen"
                name="login"
                autoComplete="username"
                defaultValue={me().login ?? ""}
                tabIndex={-1}
                aria-hidden="true"
                readOnly
              />
              <Field label={t("signIn.password")}>
                <Input
                  name="password"
                  type="password"
                  autoComplete="current-password"
                  required
                />
              </Field>
              <Field label={t("signIn.code")}>
                <Input
                  name="code"
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  required
                />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button type="submit" disabledFocusable={busy}>
                {t("stepUp.confirm")}
              </Button>
              <Button onClick={() => answerStepUp(false)}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
