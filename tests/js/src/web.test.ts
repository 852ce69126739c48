// What a browser meets: the pages, the cookie, and what other origins' pages
// can't do with it. And who has no credential: what they can, and nothing else.
import assert from "node:assert/strict";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { counted } from "./counts.js";
import { readCatalogue } from "./coverage.js";
import { type Any, CORE, OPERATIONS, Server } from "./server.js";

const STRANGER = "requests without a credential";
const FORGED = "requests that another origin's page sent";
const BAD = "arguments that no operation could be made of";

let server: Server;

before(async () => {
  // One front: its figures are all there are.
  server = await Server.start("web", {
    config: { fronts: 1, web_app: "none" },
  });
});
after(() => server.stop());

const own = (tls = false) =>
  tls
    ? `https://localhost:${server.https}`
    : `http://localhost:${server.http}`;

function request(calls: unknown[], using = [CORE, OPERATIONS]): string {
  return JSON.stringify({ using, methodCalls: calls });
}

const CHALLENGE = ["challenge.make", { purpose: "sign_in" }, "c"];
const ME = ["session.get", {}, "m"];

/** Posts to the API as a browser with that cookie would. */
const post = (headers: { [name: string]: string }, tls = false, body?: string) =>
  server.ask("/jmap/api", {
    method: "POST",
    token: null,
    tls,
    headers,
    body: body ?? request([ME]),
  });

const plain = () => `chancery-local=${server.token}`;
const secure = () => `__Host-chancery=${server.token}`;

// ---- without a credential

test("who has no credential gets challenges, and nothing else", async () => {
  const answer = await post({}, false, request([CHALLENGE]));
  assert.equal(answer.status, 200);
  const { methodResponses } = JSON.parse(answer.body.toString());
  assert.equal(methodResponses[0][0], "challenge.make");
  assert.equal(methodResponses[0][1].results[0].rp_id, "localhost");

  const refused: [what: string, body: string][] = [
    ["another operation", request([ME])],
    ["another one behind", request([CHALLENGE, ME])],
    ["another one before", request([ME, CHALLENGE])],
    ["Core/echo", request([["Core/echo", {}, "e"]])],
    ["FileNode/get", request([["FileNode/get", {}, "f"]])],
    ["what there is not", request([["no.such", {}, "n"]])],
    ["the server's own", request([["log.begin", {}, "s"]])],
    ["a stream", request([["log.tail", {}, "t"]])],
    ["no call", request([])],
    ["no JSON", "{"],
    ["no JMAP", "{}"],
    ["nothing", ""],
    ["much", JSON.stringify({ much: "a".repeat(70_000) })],
  ];
  for (const [what, body] of refused) {
    const status = await counted(server, STRANGER, 1, async () => {
      return (await post({}, false, body)).status;
    });
    assert.equal(status, 401, what);
  }
});

test("every operation but those that sign in wants a credential", async () => {
  const { table } = readCatalogue(path.join(server.state, "core", "log"));
  const open: string[] = [];
  for (const { name } of table.operations) {
    const { status } = await post({}, false, request([[name, {}, "x"]]));
    if (status !== 401) open.push(name);
  }
  assert.deepEqual(open.sort(), OPEN);
});

const OPEN = [
  "challenge.make",
  "link.open",
  "login.begin",
  "login.collect",
  "session.begin",
];

// ---- the cookie

test("the cookie counts on its own listener alone", async () => {
  const site = { "sec-fetch-site": "same-origin" };
  assert.equal((await post({ cookie: plain(), ...site })).status, 200);
  assert.equal((await post({ cookie: secure(), ...site }, true)).status, 200);
  assert.equal((await post({ cookie: secure(), ...site })).status, 401);
  assert.equal((await post({ cookie: plain(), ...site }, true)).status, 401);
});

test("a credential comes once, and as it was given", async () => {
  const site = { "sec-fetch-site": "same-origin" };
  for (const headers of [
    { cookie: plain(), authorization: `Bearer ${server.token}` },
    { cookie: plain(), authorization: "Basic abc" },
    { cookie: `${plain()}; ${plain()}` },
    { cookie: `${plain()}; chancery-local=another` },
    { cookie: `chancery-local="${server.token}"` },
    { cookie: "chancery-local=" },
    { cookie: `chancery-local=${"a".repeat(300)}` },
  ]) {
    const status = await counted(server, BAD, 1, async () => {
      return (await post({ ...headers, ...site })).status;
    });
    assert.equal(status, 400, JSON.stringify(headers));
  }
  const dead = await post({ cookie: "chancery-local=chy_none", ...site });
  assert.equal(JSON.parse(dead.body.toString()).methodResponses[0][0], "error");
});

test("another origin's page can change nothing with it", async () => {
  const foreign: { [name: string]: string }[] = [
    {},
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `http://localhost:${server.http + 1}` },
    { origin: own(true) },
    { origin: own(), "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ];
  const ways: [method: string, where: string][] = [
    ["POST", "/jmap/api"],
    ["PUT", "/files/forged.txt"],
    ["DELETE", "/files/forged.txt"],
    ["POST", "/jmap/upload/x/"],
    ["POST", "/session"],
    ["DELETE", "/session"],
  ];
  for (const [method, where] of ways)
    for (const headers of foreign) {
      const status = await counted(server, FORGED, 1, async () => {
        const answer = await server.ask(where, {
          method,
          token: null,
          headers: { cookie: plain(), ...headers },
          body: "{}",
        });
        return answer.status;
      });
      assert.equal(status, 403, `${method} ${where} ${JSON.stringify(headers)}`);
    }
  assert.equal((await post({ cookie: plain(), origin: own() })).status, 200);
  assert.equal(
    (await post({ cookie: secure(), origin: own(true) }, true)).status,
    200,
  );
  // A token is sent by who means it.
  const meant = { origin: "https://evil.example" };
  const answer = await server.ask("/jmap/api", {
    method: "POST",
    headers: meant,
    body: request([ME]),
  });
  assert.equal(answer.status, 200);
});

test("nor can it load what it may not read", async () => {
  const get = async (headers: { [name: string]: string }) =>
    (
      await server.ask("/files/", {
        token: null,
        headers: { cookie: plain(), ...headers },
      })
    ).status;
  assert.equal(await get({}), 200);
  assert.equal(await get({ "sec-fetch-site": "same-origin" }), 200);
  assert.equal(await get({ "sec-fetch-site": "none" }), 200);
  const linked = { "sec-fetch-site": "same-site" };
  assert.equal(await get({ ...linked, "sec-fetch-mode": "navigate" }), 200);
  assert.equal(await get({ ...linked, "sec-fetch-mode": "no-cors" }), 403);
  assert.equal(await get({ "sec-fetch-site": "cross-site" }), 403);
});

test("nobody is signed in by another origin's page", async () => {
  for (const headers of [{}, { origin: "https://evil.example" }]) {
    const answer = await server.ask("/session", {
      method: "POST",
      token: null,
      headers,
      body: JSON.stringify({ login: "a", password: "b", code: "c" }),
    });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers["set-cookie"], undefined);
  }
});

test("who signs in has the secret in a cookie, and nowhere else", async () => {
  const person = await server.enrol("carla");
  for (const tls of [false, true]) {
    const answer = await server.ask("/session", {
      method: "POST",
      token: null,
      tls,
      headers: { origin: own(tls) },
      body: JSON.stringify(
        person.passkey.get(await server.challenge("sign_in")),
      ),
    });
    assert.equal(answer.status, 200, answer.body.toString());
    const [cookie] = answer.headers["set-cookie"] ?? [];
    const [, name, secret, rest] =
      /^([^=]+)=(chy_[0-9a-z]{26})(; .*)$/.exec(cookie ?? "") ?? [];
    assert.equal(name, tls ? "__Host-chancery" : "chancery-local");
    assert.equal(
      rest,
      `; Path=/; HttpOnly; SameSite=Strict${tls ? "; Secure" : ""}`,
    );
    const told = JSON.parse(answer.body.toString());
    assert.equal(told.principal, person.id);
    assert.equal(told.secret, undefined);
    assert(!answer.body.toString().includes(secret ?? "chy_"));
    const me = await post({ cookie: `${name}=${secret}`, origin: own(tls) }, tls);
    assert.equal(
      JSON.parse(me.body.toString()).methodResponses[0][1].results[0].principal,
      person.id,
    );
  }
});

test("who isn't who they say gets no cookie, and it is on the record", async () => {
  const before = (await server.search({ operation: "session.begin" })).length;
  const person = await server.enrol("dora");
  const answer = person.passkey.get(await server.challenge("register"));
  const wrong = [
    answer,
    { login: "dora", password: "wrong", code: "123456" },
    { login: "nobody", password: "wrong", code: "123456" },
  ];
  for (const args of wrong) {
    // It became an operation: no front counts it besides.
    const refused = await counted(server, STRANGER, 0, () =>
      server.ask("/session", {
        method: "POST",
        token: null,
        headers: { origin: own() },
        body: JSON.stringify(args),
      }),
    );
    assert.equal(refused.status, 401);
    assert.equal(refused.headers["set-cookie"], undefined);
  }
  const records = await server.search({ operation: "session.begin" });
  assert.equal(records.length - before, 1 + wrong.length);
  for (const body of ["", "{", "[]", '{"login":7}', '{"other":1}']) {
    const status = await counted(server, BAD, 1, async () => {
      const headers = { origin: own() };
      const asked = { method: "POST", token: null, headers, body };
      return (await server.ask("/session", asked)).status;
    });
    assert.equal(status, 400, body);
  }
});

test("who signs out has no cookie any more", async () => {
  const issued = await server.op("token.issue", { label: "browser" });
  for (const tls of [false, true]) {
    const name = tls ? "__Host-chancery" : "chancery-local";
    const gone = await server.ask("/session", {
      method: "DELETE",
      token: null,
      tls,
      headers: { cookie: `${name}=${issued.secret}`, origin: own(tls) },
    });
    // The second time it is out already.
    assert.equal(gone.status, 204);
    assert.equal(
      gone.headers["set-cookie"]?.[0],
      `${name}=; Path=/; HttpOnly; SameSite=Strict${tls ? "; Secure" : ""}; ` +
        "Max-Age=0",
    );
    assert.equal(gone.headers["clear-site-data"], '"cache", "storage"');
  }
  const after = await server.ask("/jmap/session", { token: issued.secret });
  assert.equal(after.status, 401);
  const stranger = await server.ask("/session", {
    method: "DELETE",
    token: null,
    headers: { origin: own() },
  });
  assert.equal(stranger.status, 401);
});

// ---- the pages

const PAGES = ["/setup", "/enrol", "/sign-in", "/approve"];

test("the pages come with the strict policy, and nothing of it is inline", async () => {
  const pages: Any[] = [];
  for (const where of PAGES) pages.push(await server.ask(where, { token: null }));
  pages.push(await server.ask("/", { token: null, headers: { cookie: plain() } }));
  for (const { status, headers, body } of pages) {
    assert.equal(status, 200);
    assert.equal(
      headers["content-security-policy"],
      "default-src 'none'; script-src 'self'; style-src 'self'; " +
        "img-src 'self'; connect-src 'self'; form-action 'none'; " +
        "frame-ancestors 'none'; base-uri 'none'; " +
        "require-trusted-types-for 'script'",
    );
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
    const text = body.toString();
    assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=|javascript:/);
    for (const [, script] of text.matchAll(/<script[^>]*>([^]*?)<\/script>/g))
      assert.equal(script, "");
    for (const [, asset] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const loaded = await server.ask(asset, { token: null });
      assert.equal(loaded.status, 200, asset);
      assert.match(loaded.headers["cache-control"] ?? "", /immutable/);
      const etag = loaded.headers["etag"] ?? "";
      const again = await server.ask(asset, {
        token: null,
        headers: { "if-none-match": etag },
      });
      assert.equal(again.status, 304);
    }
  }
});

test("home is for who is signed in; a name is for passkeys", async () => {
  const home = await server.ask("/", { token: null });
  assert.equal(home.status, 303);
  assert.equal(home.headers["location"], "/sign-in");
  const other = await server.ask("/sign-in", {
    token: null,
    headers: { host: `127.0.0.1:${server.http}` },
  });
  assert.equal(other.status, 307);
  assert.equal(other.headers["location"], `${own()}/sign-in`);
  for (const where of ["/assets/", "/assets/x", "/setup/", "/home", "/enrol.html"])
    assert.equal((await server.ask(where, { token: null })).status, 404);
  const wrong = await server.ask("/setup", { token: null, method: "POST" });
  assert.equal(wrong.status, 405);
});
