// Signing in by force: as many tries as this machine makes, for names that nobody
// has and for one that somebody has, from one address and from many. Each is on the
// record, everybody else is served meanwhile, and nobody is locked out for good.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http2 from "node:http2";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { type Sent, toldBy } from "./carriers.js";
import { count } from "./counts.js";
import {
  type Any,
  CORE,
  eventually,
  OPERATIONS,
  type Person,
  runProgram,
  Server,
  within,
} from "./server.js";
import { codeOf } from "./totp.js";

const PASSWORD = "seven green bottles stand";
const CONNECTIONS = 8;
const AT_ONCE = 32; // of each
const BUSY = "requests turned away while core was busy or away";

let server: Server;
let ann: Person; // who works meanwhile
let eve: Person & { seed: string }; // who has a passkey, and a password and an app
let file = "";

before(async () => {
  server = await Server.start("flood", {
    config: { fronts: 1, trusted_proxies: "127.0.0.1", try_seconds: 1 },
  });
  ann = await server.enrol("ann");
  eve = { ...(await server.enrol("eve")), seed: "" };
  const asked = { token: eve.token };
  await server.op("password.set", { password: PASSWORD }, asked);
  eve.seed = (await server.op("totp.begin", {}, asked)).secret;
  await server.op("totp.confirm", { code: codeOf(eve.seed) }, asked);
  const { home } = await server.op("session.get", {}, { token: ann.token });
  const name = { parent: home, name: "a file" };
  file = (await server.op("file.create", name, { token: ann.token })).id;
});

after(() => server.stop());

function signIn(args: object): Sent {
  const call = ["session.begin", args, "0"];
  return {
    ...{ method: "POST", where: "/jmap/api" },
    body: JSON.stringify({ using: [CORE, OPERATIONS], methodCalls: [call] }),
  };
}

// ---- the flood ----------------------------------------------------------------

/** One try over a connection that is open: what is told. */
async function tell(
  session: http2.ClientHttp2Session,
  sent: Sent,
  headers: http2.OutgoingHttpHeaders,
): Promise<string> {
  const stream = session.request({
    ...headers,
    ":method": sent.method,
    ":path": sent.where,
  });
  stream.end(sent.body);
  const [head] = (await once(stream, "response")) as [Any];
  let body = "";
  stream.setEncoding("utf8");
  for await (const part of stream) body += part;
  return toldBy({ status: head[":status"], headers: head, body });
}

type Told = Map<string, number>;

const add = (told: Told, what: string, n = 1): unknown =>
  told.set(what, (told.get(what) ?? 0) + n);

/** Tries of different names, or from different addresses. */
async function tryEach(
  agent: string,
  n: number,
  login: (i: number) => string,
  address: (i: number) => string,
): Promise<Told> {
  const told: Told = new Map();
  let next = 0;
  const worker = async (session: http2.ClientHttp2Session) => {
    for (let i = next++; i < n; i = next++) {
      const args = { login: login(i), password: PASSWORD, code: "123456" };
      const headers = { "user-agent": agent, "x-forwarded-for": address(i) };
      add(told, await tell(session, signIn(args), headers));
    }
  };
  const sessions = Array.from({ length: CONNECTIONS }, () =>
    http2.connect(server.url("", true), { ca: server.certificate }),
  );
  await Promise.all(
    sessions.flatMap((session) =>
      Array.from({ length: AT_ONCE }, () => worker(session)),
    ),
  );
  for (const session of sessions) session.close();
  return told;
}

/** The same try again and again, as fast as h2load and the machine can. */
async function load(agent: string, n: number, address: string): Promise<Told> {
  const body = path.join(server.folder, "body");
  const args = { login: "nobody", password: PASSWORD, code: "123456" };
  fs.writeFileSync(body, JSON.stringify(args));
  const { stdout } = await runProgram("h2load", [
    ...["-n", String(n), "-d", body],
    ...["-c", String(CONNECTIONS), "-m", String(AT_ONCE)],
    ...["-H", `user-agent: ${agent}`, "-H", `x-forwarded-for: ${address}`],
    ...["-H", `origin: ${server.url("", true)}`],
    server.url("/session", true),
  ]);
  const [, refused] = /(\d+) 4xx, 0 5xx/.exec(stdout) ?? [];
  return new Map([["refused", Number(refused)]]);
}

/** What everybody else does meanwhile, again and again: each time it is done. */
async function work(over: () => boolean): Promise<number> {
  const asked = { token: ann.token };
  const elsewhere = { "x-forwarded-for": "198.51.100.9" };
  let rounds = 0;
  do {
    await server.op("node.get", { node: file }, asked);
    await server.op("file.write", { file, content: "QQ==" }, asked);
    const asking = { token: null, headers: elsewhere };
    const { challenge } = await server.op(
      "challenge.make",
      { purpose: "sign_in" },
      asking,
    );
    const answer = ann.passkey.get(challenge);
    const { secret } = await server.op("session.begin", answer, asking);
    await server.op("session.end", {}, { token: secret });
    rounds++;
  } while (!over());
  return rounds;
}

/** How often each was told, as the records say. */
async function recorded(agent: string): Promise<Told> {
  const found: Told = new Map();
  const answer = await server.open("/log/export?operation=session.begin");
  const ours = `"user_agent":"${agent}"`;
  for await (const line of createInterface(answer)) {
    if (!line.includes(ours)) continue;
    const [, code] = /"status_code":"([A-Z]+)"/.exec(line) ?? [];
    add(found, code ?? "done");
  }
  return found;
}

const total = (told: Told): number =>
  [...told.values()].reduce((sum, one) => sum + one, 0);

/** Others work during a flood; each try of it is on the record. Which is told. */
async function withstand(
  t: { diagnostic(text: string): void },
  agent: string,
  n: number,
  flood: (agent: string, n: number) => Promise<Told>,
): Promise<{ told: Told; records: Told }> {
  const away = await count(server, BUSY);
  const begun = Date.now();
  let over = false;
  const flooding = flood(agent, n).finally(() => {
    over = true;
  });
  const rounds = await work(() => over);
  const told = await within("the end of the flood", flooding, 240_000);
  const rate = Math.round((n * 1000) / (Date.now() - begun));
  t.diagnostic(`${n} tries, ${rate} a second; others worked ${rounds} rounds`);

  // What a front turned away is in its exact sum, all else has a record.
  const records = await recorded(agent);
  const turnedAway = (await count(server, BUSY)) - away;
  if (turnedAway > 0) add(records, "BUSY", turnedAway);
  assert.equal(total(told), n);
  assert.equal(total(records), n);
  assert.deepEqual(await server.search({ operation: "system.child" }), []);
  return { told, records };
}

/** Signs in by password and code from an address: done in the end. */
async function comesIn(address: string): Promise<void> {
  const headers = { "x-forwarded-for": address };
  await eventually("a sign-in", async () => {
    const code = codeOf(eve.seed, 1);
    const args = { login: "eve", password: PASSWORD, code };
    const [result] = await server.ops("session.begin", [args], {
      ...{ token: null, headers },
    });
    if (result.ok) return true;
    // Another's guess may have taken the turn, and a code is good once.
    assert.match(result.code, /^(RATE|BUSY|UNAUTHENTICATED)$/);
    return undefined;
  });
}

const manyOf = (last: number) => (i: number) =>
  `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::${last}`;

test("a name that nobody has, as fast as can be", async (t) => {
  const address = "203.0.113.7";
  const { records } = await withstand(t, "fast", 10_000, (agent, n) =>
    load(agent, n, address),
  );
  // A few were looked at; the rest were too many, whoever's the name is.
  assert.deepEqual([...records.keys()].sort(), ["RATE", "UNAUTHENTICATED"]);
  await comesIn(address);
});

test("names that nobody has, from one address", async (t) => {
  const address = "203.0.113.8";
  const { told, records } = await withstand(t, "names", 1000, (agent, n) =>
    tryEach(agent, n, (i) => `nobody-${i}`, () => address),
  );
  assert.deepEqual(told, records);
  assert.deepEqual([...records.keys()].sort(), ["RATE", "UNAUTHENTICATED"]);
});

test("names that nobody has, from as many addresses", async (t) => {
  const { told, records } = await withstand(t, "many", 1000, (agent, n) =>
    tryEach(agent, n, (i) => `nobody-${i}`, manyOf(1)),
  );
  assert.deepEqual(told, records);
  for (const what of told.keys()) assert.match(what, /^(BUSY|UNAUTHENTICATED)$/);
});

test("a name that somebody has, from as many addresses", async (t) => {
  const { told, records } = await withstand(t, "one name", 1000, (agent, n) =>
    tryEach(agent, n, () => "eve", manyOf(2)),
  );
  assert.deepEqual(told, records);
  assert.equal(told.get("done"), undefined);
  assert((told.get("RATE") ?? 0) > 0);
  // By what can't be guessed she comes in at once; by the rest, in its turn.
  await server.signIn(eve.passkey);
  await comesIn("198.51.100.10");
});
