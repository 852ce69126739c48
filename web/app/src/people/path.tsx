// An answer to "why": a sentence, and the way from who asks to what it is about.
import {
  Apps20Regular,
  Building20Regular,
  CheckmarkCircle20Filled,
  DismissCircle20Filled,
  Document20Regular,
  Folder20Filled,
  Organization20Regular,
  PeopleTeam20Regular,
  Person20Regular,
} from "@fluentui/react-icons";
import type { ReactNode } from "react";

import type {
  AccessAnswer,
  AccessWhy,
  App,
  Principal,
  ProofStep,
} from "../../../../clients/types";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { unitName } from "./directory";
import { readsLog, recordLink } from "./links";
import { isRole } from "./roles";
import { isPeopleKey, p } from "./words";

export interface Asked extends AccessWhy {
  readonly who: Principal;
  /** Of the folder or file. */
  readonly name?: string | undefined;
}

/** One place on the way, and how one comes to it from the place before. */
interface Stop {
  readonly kind: "person" | "group" | "folder" | "file" | "unit" | "org" | "app";
  readonly name: string;
  readonly by?: ProofStep;
  readonly how?: string;
}

function appText(name: string | undefined): string {
  const key = `app.${name ?? ""}`;
  return isPeopleKey(key) ? p(key) : (name ?? "");
}

function rightText(relation: string | undefined): string {
  const key = `right.${relation ?? ""}`;
  const role = `role.${relation ?? ""}`;
  return isPeopleKey(key) ? p(key) : isPeopleKey(role) ? p(role) : (relation ?? "");
}

const KINDS: { readonly [letter: string]: Stop["kind"] } = {
  o: "org",
  n: "unit",
  a: "app",
  d: "folder",
  f: "file",
  p: "group",
};

const kindOf = (id: string): Stop["kind"] => KINDS[id.charAt(0)] ?? "folder";

function nameOf(step: ProofStep): string {
  switch (kindOf(step.object)) {
    case "org":
      return p("org");
    case "app":
      return appText(step.name as App);
    default:
      return step.name || p("why.top");
  }
}

/** What it was asked about. */
function targetOf(asked: Asked): Stop {
  if (asked.app !== undefined) return { kind: "app", name: appText(asked.app) };
  if (asked.node !== undefined)
    return { kind: kindOf(asked.node), name: asked.name ?? "" };
  return asked.unit === undefined
    ? { kind: "org", name: p("org") }
    : { kind: "unit", name: unitName(asked.unit) };
}

interface Proof {
  /** From what it was asked about, up to where the right was given. */
  readonly places: readonly ProofStep[];
  readonly grant: ProofStep | undefined;
  /** From the group that it was given to, down to who it is asked of. */
  readonly groups: readonly ProofStep[];
}

function parts(answer: AccessAnswer): Proof {
  const at = answer.proof.findIndex(
    (step) => step.relation !== undefined && step.relation !== "member",
  );
  return at < 0
    ? { places: [], grant: undefined, groups: [] }
    : {
        places: answer.proof.slice(0, at),
        grant: answer.proof[at],
        groups: answer.proof.slice(at + 1),
      };
}

/** From who it is, to what it is about. */
function stopsOf(asked: Asked, { places, grant, groups }: Proof): Stop[] {
  const who: Stop = {
    kind: asked.who.kind === "group" ? "group" : "person",
    name: asked.who.name,
  };
  if (grant === undefined) return [who];
  const stops = [who];
  for (const step of [...groups].reverse())
    stops.push({
      kind: "group",
      name: nameOf(step),
      by: step,
      how: p("why.isIn"),
    });
  stops.push({
    kind: kindOf(grant.object),
    name: nameOf(grant),
    by: grant,
    how: p("why.wasGiven", { right: rightText(grant.relation) }),
  });
  const target = targetOf(asked);
  for (let i = places.length - 1; i >= 0; i--) {
    const step = places[i];
    const below = places[i - 1];
    if (step === undefined) continue;
    stops.push({
      kind: kindOf(step.subject),
      name: below === undefined ? target.name : nameOf(below),
      by: step,
      how: p("why.holds"),
    });
  }
  return stops;
}

/** "may edit “Plan”" */
function mayText(asked: Asked): string {
  const { name } = targetOf(asked);
  if (asked.app !== undefined) return p("why.mayUse", { name });
  if (isRole(asked.relation))
    return p("why.mayRole", { role: rightText(asked.relation), place: name });
  return p("why.mayDo", { right: rightText(asked.relation), name });
}

function Sentence({ asked, answer }: { asked: Asked; answer: AccessAnswer }) {
  const who = asked.who.name;
  const may = mayText(asked);
  if (!answer.allowed)
    return (
      <p className="p-verdict">
        <DismissCircle20Filled className="p-no" />
        <span>
          <strong>{p("why.noWord")}</strong>{" "}
          <Name text={p("why.no", { who, may })} />{" "}
          <span className="hint">{answer.missing}</span>
        </span>
      </p>
    );
  const { places, grant, groups } = parts(answer);
  const right = rightText(grant?.relation);
  const place = grant === undefined ? "" : nameOf(grant);
  const [group] = groups;
  const because =
    group === undefined
      ? p("why.self", { right, place })
      : p("why.group", { right, place, group: nameOf(group) });
  const below =
    places.length > 0 ? p("why.below", { name: targetOf(asked).name, place }) : "";
  return (
    <p className="p-verdict">
      <CheckmarkCircle20Filled className="good" />
      <span>
        <strong>{p("why.yesWord")}</strong>{" "}
        <Name text={`${p("why.yes", { who, may })} ${because} ${below}`} />
      </span>
    </p>
  );
}

const ICONS: { readonly [kind in Stop["kind"]]: ReactNode } = {
  person: <Person20Regular />,
  group: <PeopleTeam20Regular />,
  folder: <Folder20Filled className="folder-icon" />,
  file: <Document20Regular />,
  unit: <Building20Regular />,
  org: <Organization20Regular />,
  app: <Apps20Regular />,
};

function Made({ step }: { step: ProofStep }) {
  const { by_name: by, time, expires, sequence } = step;
  const text = p(by === undefined ? "why.when" : "why.whenBy", {
    time: timeText(time),
    by: by ?? "",
  });
  return (
    <span className="hint">
      <Name text={text} />
      {expires !== undefined && ` · ${p("until", { time: dateText(expires) })}`}
      {" · "}
      {readsLog() ? (
        <Link href={recordLink(sequence)}>
          {p("why.record", { sequence })}
        </Link>
      ) : (
        p("why.record", { sequence })
      )}
    </span>
  );
}

export function Drawn({
  asked,
  answer,
}: {
  asked: Asked;
  answer: AccessAnswer;
}) {
  const stops = answer.allowed ? stopsOf(asked, parts(answer)) : [];
  return (
    <>
      <Sentence asked={asked} answer={answer} />
      {stops.length > 1 && (
        <ol className="p-path" aria-label={p("why.way")}>
          {stops.map((stop, i) => (
            <li key={i}>
              {stop.by !== undefined && (
                <span className="p-how">
                  <span>{stop.how}</span>
                  <Made step={stop.by} />
                </span>
              )}
              <span className="p-stop">
                {ICONS[stop.kind]}
                <Name text={stop.name} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
