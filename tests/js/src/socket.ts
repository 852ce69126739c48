// A WebSocket's client that sends what it is told to, right or wrong (RFC 6455, and
// RFC 8441 over HTTP/2); and on it one of open documents.
import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as path from "node:path";
import { type Duplex } from "node:stream";

import { type RawResponse, RawSocket } from "./raw.js";
import { type Any, ROOT, type Server, within } from "./server.js";
import { loadSource } from "./source.js";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export const PROTOCOL = "chancery.documents.1";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export type Fields = { [name: string]: string | null };

export interface Message {
  opcode: number;
  bytes: Buffer;
}

/** The bytes of a client's frame. */
export function frameOf(
  opcode: number,
  bytes: Uint8Array | string,
  { final = true, mask = crypto.randomBytes(4) as Uint8Array } = {},
): Buffer {
  const payload = Buffer.from(bytes);
  const n = payload.length;
  const head = Buffer.alloc(n < 126 ? 2 : n < 65536 ? 4 : 10);
  head[0] = (final ? 0x80 : 0) | opcode;
  if (n < 126) head[1] = 0x80 | n;
  else if (n < 65536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(n, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(n), 2);
  }
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([head, mask, masked]);
}

/** The answer to a handshake over HTTP/1.1, by fields of which null leaves one out. */
export async function shakeHands(
  server: Server,
  where: string,
  fields: Fields = {},
  tls = false,
): Promise<{ response: RawResponse; raw: RawSocket; key: string }> {
  const raw = await server.raw(tls);
  const key = crypto.randomBytes(16).toString("base64");
  const all: Fields = {
    Host: new URL(server.url("/", tls)).host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Protocol": PROTOCOL,
    ...fields,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  raw.write(`GET ${where} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const response = await within("an answer", raw.response());
  assert(response !== undefined);
  return { response, raw, key };
}

export class Socket {
  private constructor(readonly raw: RawSocket<Duplex>) {}

  static async overHttp1(
    server: Server,
    where: string,
    fields: Fields,
    tls = false,
  ): Promise<Socket> {
    const { response, raw, key } = await shakeHands(server, where, fields, tls);
    assert.equal(response.status, 101, response.body.toString());
    const want = crypto.createHash("sha1").update(key + GUID).digest("base64");
    assert.equal(response.headers.get("sec-websocket-accept"), want);
    assert.equal(response.headers.get("sec-websocket-protocol"), PROTOCOL);
    assert.equal(response.headers.get("upgrade"), "websocket");
    assert.equal(response.headers.get("content-length"), undefined);
    return new Socket(raw);
  }

  static async overHttp2(
    session: http2.ClientHttp2Session,
    where: string,
    fields: { [name: string]: string },
  ): Promise<Socket> {
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":path": where,
      "sec-websocket-version": "13",
      "sec-websocket-protocol": PROTOCOL,
      ...fields,
    });
    const raw = RawSocket.over(stream);
    const [head] = (await within("a head", once(stream, "response"))) as [
      http2.IncomingHttpHeaders,
    ];
    assert.equal(head[":status"], 200);
    assert.equal(head["sec-websocket-protocol"], PROTOCOL);
    return new Socket(raw);
  }

  send(
    opcode: number,
    bytes: Uint8Array | string,
    options: { final?: boolean; mask?: Uint8Array } = {},
  ): void {
    this.raw.write(frameOf(opcode, bytes, options));
  }

  /** The next message, which comes unmasked and whole; undefined at the end. */
  async next(): Promise<Message | undefined> {
    const head = await this.raw.take(2);
    if (head.length < 2) return undefined;
    const [first = 0, second = 0] = head;
    assert.equal(first & 0xf0, 0x80);
    let n = second;
    assert(n < 128, "a server's frame is masked");
    if (n === 126) n = (await this.raw.take(2)).readUInt16BE();
    else if (n === 127) n = Number((await this.raw.take(8)).readBigUInt64BE());
    return { opcode: first & 15, bytes: Buffer.from(await this.raw.take(n)) };
  }

  /** The code of the close that comes, whatever comes before it; then the end. */
  async closed(): Promise<number> {
    for (;;) {
      const message = await within("a close", this.next());
      assert(message !== undefined, "it ended without a close");
      if (message.opcode !== CLOSE) continue;
      this.raw.write(frameOf(CLOSE, message.bytes));
      assert.equal(await within("the end", this.next()), undefined);
      return message.bytes.readUInt16BE();
    }
  }

  close(): void {
    this.raw.close();
  }
}

// ---- open documents --------------------------------------------------------

export interface Frame {
  frame: string;
  [field: string]: number | boolean | string | Uint8Array;
}

interface Codec {
  encodeFrame(frame: Frame): Uint8Array;
  decodeFrame(bytes: Uint8Array): Frame | undefined;
}

const codec = loadSource(path.join(ROOT, "clients/frames.ts")) as Promise<Codec>;

export const viewOf = (file: string): string => `/documents/view?file=${file}`;

/** A document that somebody has opened. */
export class OpenDocument {
  private constructor(
    readonly socket: Socket,
    private readonly codec: Codec,
  ) {}

  static async over(socket: Socket): Promise<OpenDocument> {
    return new OpenDocument(socket, await codec);
  }

  static async open(
    server: Server,
    file: string,
    token = server.token,
  ): Promise<OpenDocument> {
    return OpenDocument.over(
      await Socket.overHttp1(server, viewOf(file), {
        Authorization: `Bearer ${token}`,
      }),
    );
  }

  /** What the front says itself, next. */
  async said(): Promise<Any> {
    for (;;) {
      const message = await within("words", this.socket.next());
      assert(message !== undefined, "it has ended");
      assert.notEqual(message.opcode, CLOSE);
      if (message.opcode === TEXT)
        return JSON.parse(message.bytes.toString()) as Any;
    }
  }

  send(frame: Frame): void {
    this.socket.send(BINARY, this.codec.encodeFrame(frame));
  }

  /** A frame of the server's; undefined where it is none that clients know. */
  decode(bytes: Uint8Array): Frame | undefined {
    return this.codec.decodeFrame(Uint8Array.from(bytes));
  }

  /** The next frame of that name that fits. */
  async frame(
    name: string,
    fits: (frame: Any) => boolean = () => true,
  ): Promise<Any> {
    for (;;) {
      const message = await within(`a frame ${name}`, this.socket.next());
      assert(message !== undefined, "it has ended");
      assert.notEqual(message.opcode, CLOSE, message.bytes.toString());
      if (message.opcode === PING) this.socket.send(PONG, message.bytes);
      if (message.opcode !== BINARY) continue;
      const frame: Any = this.decode(message.bytes);
      if (frame?.frame === name && fits(frame)) return frame;
    }
  }

  close(): void {
    this.socket.close();
  }
}
