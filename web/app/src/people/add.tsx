// Adding one: a person, a guest or a program; a person gets a link to enrol by.
import { Field, Input, Radio, RadioGroup } from "@fluentui/react-components";
import { useState } from "react";

import type { Principal, TokenIssued, UnitId } from "../../../../clients/types";
import { tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { isSilent, textOf } from "../client/problem";
import { navigate } from "../router";
import { sayTaken } from "./acts";
import { put } from "./directory";
import { enrolLink, Secret, UnitField } from "./fields";
import { Shown } from "./shown";
import { p } from "./words";

interface Added {
  readonly one: Principal;
  readonly invitation?: TokenIssued;
  readonly wrong?: string;
}

/** They are there, whatever becomes of the invitation. */
async function invite(one: Principal): Promise<Added> {
  try {
    const invitation = await call("invitation.issue", { principal: one.id });
    return { one, invitation };
  } catch (error) {
    return { one, wrong: isSilent(error) ? "" : textOf(error) };
  }
}

const KINDS = ["person", "guest", "service"] as const;
type Kind = (typeof KINDS)[number];

const isKind = (text: string): text is Kind =>
  (KINDS as readonly string[]).includes(text);

export function AddOne({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("person");
  const [added, setAdded] = useState<Added>();
  if (added !== undefined) {
    const { one, invitation, wrong } = added;
    return (
      <Shown title={p("add.done", { name: one.name })} onClose={onClose}>
        {invitation === undefined ? (
          <p className="wrong" role="alert">
            {p("add.noLink")} {wrong}
          </p>
        ) : (
          <Secret
            id="invitation"
            text={p("invite.give", { name: one.name })}
            secret={enrolLink(invitation.secret)}
            expires={invitation.expires}
          />
        )}
      </Shown>
    );
  }
  const signsIn = kind !== "service";
  return (
    <Asking
      title={p("add.title")}
      button={p(signsIn ? "add.invite" : "add.add")}
      say={sayTaken}
      onClose={onClose}
      onDone={async (form) => {
        const unit = given(form, "unit") as UnitId | "";
        const one = await call("principal.create", {
          kind,
          name: given(form, "name").trim(),
          ...(signsIn ? { login: given(form, "login").trim() } : {}),
          ...(unit === "" ? {} : { unit }),
        });
        put(one);
        if (signsIn) {
          setAdded(await invite(one));
          return;
        }
        onClose();
        const text = p("add.done", { name: one.name });
        tell({ intent: "success", text });
        navigate(`/app/people/${one.id}`);
      }}
    >
      <Field label={p("kind.label")}>
        <RadioGroup
          value={kind}
          onChange={(_, { value }) => isKind(value) && setKind(value)}
        >
          {KINDS.map((one) => (
            <Radio key={one} value={one} label={p(`kind.${one}.long`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={p("name.label")} required>
        <Input name="name" required maxLength={255} autoComplete="off" />
      </Field>
      {signsIn && (
        <Field label={p("login.label")} hint={p("login.hint")} required>
          <Input name="login" required maxLength={255} autoComplete="off" />
        </Field>
      )}
      <UnitField />
    </Asking>
  );
}
