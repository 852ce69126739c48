// Confirms that it is still them, for what a stolen session must not do; or has them
// sign in again, where their session is over. Then what waited for it goes on.
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
import { answerStepUp, giveUpSignIn, me, resume } from "./app";
import { call } from "./client/jmap";
import {
  beginSession,
  hasPasskeys,
  usePasskey as answerByPasskey,
} from "./client/passkey";
import { textOf } from "./client/problem";
import { t } from "./words";

interface Asked {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly byPasskey: string;
  readonly byPassword: string;
  readonly take: (how: SessionBegin) => Promise<void>;
  readonly giveUp: () => void;
}

const confirming = (): Asked => ({
  id: "step-up",
  title: t("stepUp.title"),
  text: t("stepUp.text"),
  byPasskey: t("stepUp.passkey"),
  byPassword: t("stepUp.confirm"),
  take: async (how) => {
    await call("session.stepup", how);
    answerStepUp(true);
  },
  giveUp: () => answerStepUp(false),
});

const signingIn = (): Asked => ({
  id: "sign-in-again",
  title: t("again.title"),
  text: t("again.text", { name: me().name }),
  byPasskey: t("signIn.passkey"),
  byPassword: t("signIn.enter"),
  take: async (how) => {
    await beginSession(how);
    await resume();
  },
  giveUp: giveUpSignIn,
});

export default function StepUp({ again = false }: { again?: boolean }) {
  const asked = again ? signingIn() : confirming();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");

  const confirm = async (how: () => Promise<SessionBegin>) => {
    setBusy(true);
    setWrong("");
    try {
      await asked.take(await how());
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
        if (!open) asked.giveUp();
      }}
    >
      <DialogSurface className="narrow" id={asked.id}>
        <form onSubmit={submit}>
          <DialogBody>
            <DialogTitle>{asked.title}</DialogTitle>
            <DialogContent className="fields">
              <p>{asked.text}</p>
              {wrong !== "" && (
                <p className="wrong" role="alert">
                  {wrong}
                </p>
              )}
              {hasPasskeys() && (
                <Button
                  id={`${asked.id}-passkey`}
                  appearance="primary"
                  icon={<Key20Regular />}
                  disabledFocusable={busy}
                  onClick={() => void confirm(() => answerByPasskey())}
                >
                  {asked.byPasskey}
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
                {asked.byPassword}
              </Button>
              <Button onClick={asked.giveUp}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
