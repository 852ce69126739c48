// A reader of server-sent events (the HTML standard's "text/event-stream").
import type * as http from "node:http";
import { createInterface, type Interface } from "node:readline";

export interface ServerEvent {
  id: string;
  event: string;
  data: string[];
}

export class EventStream {
  readonly closed: Promise<void>;
  #lines: Interface;
  #ready: ServerEvent[] = [];
  #wake: (() => void) | undefined;
  #over = false;

  constructor(readonly answer: http.IncomingMessage) {
    let next: ServerEvent = { id: "", event: "message", data: [] };

    answer.on("error", () => {}); // cut off: the stream is over
    this.closed = new Promise((resolve) =>
      answer.once("close", () => {
        this.#over = true;
        this.#wake?.();
        resolve();
      }),
    );
    this.#lines = createInterface({ input: answer, crlfDelay: Infinity });
    this.#lines.on("error", () => {});
    this.#lines.on("line", (line) => {
      if (line === "") {
        if (next.data.length > 0) this.#ready.push(next);
        next = { id: next.id, event: "message", data: [] };
        this.#wake?.();
        return;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") next.id = value;
      else if (field === "event") next.event = value;
      else if (field === "data") next.data.push(value);
    });
  }

  // The next event, or undefined at the end.
  async next(): Promise<ServerEvent | undefined> {
    while (this.#ready.length === 0 && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#ready.shift();
  }

  // The first event that fits; those before it are gone.
  async find(fits: (event: ServerEvent) => boolean): Promise<ServerEvent> {
    for (;;) {
      const event = await this.next();
      if (event === undefined) throw new Error("the stream ended before");
      if (fits(event)) return event;
    }
  }

  close(): void {
    this.answer.destroy();
  }
}
