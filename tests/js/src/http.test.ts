// What bad input over HTTP/1.1 gets: a clear error in the protocol's own terms,
// an exact count or a record, and a server that goes on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BROKE, HOST, LARGE, checkCounts, counted, send } from "./counts.js";
import { type Any, OPERATIONS, Server, eventually, within } from "./server.js";

let server: Server;

before(async () => {
  // One front: its figures are all there are.
  server = await Server.start("http", { config: { fronts: 1 } });
  account = (await server.op("session.get")).principal;
});
after(async () => server.stop());

async function stillServes(): Promise<void> {
  assert.equal((await server.ask("/ready", { token: null })).status, 200);
}

let account = "";

const auth = () => `Authorization: Bearer ${server.token}\r\n`;
const NUMBER = "chancery-request";
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
    const response = await counted(server, event, 1, () =>
      send(server, bytes()),
    );
    assert.equal(response.status, status);
    assert(response.headers.get("x-content-type-options") === "nosniff");
    assert.match(response.headers.get(NUMBER) ?? "", /^\d+-\d+$/);
    await stillServes();
  });

test("every answer has a number, which the operational log knows it by", async () => {
  const logs = await Server.start("numbers", { config: { log_level: 0 } });
  const numbers = new Set<unknown>();
  for (const [where, tls] of [
    ["/ready", false],
    ["/ready", true],
    ["/app", false],
  ] as const)
    numbers.add((await logs.ask(where, { tls })).headers[NUMBER]);
  assert(!numbers.has(undefined));
  assert.equal(numbers.size, 3);

  const problem = await logs.ask("/files/nothing");
  const { request } = JSON.parse(problem.body.toString());
  assert.equal(problem.headers[NUMBER], request);
  const refused = await logs.ask("/jmap/api", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      using: [OPERATIONS],
      methodCalls: [["node.get", { path: "nothing" }, "0"]],
    }),
  });
  assert.equal(refused.status, 200);
  for (const [number, event] of [
    [request, "front.problem"],
    [refused.headers[NUMBER], "front.refused"],
  ])
    await eventually(`a line of ${event}`, () =>
      logs.output.find((line) => line.includes(`${event} request="${number}" `)),
    );
  await logs.stop();
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
    const response = await counted(server, event, 1, () =>
      send(server, put(`Transfer-Encoding: chunked\r\n\r\n${rest}`)),
    );
    assert.equal(response.status, status);
    assert.equal((await server.ask("/files/x")).status, 404);
  });

test("chunk extensions and trailers that are well-formed are left out", async () => {
  const response = await send(
    server,
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
    const response = await counted(server, SHORT, 1, () =>
      send(server, put(rest), true),
    );
    assert.equal(response.status, 400);
    assert.match(response.body.toString(), /ended early/);
    assert.equal((await server.ask("/files/x")).status, 404);
  });

const few = "a".repeat(32_768);
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
const chunk = (n: number) =>
  `${CHUNKED}${n.toString(16)}\r\n${"a".repeat(n)}\r\n`;

const begun = async (from: number): Promise<number> =>
  (await server.search({ from, operation: "upload.begin" })).length;

for (const [method, where, route] of [
  ["PUT", () => "/files/x", "a file"],
  ["POST", () => `/jmap/upload/${account}/`, "a blob"],
] as const)
  for (const [what, rest, uploads] of [
    ["few bytes, one short", "Content-Length: 6\r\n\r\nhello", 0],
    ["few chunks, none the last", chunk(32_768), 0],
    ["one byte too many to be few", chunk(32_769), 1],
    ["few bytes of many", `Content-Length: 32769\r\n\r\n${few}`, 1],
    ["a chunk that lies about its length", `${CHUNKED}a\r\nhello\r\n0\r\n\r\n`, 0],
  ] as const)
    test(`${route} of ${what} is refused, and nothing of it kept`, async () => {
      const from = await sequence();
      const response = await send(
        server,
        `${method} ${where()} HTTP/1.1\r\n${HOST}${auth()}${rest}`,
        true,
      );
      assert.equal(response.status, 400);
      assert.equal(await begun(from), uploads);
      const stored = await Promise.all(
        ["file.create", "upload.store"].map((operation) =>
          server.search({ from, operation }),
        ),
      );
      assert.deepEqual(stored, [[], []]);
      assert.equal((await server.ask("/files/x")).status, 404);
    });

test("bytes behind a body's length are another request", async () => {
  const raw = await server.raw();
  raw.write(put(`Content-Length: 32768\r\n\r\n${few}!`));
  assert.equal((await within("an answer", raw.response()))?.status, 201);
  raw.write("\r\n\r\n");
  assert.equal((await within("a refusal", raw.response()))?.status, 400);
  assert.equal((await server.ask("/files/x")).body.length, 32_768);
  await server.ask("/files/x", { method: "DELETE" });
});

test("a client that vanishes within a body leaves its upload's end", async () => {
  const from = await sequence();
  await counted(server, SHORT, 1, async () => {
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
  const response = await counted(server, BROKE, 1, () =>
    send(server, "GET /ready HTTP/1.1\r\nHo", true),
  );
  assert.equal(response.status, 400);
});

// ---- one connection, many requests

test("a thousand requests in one write are answered in order", async () => {
  const raw = await server.raw();
  const paths = Array.from({ length: 1000 }, (_, i) => `/nothing/${i}`);
  await counted(server, "requests for what is no resource", 500, async () => {
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
  await counted(server, "requests for what is no resource", 0, async () => {
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
  assert.equal((await send(server, ask("/files/x", ""))).status, 401);
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
      server,
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
    const answer = await counted(server, LARGE, 1, () =>
      send(
        server,
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
  const response = await counted(server, LARGE, 1, () =>
    send(
      server,
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
      server,
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

test("whoever is no proxy's word on its address is not taken", async () => {
  const headers = { "x-forwarded-for": "198.51.100.99" };
  await server.ask("/files/proxied", { headers });
  const address = "198.51.100.99";
  assert.deepEqual(await server.search({ address }), []);
});

test("all that was counted stands in the log, and nothing died", () =>
  checkCounts(server));
