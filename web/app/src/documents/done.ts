// What one has done in a document that is open, until it is known to outlive whatever
// ends: so that a connection, or a process of the server, that is lost loses nothing of
// it. What counts does so from 1 in each view, in the order in which it is sent
// (src/kit/frame.def); here all of them are one line, whichever view it was.
import type { InFrame, OutFrame } from "../../../../clients/frames";

/** Beyond it the oldest goes: nothing is kept for hours. */
const MOST = 20_000;
const MOST_BYTES = 16 << 20;

interface View {
  readonly number: number;
  /** So much was done before it. */
  readonly base: number;
}

const COUNTED: ReadonlySet<InFrame["frame"]> = new Set([
  ...(["key", "input", "erase", "mouse", "select"] as const),
  ...(["paste", "command", "find", "replace"] as const),
]);

const bytesOf = (frame: InFrame): number =>
  frame.frame === "paste" ? frame.bytes.length : 64;

export class Done {
  /** Those that may be lost yet; the first is the one behind `kept`. */
  #frames: InFrame[] = [];
  #bytes = 0;
  #kept = 0;
  /** The present one last; before it those of which nothing was kept since. */
  #views: View[] = [];
  #edits = false;
  /** Nothing is sent until it is known what of before is there. */
  #waits = false;
  /** Of before, those that are yet to be asked for, the latest first. */
  #asked: View[] = [];

  constructor(private readonly send: (frame: InFrame) => void) {}

  /** A view is open; what was done in those before it may be missing. */
  begin(number: number, edits: boolean): void {
    this.#edits = edits;
    this.#asked = [...this.#views].reverse();
    this.#views.push({ number, base: this.#kept + this.#frames.length });
    this.#waits = edits && this.#asked.length > 0;
    if (this.#waits) this.#ask();
    else this.#forget();
  }

  /** Sends it, now or behind what was done before; false: it doesn't count. */
  do(frame: InFrame): boolean {
    if (!this.#edits || !COUNTED.has(frame.frame)) return false;
    this.#frames.push(frame);
    this.#bytes += bytesOf(frame);
    while (this.#frames.length > MOST || this.#bytes > MOST_BYTES) this.#drop(1);
    if (!this.#waits) this.send(frame);
    return true;
  }

  kept(count: number): void {
    const view = this.#views.at(-1);
    if (view === undefined || this.#waits) return;
    this.#drop(view.base + count - this.#kept);
    // Those of before need not be asked for any more.
    this.#views = [view];
  }

  /** What is there of a view of before; false where nobody knows, and something may be lost. */
  resumed({ view, count, known, fresh }: Extract<OutFrame, { frame: "resumed" }>): boolean {
    const asked = this.#asked[0];
    if (!this.#waits || asked?.number !== view) return true;
    if (known) return this.#goOn(asked.base + count);
    this.#asked.shift();
    if (this.#asked.length > 0) {
      this.#ask();
      return true;
    }
    if (fresh) return this.#goOn(asked.base);
    const lost = this.#frames.length > 0;
    this.#forget();
    return !lost;
  }

  #ask(): void {
    const [view] = this.#asked;
    if (view !== undefined) this.send({ frame: "resume", view: view.number });
  }

  #goOn(there: number): true {
    this.#drop(there - this.#kept);
    this.#waits = false;
    this.#asked = [];
    const last = this.#views.at(-1);
    if (last !== undefined)
      this.#views[this.#views.length - 1] = { number: last.number, base: this.#kept };
    for (const frame of this.#frames) this.send(frame);
    return true;
  }

  /** The present view begins anew. */
  #forget(): void {
    this.#waits = false;
    this.#asked = [];
    this.#drop(this.#frames.length);
    const last = this.#views.at(-1);
    this.#views = last === undefined ? [] : [{ number: last.number, base: this.#kept }];
  }

  #drop(n: number): void {
    const gone = this.#frames.splice(0, Math.max(0, n));
    for (const frame of gone) this.#bytes -= bytesOf(frame);
    this.#kept += gone.length;
  }
}
