// The tokens of a program: what it shows instead of signing in.
import { Button, Checkbox, Field, Input } from "@fluentui/react-components";
import { useState } from "react";

import type {
  Family,
  Principal,
  TokenIssued,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { expiring, Secret, UntilField } from "./fields";
import { useLoaded } from "./loaded";
import { Rows, Section } from "./section";
import { Shown } from "./shown";
import { p } from "./words";

const FAMILIES = [
  "files",
  "log",
  "access",
  "system",
] as const satisfies readonly Family[];

function Issue({
  one,
  onClose,
  onIssued,
}: {
  one: Principal;
  onClose: () => void;
  onIssued: (issued: TokenIssued) => void;
}) {
  const [families, setFamilies] = useState<ReadonlySet<Family>>(
    new Set(["files"]),
  );
  const toggle = (family: Family) => {
    const next = new Set(families);
    if (!next.delete(family)) next.add(family);
    setFamilies(next);
  };
  return (
    <Asking
      title={p("token.title", { name: one.name })}
      button={p("token.make")}
      disabled={families.size === 0}
      onClose={onClose}
      onDone={async (form) =>
        onIssued(
          await call("token.issue", {
            principal: one.id,
            label: given(form, "label").trim(),
            families: ["self", ...families],
            ...(form.get("read") === null ? {} : { read_only: true }),
            ...expiring(form),
          }),
        )
      }
    >
      <Field label={p("token.label")} required>
        <Input name="label" required maxLength={100} autoComplete="off" />
      </Field>
      <fieldset className="p-fieldset">
        <legend>{p("token.for")}</legend>
        {FAMILIES.map((family) => (
          <Checkbox
            key={family}
            label={p(`family.${family}`)}
            checked={families.has(family)}
            onChange={() => toggle(family)}
          />
        ))}
      </fieldset>
      <Checkbox name="read" label={p("token.readOnly")} />
      <UntilField hint={p("token.until")} max={400} />
    </Asking>
  );
}

export function Tokens({ one }: { one: Principal }) {
  const loaded = useLoaded(
    (cause) => call("token.list", { principal: one.id }, cause),
    one.id,
  );
  const [asks, setAsks] = useState(false);
  const [issued, setIssued] = useState<TokenIssued>();
  return (
    <Section
      id="tokens"
      title={p("section.tokens")}
      hint={p("section.tokensText")}
      act={
        !one.ended && (
          <Button id="token-make" onClick={() => setAsks(true)}>
            {p("token.make")}
          </Button>
        )
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list.filter((each) => !each.ended)}
        none={p("tokens.none")}
        row={(token) => (
          <li key={token.id}>
            <div>
              <Name text={token.label} />
              <span className="hint">
                {[
                  token.read_only ? p("token.readOnly") : p("token.changes"),
                  token.used === undefined
                    ? p("credential.unused")
                    : p("credential.used", { time: timeText(token.used) }),
                  ...(token.expires === undefined
                    ? []
                    : [p("until", { time: dateText(token.expires) })]),
                ].join(" · ")}
              </span>
            </div>
            <Button
              aria-label={p("credential.endOne", { name: token.label })}
              onClick={() =>
                void attempt(async () => {
                  await call("token.revoke", { credential: token.id });
                  tell({ intent: "success", text: p("credential.ended") });
                  await loaded.again();
                })
              }
            >
              {p("end")}
            </Button>
          </li>
        )}
      />
      {asks && (
        <Issue
          one={one}
          onClose={() => setAsks(false)}
          onIssued={(made) => {
            setAsks(false);
            setIssued(made);
          }}
        />
      )}
      {issued !== undefined && (
        <Shown
          title={p("token.made")}
          onClose={() => {
            setIssued(undefined);
            void loaded.again();
          }}
        >
          <Secret
            id="token"
            text={p("token.give")}
            secret={issued.secret ?? ""}
            expires={issued.expires}
          />
        </Shown>
      )}
    </Section>
  );
}
