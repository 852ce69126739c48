// Enrolment: an invitation or a recovery code becomes something to sign in with;
// then one signs in with it, and gets recovery codes to keep.
import { Button, Checkbox, Field, Input } from "@fluentui/react-components";
import { Key20Regular } from "@fluentui/react-icons";
import { type FormEvent, useCallback, useEffect, useState } from "react";

import type { SessionInfo, TotpMade } from "../../../../clients/types";
import { agentText } from "../agent";
import { begin, HOME, SIGN_IN } from "../app";
import { call, callAs } from "../client/jmap";
import {
  addPasskey,
  beginSession,
  usePasskey as answerByPasskey,
} from "../client/passkey";
import { isCode, textOf } from "../client/problem";
import { Link, navigate, ownAddress, usePlace } from "../router";
import { Codes } from "../security/codes";
import { AppKey } from "../security/qr";
import { Waiting } from "../waiting";
import { codeOf, fieldOf, Frame, useTry } from "./frame";
import { type Ground, GroundBar, groundOf, isGround } from "./ground";
import { hand, secretOf, useHeld } from "./secret";
import { s } from "./words";

const isUnknown = (error: unknown): boolean =>
  isCode(error, "UNAUTHENTICATED", "EXPIRED");

// ---- the code

function Ask({
  wrong,
  onGiven,
}: {
  wrong: boolean;
  onGiven: (secret: string) => void;
}) {
  const recovers = usePlace().query.has("code");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onGiven(secretOf(fieldOf(event.currentTarget, "secret")));
  };
  const text = wrong
    ? s(recovers ? "enrol.wrongCode" : "enrol.wrong")
    : "";
  return (
    <Frame title={s(recovers ? "enrol.recover" : "enrol.ask")} wrong={text}>
      <p className="hint">
        {s(
          recovers
            ? "enrol.recoverText"
            : wrong
              ? "enrol.wrongDo"
              : "enrol.askText",
        )}
      </p>
      <form id="open" onSubmit={submit}>
        <Field label={s(recovers ? "enrol.recoverField" : "enrol.askField")}>
          <Input
            id="secret"
            name="secret"
            className="mono"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        </Field>
        <Button id="open-go" type="submit" appearance="primary">
          {s("go")}
        </Button>
      </form>
      {recovers && <p className="hint">{s("enrol.recoverNone")}</p>}
      <Link className="text-link" href={SIGN_IN}>
        {s("enrol.signIn")}
      </Link>
    </Frame>
  );
}

// ---- the ways

interface StepProps {
  readonly person: SessionInfo;
  readonly secret: string;
  readonly go: (step: Step) => void;
}

/** What one signs in with, now that it is there. */
type Step =
  | { readonly is: "choose" }
  | { readonly is: "password" }
  | { readonly is: "app"; readonly password: string; readonly made: TotpMade }
  | { readonly is: "sign in"; readonly password?: string }
  | { readonly is: "codes"; readonly codes: string };

async function codesOf(): Promise<Step> {
  const { codes = "" } = await call("recovery.make", {});
  return { is: "codes", codes };
}

function Choose({ person, secret, go }: StepProps) {
  const { first } = useHeld();
  const [ground, setGround] = useState<Ground>(groundOf);
  const [label, setLabel] = useState(() => agentText(navigator.userAgent));
  const { busy, wrong, tryTo } = useTry();
  const register = () =>
    tryTo(async () => {
      try {
        await addPasskey(person, label.trim() || s("steps.passkey"), secret);
      } catch (error) {
        if (!isGround(error)) throw error;
        setGround("certificate");
        return;
      }
      try {
        await beginSession(await answerByPasskey());
      } catch {
        // Some browsers want a press of its own for it.
        go({ is: "sign in" });
        return;
      }
      go(await codesOf());
    });
  return (
    <Frame
      title={s("enrol.hello", { name: person.name })}
      step={first ? 2 : undefined}
      wrong={wrong}
    >
      {ground === "good" ? (
        <>
          <p>{s(first ? "enrol.first" : "enrol.choose")}</p>
          <Field label={s("enrol.label")}>
            <Input
              id="label"
              autoComplete="off"
              maxLength={100}
              value={label}
              onChange={(_, { value }) => setLabel(value)}
            />
          </Field>
          <Button
            id="passkey"
            appearance="primary"
            size="large"
            icon={<Key20Regular />}
            disabledFocusable={busy}
            onClick={() => void register()}
          >
            {s("enrol.passkey")}
          </Button>
          <p className="hint">{s("enrol.passkeyText")}</p>
        </>
      ) : (
        <>
          <GroundBar ground={ground} />
          <p>{s(first ? "ground.ask" : "enrol.otherOnly")}</p>
        </>
      )}
      {!first && (
        <>
          {ground === "good" && <div className="or">{s("or")}</div>}
          <Button id="other" onClick={() => go({ is: "password" })}>
            {s("enrol.other")}
          </Button>
          <p className="hint">{s("enrol.otherText")}</p>
        </>
      )}
    </Frame>
  );
}

function Password({ person, secret, go }: StepProps) {
  const { busy, wrong, tryTo } = useTry();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = fieldOf(event.currentTarget, "password");
    void tryTo(async () => {
      await callAs({ secret }, "password.set", { password });
      const made = await callAs({ secret }, "totp.begin", {});
      go({ is: "app", password, made });
    });
  };
  return (
    <Frame title={s("enrol.password")} wrong={wrong}>
      <p className="hint">{s("enrol.passwordText")}</p>
      <form id="set" onSubmit={submit}>
        <Field label={s("enrol.login")}>
          <Input
            id="login"
            name="login"
            autoComplete="username"
            value={person.login ?? ""}
            readOnly
          />
        </Field>
        <Field label={s("enrol.passwordField")} hint={s("enrol.passwordHint")}>
          <Input
            id="password"
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={10}
            required
          />
        </Field>
        <div className="buttons ends">
          <Button onClick={() => go({ is: "choose" })}>{s("back")}</Button>
          <Button
            id="set-go"
            type="submit"
            appearance="primary"
            disabledFocusable={busy}
          >
            {s("go")}
          </Button>
        </div>
      </form>
    </Frame>
  );
}

function CodeForm({
  id,
  label,
  button,
  busy,
  onCode,
}: {
  id: string;
  label: string;
  button: string;
  busy: boolean;
  onCode: (code: string) => void;
}) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onCode(codeOf(event.currentTarget, "code"));
      }}
    >
      <Field label={label}>
        <Input
          id={id}
          name="code"
          className="mono"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={9}
          required
        />
      </Field>
      <Button
        id={`${id}-go`}
        type="submit"
        appearance="primary"
        disabledFocusable={busy}
      >
        {button}
      </Button>
    </form>
  );
}

function AppStep({
  secret,
  step,
  go,
}: StepProps & { step: Extract<Step, { is: "app" }> }) {
  const { busy, wrong, tryTo } = useTry();
  const confirm = (code: string) =>
    tryTo(async () => {
      await callAs({ secret }, "totp.confirm", { code });
      go({ is: "sign in", password: step.password });
    });
  return (
    <Frame title={s("enrol.app")} wrong={wrong}>
      <p className="hint">{s("enrol.appText")}</p>
      <AppKey made={step.made} />
      <CodeForm
        id="code"
        label={s("enrol.code")}
        button={s("enrol.confirm")}
        busy={busy}
        onCode={(code) => void confirm(code)}
      />
    </Frame>
  );
}

function SignInStep({
  person,
  step: { password },
  go,
}: StepProps & { step: Extract<Step, { is: "sign in" }> }) {
  const { first } = useHeld();
  const { busy, wrong, tryTo } = useTry();
  return (
    <Frame
      title={s("enrol.signTitle")}
      step={first ? 2 : undefined}
      wrong={wrong}
    >
      {password === undefined ? (
        <>
          <p>{s("enrol.signPasskey")}</p>
          <Button
            id="sign-in-passkey"
            appearance="primary"
            size="large"
            icon={<Key20Regular />}
            disabledFocusable={busy}
            onClick={() =>
              void tryTo(async () => {
                await beginSession(await answerByPasskey());
                go(await codesOf());
              })
            }
          >
            {s("enrol.signPasskeyDo")}
          </Button>
        </>
      ) : (
        <>
          <p>{s("enrol.signCode")}</p>
          <CodeForm
            id="next-code"
            label={s("enrol.nextCode")}
            button={s("enrol.signTitle")}
            busy={busy}
            onCode={(code) =>
              void tryTo(async () => {
                const { login = "" } = person;
                await beginSession({ login, password, code });
                go(await codesOf());
              })
            }
          />
        </>
      )}
    </Frame>
  );
}

function KeepCodes({ name, codes }: { name: string; codes: string }) {
  const { first } = useHeld();
  const { query } = usePlace();
  const [kept, setKept] = useState(false);
  const { busy, wrong, tryTo } = useTry();
  const leave = () =>
    tryTo(async () => {
      await begin();
      navigate(ownAddress(query.get("next")) ?? HOME, true);
    });
  return (
    <Frame
      title={s("enrol.codes")}
      step={first ? 3 : undefined}
      wrong={wrong}
    >
      <p>{s("enrol.codesText")}</p>
      <Codes codes={codes} name={name} />
      <Checkbox
        id="kept"
        label={s("enrol.kept")}
        checked={kept}
        onChange={(_, { checked }) => setKept(checked === true)}
      />
      <Button
        id="kept-go"
        appearance="primary"
        size="large"
        disabled={!kept}
        disabledFocusable={busy}
        onClick={() => void leave()}
      >
        {s("go")}
      </Button>
    </Frame>
  );
}

// ---- from the beginning

function Steps({ person, secret }: { person: SessionInfo; secret: string }) {
  const [step, go] = useState<Step>({ is: "choose" });
  const props = { person, secret, go };
  switch (step.is) {
    case "choose":
      return <Choose {...props} />;
    case "password":
      return <Password {...props} />;
    case "app":
      return <AppStep {...props} step={step} />;
    case "sign in":
      return <SignInStep {...props} step={step} />;
    case "codes":
      return <KeepCodes name={person.name} codes={step.codes} />;
  }
}

export default function Enrol() {
  const { secret } = useHeld();
  const [person, setPerson] = useState<SessionInfo>();
  const [wrong, setWrong] = useState<unknown>();
  const look = useCallback(async () => {
    setPerson(undefined);
    setWrong(undefined);
    if (secret === "") return;
    try {
      setPerson(await callAs({ secret }, "session.get", {}));
    } catch (error) {
      setWrong(error);
    }
  }, [secret]);
  useEffect(() => void look(), [look]);
  useEffect(() => () => hand(""), []);
  if (person !== undefined)
    return <Steps key={secret} person={person} secret={secret} />;
  if (wrong !== undefined && !isUnknown(wrong))
    return (
      <Frame title={s("enrol.ask")} wrong={textOf(wrong)}>
        <Button onClick={() => void look()}>{s("again")}</Button>
      </Frame>
    );
  return secret !== "" && wrong === undefined ? (
    <Waiting />
  ) : (
    <Ask
      wrong={wrong !== undefined}
      onGiven={(given) => (given === secret ? void look() : hand(given))}
    />
  );
}
