// How many records there were over time, and how many of them were denied: counted
// by the server up to some record, and from there on by what comes.
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { Store } from "../store";
import { argumentsOf, type Filter, RANGES } from "./filter";
import type { Came } from "./tail";

export interface Bar {
  readonly time: number;
  readonly count: number;
  readonly denied: number;
  readonly failed: number;
}

interface RateState {
  readonly bars: readonly Bar[];
  /** The milliseconds that one bar stands for. */
  readonly width: number;
  readonly loading: boolean;
  readonly wrong: string;
}

const FIXED_BARS = 60;

type Counted = { -readonly [name in keyof Bar]: Bar[name] };

export class RateModel {
  readonly store = new Store<RateState>({
    bars: [],
    width: 1,
    loading: true,
    wrong: "",
  });
  readonly #filter: Filter;
  #timer: ReturnType<typeof setInterval> | undefined;
  #came: Pick<Came, "sequence" | "time" | "denied" | "failed">[] = [];
  #size = 0;
  #over = false;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  /** The server says up to which record it has counted: what comes after is ours. */
  async start(now: number): Promise<void> {
    const { since, until, range } = this.#filter;
    const isFixed = since !== undefined && until !== undefined;
    const n = isFixed ? FIXED_BARS : RANGES[range].bars;
    const wanted = isFixed ? (until - since) / n : RANGES[range].ms / n;
    const width = Math.max(1, Math.ceil(wanted / 1000)) * 1000;
    const begins = Math.floor((isFixed ? since : now + width - n * width) / 1000) * 1000;
    const bars = Array.from({ length: n }, (_, i) => ({
      time: begins + i * width,
      count: 0,
      denied: 0,
      failed: 0,
    }));
    try {
      this.#size = await this.#count(bars, width, now);
      if (this.#over) return;
      this.store.set({ bars, width, loading: false });
      if (isFixed) return;
      this.#timer = setInterval(() => this.#roll(), 1000);
      this.#roll();
    } catch (error) {
      this.store.set({ loading: false, wrong: textOf(error) });
    }
  }

  /** As many calls as it takes: the last one counts what came during the others. */
  async #count(bars: Counted[], width: number, now: number): Promise<number> {
    const begins = bars[0]?.time ?? now;
    const end = begins + bars.length * width;
    let since = begins;
    for (;;) {
      const page = await call(
        "log.timeline",
        {
          ...argumentsOf(this.#filter, now),
          since: new Date(since).toISOString(),
          until: new Date(end).toISOString(),
          buckets: Math.round((end - since) / width),
        },
        "prefetch",
      );
      for (const { time, count, denied, failed } of page.list) {
        const bar = bars[Math.floor((Date.parse(time) - begins) / width)];
        if (bar === undefined) continue;
        bar.count += count;
        bar.denied += denied;
        bar.failed += failed;
      }
      if (page.next === undefined || this.#over) return page.size;
      since = Date.parse(page.next);
    }
  }

  stop(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }

  add(came: Came): void {
    const { sequence, time, denied, failed } = came;
    if (!this.#over && sequence > this.#size)
      this.#came.push({ sequence, time, denied, failed });
  }

  /** Adds what came, and moves on with the time. */
  #roll(): void {
    const came = this.#came.filter(({ sequence }) => sequence > this.#size);
    this.#came = [];
    const { bars: before, width } = this.store.value;
    const [first] = before;
    if (first === undefined) return;
    const newest = came.at(-1)?.time ?? 0;
    const steps = Math.max(
      0,
      Math.ceil((Math.max(Date.now(), newest + 1) - first.time) / width) - before.length,
    );
    if (came.length === 0 && steps === 0) return;
    const all = before.map((bar) => ({ ...bar }));
    for (let i = 0; i < Math.min(steps, before.length); i++)
      all.push({ time: 0, count: 0, denied: 0, failed: 0 });
    const bars = all.slice(-before.length);
    const begins = first.time + steps * width;
    bars.forEach((bar, i) => (bar.time = begins + i * width));
    for (const { time, denied, failed } of came) {
      const bar = bars[Math.floor((time - begins) / width)];
      if (bar === undefined) continue;
      bar.count++;
      if (denied) bar.denied++;
      if (failed) bar.failed++;
    }
    this.store.set({ bars });
  }
}
