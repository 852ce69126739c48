// Where a record comes from, and what came of it: asked for where somebody looks.
import { Spinner } from "@fluentui/react-components";
import { useState } from "react";

import type { Id, LineageEdge, LineageShow } from "../../../../clients/types";
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { Name } from "../name";
import { Link } from "../router";
import { type Row, rowOfLines } from "./event";
import { type LogWord, rowTime, t } from "./text";
import { en } from "./words/en";

const SHOWN_MAX = 12;

interface Group {
  readonly how: string;
  readonly rows: readonly Row[];
}

interface Told {
  readonly before: readonly Group[];
  readonly after: readonly Group[];
  readonly more: boolean;
}

const howText = (how: string): string => {
  const key = `lineage.${how}`;
  return key in en ? t(key as LogWord) : how;
};

/** The sentences of some records. */
async function rowsOf(numbers: readonly number[]): Promise<Map<number, Row>> {
  const answers = await Promise.all(
    numbers.map((sequence) => call("log.show", { sequence }, "prefetch")),
  );
  return new Map(
    answers.flatMap(({ sequence, events = "" }) => {
      const row = rowOfLines(events);
      return row === undefined ? [] : [[sequence, row] as const];
    }),
  );
}

function groupsOf(
  edges: readonly LineageEdge[],
  end: "parent" | "child",
  rows: ReadonlyMap<number, Row>,
): Group[] {
  const groups = new Map<string, Row[]>();
  for (const edge of edges) {
    const row = rows.get(edge[end]);
    if (row === undefined) continue;
    groups.set(edge.how, [...(groups.get(edge.how) ?? []), row]);
  }
  return [...groups].map(([how, list]) => ({ how, rows: list }));
}

async function ask(of: LineageShow): Promise<Told> {
  const { sequence, ancestors, descendants, more } = await call("lineage.show", {
    ...of,
    limit: 200,
  });
  // What the right rests on stands above already.
  const before = ancestors.filter(
    ({ child, how }) => child === sequence && how !== "proof",
  );
  const shown = [before.slice(0, SHOWN_MAX), descendants.slice(0, SHOWN_MAX)] as const;
  const numbers = new Set([
    ...shown[0].map(({ parent }) => parent),
    ...shown[1].map(({ child }) => child),
  ]);
  const rows = await rowsOf([...numbers]);
  return {
    before: groupsOf(shown[0], "parent", rows),
    after: groupsOf(shown[1], "child", rows),
    more: more || before.length > SHOWN_MAX || descendants.length > SHOWN_MAX,
  };
}

function Groups({ title, groups }: { title: string; groups: readonly Group[] }) {
  if (groups.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      {groups.map(({ how, rows }) => (
        <div key={how}>
          <p className="hint">{howText(how)}</p>
          <ul className="log-things">
            {rows.map((row) => (
              <li key={row.sequence}>
                <Link href={`/app/log/${row.sequence}`}>
                  <Name text={row.what} />
                </Link>
                <span className="hint">{rowTime(row.time)}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function Branch({ id, title, of }: { id: string; title: string; of: LineageShow }) {
  const [told, setTold] = useState<Told>();
  const [wrong, setWrong] = useState("");
  const [asked, setAsked] = useState(false);
  return (
    <details
      id={id}
      onToggle={(event) => {
        if (!event.currentTarget.open || asked) return;
        setAsked(true);
        ask(of).then(setTold, (error: unknown) => setWrong(textOf(error)));
      }}
    >
      <summary>{title}</summary>
      {wrong !== "" && <p className="wrong">{wrong}</p>}
      {asked && wrong === "" && told === undefined && <Spinner size="tiny" />}
      {told !== undefined && (
        <div className="log-lineage">
          <Groups title={t("lineage.before")} groups={told.before} />
          <Groups title={t("lineage.after")} groups={told.after} />
          {told.before.length + told.after.length === 0 && (
            <p className="hint">{t("lineage.none")}</p>
          )}
          {told.more && <p className="hint">{t("lineage.more")}</p>}
        </div>
      )}
    </details>
  );
}

export function Lineage({
  sequence,
  session,
}: {
  sequence: number;
  session: string | undefined;
}) {
  return (
    <section className="log-part">
      <Branch
        key={sequence}
        id="lineage"
        title={t("lineage.title")}
        of={{ sequence }}
      />
      {session?.startsWith("s") === true && (
        <Branch
          key={session}
          id="lineage-session"
          title={t("record.onlySession")}
          of={{ id: session as Id }}
        />
      )}
    </section>
  );
}
