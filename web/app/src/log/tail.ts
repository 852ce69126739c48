// The log as it comes: server-sent events, read by hand. A stream of fetch says why
// it was refused, and gives what came in one go, so that thousands of records a
// second cost little; none is parsed before somebody wants to see it.
import { app } from "../app";
import { call } from "../client/jmap";

/** `withdrawn`: the server lets this person follow the log no more. */
export type TailState = "off" | "opening" | "live" | "lost" | "ended" | "withdrawn";

/** The app says that the session is over, and asks; until it is another one. */
async function signedInAgain(): Promise<void> {
  await call("session.get", {}, "push").catch(() => undefined);
  await new Promise<void>((resolve) => {
    const look = () => {
      if (app.value.ended) return;
      stop();
      resolve();
    };
    const stop = app.subscribe(look);
    look();
  });
}

/** A record as it came: an OCSF event a line. */
export interface Came {
  readonly sequence: number;
  readonly time: number;
  readonly lines: string;
  readonly events: number;
  readonly denied: boolean;
  readonly failed: boolean;
}

export interface TailHooks {
  readonly onState: (state: TailState) => void;
  readonly onRecord: (came: Came) => void;
  /** Records that can't be shown, and numbers that never came. */
  readonly onMissing: (from: number, to: number, why: "gap" | "failed") => void;
}

const PAUSES_MS = [500, 1000, 2000, 5000, 10_000];
const SLICE_MS = 12;
/** The server gives a sign of life every 15 seconds. */
const IDLE_MS = 45_000;

// Within a JSON string every quotation mark has a backslash before it, so that these
// are found where they are members, and nowhere else.
const DENIED = /"disposition_id":(?:2|26),/;
const FAILED = /"disposition_id":27,/;
const TIME = '"logged_time":';
const BEGINS_EPOCH = '"event_code":"log.begin"';

function linesOf(block: string): { id: number; kind: string; data: string[] } {
  let id = 0;
  let kind = "";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("data: ")) data.push(line.slice(6));
    else if (line.startsWith("id: ")) id = Number(line.slice(4));
    else if (line.startsWith("event: ")) kind = line.slice(7);
  }
  return { id, kind, data };
}

export class Tail {
  #next: number;
  #tries = 0;
  #state: TailState = "off";
  #end = new AbortController();
  readonly #hooks: TailHooks;

  constructor(from: number, hooks: TailHooks) {
    this.#next = from;
    this.#hooks = hooks;
    void this.#run();
  }

  stop(): void {
    this.#end.abort();
  }

  #tell(state: TailState): void {
    this.#state = state;
    this.#hooks.onState(state);
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    this.#tell("opening");
    while (!signal.aborted) {
      const goesOn = await this.#follow().catch(() => true);
      if (signal.aborted || !goesOn) return;
      if (this.#state !== "ended") this.#tell("lost");
      await this.#pause();
    }
  }

  /** Until it is time to try again, or the network is back. */
  #pause(): Promise<void> {
    const ms = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)];
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener("online", done);
    });
  }

  /** One connection; false where no other is to be tried. */
  async #follow(): Promise<boolean> {
    const hung = new AbortController();
    const giveUp = () => hung.abort();
    // A stream that is cut off doesn't know it.
    addEventListener("offline", giveUp);
    try {
      return await this.#read(hung);
    } finally {
      removeEventListener("offline", giveUp);
    }
  }

  async #read(hung: AbortController): Promise<boolean> {
    const signal = AbortSignal.any([this.#end.signal, hung.signal]);
    const answer = await fetch(`/log/events?from=${this.#next}`, {
      headers: { accept: "text/event-stream", "chancery-cause": "push" },
      signal,
    });
    if (answer.status === 401) {
      this.#tell("ended");
      await signedInAgain();
      this.#tries = 0;
      return true;
    }
    if (answer.status === 403) {
      this.#tell("withdrawn");
      return false;
    }
    if (!answer.ok || answer.body === null) return true;
    this.#tell("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let began = performance.now();
    for (;;) {
      const timer = setTimeout(() => hung.abort(), IDLE_MS);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return true;
      this.#tries = 0;
      rest = this.#take(rest + value);
      // What waits to be read must not keep the page from being drawn and used.
      if (performance.now() - began < SLICE_MS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      began = performance.now();
    }
  }

  /** All that is whole; what is left of it. */
  #take(text: string): string {
    let at = 0;
    for (;;) {
      const end = text.indexOf("\n\n", at);
      if (end < 0) return text.slice(at);
      this.#takeBlock(text.slice(at, end));
      at = end + 2;
    }
  }

  #takeBlock(block: string): void {
    const { id, kind, data } = linesOf(block);
    if (data.length === 0) return;
    const lines = data.join("\n");
    if (id > this.#next && !lines.includes(BEGINS_EPOCH))
      this.#hooks.onMissing(this.#next, id - 1, "gap");
    if (id < this.#next) return; // came before the connection broke
    this.#next = id + 1;
    if (kind === "failed") {
      this.#hooks.onMissing(id, id, "failed");
      return;
    }
    this.#hooks.onRecord({
      sequence: id,
      time: parseInt(lines.slice(lines.lastIndexOf(TIME) + TIME.length), 10),
      lines,
      events: data.length,
      denied: DENIED.test(lines),
      failed: FAILED.test(lines),
    });
  }
}
