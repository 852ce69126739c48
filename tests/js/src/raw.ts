// A connection that sends bytes as they are given, and reads responses of
// HTTP/1.1 without a client library that would correct either.
import { once } from "node:events";
import * as net from "node:net";
import { type Duplex } from "node:stream";
import * as tls from "node:tls";

export interface RawResponse {
  status: number;
  reason: string;
  headers: Map<string, string>;
  body: Buffer;
}

const CRLF = "\r\n";

export class RawSocket<S extends Duplex = net.Socket> {
  readonly closed: Promise<void>;
  #in: Buffer = Buffer.alloc(0);
  #over = false;
  #wake: (() => void) | undefined;

  private constructor(readonly socket: S) {
    socket.on("error", () => {}); // a reset is an end, too
    socket.on("data", (bytes: Buffer) => {
      this.#in = Buffer.concat([this.#in, bytes]);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#over = true;
        this.#wake?.();
        resolve();
      }),
    );
  }

  static async plain(port: number): Promise<RawSocket> {
    const socket = net.connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawSocket(socket);
  }

  static async overTls(
    port: number,
    ca: string,
    protocol: string,
  ): Promise<RawSocket> {
    const socket = tls.connect({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      ca,
      ALPNProtocols: [protocol],
    });
    await once(socket, "secureConnect");
    return new RawSocket(socket);
  }

  // Of a stream of HTTP/2, whose head has come.
  static over<S extends Duplex>(stream: S): RawSocket<S> {
    return new RawSocket(stream);
  }

  write(bytes: string | Uint8Array): void {
    if (typeof bytes === "string") this.socket.write(bytes, "latin1");
    else this.socket.write(bytes);
  }

  // At least so many bytes more than there were; false where it has ended.
  async #more(n: number): Promise<boolean> {
    while (this.#in.length < n && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#in.length >= n;
  }

  // Exactly so many bytes, or as many as came before the end.
  async take(n: number): Promise<Buffer> {
    await this.#more(n);
    const bytes = this.#in.subarray(0, n);
    this.#in = this.#in.subarray(n);
    return bytes;
  }

  // All that comes until the other side closes.
  async rest(): Promise<Buffer> {
    await this.closed;
    return this.take(this.#in.length);
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#in.indexOf(CRLF);
      if (end >= 0)
        return (await this.take(end + 2)).toString("latin1", 0, end);
      if (!(await this.#more(this.#in.length + 1))) return undefined;
    }
  }

  async #chunks(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt((await this.#line()) ?? "0", 16);
      if (size > 0) parts.push(await this.take(size));
      await this.#line();
      if (size === 0) return Buffer.concat(parts);
    }
  }

  // The next response, 100 (Continue) included; undefined at the end. A HEAD's
  // has no body, whatever its length says.
  async response(head = false): Promise<RawResponse | undefined> {
    const line = await this.#line();
    if (line === undefined) return undefined;
    const [, status, reason] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(line) ?? [];
    if (status === undefined) throw new Error(`no status line: ${line}`);
    const headers = new Map<string, string>();
    for (;;) {
      const field = await this.#line();
      if (field === undefined || field === "") break;
      const colon = field.indexOf(":");
      headers.set(
        field.slice(0, colon).toLowerCase(),
        field.slice(colon + 1).trim(),
      );
    }
    const length = headers.get("content-length");
    let body = Buffer.alloc(0) as Buffer;
    if (headers.get("transfer-encoding") === "chunked")
      body = await this.#chunks();
    else if (!head && length !== undefined)
      body = await this.take(Number(length));
    return { status: Number(status), reason: reason ?? "", headers, body };
  }

  close(): void {
    this.socket.destroy();
  }
}
