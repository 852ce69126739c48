// The connection to an open document: frames both ways, begun anew by itself where it
// is lost. Nothing is kept to be sent later: where the cursor will be then, nobody
// knows.
import {
  decodeFrame,
  encodeFrame,
  type InFrame,
  type OutFrame,
  RIGHTS,
} from "../../../../clients/frames";
import type { FileId, VersionId } from "../../../../clients/types";
import { signedOut } from "../client/jmap";
import { Refused } from "../client/problem";
import { untilBack } from "../client/reach";

const PROTOCOL = "chancery.documents.1";
/** Waits before the tries that follow each other; the last one stays. */
const PAUSES_MS = [250, 1000, 2000, 4000, 8000];

export interface Opened {
  readonly stream: string;
  readonly rights: number;
  readonly name: string;
  readonly type?: string;
  readonly version?: VersionId;
}

/** What one may, as bits or by their names. */
const rightsOf = (given: number | readonly string[]): number =>
  typeof given === "number"
    ? given
    : given.reduce(
        (bits, name) => bits | ((RIGHTS as { [name: string]: number })[name] ?? 0),
        0,
      );

type Told =
  | {
      readonly type: "opened";
      readonly result: Omit<Opened, "rights"> & {
        readonly rights: number | readonly string[];
      };
    }
  | {
      readonly type: "refused" | "ended";
      readonly code: string;
      readonly description: string;
      readonly request?: string;
    };

export interface Hooks {
  readonly opened: (result: Opened) => void;
  readonly frame: (frame: OutFrame) => void;
  /** It is tried again. */
  readonly lost: (why: Refused | undefined) => void;
  /** For good. */
  readonly refused: (why: Refused) => void;
}

const SIGNED_OUT: readonly string[] = ["UNAUTHENTICATED", "EXPIRED"];
/** What may be another time. */
const LATER: readonly string[] = ["BUSY", "UNKNOWN", "CLOSED", "RATE", "NOMEM"];
/** What is open as long has not been opened in vain. */
const LONG_MS = 10_000;

export class Connection {
  #socket: WebSocket | undefined;
  #tried = 0;
  /** When the document was there; undefined: it isn't yet. */
  #since: number | undefined;
  #why: Refused | undefined;
  #closed = false;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly file: FileId,
    private readonly hooks: Hooks,
  ) {
    this.#connect();
  }

  /** The document is there. */
  loaded(): void {
    this.#since ??= performance.now();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** What can't be sent now is not sent. */
  send(frame: InFrame): boolean {
    if (!this.isOpen) return false;
    this.#socket?.send(encodeFrame(frame));
    return true;
  }

  /** Awaits that the server knows. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pause);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.addEventListener("close", () => resolve());
      socket.close(1000);
    });
  }

  /** At once, for who doesn't want to wait. */
  again(): void {
    this.#closed = false;
    this.#tried = 0;
    clearTimeout(this.#pause);
    this.#connect();
  }

  #connect(): void {
    if (this.#closed || this.#socket !== undefined) return;
    const url = new URL(`/documents/view?file=${this.file}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, [PROTOCOL]);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#told(JSON.parse(data) as Told);
      else this.#take(new Uint8Array(data as ArrayBuffer));
    };
    socket.onclose = () => {
      this.#socket = undefined;
      if (!this.#closed) void this.#over();
    };
    this.#socket = socket;
    this.#why = undefined;
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    const frame = decodeFrame(bytes);
    if (frame !== undefined) this.hooks.frame(frame);
  }

  #told(told: Told): void {
    if (told.type === "opened") {
      const { result } = told;
      this.hooks.opened({ ...result, rights: rightsOf(result.rights) });
      return;
    }
    this.#why = new Refused(told.code, told.description, told.request);
    if (!this.#isFinal(told)) return;
    this.#closed = true;
    this.hooks.refused(this.#why);
  }

  /** Whether asking again is in vain. */
  #isFinal({ type, code }: { readonly type: string; readonly code: string }): boolean {
    if (SIGNED_OUT.includes(code) || LATER.includes(code)) return false;
    // A session or a right may be over: the next answer says which.
    if (type === "ended") return code !== "DENIED" && this.#since === undefined;
    return true;
  }

  async #over(): Promise<void> {
    const why = this.#why;
    if (performance.now() - (this.#since ?? Infinity) > LONG_MS) this.#tried = 0;
    this.#since = undefined;
    this.hooks.lost(why);
    if (why !== undefined && SIGNED_OUT.includes(why.code)) {
      const again = await signedOut().catch(() => false);
      if (!again) {
        this.#closed = true;
        this.hooks.refused(why);
        return;
      }
    } else {
      await untilBack();
    }
    const pause = PAUSES_MS[Math.min(this.#tried++, PAUSES_MS.length - 1)];
    this.#pause = setTimeout(() => this.#connect(), pause);
  }
}
