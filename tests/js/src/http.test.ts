// What bad input gets: a clear error in the protocol's own terms, an exact
// count or a record, and a server that goes on.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as net from "node:net";
import { after, before, test } from "node:test";
import * as tls from "node:tls";

import { type RawResponse, type RawSocket } from "./raw.js";
import { type Any, Server, eventually, within } from "./server.js";

let server: Server;

before(async () => {
  // One front: its figures are all there are.
  server = await Server.start("http", { config: { fronts: 1 } });
});
after(async () => server.stop());

// Those that run out of time meet a server that grants little of it.
let hasty: Server;

before(async () => {
  hasty = await Server.start("http-hasty", {
    config: {
      fronts: 1,
      head_seconds: 1,
      body_seconds: 1,
      idle_seconds: 1,
      send_seconds: 1,
      handshake_seconds: 1,
      max_connections_address: 50,
    },
  });
});
after(async () => hasty.stop());

const series = (event: string) =>
  `chancery_front_events_total{event="${event}"}`;

// Does something that must be counted so often, as that and nothing else bad.
async function counted<T>(
  event: string,
  times: number,
  act: () => Promise<T>,
  at = server,
): Promise<T> {
  const before = await at.metric(series(event));
  const result = await act();
  await eventually(`${times} ${event}`, async () => {
    const n = (await at.metric(series(event))) - before;
    assert(n <= times, `${n} ${event} instead of ${times}`);
    return n === times || undefined;
  });
  return result;
}

// Sends bytes on a connection of their own: the first response.
async function send(
  bytes: string | Uint8Array,
  options: { tls?: boolean; ends?: boolean } = {},
): Promise<RawResponse> {
  const raw = await server.raw(options.tls);
  raw.write(bytes);
  if (options.ends) raw.socket.end();
  const response = await within("a response", raw.response());
  assert(response !== undefined, "the connection was closed without a word");
  if (response.headers.get("connection") === "close")
    await within("the end of the connection", raw.closed);
  raw.close();
  return response;
}

async function stillServes(): Promise<void> {
  assert.equal((await server.ask("/ready", { token: null })).status, 200);
}

const BROKE = "requests that broke HTTP";
const LARGE = "requests over a limit of size";
const HOST = "Host: localhost\r\n";
const auth = () => `Authorization: Bearer ${server.token}\r\n`;
const put = (rest: string) =>
  `PUT /files/x HTTP/1.1\r\n${HOST}${auth()}${rest}`;

// ---- heads

const HEADS: [
  what: string,
  bytes: () => string,
  status: number,
  event: string,
][] = [
  ["a lone LF", () => `GET /ready HTTP/1.1\n${HOST}\n`, 400, BROKE],
  ["a lone CR", () => `GET /ready HTTP/1.1\r${HOST}\r\n`, 400, BROKE],
  [
    "a folded field",
    () => `GET /ready HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`,
    400,
    BROKE,
  ],
  [
    "a space before the colon",
    () => `GET /ready HTTP/1.1\r\n${HOST}Content-Length : 1\r\n\r\n`,
    400,
    BROKE,
  ],
  [
    "a field without a colon",
    () => `GET /ready HTTP/1.1\r\n${HOST}nothing\r\n\r\n`,
    400,
    BROKE,
  ],
  [
    "a NUL in a value",
    () => `GET /ready HTTP/1.1\r\n${HOST}A: b\0c\r\n\r\n`,
    400,
    BROKE,
  ],
  ["no Host", () => "GET /ready HTTP/1.1\r\n\r\n", 400, BROKE],
  ["two Hosts", () => `GET /ready HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400, BROKE],
  [
    "a target and a Host that differ",
    () => `GET http://a/ready HTTP/1.1\r\n${HOST}\r\n`,
    400,
    BROKE,
  ],
  ["two spaces", () => `GET  /ready HTTP/1.1\r\n${HOST}\r\n`, 400, BROKE],
  ["no version", () => `GET /ready\r\n${HOST}\r\n`, 400, BROKE],
  [
    "HTTP/2 without its preface",
    () => `GET /ready HTTP/2.0\r\n${HOST}\r\n`,
    505,
    BROKE,
  ],
  ["no method", () => ` /ready HTTP/1.1\r\n${HOST}\r\n`, 400, BROKE],
  [
    "TLS on a plain port",
    () => "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    400,
    BROKE,
  ],
  [
    "CONNECT",
    () => `CONNECT localhost:443 HTTP/1.1\r\n${HOST}\r\n`,
    501,
    BROKE,
  ],
  [
    "a control character in the target",
    () => `GET /rea\x01dy HTTP/1.1\r\n${HOST}\r\n`,
    400,
    BROKE,
  ],
  [
    "a NUL in a name",
    () => `GET /files/a%00b HTTP/1.1\r\n${HOST}${auth()}\r\n`,
    400,
    "arguments that no operation could be made of",
  ],
  [
    "a percent sign alone",
    () => `GET /files/%zz HTTP/1.1\r\n${HOST}${auth()}\r\n`,
    400,
    "arguments that no operation could be made of",
  ],
  [
    "an escaped slash",
    () => `GET /files/a%2fb HTTP/1.1\r\n${HOST}${auth()}\r\n`,
    400,
    "arguments that no operation could be made of",
  ],
  [
    "an unknown expectation",
    () => put("Expect: a-miracle\r\nContent-Length: 1\r\n\r\n"),
    417,
    BROKE,
  ],
  [
    "a target of 20,000 bytes",
    () => `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
    414,
    LARGE,
  ],
  [
    "a request line without an end",
    () => `GET /${"a".repeat(40_000)}`,
    414,
    LARGE,
  ],
  [
    "a head of 40,000 bytes",
    () => `GET /ready HTTP/1.1\r\n${HOST}A: ${"a".repeat(40_000)}\r\n\r\n`,
    431,
    LARGE,
  ],
  [
    "2,000 fields",
    () => `GET /ready HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(2000)}\r\n`,
    431,
    LARGE,
  ],
  // Smuggling: what some other server would read in another way.
  [
    "a length and a coding",
    () =>
      put("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    400,
    BROKE,
  ],
  [
    "two lengths",
    () => put("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    400,
    BROKE,
  ],
  [
    "the same length twice",
    () => put("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "a list of lengths",
    () => put("Content-Length: 5, 5\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "a length with a sign",
    () => put("Content-Length: +5\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "a negative length",
    () => put("Content-Length: -5\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "a length in hexadecimal",
    () => put("Content-Length: 0x5\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "a length beyond 2^64",
    () => put("Content-Length: 18446744073709551621\r\n\r\nhello"),
    400,
    BROKE,
  ],
  [
    "an unknown coding",
    () => put("Transfer-Encoding: gzip, chunked\r\n\r\n"),
    501,
    BROKE,
  ],
  [
    "chunked, twice",
    () => put("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    501,
    BROKE,
  ],
  [
    "a coding with a tab behind it",
    () => put("Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n"),
    400,
    BROKE,
  ],
  [
    "a coding in HTTP/1.0",
    () =>
      put("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").replace("1.1", "1.0"),
    400,
    BROKE,
  ],
  [
    "another server's name",
    () => "GET /ready HTTP/1.1\r\nHost: example.org\r\n\r\n",
    421,
    "requests for another host",
  ],
  [
    "a path that isn't there",
    () => `GET /../etc/passwd HTTP/1.1\r\n${HOST}\r\n`,
    404,
    "requests for what is no resource",
  ],
  [
    "a method that a resource has not",
    () => `BREW /ready HTTP/1.1\r\n${HOST}\r\n`,
    405,
    "requests with a method that a resource has not",
  ],
  [
    "no credential",
    () => `GET /files/x HTTP/1.1\r\n${HOST}\r\n`,
    401,
    "requests without a credential",
  ],
  [
    "two credentials",
    () => `GET /files/x HTTP/1.1\r\n${HOST}${auth()}${auth()}\r\n`,
    401,
    "requests without a credential",
  ],
];

for (const [what, bytes, status, event] of HEADS)
  test(`a request with ${what}`, async () => {
    const response = await counted(event, 1, () => send(bytes()));
    assert.equal(response.status, status);
    assert(response.headers.get("x-content-type-options") === "nosniff");
    await stillServes();
  });

// ---- bodies

const BODIES: [what: string, rest: string, status: number, event: string][] = [
  ["a size that is no number", "xyz\r\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["a size with a sign", "-5\r\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["a size with a blank", "5 \r\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["a size beyond 2^64", "fffffffffffffffff\r\nhello", 400, BROKE],
  ["a size that is too small", "4\r\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["a chunk that a lone LF ends", "5\nhello\n0\n\n", 400, BROKE],
  ["an extension with a lone LF", "5;a\nhello\r\n0\r\n\r\n", 400, BROKE],
  ["an extension without an end", `5;${"a".repeat(70_000)}`, 400, BROKE],
  ["a trailer that is none", "0\r\nno trailer\r\n\r\n", 400, BROKE],
  ["trailers without an end", `0\r\n${"A: b\r\n".repeat(20_000)}`, 400, BROKE],
];

for (const [what, rest, status, event] of BODIES)
  test(`a chunked body with ${what}`, async () => {
    const response = await counted(event, 1, () =>
      send(put(`Transfer-Encoding: chunked\r\n\r\n${rest}`)),
    );
    assert.equal(response.status, status);
    assert.equal((await server.ask("/files/x")).status, 404);
  });

test("chunk extensions and trailers that are well-formed are left out", async () => {
  const response = await send(
    put(
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
        '5;a=b;c="d e"\r\nhello\r\n0;last\r\nA: b\r\n\r\n',
    ),
  );
  assert.equal(response.status, 201);
  assert.equal((await server.ask("/files/x")).body.toString(), "hello");
  await server.ask("/files/x", { method: "DELETE" });
});

const SHORT = "requests whose body ended early";

for (const [what, rest] of [
  ["a short body", "Content-Length: 1000\r\n\r\nhello"],
  [
    "a body without its last chunk",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  ],
  [
    "a long body that ends early",
    `Content-Length: 1000000\r\n\r\n${"a".repeat(500_000)}`,
  ],
] as const)
  test(`${what} is refused, and nothing of it kept`, async () => {
    const response = await counted(SHORT, 1, () =>
      send(put(rest), { ends: true }),
    );
    assert.equal(response.status, 400);
    assert.match(response.body.toString(), /ended early/);
    assert.equal((await server.ask("/files/x")).status, 404);
  });

test("a client that vanishes within a body leaves its upload's end", async () => {
  const from = await sequence();
  await counted(SHORT, 1, async () => {
    const raw = await server.raw();
    raw.write(put(`Content-Length: 1000000\r\n\r\n${"a".repeat(100_000)}`));
    await eventually("the upload's beginning", async () => {
      const begun = await server.search({ from, operation: "upload.begin" });
      return begun.length === 1 || undefined;
    });
    raw.socket.resetAndDestroy();
  });
  const [end] = await eventually("the upload's end", async () => {
    const ends = (
      await server.search({ from, operation: "stream.end" })
    ).filter((event) => /upload/.test(event.message));
    return ends.length > 0 ? ends : undefined;
  });
  assert.equal(end.unmapped.facts.status, "aborted");
  assert(end.unmapped.facts.bytes <= 100_000);
});

test("a head that ends early", async () => {
  const response = await counted(BROKE, 1, () =>
    send("GET /ready HTTP/1.1\r\nHo", { ends: true }),
  );
  assert.equal(response.status, 400);
});

// ---- one connection, many requests

test("a thousand requests in one write are answered in order", async () => {
  const raw = await server.raw();
  const paths = Array.from({ length: 1000 }, (_, i) => `/nothing/${i}`);
  await counted("requests for what is no resource", 500, async () => {
    raw.write(
      paths
        .map((path, i) =>
          i % 2 === 0
            ? `GET ${path} HTTP/1.1\r\n${HOST}\r\n`
            : `GET /ready HTTP/1.1\r\n${HOST}\r\n`,
        )
        .join(""),
    );
    for (let i = 0; i < paths.length; i++) {
      const response = await within(`answer ${i}`, raw.response());
      assert.equal(response?.status, i % 2 === 0 ? 404 : 200);
    }
  });
  raw.close();
});

test("what follows a refused request is not taken for another", async () => {
  const hidden = `GET /hidden HTTP/1.1\r\n${HOST}\r\n`;
  const raw = await server.raw();
  await counted("requests for what is no resource", 0, async () => {
    raw.write(
      put("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") +
        `0\r\n\r\n${hidden}`,
    );
    assert.equal((await raw.response())?.status, 400);
    assert.equal(await raw.response(), undefined);
  });
});

test("bytes for megabytes ahead of their turn wait, and are served", async () => {
  const raw = await server.raw();
  const size = 3 << 20;
  raw.write(`GET /ready HTTP/1.1\r\n${HOST}\r\n`.repeat(3));
  raw.write(put(`Content-Length: ${size}\r\n\r\n`));
  raw.write(Buffer.alloc(size, 0x61));
  raw.write(put(`Content-Length: ${size}\r\n\r\n`));
  raw.write(Buffer.alloc(size, 0x62));
  for (const status of [200, 200, 200, 201, 200])
    assert.equal((await within("its turn", raw.response()))?.status, status);
  raw.close();
  await server.ask("/files/x", { method: "DELETE" });
});

test("nobody is asked for a body that nobody will take", async () => {
  const ask = (where: string, credential: string) =>
    `PUT ${where} HTTP/1.1\r\n${HOST}${credential}Content-Length: 5\r\n` +
    "Expect: 100-continue\r\n\r\n";
  assert.equal((await send(ask("/files/x", ""))).status, 401);
  const raw = await server.raw();
  raw.write(ask("/files/x", auth()));
  assert.equal((await raw.response())?.status, 100);
  raw.write("hello");
  assert.equal((await raw.response())?.status, 201);
  raw.close();
  await server.ask("/files/x", { method: "DELETE" });
});

// ---- JSON

const JSONS: [what: string, body: string | Uint8Array, type: string][] = [
  ["nothing", "", "notJSON"],
  ["no JSON", "{", "notJSON"],
  ["two values", "{}{}", "notJSON"],
  ["a member twice", '{"using":[],"using":[],"methodCalls":[]}', "notJSON"],
  ["brackets 100,000 deep", "[".repeat(100_000), "notJSON"],
  [
    "invalid UTF-8",
    Buffer.from('{"using":["\xff"],"methodCalls":[]}', "latin1"),
    "notJSON",
  ],
  [
    "half a surrogate pair",
    '{"using":["\\ud800"],"methodCalls":[]}',
    "notJSON",
  ],
  ["a NUL in a string", '{"using":["\\u0000"],"methodCalls":[]}', "notJSON"],
  ["an array", "[]", "notRequest"],
  ["no method calls", '{"using":[]}', "notRequest"],
  [
    "a method call of two parts",
    '{"using":[],"methodCalls":[["a",{}]]}',
    "notRequest",
  ],
  [
    "a method call without a name",
    '{"using":[],"methodCalls":[[1,{},"0"]]}',
    "notRequest",
  ],
  [
    "an unknown capability",
    '{"using":["urn:x"],"methodCalls":[]}',
    "unknownCapability",
  ],
  [
    "1,000 calls",
    JSON.stringify({
      using: [],
      methodCalls: Array(1000).fill(["a", {}, "0"]),
    }),
    "limit",
  ],
];

for (const [what, body, type] of JSONS)
  test(`a JMAP request that is ${what}`, async () => {
    const answer = await counted(
      "bodies that are no JSON or no JMAP request",
      1,
      () => server.ask("/jmap/api", { body }),
    );
    assert.equal(answer.status, 400);
    assert.equal(answer.headers["content-type"], "application/problem+json");
    const problem = JSON.parse(answer.body.toString()) as { type: string };
    assert.equal(problem.type, `urn:ietf:params:jmap:error:${type}`);
  });

for (const chunked of [false, true])
  test(`a JMAP request of 11 MiB${chunked ? ", in chunks" : ""}`, async () => {
    const bytes = " ".repeat(11 << 20);
    const answer = await counted(LARGE, 1, () =>
      send(
        `POST /jmap/api HTTP/1.1\r\n${HOST}${auth()}` +
          (chunked
            ? `Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`
            : `Content-Length: ${bytes.length}\r\n\r\n${bytes}`),
      ),
    );
    assert.equal(answer.status, 413);
  });

// ---- shapes that have suppressed records elsewhere

async function sequence(): Promise<number> {
  return (await server.op("status.read")).sequence as number;
}

// The one record of a read that followed.
async function readRecord(from: number): Promise<Any> {
  const found = await server.search({ from, operation: "file.read" });
  assert.equal(found.length, 1);
  return found[0];
}

test("a User-Agent of 50,000 characters is refused, and counted", async () => {
  const agent = "A".repeat(50_000);
  const response = await counted(LARGE, 1, () =>
    send(
      `GET /files/x HTTP/1.1\r\n${HOST}${auth()}User-Agent: ${agent}\r\n\r\n`,
    ),
  );
  assert.equal(response.status, 431);
});

test("one of 30,000 is allowed, cut in the record, and said to be", async () => {
  const from = await sequence();
  const agent = "A".repeat(30_000);
  const answer = await server.ask("/files/x", {
    headers: { "user-agent": agent },
  });
  assert.equal(answer.status, 404);
  const event = await readRecord(from);
  assert.match(event.http_request.user_agent, /^A{500,1024}$/);
  assert.equal(event.metadata.is_truncated, true);
  assert(event.metadata.untruncated_size >= 30);
});

for (const [what, headers, query] of [
  ["a field 40 times over", Array(40).fill(["x-scope", "openid"]), ""],
  ["a parameter 2,000 times over", [], "?" + "scope=o&".repeat(2000)],
  ["a query of 16,000 bytes", [], `?${"a".repeat(16_000)}`],
  ["invalid UTF-8 in a field", [["User-Agent", "A\xff\xc3B"]], ""],
  ["bytes of another encoding", [["User-Agent", "Gr\xfc\xdfe"]], ""],
  ["markup and escapes", [["User-Agent", "<script>\\u0000\"'%0a{{7*7}}"]], ""],
  [
    "two User-Agents",
    [
      ["User-Agent", "a"],
      ["User-Agent", "b"],
    ],
    "",
  ],
  ["a bearer of 300 bytes", [], ""],
] as [string, [string, string][], string][])
  test(`a request with ${what} leaves its record`, async () => {
    const from = await sequence();
    const credential = what.startsWith("a bearer")
      ? `Authorization: Bearer ${"b".repeat(300)}\r\n`
      : auth();
    const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    const response = await send(
      `GET /files/x${query} HTTP/1.1\r\n${HOST}${credential}` +
        `${fields.join("")}\r\n`,
    );
    const event = await readRecord(from);
    if (what.startsWith("a bearer")) {
      assert.equal(response.status, 401);
      assert.equal(event.status_code, "UNAUTHENTICATED");
    } else {
      assert.equal(response.status, 404);
      assert.equal(event.status_code, "NOT_FOUND");
    }
  });

for (const [what, name, status] of [
  ["invalid UTF-8", "a%ff%fe", 400],
  ["an overlong slash", "a%c0%afb", 400],
  ["a surrogate", "a%ed%a0%80", 400],
  ["a line's end", "a%0d%0ab", 400],
  ["two dots", "%2e%2e", 400],
  ["300 bytes", "a".repeat(300), 413],
] as const)
  test(`a name with ${what} is refused, on the record`, async () => {
    const from = await sequence();
    const answer = await server.ask(`/files/${name}`, {
      method: "PUT",
      body: "x",
    });
    assert.equal(answer.status, status);
    const events = await server.search({ from, operation: "file.create" });
    assert.equal(events.length, 1, JSON.stringify(events));
    assert.equal(events[0].status, "Failure");
  });

// ---- HTTP/2

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
  test(`HTTP/2: ${what}`, async () => {
    await counted(H2, 1, async () => {
      const h2 = await Http2.open();
      h2.write(...frames());
      await h2.goesAway(code);
    });
    await stillServes();
  });

test("HTTP/2: no preface", async () => {
  await counted(H2, 1, async () => {
    const h2 = await Http2.open("GET /ready HTTP/1.1\r\n\r\n\r\n\r\n");
    await h2.goesAway(CODES.protocol);
  });
});

test("HTTP/2: continuations without an end", async () => {
  await counted(H2, 1, async () => {
    const h2 = await Http2.open();
    h2.write(frame(HEADERS, 0, 1, fields(...READY)));
    for (let i = 0; i < 1000; i++) h2.write(frame(CONTINUATION, 0, 1));
    await within("the connection's end", h2.raw.closed);
  });
});

test("HTTP/2: a thousand streams opened and reset", async () => {
  await counted(H2, 1, async () => {
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

test("HTTP/2: pings without their answers being read", async () => {
  const h2 = await Http2.open();
  h2.raw.socket.pause();
  await counted(H2, 1, async () => {
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
  test(`HTTP/2: a request with ${what}`, async () => {
    await counted(BROKE, 1, async () => {
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
  test(`HTTP/2: a request with ${what} is answered`, async () => {
    const session = http2.connect(server.url("", true), {
      ca: server.certificate,
    });
    await counted(event, 1, async () => {
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

test("HTTP/2: more streams than are allowed wait for their turn", async () => {
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

test("HTTP/2: a client that opens no window holds nobody else up", async () => {
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

// ---- time and room

const LATE = "connections that timed out";

test("a head that never ends is told so", async () => {
  await counted(
    LATE,
    1,
    async () => {
      const raw = await hasty.raw();
      const trickle = setInterval(() => raw.write("A"), 100);
      raw.write("GET /ready HTTP/1.1\r\nA");
      assert.equal((await within("an answer", raw.response()))?.status, 408);
      clearInterval(trickle);
      await within("the connection's end", raw.closed);
    },
    hasty,
  );
});

test("a slow head behind another request, too", async () => {
  await counted(
    LATE,
    1,
    async () => {
      const raw = await hasty.raw();
      raw.write(`GET /ready HTTP/1.1\r\n${HOST}\r\nGET /re`);
      assert.equal((await raw.response())?.status, 200);
      assert.equal((await within("an answer", raw.response()))?.status, 408);
    },
    hasty,
  );
});

for (const [what, size] of [
  ["short", 100],
  ["long", 100_000],
] as const)
  test(`a ${what} body that stalls is given up`, async () => {
    await counted(
      LATE,
      1,
      async () => {
        const raw = await hasty.raw();
        raw.write(
          `PUT /files/x HTTP/1.1\r\n${HOST}Authorization: Bearer ${hasty.token}\r\n` +
            `Content-Length: ${size}\r\n\r\nhello`,
        );
        assert.equal((await within("an answer", raw.response()))?.status, 400);
        await within("the connection's end", raw.closed);
      },
      hasty,
    );
    assert.equal((await hasty.ask("/files/x")).status, 404);
  });

for (const protocol of ["http/1.1", "h2"])
  test(`an idle connection is closed: ${protocol}`, async () => {
    await counted(
      LATE,
      1,
      async () => {
        const raw = await hasty.raw(true, protocol);
        if (protocol === "h2") raw.write(PREFACE + "\0\0\0\x04\0\0\0\0\0");
        await within("the connection's end", raw.closed);
      },
      hasty,
    );
  });

test("a TLS handshake that never comes is given up", async () => {
  await counted(
    LATE,
    1,
    async () => {
      const socket = net.connect(hasty.https, "127.0.0.1");
      await within("the connection's end", once(socket, "close"));
    },
    hasty,
  );
});

test("plain HTTP on the port for TLS is cut off, and counted", async () => {
  await counted("TLS handshakes that failed", 1, async () => {
    const socket = net.connect(server.https, "127.0.0.1");
    socket.write(`GET /ready HTTP/1.1\r\n${HOST}\r\n`);
    await within("the connection's end", once(socket.resume(), "close"));
  });
});

test("a handshake that is none is told so, and counted", async () => {
  await counted("TLS handshakes that failed", 1, async () => {
    const socket = net.connect(server.https, "127.0.0.1");
    socket.write("\x16\x03\x01\0\x05hello", "latin1");
    const [alert] = (await within("an alert", once(socket, "data"))) as [
      Buffer,
    ];
    assert.equal(alert[0], 21);
    await within("the connection's end", once(socket, "close"));
  });
});

test("TLS 1.1 is refused", async () => {
  await counted("TLS handshakes that failed", 1, async () => {
    const socket = tls.connect({
      port: server.https,
      host: "127.0.0.1",
      ca: server.certificate,
      servername: "localhost",
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const [error] = await within("a refusal", once(socket, "error"));
    assert.match((error as Error).message, /protocol version/);
  });
});

test("a download that nobody takes ends, on the record", async () => {
  await hasty.ask("/files/large", {
    method: "PUT",
    body: Buffer.alloc(16 << 20),
  });
  const raw = await hasty.raw();
  raw.socket.pause();
  raw.write(
    `GET /files/large HTTP/1.1\r\n${HOST}Authorization: Bearer ${hasty.token}\r\n\r\n`,
  );
  await eventually("its end", async () => {
    const ends = await hasty.search({ operation: "stream.end" });
    return (
      ends.some(
        (e) =>
          /file.read/.test(e.message) && e.unmapped.facts.status === "aborted",
      ) || undefined
    );
  });
  raw.close();
});

test("connections from one address over the limit are refused", async () => {
  const before = await hasty.metric(series("connections refused at a limit"));
  const limit =
    'chancery_limit_met_total{limit="max_connections_address",process="front 0"}';
  assert.equal(await hasty.metric(limit), 0);
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = net.connect(hasty.http, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    }),
  );
  await within(
    "the end of all",
    Promise.all(sockets.map((socket) => once(socket.resume(), "close"))),
  );
  const refused =
    (await hasty.metric(series("connections refused at a limit"))) - before;
  assert(refused >= 50 && refused < 100, `${refused} refused`);
  assert.equal(await hasty.metric(limit), refused);
});

// ---- at the end

test("all that was counted stands in the log, exactly, and nothing died", async () => {
  // A stop puts what is not told yet on the record; the metrics begin anew.
  const counts = new Map<string, number>();
  for (const line of (await server.metrics()).split("\n")) {
    const [, event, n] =
      /^chancery_front_events_total\{event="(.*)"\} (\d+)$/.exec(line) ?? [];
    if (event !== undefined && Number(n) > 0) counts.set(event, Number(n));
  }
  server.signal("SIGTERM");
  assert.equal(await server.exited(), 0);
  await server.run();
  const recorded = new Map<string, number>();
  for (const event of await server.search({ operation: "front.sum" }))
    for (const [name, n] of Object.entries(event.unmapped.facts))
      if (name !== "front" && name !== "source")
        recorded.set(name, (recorded.get(name) ?? 0) + Number(n));
  assert.deepEqual(recorded, counts);
  assert.deepEqual(await server.search({ operation: "system.child" }), []);
});
