// My security: where one is signed in, and what one signs in with.
import {
  Button,
  Field,
  Input,
} from "@fluentui/react-components";
import { useCallback, useEffect, useState } from "react";

import type {
  Cause,
  Credential,
  CredentialKind,
  Session,
  TotpMade,
} from "../../../../clients/types";
import { agentText } from "../agent";
import { app, attempt, me, tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { addPasskey, hasPasskeys } from "../client/passkey";
import { timeText } from "../format";
import { Name } from "../name";
import { useStore } from "../store";
import { t } from "../words";
import { Codes } from "./codes";
import { AppKey } from "./qr";

/** Who signs in again is told all anew. */
const useSession = () => useStore(app, (value) => value.session?.session);

// ---- sessions

function Sessions() {
  const [list, setList] = useState<readonly Session[]>([]);
  const load = useCallback(
    (cause: Cause = "prefetch") =>
      attempt(async () => {
        const who = { principal: me().principal };
        const page = await call("session.list", who, cause);
        setList(page.list);
      }),
    [],
  );
  const session = useSession();
  useEffect(() => void load("user"), [load, session]);
  const end = (session: Session) =>
    attempt(async () => {
      await call("session.revoke", { session: session.id });
      await load();
    });
  const endAll = () =>
    attempt(async () => {
      const { count } = await call("session.revoke_all", {
        principal: me().principal,
      });
      tell({ intent: "success", text: t("security.ended", { count }) });
      await load();
    });
  return (
    <section>
      <h2>{t("security.sessions")}</h2>
      <ul className="rows-of" id="sessions">
        {list.map((session) => {
          const name = session.current
            ? t("security.here")
            : agentText(session.agent);
          return (
            <li key={session.id}>
              <div>
                <Name text={name} />
                <span className="hint">
                  <bdi>
                    {t("security.session", {
                      address: session.address ?? t("security.somewhere"),
                      label: nameOf(session),
                      used: timeText(session.used),
                    })}
                  </bdi>
                </span>
              </div>
              {!session.current && (
                <Button
                  aria-label={t("security.endOne", { name })}
                  onClick={() => void end(session)}
                >
                  {t("security.end")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {list.length > 1 && (
        <Button id="end-all" onClick={() => void endAll()}>
          {t("security.endAll")}
        </Button>
      )}
    </section>
  );
}

// ---- what one signs in with

interface CredentialsProps {
  readonly list: readonly Credential[];
  readonly load: () => Promise<void>;
}

const liveOf = (
  list: readonly Credential[],
  kind: CredentialKind,
): readonly Credential[] =>
  list.filter((one) => one.kind === kind && !one.ended);

/** The server's own labels of what one has only one of are for programs. */
function nameOf({ kind, label }: Pick<Credential, "kind" | "label">): string {
  if (kind === "password") return t("security.kindPassword");
  return kind === "totp" ? t("security.kindTotp") : label;
}

function CredentialRow({
  credential,
  load,
}: {
  credential: Credential;
  load: () => Promise<void>;
}) {
  const [asks, setAsks] = useState(false);
  const name = nameOf(credential);
  return (
    <li>
      <div>
        <Name text={name} />
        <span className="hint">
          {credential.pending
            ? t("security.pending")
            : credential.used === undefined
              ? t("security.unused")
              : t("security.used", { used: timeText(credential.used) })}
        </span>
      </div>
      <Button
        aria-label={t("security.removeOne", { name })}
        onClick={() => setAsks(true)}
      >
        {t("security.remove")}
      </Button>
      {asks && (
        <Asking
          title={t("security.removeTitle", { name })}
          button={t("security.remove")}
          onClose={() => setAsks(false)}
          onDone={async () => {
            await call("credential.end", { credential: credential.id });
            setAsks(false);
            tell({ intent: "success", text: t("security.removed", { name }) });
            await load();
          }}
        >
          <p>{t("security.removeText")}</p>
        </Asking>
      )}
    </li>
  );
}

function Rows({ list, load }: CredentialsProps) {
  if (list.length === 0) return <p className="hint">{t("security.none")}</p>;
  return (
    <ul className="rows-of">
      {list.map((one) => (
        <CredentialRow key={one.id} credential={one} load={load} />
      ))}
    </ul>
  );
}

function Passkeys({ list, load }: CredentialsProps) {
  const [asks, setAsks] = useState(false);
  return (
    <section id="passkeys">
      <h2>{t("security.passkeys")}</h2>
      <Rows list={liveOf(list, "passkey")} load={load} />
      {hasPasskeys() && (
        <Button id="passkey-add" onClick={() => setAsks(true)}>
          {t("security.passkeyAdd")}
        </Button>
      )}
      {asks && (
        <Asking
          title={t("security.passkeyAdd")}
          button={t("security.passkeyAdd")}
          onClose={() => setAsks(false)}
          onDone={async (form) => {
            await addPasskey(me(), given(form, "label"));
            setAsks(false);
            tell({ intent: "success", text: t("security.passkeyAdded") });
            await load();
          }}
        >
          <Field label={t("security.passkeyName")}>
            <Input
              name="label"
              required
              maxLength={100}
              defaultValue={t("security.passkeyDefault")}
            />
          </Field>
        </Asking>
      )}
    </section>
  );
}

function PasswordAndApp({ list, load }: CredentialsProps) {
  const [asks, setAsks] = useState(false);
  const [totp, setTotp] = useState<TotpMade>();
  const password = liveOf(list, "password");
  const apps = liveOf(list, "totp");
  return (
    <section id="password">
      <h2>{t("security.password")}</h2>
      <p className="hint">{t("security.passwordText")}</p>
      <Rows list={[...password, ...apps]} load={load} />
      <span className="buttons">
        <Button id="password-set" onClick={() => setAsks(true)}>
          {t(
            password.length > 0
              ? "security.passwordChange"
              : "security.passwordSet",
          )}
        </Button>
        <Button
          id="totp-set"
          onClick={() =>
            void attempt(async () => setTotp(await call("totp.begin", {})))
          }
        >
          {t(apps.length > 0 ? "security.totpChange" : "security.totpSet")}
        </Button>
      </span>
      {asks && (
        <Asking
          title={t("security.passwordNew")}
          button={t("security.confirm")}
          onClose={() => setAsks(false)}
          onDone={async (form) => {
            const text = given(form, "password");
            await call("password.set", { password: text });
            setAsks(false);
            tell({ intent: "success", text: t("security.passwordDone") });
            await load();
          }}
        >
          <input
            className="unseen"
            autoComplete="username"
            defaultValue={me().login ?? ""}
            tabIndex={-1}
            aria-hidden="true"
            readOnly
          />
          <Field
            label={t("security.passwordNew")}
            hint={t("security.passwordHint")}
          >
            <Input
              name="password"
              type="password"
              autoComplete="new-password"
              required
            />
          </Field>
        </Asking>
      )}
      {totp !== undefined && (
        <Asking
          title={t("security.totpSet")}
          button={t("security.confirm")}
          onClose={() => setTotp(undefined)}
          onDone={async (form) => {
            const code = given(form, "code").replace(/\s/g, "");
            await call("totp.confirm", { code });
            setTotp(undefined);
            tell({ intent: "success", text: t("security.totpDone") });
            await load();
          }}
        >
          <p>{t("security.totpText")}</p>
          <AppKey made={totp} />
          <Field label={t("security.totpCode")}>
            <Input
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
            />
          </Field>
        </Asking>
      )}
    </section>
  );
}

function Shown({ id, text }: { id: string; text: string }) {
  return (
    <div className="shown" role="status">
      <pre id={id}>{text}</pre>
      <Button
        onClick={() =>
          void attempt(async () => {
            await navigator.clipboard.writeText(text);
            tell({ intent: "success", text: t("security.appCopied") });
          })
        }
      >
        {t("security.appCopy")}
      </Button>
    </div>
  );
}

function Recovery({ list, load }: CredentialsProps) {
  const [codes, setCodes] = useState("");
  const count = liveOf(list, "recovery").length;
  useEffect(() => {
    if (codes !== "") document.getElementById("codes")?.focus();
  }, [codes]);
  return (
    <section id="recovery">
      <h2>{t("security.recovery")}</h2>
      <p className="hint">
        {t("security.recoveryText")} {t("security.recoveryLeft", { count })}
      </p>
      {codes !== "" && (
        <>
          <p>{t("security.recoveryShown")}</p>
          <Codes codes={codes} name={me().name} />
        </>
      )}
      <Button
        id="recovery-make"
        onClick={() =>
          void attempt(async () => {
            setCodes((await call("recovery.make", {})).codes ?? "");
            await load();
          })
        }
      >
        {t("security.recoveryMake")}
      </Button>
    </section>
  );
}

function AppPasswords({ list, load }: CredentialsProps) {
  const [asks, setAsks] = useState(false);
  const [secret, setSecret] = useState("");
  return (
    <section id="app-passwords">
      <h2>{t("security.apps")}</h2>
      <p className="hint">{t("security.appsText")}</p>
      <Rows list={liveOf(list, "app_password")} load={load} />
      {secret !== "" && (
        <>
          <p>{t("security.appShown")}</p>
          <Shown id="app-secret" text={secret} />
        </>
      )}
      <Button id="app-add" onClick={() => setAsks(true)}>
        {t("security.appAdd")}
      </Button>
      {asks && (
        <Asking
          title={t("security.appAdd")}
          button={t("security.make")}
          onClose={() => setAsks(false)}
          onDone={async (form) => {
            const made = await call("app_password.issue", {
              label: given(form, "label"),
              families: ["files"],
            });
            setAsks(false);
            setSecret(made.secret ?? "");
            await load();
          }}
        >
          <Field label={t("security.appName")}>
            <Input name="label" required maxLength={100} />
          </Field>
        </Asking>
      )}
    </section>
  );
}

export default function SecurityPage() {
  const [list, setList] = useState<readonly Credential[]>([]);
  const load = useCallback(
    (cause: Cause = "prefetch") =>
      attempt(async () => {
        const who = { principal: me().principal };
        const page = await call("credential.list", who, cause);
        setList(page.list);
      }),
    [],
  );
  const session = useSession();
  useEffect(() => {
    document.title = `${t("security.title")} · ${t("app.name")}`;
  }, []);
  useEffect(() => void load("user"), [load, session]);
  return (
    <main className="page" id="main" tabIndex={-1}>
      <h1>{t("security.title")}</h1>
      <Sessions />
      <Passkeys list={list} load={load} />
      <PasswordAndApp list={list} load={load} />
      <Recovery list={list} load={load} />
      <AppPasswords list={list} load={load} />
    </main>
  );
}
