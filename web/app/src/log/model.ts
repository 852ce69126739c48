// What the console shows: pages of what was found, newest first, and above them what
// comes live. All that comes is counted; of what comes faster than it can be read a
// sample is drawn.
import type { Cause } from "../../../../clients/types";
import { me } from "../app";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { Store } from "../store";
import { type Row, rowOfLines } from "./event";
import { argumentsOf, type Filter, fits, hidesOwn, isReading } from "./filter";
import { type Came, Tail, type TailState } from "./tail";

const PAGE = 100;
const TICK_MS = 250;
/** Drawn anew in one go; more than that are sampled. */
const DRAWN_MAX = 30;
/** The same where somebody was away, and comes back. */
const CAUGHT_UP_MAX = 400;
/** What waits to be drawn, and what is kept of it while the console follows. */
const WAITING_MAX = 1000;
const ROWS_MAX = 2000;
const RATE_SECONDS = 5;

export interface Shown extends Row {
  /** Came between this one and the one below it, and isn't drawn. */
  readonly skipped: number;
}

export interface Missing {
  readonly from: number;
  readonly to: number;
  readonly why: "gap" | "failed";
}

export interface LogState {
  readonly rows: readonly Shown[];
  /** There are older ones. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly wrong: string;
  readonly tail: TailState;
  readonly paused: boolean;
  /** New ones that fit and aren't shown while it is paused or scrolled. */
  readonly held: number;
  /** The number of the last record that is known. */
  readonly last: number;
  /** Since the console was opened, all of them. */
  readonly records: number;
  readonly events: number;
  readonly denied: number;
  readonly perSecond: number;
  /** One in so many is drawn. */
  readonly oneIn: number;
  readonly missing: readonly Missing[];
  /** Of one's own reading here: found, and not listed. */
  readonly own: number;
}

const NOTHING: LogState = {
  rows: [],
  more: false,
  loading: true,
  wrong: "",
  tail: "off",
  paused: false,
  held: 0,
  last: 0,
  records: 0,
  events: 0,
  denied: 0,
  perSecond: 0,
  oneIn: 1,
  missing: [],
  own: 0,
};

interface Waiting {
  readonly nth: number;
  readonly came: Came;
}

/** Every nth, and always the last. */
const sample = <T>(list: readonly T[], n: number): T[] =>
  list.filter((_, i) => (list.length - 1 - i) % n === 0);

/** Where what came live is counted over time. */
export type OnFit = (came: Came) => void;

export class LogModel {
  readonly store = new Store<LogState>(NOTHING);
  /** The time that the range is counted back from. */
  now = Date.now();
  readonly #filter: Filter;
  readonly #onFit: OnFit;
  readonly #me = me().principal;
  #own = 0;
  #tail: Tail | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #next: number | undefined;
  #over = false;
  #scrolled = false;

  // What came since the last tick.
  #waiting: Waiting[] = [];
  #keepEvery = 1;
  #nth = 0;
  #drawn = 0;
  #held = 0;
  #counts = { records: 0, events: 0, denied: 0, last: 0 };
  #perTick: number[] = [];
  #inTick = 0;

  constructor(filter: Filter, onFit: OnFit) {
    this.#filter = filter;
    this.#onFit = onFit;
  }

  /** The newest page, then what comes after it. */
  async start(): Promise<void> {
    this.now = Date.now();
    const size = await this.#page();
    if (this.#over || size === undefined) return;
    this.#counts.last = size;
    this.store.set({ last: size });
    this.#tail = new Tail(size + 1, {
      onState: (tail) => this.#onState(tail),
      onRecord: (came) => this.#onRecord(came),
      onMissing: (from, to, why) =>
        this.store.set({
          missing: [...this.store.value.missing, { from, to, why }],
        }),
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    this.#over = true;
    this.#tail?.stop();
    clearInterval(this.#timer);
  }

  // ---- pages of what was

  async #page(cause: Cause = "user"): Promise<number | undefined> {
    this.store.set({ loading: true, wrong: "" });
    try {
      const from = this.#next;
      const args = {
        ...argumentsOf(this.#filter, this.now),
        reverse: true,
        limit: PAGE,
        ...(from !== undefined && { from }),
      };
      const page = await call("log.search", args, cause);
      if (this.#over) return undefined;
      const listed = page.list.filter(({ events = "" }) => !this.#isOwn(events));
      this.#own += page.list.length - listed.length;
      const found = listed.map(({ sequence, events = "" }) => ({
        ...(rowOfLines(events) ?? unreadable(sequence)),
        skipped: 0,
      }));
      this.#next = page.next;
      this.store.set({
        rows: [...this.store.value.rows, ...found],
        more: page.next !== undefined,
        loading: false,
        own: this.#own,
      });
      return page.size;
    } catch (error) {
      if (isCode(error, "DENIED")) this.#onState("withdrawn");
      this.store.set({ loading: false, wrong: textOf(error) });
      return undefined;
    }
  }

  async older(cause: Cause): Promise<void> {
    const { loading, more } = this.store.value;
    if (loading || !more) return;
    const before = this.store.value.rows.length;
    await this.#page(cause);
    // A page may be all passed over: go on until something is found.
    if (this.store.value.rows.length === before && this.store.value.wrong === "")
      await this.older("prefetch");
  }

  // ---- what comes

  #onState(tail: TailState): void {
    this.store.set({ tail });
    if (tail !== "withdrawn") return;
    // Who may not read the log any more doesn't go on reading it here.
    this.stop();
    this.store.set({ rows: [], more: false, held: 0 });
  }

  #onRecord(came: Came): void {
    const counts = this.#counts;
    counts.last = came.sequence;
    counts.records++;
    counts.events += came.events;
    counts.denied += came.denied ? 1 : 0;
    this.#inTick++;
    if (!fits(this.#filter, came)) return;
    this.#onFit(came);
    if (this.#isOwn(came.lines)) {
      this.#own++;
      return;
    }
    const nth = this.#nth++;
    if (this.#isHeld()) this.#held++;
    if (nth % this.#keepEvery !== 0) return;
    this.#waiting.push({ nth, came });
    if (this.#waiting.length < WAITING_MAX) return;
    this.#keepEvery *= 2;
    this.#waiting = this.#waiting.filter(({ nth }) => nth % this.#keepEvery === 0);
  }

  #isOwn(lines: string): boolean {
    return hidesOwn(this.#filter) && isReading(lines, this.#me);
  }

  #isHeld(): boolean {
    return this.store.value.paused || this.#scrolled;
  }

  #rate(): number {
    this.#perTick.push(this.#inTick);
    this.#inTick = 0;
    if (this.#perTick.length > (RATE_SECONDS * 1000) / TICK_MS)
      this.#perTick.shift();
    const all = this.#perTick.reduce((sum, n) => sum + n, 0);
    return Math.round(all / RATE_SECONDS);
  }

  #tick(): void {
    const { value } = this.store;
    const perSecond = this.#rate();
    const drawn = this.#isHeld() ? {} : this.#draw(DRAWN_MAX);
    const changed =
      perSecond !== value.perSecond ||
      this.#held !== value.held ||
      this.#counts.records !== value.records ||
      Object.keys(drawn).length > 0;
    if (changed)
      this.store.set({
        ...this.#counts,
        perSecond,
        held: this.#held,
        own: this.#own,
        ...drawn,
      });
  }

  #draw(max: number): Partial<LogState> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#keepEvery = 1;
    const { rows, oneIn } = this.store.value;
    if (waiting.length === 0) return oneIn === 1 ? {} : { oneIn: 1 };
    const n = Math.ceil(waiting.length / max);
    const fresh: Shown[] = [];
    const first = this.#drawn;
    for (const { nth, came } of sample(waiting, n)) {
      const row = rowOfLines(came.lines) ?? unreadable(came.sequence);
      fresh.unshift({ ...row, skipped: nth - this.#drawn });
      this.#drawn = nth + 1;
    }
    return {
      ...this.#trimmed([...fresh, ...rows]),
      oneIn: Math.max(1, Math.round((this.#drawn - first) / fresh.length)),
    };
  }

  /** What falls off the end is found again by scrolling there. */
  #trimmed(rows: readonly Shown[]): Partial<LogState> {
    const last = rows[ROWS_MAX - 1];
    if (rows.length <= ROWS_MAX || last === undefined) return { rows };
    this.#next = last.sequence - 1;
    return { rows: rows.slice(0, ROWS_MAX), more: true };
  }

  // ---- the person

  pause(): void {
    this.store.set({ paused: true });
  }

  /** Goes on with what came meanwhile. */
  resume(): void {
    this.#scrolled = false;
    this.#held = 0;
    this.store.set({ ...this.#draw(CAUGHT_UP_MAX), paused: false, held: 0 });
  }

  /** While somebody reads further down, nothing moves under their eyes. */
  setScrolled(is: boolean): void {
    if (this.#scrolled === is) return;
    this.#scrolled = is;
    if (!is && !this.store.value.paused) this.resume();
  }
}

function unreadable(sequence: number): Row {
  return {
    sequence,
    time: 0,
    who: { name: "" },
    what: "",
    did: "",
    ending: "unknown",
    alert: false,
    operation: "",
    more: 0,
  };
}
