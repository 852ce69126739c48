// What bad input over HTTP/2 gets (RFC 9113): a reset or a farewell that says
// why, an exact count, and a server that goes on.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { after, before, test } from "node:test";

import { BROKE, LARGE, checkCounts, counted } from "./counts.js";
import { type RawSocket } from "./raw.js";
import { Server, eventually, within } from "./server.js";

let server: Server;

before(async () => {
  // One front: its figures are all there are.
  server = await Server.start("http2", { config: { fronts: 1 } });
});
after(async () => server.stop());

async function stillServes(): Promise<void> {
  assert.equal((await server.ask("/ready", { token: null })).status, 200);
}

const H2 = "HTTP/2 connections that broke the protocol";
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const [
  DATA,
  HEADERS,
  RST_STREAM,
  SETTINGS,
  PING,
  GOAWAY,
  WINDOW_UPDATE,
  CONTINUATION,
] = [0, 1, 3, 4, 6, 7, 8, 9] as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const CODES = {
  protocol: 1,
  internal: 2,
  flow: 3,
  size: 6,
  refused: 7,
  compression: 9,
  calm: 11,
};

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function uint32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n >>> 0);
  return bytes;
}

// RFC 7541: literals without indexing, no Huffman codes.
function fields(...list: [string, string][]): Buffer {
  const text = (s: string) => {
    const bytes = Buffer.from(s, "latin1");
    assert(bytes.length < 127);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  };
  return Buffer.concat(
    list.flatMap(([name, value]) => [
      Buffer.from([0]),
      text(name),
      text(value),
    ]),
  );
}

const READY: [string, string][] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/ready"],
  [":authority", "localhost"],
];

// A connection with both prefaces exchanged.
class Http2 {
  private constructor(readonly raw: RawSocket) {}

  static async open(preface = PREFACE): Promise<Http2> {
    const h2 = new Http2(await server.raw(true, "h2"));
    h2.raw.write(preface);
    h2.raw.write(frame(SETTINGS, 0, 0));
    return h2;
  }

  write(...frames: Buffer[]): void {
    this.raw.write(Buffer.concat(frames));
  }

  // The next frame of a type, and its payload; undefined at the end.
  async next(
    type: number,
  ): Promise<{ stream: number; payload: Buffer } | undefined> {
    for (;;) {
      const head = await within(`frame ${type}`, this.raw.take(9));
      if (head.length < 9) return undefined;
      const payload = await this.raw.take(head.readUIntBE(0, 3));
      if (head[3] === type) return { stream: head.readUInt32BE(5), payload };
    }
  }

  // It is told to go, why, and cut off.
  async goesAway(code: number): Promise<void> {
    const goaway = await this.next(GOAWAY);
    assert.equal(goaway?.payload.readUInt32BE(4), code);
    await within("the connection's end", this.raw.closed);
  }
}

const BREACHES: [what: string, frames: () => Buffer[], code: number][] = [
  [
    "data on stream 0",
    () => [frame(DATA, 0, 0, Buffer.from("x"))],
    CODES.protocol,
  ],
  [
    "headers on a stream of ours",
    () => [frame(HEADERS, END_HEADERS, 2, fields(...READY))],
    CODES.protocol,
  ],
  [
    "a frame over the limit",
    () => [frame(DATA, 0, 1, Buffer.alloc(20_000))],
    CODES.size,
  ],
  [
    "settings of 5 bytes",
    () => [frame(SETTINGS, 0, 0, Buffer.alloc(5))],
    CODES.size,
  ],
  [
    "a window over 2^31",
    () => [frame(WINDOW_UPDATE, 0, 0, uint32(0x7fffffff))],
    CODES.flow,
  ],
  [
    "a window update of 0",
    () => [frame(WINDOW_UPDATE, 0, 0, uint32(0))],
    CODES.protocol,
  ],
  [
    "an initial window over 2^31",
    () => [frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0x80, 0, 0, 0]))],
    CODES.flow,
  ],
  [
    "headers that can't be unpacked",
    () => [
      frame(
        HEADERS,
        END_HEADERS,
        1,
        Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      ),
    ],
    CODES.compression,
  ],
  [
    "another frame amid headers",
    () => [frame(HEADERS, 0, 1, fields(...READY)), frame(DATA, 0, 1)],
    CODES.protocol,
  ],
  [
    "a continuation of nothing",
    () => [frame(CONTINUATION, END_HEADERS, 1)],
    CODES.protocol,
  ],
  [
    "a reset of a stream that never was",
    () => [frame(RST_STREAM, 0, 1, uint32(8))],
    CODES.protocol,
  ],
];

for (const [what, frames, code] of BREACHES)
  test(`${what}`, async () => {
    await counted(server, H2, 1, async () => {
      const h2 = await Http2.open();
      h2.write(...frames());
      await h2.goesAway(code);
    });
    await stillServes();
  });

test("no preface", async () => {
  await counted(server, H2, 1, async () => {
    const h2 = await Http2.open("GET /ready HTTP/1.1\r\n\r\n\r\n\r\n");
    await h2.goesAway(CODES.protocol);
  });
});

test("continuations without an end", async () => {
  await counted(server, H2, 1, async () => {
    const h2 = await Http2.open();
    h2.write(frame(HEADERS, 0, 1, fields(...READY)));
    for (let i = 0; i < 1000; i++) h2.write(frame(CONTINUATION, 0, 1));
    await within("the connection's end", h2.raw.closed);
  });
});

test("a thousand streams opened and reset", async () => {
  await counted(server, H2, 1, async () => {
    const h2 = await Http2.open();
    for (let id = 1; id < 4000; id += 2)
      h2.write(
        frame(HEADERS, END_HEADERS, id, fields(...READY)),
        frame(RST_STREAM, 0, id, uint32(8)),
      );
    await h2.goesAway(CODES.internal);
  });
  await stillServes();
});

test("pings without their answers being read", async () => {
  const h2 = await Http2.open();
  h2.raw.socket.pause();
  await counted(server, H2, 1, async () => {
    const ping = frame(PING, 0, 0, Buffer.alloc(8));
    h2.raw.write(Buffer.concat(Array(1_000_000).fill(ping) as Buffer[]));
  });
  await stillServes();
  h2.raw.socket.resume();
  await within("the connection's end", h2.raw.closed);
});

const BAD_REQUESTS: [what: string, list: [string, string][], body?: string][] =
  [
    ["no path", READY.filter(([name]) => name !== ":path")],
    ["a method that is none", [[":method", "G T"], ...READY.slice(1)]],
    ["a path that is none", [...READY.slice(0, 2), [":path", "ready"]]],
    ["a path twice", [...READY, [":path", "/"]]],
    ["a pseudo-field behind a field", [["a", "b"], ...READY]],
    ["a field in capitals", [...READY, ["Abc", "d"]]],
    ["Connection", [...READY, ["connection", "close"]]],
    ["Transfer-Encoding", [...READY, ["transfer-encoding", "chunked"]]],
    ["a line's end in a value", [...READY, ["a", "b\r\nc: d"]]],
    ["a length that lies", [...READY, ["content-length", "5"]], "hello world"],
  ];

for (const [what, list, body] of BAD_REQUESTS)
  test(`a request with ${what}`, async () => {
    await counted(server, BROKE, 1, async () => {
      const h2 = await Http2.open();
      h2.write(
        frame(
          HEADERS,
          END_HEADERS | (body === undefined ? END_STREAM : 0),
          1,
          fields(...list),
        ),
      );
      if (body !== undefined)
        h2.write(frame(DATA, END_STREAM, 1, Buffer.from(body)));
      const reset = await h2.next(RST_STREAM);
      assert.equal(reset?.stream, 1);
      assert.equal(reset?.payload.readUInt32BE(0), CODES.protocol);
      // The connection goes on.
      h2.write(frame(HEADERS, END_HEADERS | END_STREAM, 3, fields(...READY)));
      assert.equal((await h2.next(HEADERS))?.stream, 3);
      h2.raw.close();
    });
  });

for (const [what, list, status, event] of [
  [
    "another server's name",
    { ":authority": "example.org" },
    421,
    "requests for another host",
  ],
  ["a head of 60,000 bytes", { a: "b".repeat(60_000) }, 431, LARGE],
  [
    "no credential",
    { ":path": "/files/x" },
    401,
    "requests without a credential",
  ],
] as const)
  test(`a request with ${what} is answered`, async () => {
    const session = http2.connect(server.url("", true), {
      ca: server.certificate,
    });
    await counted(server, event, 1, async () => {
      const request = session.request({
        ...Object.fromEntries(READY),
        ...list,
      });
      const [headers] = await within("an answer", once(request, "response"));
      assert.equal(headers[":status"], status);
      request.resume();
      await once(request, "close");
    });
    session.close();
  });

test("more streams than are allowed wait for their turn", async () => {
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
  });
  const done = Array.from({ length: 1000 }, async () => {
    const request = session.request(Object.fromEntries(READY));
    const [headers] = await once(request, "response");
    assert.equal(headers[":status"], 200);
    request.resume();
    await once(request, "close");
  });
  await within("all answers", Promise.all(done));
  session.close();
});

test("a client that opens no window holds nobody else up", async () => {
  await server.ask("/files/large", {
    method: "PUT",
    body: Buffer.alloc(4 << 20),
  });
  const h2 = await Http2.open();
  h2.write(
    frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])), // initial: 0
    frame(
      HEADERS,
      END_HEADERS | END_STREAM,
      1,
      fields(
        ...READY.map(([name, value]): [string, string] =>
          name === ":path" ? [name, "/files/large"] : [name, value],
        ),
        ["authorization", `Bearer ${server.token}`],
      ),
    ),
  );
  assert.equal((await h2.next(HEADERS))?.stream, 1);
  const other = await server.ask("/files/large", { tls: true });
  assert.equal(other.body.length, 4 << 20);
  // A byte at a time is what it gets then.
  for (let i = 0; i < 10; i++) {
    h2.write(frame(WINDOW_UPDATE, 0, 1, uint32(1)));
    assert.equal((await h2.next(DATA))?.payload.length, 1);
  }
  h2.raw.close();
  const [end] = await eventually("its end", async () => {
    const ends = await server.search({ operation: "stream.end" });
    const aborted = ends.filter(
      (e) =>
        e.unmapped.facts.status === "aborted" && /file.read/.test(e.message),
    );
    return aborted.length > 0 ? aborted : undefined;
  });
  assert(end.unmapped.facts.bytes < 4 << 20);
});

test("all that was counted stands in the log, and nothing died", () =>
  checkCounts(server));
