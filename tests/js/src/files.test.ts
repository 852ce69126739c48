// Files by path: what a browser, curl or a script sees of GET, PUT and DELETE
// below /files/.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";

import { type Answer, type Any, Server, within } from "./server.js";

let server: Server;

before(async () => {
  server = await Server.start("files");
});
after(async () => server.stop());

const LARGE = 64 << 20;

async function put(
  path: string,
  body: string | Uint8Array,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return server.ask(`/files/${path}`, { method: "PUT", body, headers });
}

const get = (path: string, headers: http.OutgoingHttpHeaders = {}) =>
  server.ask(`/files/${path}`, { headers });

const json = (answer: Answer) => JSON.parse(answer.body.toString()) as Any;

// ---- storing and reading

for (const size of [0, 1, 32_768, 32_769, 1 << 20])
  test(`${size} bytes come back as they were`, async () => {
    const bytes = randomBytes(size);
    const digest = createHash("sha256").update(bytes).digest("base64");
    const made = await put(`size-${size}`, bytes);
    assert.equal(made.status, 201);
    assert.equal(json(made).size, size);

    const got = await get(`size-${size}`);
    assert.equal(got.status, 200);
    assert.deepEqual(got.body, bytes);
    assert.equal(got.headers["content-length"], String(size));
    assert.equal(got.headers["etag"], made.headers["etag"]);
    assert.equal(got.headers["repr-digest"], `sha-256=:${digest}:`);
    assert.equal(got.headers["accept-ranges"], "bytes");

    const head = await server.ask(`/files/size-${size}`, { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.headers["content-length"], String(size));
    assert.equal(head.headers["etag"], made.headers["etag"]);
    assert.equal(head.body.length, 0);
  });

for (const size of [0, 1, 32_768, 32_769, 1 << 20])
  for (const version of [1, 2])
    test(`${size} bytes of unknown length over HTTP/${version} come back as they were`, async () => {
      const bytes = randomBytes(size);
      const where = `/files/unknown-${version}-${size}`;
      const { sequence } = await server.op("status.read");
      assert.equal(await putPieces(version, where, bytes), 201);
      assert.deepEqual((await server.ask(where)).body, bytes);
      // Few bytes go with a call; more are no call's matter.
      const begun = await server.search({
        from: sequence,
        operation: "upload.begin",
      });
      assert.equal(begun.length, size > 32_768 ? 1 : 0);
    });

// In up to three pieces.
async function putPieces(
  version: number,
  where: string,
  bytes: Buffer,
): Promise<number> {
  const third = Math.ceil(bytes.length / 3);
  const pieces = [0, 1, 2]
    .map((n) => bytes.subarray(n * third, (n + 1) * third))
    .filter((piece) => piece.length > 0);
  const authorization = `Bearer ${server.token}`;
  if (version === 1) {
    const request = http.request(server.url(where), {
      agent: false,
      method: "PUT",
      headers: { authorization },
    });
    const answered = once(request, "response");
    await pipeline(Readable.from(pieces), request);
    const [answer] = (await within("an answer", answered)) as [
      http.IncomingMessage,
    ];
    answer.resume();
    return answer.statusCode ?? 0;
  }
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
  });
  const request = session.request({
    ":method": "PUT",
    ":path": where,
    authorization,
  });
  const answered = once(request, "response");
  await pipeline(Readable.from(pieces), request);
  const [headers] = await within("an answer", answered);
  request.resume();
  session.close();
  return headers[":status"];
}

test("a name is any text of UTF-8, composed", async () => {
  const name = "Grüße, 世界 🎉 #1?&=+%.txt";
  assert.equal((await put(encodeURIComponent(name), "a")).status, 201);
  // The same name, decomposed, is the same file.
  const other = encodeURIComponent(name.normalize("NFD"));
  assert.equal((await get(other)).body.toString(), "a");
  const page = json(await get(""));
  assert(page.list.some((node: Any) => node.name === name));
  const disposition = (await get(encodeURIComponent(name))).headers[
    "content-disposition"
  ];
  assert.match(disposition ?? "", /filename\*=UTF-8''Gr%C3%BC%C3%9Fe%2C/);
});

test("folders are made, listed a page at a time, and redirected to", async () => {
  assert.equal(
    (await server.ask("/files/many/", { method: "PUT" })).status,
    201,
  );
  assert.equal(
    (await server.ask("/files/many/", { method: "PUT" })).status,
    200,
  );
  const names = Array.from({ length: 25 }, (_, i) => `n${100 + i}`);
  for (const name of names) await put(`many/${name}`, name);
  const seen: string[] = [];
  let after = "";
  for (;;) {
    const query = new URLSearchParams({ limit: "10" });
    if (after !== "") query.set("after", after);
    const page = json(await get(`many/?${query}`));
    assert(page.list.length <= 10);
    seen.push(...page.list.map((node: Any) => node.name));
    if (page.next === undefined) break;
    after = page.next;
  }
  assert.deepEqual(seen, names);

  const redirect = await get("many");
  assert.equal(redirect.status, 308);
  assert.equal(redirect.headers["location"], "/files/many/");
  assert.equal((await get("none/")).status, 404);
  assert.equal((await put("none/x", "a")).status, 404);
  assert.equal((await put("many", "a")).status, 409);
  assert.equal((await get("many/?limit=501")).status, 400);
  assert.equal((await get("many/?after=!!")).status, 400);
});

test("what is thrown away is gone from its path, and can come back", async () => {
  await put("thrown", "away");
  assert.equal(
    (await server.ask("/files/thrown", { method: "DELETE" })).status,
    204,
  );
  assert.equal((await get("thrown")).status, 404);
  assert.equal(
    (await server.ask("/files/thrown", { method: "DELETE" })).status,
    404,
  );
  const [trashed] = await server.search({ operation: "node.trash" });
  await server.op("node.restore", { node: trashed.file.uid });
  assert.equal((await get("thrown")).body.toString(), "away");
  await server.op("node.trash", { path: "thrown" });
  await server.op("node.purge", { node: trashed.file.uid });
  await assert.rejects(server.op("node.restore", { node: trashed.file.uid }));
});

// ---- versions and conditions

test("an overwrite makes a version; the older ones stay", async () => {
  const tags: string[] = [];
  for (const text of ["one", "two", "three"]) {
    const made = await put("versioned", text, { "content-type": "text/plain" });
    assert.equal(made.status, tags.length === 0 ? 201 : 200);
    tags.push(made.headers["etag"] ?? "");
  }
  assert.equal(new Set(tags).size, 3);
  assert.equal((await get("versioned")).body.toString(), "three");
  const versions = (await server.op("version.list", { path: "versioned" }))
    .list;
  assert.deepEqual(
    versions.map((version: Any) => `"${version.id}"`),
    [...tags].reverse(),
  );
  const account = (await server.op("session.get")).principal;
  for (const [i, text] of ["three", "two", "one"].entries()) {
    const old = await server.ask(
      `/jmap/download/${account}/${versions[i].id}/old.txt?type=text/plain`,
    );
    assert.equal(old.body.toString(), text);
  }
});

test("conditions on writing", async () => {
  const first = await put("conditional", "1", { "if-none-match": "*" });
  assert.equal(first.status, 201);
  assert.equal(
    (await put("conditional", "2", { "if-none-match": "*" })).status,
    409,
  );
  const tag = first.headers["etag"];
  const second = await put("conditional", "2", { "if-match": tag });
  assert.equal(second.status, 200);
  assert.equal(
    (await put("conditional", "3", { "if-match": tag })).status,
    412,
  );
  assert.equal(
    (await put("conditional", "3", { "if-match": '"made up"' })).status,
    412,
  );
  assert.equal(
    (await put("conditional", "3", { "if-match": `W/${tag}` })).status,
    412,
  );
  assert.equal((await put("absent", "3", { "if-match": tag })).status, 412);
  // "*": whatever is there, but only if it is (RFC 9110, 13.1.1).
  assert.equal((await put("absent", "4", { "if-match": "*" })).status, 412);
  assert.equal((await get("absent")).status, 404);
  assert.equal((await put("conditional", "2", { "if-match": "*" })).status, 200);
  const absent = await put("absent", Buffer.alloc(100_000), { "if-match": "*" });
  assert.equal(absent.status, 412);
  assert.equal((await get("conditional")).body.toString(), "2");
  // Of two who saw the same version, one wins.
  const now = (await get("conditional")).headers["etag"];
  const race = await Promise.all(
    ["a", "b", "c", "d"].map((text) =>
      put("conditional", text, { "if-match": now }),
    ),
  );
  assert.deepEqual(
    race.map((answer) => answer.status).sort(),
    [200, 412, 412, 412],
  );
});

test("conditions on reading", async () => {
  const made = await put("cached", "abc");
  const tag = made.headers["etag"] ?? "";
  const got = await get("cached");
  const modified = got.headers["last-modified"] ?? "";
  const past = new Date(0).toUTCString();

  for (const [headers, status] of [
    [{ "if-none-match": tag }, 304],
    [{ "if-none-match": `"x", W/${tag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"' }, 200],
    [{ "if-match": tag }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"x"' }, 412],
    [{ "if-match": `W/${tag}` }, 412],
    [{ "if-modified-since": modified }, 304],
    [{ "if-modified-since": past }, 200],
    [{ "if-modified-since": "no date" }, 200],
    [{ "if-none-match": '"x"', "if-modified-since": modified }, 200],
  ] as const) {
    const answer = await get("cached", headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    assert.equal(answer.headers["etag"], tag);
    assert.equal(answer.body.toString(), status === 200 ? "abc" : "");
  }
});

// ---- ranges

for (const [what, size] of [
  ["small", 1000],
  ["large", 3 << 20],
] as const)
  test(`ranges of a ${what} file`, async () => {
    const bytes = randomBytes(size);
    const path = `ranges-${what}`;
    const tag = (await put(path, bytes)).headers["etag"] ?? "";
    const last = size - 1;

    for (const [range, first, end] of [
      ["bytes=0-0", 0, 1],
      ["bytes=0-99", 0, 100],
      ["bytes=100-", 100, size],
      ["bytes=-1", last, size],
      ["bytes=-100", size - 100, size],
      [`bytes=-${size * 2}`, 0, size],
      [`bytes=${last}-${size * 2}`, last, size],
    ] as const) {
      const answer = await get(path, { range });
      assert.equal(answer.status, 206, range);
      assert.equal(
        answer.headers["content-range"],
        `bytes ${first}-${end - 1}/${size}`,
      );
      assert.deepEqual(answer.body, bytes.subarray(first, end), range);
    }
    for (const range of [`bytes=${size}-`, "bytes=-0"]) {
      const answer = await get(path, { range });
      assert.equal(answer.status, 416, range);
      assert.equal(answer.headers["content-range"], `bytes */${size}`);
    }
    // What can't be served as one part, or isn't known, is the whole.
    for (const range of [
      "bytes=0-1,5-6",
      "lines=1-2",
      "bytes=2-1",
      "bytes=a-b",
    ]) {
      const answer = await get(path, { range });
      assert.equal(answer.status, 200, range);
      assert.deepEqual(answer.body, bytes);
    }
    const whole = await get(path, {
      range: "bytes=0-0",
      "if-range": '"other"',
    });
    assert.equal(whole.status, 200);
    const part = await get(path, { range: "bytes=0-0", "if-range": tag });
    assert.equal(part.status, 206);
    const head = await server.ask(`/files/${path}`, {
      method: "HEAD",
      headers: { range: "bytes=0-0" },
    });
    assert.equal(head.status, 200);
  });

// ---- large ones, streamed

// So many bytes that can be made again, and never stand in memory at once.
function* pattern(size: number): Generator<Buffer> {
  const part = randomBytes(1 << 16);
  for (let at = 0; at < size; at += part.length) {
    part.writeUInt32LE(at, 0);
    yield Buffer.from(part.subarray(0, Math.min(part.length, size - at)));
  }
}

async function hashOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of stream) hash.update(part);
  return hash.digest("hex");
}

// The bytes of a stream, hashed as they pass.
function hashing(size: number): { stream: Readable; digest: () => string } {
  const hash = createHash("sha256");
  const stream = Readable.from(
    (function* () {
      for (const part of pattern(size)) {
        hash.update(part);
        yield part;
      }
    })(),
  );
  return { stream, digest: () => hash.digest("hex") };
}

for (const chunked of [false, true])
  test(`64 MiB over HTTP/1.1${chunked ? ", of unknown length" : ""}`, async () => {
    const { stream, digest } = hashing(LARGE);
    const request = http.request({
      agent: false,
      port: server.http,
      host: "127.0.0.1",
      path: `/files/h1-${chunked}`,
      method: "PUT",
      headers: {
        host: "localhost",
        authorization: `Bearer ${server.token}`,
        ...(chunked ? {} : { "content-length": LARGE }),
      },
    });
    const answered = once(request, "response");
    await pipeline(stream, request);
    const [answer] = (await within("an answer", answered)) as [
      http.IncomingMessage,
    ];
    assert.equal(answer.statusCode, 201);
    answer.resume();
    const got = await server.open(`/files/h1-${chunked}`);
    assert.equal(await hashOf(got), digest());
  });

test("four times 16 MiB at once over one HTTP/2 connection", async () => {
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
  });
  const authorization = `Bearer ${server.token}`;
  await Promise.all(
    [1, 2, 3, 4].map(async (n) => {
      const { stream, digest } = hashing(LARGE / 4);
      const up = session.request({
        ":method": "PUT",
        ":path": `/files/h2-${n}`,
        authorization,
      });
      const answered = once(up, "response");
      await pipeline(stream, up, { end: true });
      const [headers] = await within("an answer", answered);
      assert.equal(headers[":status"], 201);
      up.resume();
      const down = session.request({
        ":path": `/files/h2-${n}`,
        authorization,
      });
      assert.equal(await hashOf(down), digest());
    }),
  );
  session.close();
});

// ---- what surrounds the bytes

test("users' bytes never act as a page of this origin", async () => {
  for (const [type, shown] of [
    ["text/html", false],
    ["image/svg+xml", false],
    ["application/javascript", false],
    ["text/plain; charset=utf-8", true],
    ["image/png", true],
    ["application/pdf", true],
  ] as const) {
    await put("isolated", "<script>alert(1)</script>", {
      "content-type": type,
    });
    const { headers } = await get("isolated");
    assert.equal(headers["content-type"], type);
    assert.match(
      headers["content-disposition"] ?? "",
      shown ? /^inline/ : /^attachment/,
    );
    assert.match(
      headers["content-security-policy"] as string,
      /^sandbox; default-src 'none'/,
    );
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cache-control"], "private, no-cache");
  }
  const bad = await put("isolated", "a", { "content-type": "a\tb" });
  assert.equal(bad.status, 400);
});

test("what the server says itself is isolated and never kept", async () => {
  for (const [where, token] of [
    ["/ready", null],
    ["/nothing", null],
    ["/files/", undefined],
    ["/files/", null],
    ["/.well-known/jmap", undefined],
  ] as const) {
    const { headers } = await server.ask(
      where,
      token === null ? { token } : {},
    );
    assert.equal(headers["cache-control"], "no-store", where);
    assert.match(
      headers["content-security-policy"] as string,
      /default-src 'none'/,
    );
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["strict-transport-security"], undefined);
  }
});

test("an answer to nobody says how to come with a credential", async () => {
  for (const token of [null, "made-up", "x".repeat(200)]) {
    const answer = await server.ask("/files/", { token });
    assert.equal(answer.status, 401);
    assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer/);
    assert.equal(answer.headers["content-type"], "application/problem+json");
  }
});

test("over plain HTTP and TLS only this server's own names are served", async () => {
  for (const [host, status] of [
    ["localhost", 200],
    [`localhost:${server.http}`, 200],
    ["127.0.0.1", 200],
    ["LOCALHOST", 200],
    ["[::1]", 200],
    ["example.org", 421],
    ["localhost.example.org", 421],
    ["127.0.0.2", 421],
  ] as const)
    for (const tls of [false, true]) {
      const answer = await server.ask("/ready", {
        token: null,
        tls,
        headers: { host },
      });
      assert.equal(answer.status, status, host);
    }
});

test("a server with a name has no plain HTTP, and asks for TLS for a year", async () => {
  const named = await Server.start("files-named", {
    config: { hostname: "files.example.org", listen: "127.0.0.1" },
  });
  assert.equal(named.http, 0);
  const ask = (host: string) =>
    named.ask("/ready", { token: null, tls: true, headers: { host } });
  const answer = await ask("files.example.org");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["strict-transport-security"], "max-age=31536000");
  assert.equal((await ask("localhost")).status, 421);
  named.signal("SIGTERM");
  assert.equal(await named.exited(), 0);
});
