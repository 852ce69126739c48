// Signing in: by a passkey, which the browser offers in the field of the name too,
// or by name, password and code.
import { Button, Field, Input, Spinner } from "@fluentui/react-components";
import { Key20Regular } from "@fluentui/react-icons";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";

import icon from "../../pages/icon.svg";
import type { SessionBegin } from "../../../clients/types";
import { begin, HOME } from "./app";
import {
  beginSession,
  hasPasskeys,
  offersPasskeys,
  usePasskey as answerByPasskey,
} from "./client/passkey";
import { textOf } from "./client/problem";
import { currentPlace, Link, navigate, ownAddress } from "./router";
import { t } from "./words";

// A challenge lasts five minutes.
const OFFER_MS = 4 * 60 * 1000;

const fieldOf = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
};

/**
 * Offers passkeys in the field of the name for as long as nothing else is tried:
 * what one of them answers, if one does.
 */
async function offer(signal: AbortSignal): Promise<SessionBegin | undefined> {
  if (!(await offersPasskeys())) return undefined;
  while (!signal.aborted) {
    const late = AbortSignal.timeout(OFFER_MS);
    const either = new AbortController();
    const end = () => either.abort();
    signal.addEventListener("abort", end);
    late.addEventListener("abort", end);
    try {
      return await answerByPasskey({ signal: either.signal, conditional: true });
    } catch {
      // Nobody asked for it: there is the button.
      if (!late.aborted) return undefined;
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
  return undefined;
}

export default function SignIn() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const [tries, setTries] = useState(0);
  /** how often what was typed was wrong */
  const [mistyped, setMistyped] = useState(0);
  const offered = useRef(new AbortController());

  const tryTo = useCallback(async (how: () => Promise<SessionBegin>) => {
    offered.current.abort();
    setBusy(true);
    setWrong("");
    try {
      await beginSession(await how());
      await begin();
      const next = ownAddress(currentPlace().query.get("next"));
      navigate(next ?? HOME, true);
      return true;
    } catch (error) {
      setWrong(textOf(error));
      setBusy(false);
      setTries((before) => before + 1);
      return false;
    }
  }, []);

  useEffect(() => {
    document.title = `${t("signIn.title")} · ${t("app.name")}`;
  }, []);

  useEffect(() => {
    const mine = (offered.current = new AbortController());
    void offer(mine.signal).then((how) => {
      if (how !== undefined) void tryTo(async () => how);
    });
    return () => mine.abort();
  }, [tryTo, tries]);

  // A code is good once: the next one is typed anew.
  useEffect(() => {
    if (mistyped > 0) document.getElementById("password")?.focus();
  }, [mistyped]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = {
      login: fieldOf(form, "login").trim(),
      password: fieldOf(form, "password"),
      code: fieldOf(form, "code").replace(/\s/g, ""),
    };
    void tryTo(async () => typed).then((is) => {
      if (!is) setMistyped((before) => before + 1);
    });
  };

  return (
    <main className="sign-in">
      <div className="card">
        <div className="mark">
          <img src={icon} alt="" width={32} height={32} />
          <span>{t("app.name")}</span>
        </div>
        <h1>{t("signIn.title")}</h1>
        {wrong !== "" && (
          <p className="wrong" role="alert" id="wrong">
            {wrong}
          </p>
        )}
        {hasPasskeys() && (
          <>
            <Button
              id="passkey"
              appearance="primary"
              size="large"
              icon={<Key20Regular />}
              disabledFocusable={busy}
              onClick={() => void tryTo(() => answerByPasskey())}
            >
              {t("signIn.passkey")}
            </Button>
            <div className="or">{t("signIn.or")}</div>
          </>
        )}
        <form onSubmit={submit}>
          <Field label={t("signIn.login")}>
            <Input
              id="login"
              name="login"
              autoComplete="username webauthn"
              autoCapitalize="none"
              spellCheck={false}
              required
            />
          </Field>
          <Field label={t("signIn.password")}>
            <Input
              id="password"
              name="password"
              type="password"
              autoComplete="current-password"
              required
            />
          </Field>
          <Field label={t("signIn.code")} hint={t("signIn.codeHint")}>
            <Input
              key={mistyped}
              id="code"
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
            />
          </Field>
          <Button
            id="enter"
            type="submit"
            disabledFocusable={busy}
            icon={busy ? <Spinner size="tiny" /> : null}
          >
            {t("signIn.enter")}
          </Button>
        </form>
        <Link id="lost" className="text-link" href="/app/enrol?code">
          {t("signIn.lost")}
        </Link>
      </div>
    </main>
  );
}
