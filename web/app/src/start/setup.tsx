// The ceremony: who has the installation's token says under which name people will
// reach this, makes the first administrator, and enrols as that person.
import { Button, Field, Input, Link as TextLink } from "@fluentui/react-components";
import { type FormEvent, useState } from "react";

import type { PrincipalId, Relation } from "../../../../clients/types";
import { SIGN_IN } from "../app";
import { callAs } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { Link, navigate } from "../router";
import { fieldOf, Frame, useTry } from "./frame";
import { GroundBar, groundOf } from "./ground";
import { hand, secretOf, useHeld } from "./secret";
import { s } from "./words";

const ROLES: readonly Relation[] = [
  "user_admin",
  "log_reader",
  "security_responder",
  "operator",
];

/** The person, who may have been made by a try before this one. */
async function person(
  name: string,
  login: string,
  secret: string,
): Promise<PrincipalId> {
  try {
    const args = { kind: "person", name, login } as const;
    return (await callAs({ secret }, "principal.create", args)).id;
  } catch (error) {
    if (!isCode(error, "EXISTS")) throw error;
    const args = { limit: 500 };
    const page = await callAs({ secret }, "principal.list", args, "prefetch");
    const found = page.list.find((one) => one.login === login && !one.ended);
    if (found === undefined) throw error;
    return found.id;
  }
}

async function giveRoles(principal: PrincipalId, secret: string) {
  const args = { principal };
  const page = await callAs({ secret }, "role.list", args, "prefetch");
  const has = new Set(page.list.map((grant) => grant.relation));
  for (const relation of ROLES)
    if (!has.has(relation))
      await callAs({ secret }, "role.grant", { principal, relation });
}

async function makeFirst(
  name: string,
  login: string,
  secret: string,
): Promise<string> {
  const principal = await person(name, login, secret);
  await giveRoles(principal, secret);
  const issued = await callAs({ secret }, "invitation.issue", { principal });
  return issued.secret ?? "";
}

// ---- the address

function Address({ onDone }: { onDone: () => void }) {
  const ground = groundOf();
  const local = location.hostname === "localhost";
  const where = { key: "hostname", file: "chancery.conf" };
  return (
    <Frame title={s("setup.title")} step={0}>
      <p>{s("setup.reach")}</p>
      <p className="address" id="address">
        <bdi>{location.origin}</bdi>
      </p>
      {ground !== "good" ? (
        <GroundBar ground={ground} />
      ) : (
        <>
          <p>{s(local ? "setup.local" : "setup.named")}</p>
          <p className="hint">
            {s(local ? "setup.localChange" : "setup.namedChange", where)}
          </p>
          <Button
            id="address-right"
            appearance="primary"
            size="large"
            onClick={onDone}
          >
            {s(local ? "setup.tryOut" : "setup.confirm")}
          </Button>
        </>
      )}
    </Frame>
  );
}

// ---- the person

const wrongOf = (error: unknown): string =>
  isCode(error, "UNAUTHENTICATED", "EXPIRED")
    ? s("setup.tokenWrong")
    : textOf(error);

function You({ onBack }: { onBack: () => void }) {
  const { secret } = useHeld();
  const { busy, wrong, tryTo } = useTry();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    void tryTo(async () => {
      const name = fieldOf(form, "name").trim();
      const login = fieldOf(form, "login").trim();
      const token = secretOf(fieldOf(form, "token")) || secret;
      hand(await makeFirst(name, login, token), true);
      navigate("/app/enrol?next=/app/start");
    }, wrongOf);
  };
  return (
    <Frame title={s("setup.you")} step={1} wrong={wrong}>
      <p className="hint">{s("setup.youText")}</p>
      <form id="form" onSubmit={submit}>
        {(secret === "" || wrong === s("setup.tokenWrong")) && (
          <Field label={s("setup.token")} hint={s("setup.tokenHint")}>
            <Input
              id="token"
              name="token"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
            />
          </Field>
        )}
        <Field label={s("setup.name")}>
          <Input
            id="name"
            name="name"
            autoComplete="name"
            maxLength={255}
            required
          />
        </Field>
        <Field label={s("setup.login")} hint={s("setup.loginHint")}>
          <Input
            id="login"
            name="login"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={255}
            required
          />
        </Field>
        <div className="buttons ends">
          <Button onClick={onBack}>{s("back")}</Button>
          <Button
            id="you-go"
            type="submit"
            appearance="primary"
            disabledFocusable={busy}
          >
            {s("go")}
          </Button>
        </div>
      </form>
      {wrong === s("setup.tokenWrong") && (
        <TextLink as="span" inline>
          <Link href={SIGN_IN}>{s("setup.signIn")}</Link>
        </TextLink>
      )}
    </Frame>
  );
}

export default function SetUp() {
  const [confirmed, setConfirmed] = useState(false);
  return confirmed ? (
    <You onBack={() => setConfirmed(false)} />
  ) : (
    <Address onDone={() => setConfirmed(true)} />
  );
}
