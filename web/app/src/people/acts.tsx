// What can be done with people: each asks first, in words that say what will happen.
import { Checkbox, Field, Input } from "@fluentui/react-components";
import { type ReactNode, useState } from "react";

import type {
  OperationName,
  Principal,
  TokenIssued,
  UnitId,
} from "../../../../clients/types";
import { tell } from "../app";
import { Asking, given } from "../asking";
import { type Answered, call, callEach, refusalOf } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { navigate } from "../router";
import { findPrincipal, isPerson, put, unitName } from "./directory";
import { enrolLink, Secret, UnitField } from "./fields";
import { Shown } from "./shown";
import { byTwo } from "./second";
import { p } from "./words";

export const ACTS = [
  "rename",
  "move",
  "invite",
  "recover",
  "suspend",
  "resume",
  "export",
  "end",
  "erase",
] as const;
export type Act = (typeof ACTS)[number];

/** Those that can be done with many at once. */
export const MANY: readonly Act[] = ["move", "suspend", "resume", "end"];

/** Whether it makes sense, for somebody as they are now. */
export function fits(act: Act, one: Principal): boolean {
  if (act === "erase") return one.ended === true && one.kind !== "group";
  if (one.ended) return false;
  switch (act) {
    case "resume":
      return one.kind !== "group" && one.suspended === true;
    case "suspend":
      return one.kind !== "group" && one.suspended !== true;
    case "invite":
    case "recover":
      return isPerson(one);
    case "export":
      return one.home !== undefined;
    default:
      return true;
  }
}

interface ActProps {
  readonly who: readonly Principal[];
  readonly onClose: () => void;
  /** It is done. */
  readonly onDone: () => void;
}

const countOf = (who: readonly Principal[]) => ({
  count: who.length,
  name: who[0]?.name ?? "",
});

/** Of many, some may be refused: how many, and why the first was. */
function tellEach(
  answers: readonly Answered<unknown>[],
  who: readonly Principal[],
): void {
  const refused = answers.flatMap((answer, i) => {
    const refusal = refusalOf(answer);
    return refusal === undefined ? [] : [{ refusal, name: who[i]?.name ?? "" }];
  });
  const [first] = refused;
  if (first === undefined) return;
  if (who.length === 1) throw first.refusal;
  const { refusal, name } = first;
  tell({
    intent: "error",
    text: p("act.someRefused", {
      count: refused.length,
      name,
      why: textOf(refusal),
    }),
  });
}

/** What one call takes for certain: a record has room for so many. */
const AT_ONCE = 100;

type OfPrincipal =
  | "principal.suspend"
  | "principal.resume"
  | "principal.end"
  | "principal.move"
  | "group.end";

async function doEach(
  name: OfPrincipal,
  who: readonly Principal[],
  more: { unit?: UnitId },
  changed: (one: Principal) => Principal,
): Promise<number> {
  const answers: Answered<unknown>[] = [];
  for (let i = 0; i < who.length; i += AT_ONCE)
    answers.push(
      ...(await callEach(
        name as OperationName,
        who
          .slice(i, i + AT_ONCE)
          .map((one) => ({ principal: one.id, ...more })) as never,
      )),
    );
  put(...who.filter((_, i) => answers[i]?.ok).map(changed));
  tellEach(answers, who);
  return answers.filter((one) => one.ok).length;
}

/** Asks with words alone, and does it with each. */
function Sure({
  act,
  name,
  change,
  who,
  onClose,
  onDone,
  children,
  disabled = false,
}: ActProps & {
  act: "suspend" | "resume" | "end" | "endGroup";
  name: OfPrincipal;
  change: Partial<Principal>;
  children?: ReactNode;
  disabled?: boolean;
}) {
  return (
    <Asking
      title={p(`${act}.title`, countOf(who))}
      button={p(`act.${act === "endGroup" ? "end" : act}`)}
      disabled={disabled}
      onClose={onClose}
      onDone={async () => {
        const count = await doEach(name, who, {}, (one) => ({
          ...one,
          ...change,
        }));
        if (count > 0)
          tell({
            intent: "success",
            text: p(`${act}.done`, { ...countOf(who), count }),
          });
        onDone();
      }}
    >
      <p>{p(`${act}.text`, countOf(who))}</p>
      {children}
    </Asking>
  );
}

function Suspend(props: ActProps) {
  const change = { suspended: true };
  return (
    <Sure {...props} act="suspend" name="principal.suspend" change={change} />
  );
}

function Resume(props: ActProps) {
  const change = { suspended: false };
  return <Sure {...props} act="resume" name="principal.resume" change={change} />;
}

function End(props: ActProps) {
  const [sure, setSure] = useState(false);
  const group = props.who[0]?.kind === "group";
  return (
    <Sure
      {...props}
      act={group ? "endGroup" : "end"}
      name={group ? "group.end" : "principal.end"}
      change={{ ended: true, suspended: false }}
      disabled={!sure}
    >
      <Checkbox
        checked={sure}
        label={p("end.sure")}
        onChange={(_, { checked }) => setSure(checked === true)}
      />
    </Sure>
  );
}

function Move({ who, onClose, onDone }: ActProps) {
  return (
    <Asking
      title={p("move.title", countOf(who))}
      button={p("act.move")}
      onClose={onClose}
      onDone={async (form) => {
        const unit = given(form, "unit") as UnitId | "";
        const more = unit === "" ? {} : { unit };
        const count = await doEach(
          "principal.move",
          who,
          more,
          ({ unit: _, ...rest }) => ({ ...rest, ...more }),
        );
        const place = unit === "" ? p("unit.none") : unitName(unit);
        if (count > 0)
          tell({
            intent: "success",
            text: p("move.done", { ...countOf(who), count, place }),
          });
        onDone();
      }}
    >
      <p>{p("move.text")}</p>
      <UnitField value={who[0]?.unit} />
    </Asking>
  );
}

/** A name to sign in by that somebody has already. */
export const sayTaken = (error: unknown): string =>
  isCode(error, "EXISTS")
    ? p("login.taken")
    : isCode(error, "NAME")
      ? p("login.wrong")
      : textOf(error);

function Rename({ who: [one], onClose, onDone }: ActProps) {
  if (one === undefined) return null;
  const signsIn = one.login !== undefined;
  return (
    <Asking
      title={p("rename.title", { name: one.name })}
      button={p("act.save")}
      say={sayTaken}
      onClose={onClose}
      onDone={async (form) => {
        const name = given(form, "name").trim();
        const login = given(form, "login").trim();
        const change = {
          ...(name === one.name ? {} : { name }),
          ...(!signsIn || login === one.login ? {} : { login }),
        };
        if (Object.keys(change).length > 0)
          await call("principal.rename", { principal: one.id, ...change });
        put({ ...(findPrincipal(one.id) ?? one), ...change });
        tell({ intent: "success", text: p("rename.done", { name }) });
        onDone();
      }}
    >
      <Field label={p("name.label")} required>
        <Input name="name" required maxLength={255} defaultValue={one.name} />
      </Field>
      {signsIn && (
        <Field label={p("login.label")} hint={p("login.hint")} required>
          <Input
            name="login"
            required
            maxLength={255}
            autoComplete="off"
            defaultValue={one.login ?? ""}
          />
        </Field>
      )}
    </Asking>
  );
}

// ---- links to enrol by

function LinkGiven({
  act,
  one,
  issued,
  onClose,
}: {
  act: "invite" | "recover";
  one: Principal;
  issued: TokenIssued;
  onClose: () => void;
}) {
  return (
    <Shown title={p(`${act}.shown`, { name: one.name })} onClose={onClose}>
      <Secret
        id="invitation"
        text={p("invite.give", { name: one.name })}
        secret={enrolLink(issued.secret)}
        expires={issued.expires}
      />
    </Shown>
  );
}

function Invite({ who: [one], onClose, onDone }: ActProps) {
  const [issued, setIssued] = useState<TokenIssued>();
  if (one === undefined) return null;
  if (issued !== undefined)
    return <LinkGiven act="invite" one={one} issued={issued} onClose={onDone} />;
  return (
    <Asking
      title={p("invite.title", { name: one.name })}
      button={p("invite.make")}
      say={(error) =>
        isCode(error, "STATE", "EXISTS") ? p("invite.has") : textOf(error)
      }
      onClose={onClose}
      onDone={async () =>
        setIssued(await call("invitation.issue", { principal: one.id }))
      }
    >
      <p>{p("invite.text")}</p>
    </Asking>
  );
}

function Recover({ who: [one], onClose, onDone }: ActProps) {
  const [issued, setIssued] = useState<TokenIssued>();
  if (one === undefined) return null;
  if (issued !== undefined)
    return <LinkGiven act="recover" one={one} issued={issued} onClose={onDone} />;
  return (
    <Asking
      title={p("recover.title", { name: one.name })}
      button={p("act.recover")}
      say={(error) =>
        isCode(error, "STATE") ? p("recover.never") : textOf(error)
      }
      onClose={onClose}
      onDone={async () => {
        const args = { principal: one.id };
        const made = await byTwo("recovery.issue", args, one.unit);
        if (made === undefined) onDone();
        else setIssued(made);
      }}
    >
      <p>{p("recover.text")}</p>
      <p>{p("recover.two")}</p>
    </Asking>
  );
}

// ---- for good

function Export({ who: [one], onClose, onDone }: ActProps) {
  if (one === undefined) return null;
  return (
    <Asking
      title={p("export.title", { name: one.name })}
      button={p("act.export")}
      onClose={onClose}
      onDone={async () => {
        const made = await byTwo("export.open", { principal: one.id });
        onDone();
        if (made !== undefined) navigate(`/app/files/${made.home}`);
      }}
    >
      <p>{p("export.text")}</p>
    </Asking>
  );
}

function Erase({ who: [one], onClose, onDone }: ActProps) {
  const [typed, setTyped] = useState("");
  if (one === undefined) return null;
  const word = p("erase.word");
  return (
    <Asking
      title={p("erase.title", { name: one.name })}
      button={p("act.erase")}
      disabled={typed.trim().toLowerCase() !== word}
      onClose={onClose}
      onDone={async () => {
        await call("subject.erase", { principal: one.id });
        tell({ intent: "success", text: p("erase.done", { name: one.name }) });
        onDone();
      }}
    >
      <p>{p("erase.text")}</p>
      <Field label={p("erase.type", { word })}>
        <Input
          value={typed}
          autoComplete="off"
          onChange={(_, { value }) => setTyped(value)}
        />
      </Field>
    </Asking>
  );
}

const DIALOGS: { readonly [act in Act]: (props: ActProps) => ReactNode } = {
  rename: Rename,
  move: Move,
  invite: Invite,
  recover: Recover,
  suspend: Suspend,
  resume: Resume,
  export: Export,
  end: End,
  erase: Erase,
};

export function ActDialog({ act, ...rest }: ActProps & { act: Act }) {
  const Dialog = DIALOGS[act];
  return <Dialog {...rest} />;
}
