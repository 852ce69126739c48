// Which records: as the address bar has it, as the server is asked, and as what
// comes live is held against it.
import type { LogSearch, Outcome } from "../../../../clients/types";
import type { Came } from "./tail";
import { type Event, eventsOf } from "./event";

export const OUTCOMES = ["allowed", "denied", "refused", "failed"] as const;

/** How far back, in milliseconds, and in how many bars the timeline shows it. */
export const RANGES = {
  "15m": { ms: 15 * 60_000, bars: 60 },
  "1h": { ms: 60 * 60_000, bars: 60 },
  "24h": { ms: 24 * 3_600_000, bars: 96 },
  "7d": { ms: 7 * 24 * 3_600_000, bars: 84 },
  "30d": { ms: 30 * 24 * 3_600_000, bars: 60 },
} as const;

export type RangeName = keyof typeof RANGES;
export const STANDARD_RANGE: RangeName = "1h";

export interface Filter {
  readonly who?: string;
  readonly did?: string;
  readonly outcome?: Outcome;
  readonly address?: string;
  readonly on?: string;
  /** Milliseconds; both or none. Without them the range counts, until now. */
  readonly since?: number;
  readonly until?: number;
  readonly range: RangeName;
  /** What one's own looking at the log leaves in it is shown, too. */
  readonly own?: boolean;
}

const NAMES = ["who", "did", "outcome", "address", "on", "since", "until"] as const;
type Name = (typeof NAMES)[number];

const isOutcome = (text: string): text is Outcome =>
  (OUTCOMES as readonly string[]).includes(text);

const isRange = (text: string): text is RangeName => text in RANGES;

export function filterOf(query: URLSearchParams): Filter {
  const text = (name: string) => query.get(name) ?? "";
  const since = Date.parse(text("since"));
  const until = Date.parse(text("until"));
  const range = text("range");
  const outcome = text("outcome");
  return {
    ...(text("who") && { who: text("who") }),
    ...(text("did") && { did: text("did") }),
    ...(isOutcome(outcome) && { outcome }),
    ...(text("address") && { address: text("address") }),
    ...(text("on") && { on: text("on") }),
    ...(since < until && { since, until }),
    ...(text("own") && { own: true }),
    range: isRange(range) ? range : STANDARD_RANGE,
  };
}

function textOf(filter: Filter, name: Name): string | undefined {
  const value = filter[name];
  return typeof value === "number" ? new Date(value).toISOString() : value;
}

/** Where the console stands with that filter; with a record open beside it. */
export function addressOf(filter: Filter, record?: number): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const text = textOf(filter, name);
    if (text !== undefined) query.set(name, text);
  }
  if (filter.since === undefined && filter.range !== STANDARD_RANGE)
    query.set("range", filter.range);
  if (filter.own) query.set("own", "1");
  if (record !== undefined) query.set("record", String(record));
  const text = query.toString();
  return text === "" ? "/app/log" : `/app/log?${text}`;
}

export const keyOf = (filter: Filter): string => addressOf(filter);

/** Something other than a time is asked for. */
export const isNarrow = (filter: Filter): boolean =>
  NAMES.some((name) => name !== "since" && name !== "until" && filter[name]);

/** What is not asked for is left out, whatever it was before. */
export function without(filter: Filter, ...names: readonly Name[]): Filter {
  const left = { ...filter };
  for (const name of names) delete left[name];
  return left;
}

/** As the operations take it; the ids are the address bar's word. */
export function argumentsOf(filter: Filter, now: number): LogSearch {
  const { since, until, range } = filter;
  const from = since ?? now - RANGES[range].ms;
  return {
    ...(filter.who && { principal: filter.who as `p${string}` }),
    ...(filter.did && { operation: filter.did }),
    ...(filter.outcome && { outcome: filter.outcome }),
    ...(filter.address && { address: filter.address }),
    ...(filter.on && { object: filter.on as `f${string}` }),
    since: new Date(from).toISOString(),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}

export function queryOf(filter: Filter, now: number): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(argumentsOf(filter, now)))
    query.set(name, String(value));
  return query.toString();
}

// ---- what comes live

const OUTCOME_OF: { readonly [disposition: number]: Outcome } = {
  2: "denied",
  26: "denied",
  25: "refused",
  27: "failed",
};

const endedSo = (event: Event, outcome: Outcome): boolean =>
  (event.status_code === undefined
    ? "allowed"
    : (OUTCOME_OF[event.disposition_id ?? 0] ?? "failed")) === outcome;

/** It names that thing, otherwise than as who did it. */
function names(event: Event, id: string): boolean {
  const { actor: _, ...rest } = event;
  return JSON.stringify(rest).includes(`"${id}"`);
}

export function fits(filter: Filter, came: Came): boolean {
  if (filter.until !== undefined) return false;
  if (!isNarrow(filter)) return true;
  const { who, did, outcome, address, on } = filter;
  // Before anything is parsed: most are none of these.
  for (const text of [who, did, on, address])
    if (text !== undefined && !came.lines.includes(`"${text}"`)) return false;
  const events = eventsOf(came.lines);
  const [first] = events;
  if (first === undefined) return false;
  return (
    (who === undefined || first.actor?.user?.uid === who) &&
    (did === undefined || first.metadata.event_code === did) &&
    (address === undefined || first.src_endpoint?.ip === address) &&
    (outcome === undefined || events.some((one) => endedSo(one, outcome))) &&
    (on === undefined || events.some((one) => names(one, on)))
  );
}

// ---- one's own reading

const READS = /"event_code":"(?:log|lineage)\./;

/**
 * To look at the log is a record, too: who follows it would see little else. Where
 * nobody asked for that, it is counted, and not listed.
 */
export const hidesOwn = ({ own, who, did }: Filter): boolean =>
  !own && who === undefined && did === undefined;

export const isReading = (lines: string, me: string): boolean =>
  READS.test(lines) && eventsOf(lines)[0]?.actor?.user?.uid === me;
