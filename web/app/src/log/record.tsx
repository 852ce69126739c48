// One record: what happened in a sentence, who did it, from where and by which right,
// that it stands in the log, and what it is made of.
import { Spinner } from "@fluentui/react-components";
import {
  Apps20Regular,
  Document20Regular,
  Folder20Regular,
  Key20Regular,
  Link20Regular,
  People20Regular,
  Person20Regular,
  Share20Regular,
  ShieldKeyhole20Regular,
} from "@fluentui/react-icons";
import { type ReactNode, useEffect, useState } from "react";

import type { Record as Given } from "../../../../clients/types";
import { agentText } from "../agent";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { Name } from "../name";
import { Link } from "../router";
import { EndingMark } from "./ending";
import { type Event, eventsOf, type Row, rowOf, rowOfLines } from "./event";
import { addressOf, type Filter } from "./filter";
import { type Bundle, objectCount, readBundle } from "./leaf";
import { Lineage } from "./lineage";
import { ProofView } from "./proof-view";
import { Raw } from "./raw";
import { type Path, pathOf, type StepKind } from "./right";
import { fullTime, t, whoText } from "./text";
import { operationText } from "./words/operations";

export interface Read {
  readonly given: Given;
  readonly row: Row;
  readonly events: readonly Event[];
  readonly bundle: Bundle;
}

async function read(sequence: number): Promise<Read | undefined> {
  const given = await call("log.show", { sequence });
  const lines = given.events ?? "";
  const row = rowOfLines(lines);
  return row === undefined
    ? undefined
    : { given, row, events: eventsOf(lines), bundle: await readBundle(given.bundle) };
}

/** All the time that there is, so that nothing asked for from here is cut off. */
const ALL: Filter = { range: "30d" };

function Only({ filter, text }: { filter: Partial<Filter>; text: string }) {
  return (
    <Link className="log-only" href={addressOf({ ...ALL, ...filter })}>
      <bdi>{text}</bdi>
    </Link>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export const toRecord = (number: number): string => `/app/log/${number}`;

function Facts({ row, events }: { row: Row; events: readonly Event[] }) {
  const event = events.find(({ metadata }) => metadata.sequence === row.sequence);
  const { actor, unmapped } = event ?? {};
  const { id } = row.who;
  const who = whoText(row.who.name);
  const session = actor?.session;
  return (
    <dl className="facts log-facts">
      <Fact name={t("record.who")}>
        <Name text={who} />
        {id !== undefined && (
          <Only filter={{ who: id }} text={t("record.onlyWho", { name: who })} />
        )}
      </Fact>
      {unmapped?.on_behalf_of?.name !== undefined && (
        <Fact name={t("record.behalf")}>
          <Name text={unmapped.on_behalf_of.name} />
        </Fact>
      )}
      {unmapped?.credential !== undefined && (
        <Fact name={t("record.with")}>
          <Name text={unmapped.credential} />
        </Fact>
      )}
      {session?.created_time !== undefined && (
        <Fact name={t("record.session")}>
          {t("record.sessionSince", { time: fullTime(session.created_time) })}
        </Fact>
      )}
      {row.address !== undefined && (
        <Fact name={t("record.from")}>
          <Name text={row.address} />
          <Only
            filter={{ address: row.address }}
            text={t("record.onlyFrom", { name: row.address })}
          />
        </Fact>
      )}
      {row.agent !== undefined && (
        <Fact name={t("record.program")}>
          <Name text={agentText(row.agent)} />
        </Fact>
      )}
      {unmapped?.connection?.tls !== undefined && (
        <Fact name={t("record.secured")}>
          <Name text={unmapped.connection.tls} />
        </Fact>
      )}
      {row.on !== undefined && (
        <Fact name={t("record.on")}>
          <Name text={row.on.name} />
          {row.on.id !== undefined && (
            <Only
              filter={{ on: row.on.id }}
              text={t("record.onlyOn", { name: row.on.name })}
            />
          )}
        </Fact>
      )}
      <Fact name={t("record.happened")}>
        <time dateTime={new Date(row.time).toISOString()}>{fullTime(row.time)}</time>
      </Fact>
      <Fact name={t("record.operation")}>
        {operationText(row.operation)} <code className="hint">{row.operation}</code>
      </Fact>
      {unmapped?.cause !== undefined && (
        <Fact name={t("record.cause")}>
          {t(`cause.${unmapped.cause as "user"}`) || unmapped.cause}
        </Fact>
      )}
      {unmapped?.cites !== undefined && (
        <Fact name={t("record.cites")}>
          <Link href={toRecord(unmapped.cites)}>
            {t("record.cited", { number: String(unmapped.cites) })}
          </Link>
        </Fact>
      )}
    </dl>
  );
}

// ---- what it was done to

const THINGS_MAX = 50;

function Things({ events, count }: { events: readonly Event[]; count: number }) {
  if (count < 2) return null;
  const shown = events.slice(0, THINGS_MAX);
  return (
    <section className="log-part">
      <h2>{t("record.things", { count })}</h2>
      <ul className="log-things">
        {shown.map((event, i) => {
          const row = rowOf(event, 0);
          return (
            <li key={i}>
              <EndingMark ending={row.ending} alert={row.alert} />
              <Name text={row.did} />
            </li>
          );
        })}
      </ul>
      {shown.length < count && (
        <p className="hint">{t("record.thingsCut", { shown: shown.length, count })}</p>
      )}
    </section>
  );
}

// ---- the right

const ICONS: { readonly [kind in StepKind]: ReactNode } = {
  person: <Person20Regular />,
  group: <People20Regular />,
  share: <Share20Regular />,
  role: <ShieldKeyhole20Regular />,
  app: <Apps20Regular />,
  folder: <Folder20Regular />,
  file: <Document20Regular />,
  link: <Link20Regular />,
  other: <Key20Regular />,
};

function Right({ row, events }: Read) {
  const [event] = events;
  const needed = (event?.unmapped?.proof?.length ?? 0) > 0;
  const [way, setWay] = useState<Path>();
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let over = false;
    if (event === undefined || !needed) return undefined;
    pathOf(event).then(
      (found) => {
        if (!over) setWay(found);
      },
      (error: unknown) => {
        if (!over) setWrong(textOf(error));
      },
    );
    return () => {
      over = true;
    };
  }, [event, needed]);
  return (
    <section className="log-part" id="right">
      <h2>{t("right.title")}</h2>
      {!needed && (
        <p className={row.ending === "denied" ? "wrong" : "hint"}>
          {t(row.ending === "denied" ? "right.denied" : "right.none")}
        </p>
      )}
      {wrong !== "" && <p className="wrong">{wrong}</p>}
      {needed && wrong === "" && way === undefined && <Spinner size="tiny" />}
      {way !== undefined && (
        <>
          <p className="hint">{t("right.text")}</p>
          <ol className="log-right" aria-label={t("right.label")}>
            <li>
              {ICONS.person}
              <Name className="step" text={whoText(row.who.name)} />
            </li>
            {way.steps.map((step, i) => (
              <li key={i}>
                {ICONS[step.kind]}
                <div className="step">
                  <Name text={step.text} />
                  <Name className="hint" text={step.what} />
                </div>
                <Link href={toRecord(step.record)}>
                  {t("step.record", { number: String(step.record) })}
                </Link>
              </li>
            ))}
            <li className="end">
              <EndingMark ending={row.ending} alert={row.alert} />
              <Name className="step" text={row.did} />
            </li>
          </ol>
          {way.above.length > 0 && (
            <p className="hint">
              {t("right.above")}{" "}
              {way.above.map((number) => (
                <Link key={number} href={toRecord(number)}>
                  {t("step.record", { number: String(number) })}
                </Link>
              ))}
            </p>
          )}
        </>
      )}
    </section>
  );
}

// ---- all of it

export function Record({ sequence }: { sequence: number }) {
  const [found, setFound] = useState<Read>();
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let over = false;
    setFound(undefined);
    setWrong("");
    read(sequence).then(
      (one) => {
        if (over) return;
        if (one === undefined) setWrong(t("list.unreadable"));
        else setFound(one);
      },
      (error: unknown) => {
        if (!over)
          setWrong(isCode(error, "NOT_FOUND") ? t("record.none") : textOf(error));
      },
    );
    return () => {
      over = true;
    };
  }, [sequence]);
  if (wrong !== "")
    return (
      <p className="wrong" role="alert">
        {wrong}
      </p>
    );
  if (found === undefined) return <Spinner className="log-wait" />;
  const { row, events, bundle } = found;
  return (
    <>
      <p className="log-sentence" id="sentence">
        <EndingMark ending={row.ending} alert={row.alert} />
        <Name text={row.what} />
      </p>
      <Facts row={row} events={events} />
      <Things events={events} count={objectCount(bundle.record)} />
      <Right {...found} />
      <ProofView sequence={sequence} leaf={bundle.record.bytes} />
      <Lineage sequence={sequence} session={events[0]?.actor?.session?.uid} />
      <Raw {...found} />
    </>
  );
}

