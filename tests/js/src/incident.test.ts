// A breach, from the theft of a session to its end, over a real server: what the
// intruder made is found however far it is from the theft, one cut ends all of it
// at once, and honest people don't notice.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { type Any, eventually, type Person, Refused, Server } from "./server.js";

let server: Server;
let one: Person;
let two: Person;
let victim: Person; // an administrator whose session is stolen
let bob: Person;
let incident: string;

const by = (who: Person) => ({ token: who.token });

const told = async (name: string, args: object, token: string): Promise<string> => {
  try {
    await server.op(name, args, { token });
    return "done";
  } catch (error) {
    if (error instanceof Refused) return error.type;
    throw error;
  }
};

const scope = (more: object = {}): Promise<Any> =>
  server.op("incident.scope", { incident, limit: 500, ...more }, by(one));

const inScope = async (id: string): Promise<Any> =>
  (await scope()).list.find((thing: Any) => thing.id === id);

before(async () => {
  server = await Server.start("incident");
  one = await server.administrator("one@example.org");
  two = await server.administrator("two@example.org");
  for (const { id } of [one, two])
    await server.op("role.grant", { principal: id, relation: "security_responder" });
  victim = await server.administrator("victim@example.org");
  bob = await server.enrol("bob@example.org");
});

after(() => server.stop());

let ledger: Any; // a file that the victim shares,
let wanted: Any; // and one that bob changes after them
let service: Any; // which the intruder made,
let secret: string; // its token,
let poisoned: Any; // what that stored,
let grant: Any; // and whom it let in
let honest: Any; // what bob did of himself

test("people work", async () => {
  const make = (name: string): Promise<Any> =>
    server.op("file.create", { path: "", name, content: "QQ==" }, by(bob));
  [ledger, wanted] = [await make("ledger.txt"), await make("wanted.txt")];
  for (const { id } of [ledger, wanted])
    await server.op("share.grant", { node: id, principal: victim.id, relation: "edit" }, by(bob));
});

test("the intruder makes what keeps them in", async () => {
  const stolen = by(victim);
  service = await server.op("principal.create", { kind: "service", name: "backup" }, stolen);
  secret = (
    await server.op("token.issue", { principal: service.id, label: "nightly" }, stolen)
  ).secret;
  const content = Buffer.from("pay here").toString("base64");
  poisoned = await server.op(
    "file.create",
    { path: "", name: "bank.txt", content },
    { token: secret },
  );
  grant = await server.op(
    "share.grant",
    { node: poisoned.id, principal: bob.id, relation: "edit" },
    { token: secret },
  );
  await server.op("file.write", { file: poisoned.id, content }, by(bob));
  for (const file of [ledger, wanted])
    await server.op("file.write", { file: file.id, content }, stolen);
  await server.op("file.write", { file: wanted.id, content: "Qg==" }, by(bob));
  honest = await server.op("file.create", { path: "", name: "own.txt", content }, by(bob));
});

test("a responder names the session, and is told all that came of it", async () => {
  incident = (await server.op("incident.open", { name: "The stolen laptop" }, by(one))).id;
  const { session } = await server.op("session.get", {}, by(victim));
  await server.op("incident.seed", { incident, session }, by(one));
  const found = await scope();
  const rule = (id: string): string =>
    found.list.find((thing: Any) => thing.id === id)?.rule ?? "none";
  assert.equal(rule(session), "seed");
  assert.equal(rule(service.id), "done");
  assert.equal(rule(poisoned.id), "done");
  assert.equal(rule(grant.id), "done");
  assert.equal(rule(honest.id), "none");
  // By what they gave him bob stored a version.
  const versions = await server.op("version.list", { file: poisoned.id }, { token: secret });
  assert.equal(rule(versions.list[0].id), "right");
  assert.equal(found.root, undefined);
  assert.ok(found.counts.find((count: Any) => count.kind === "credential").live > 0);
});

test("what was done there, and what was read", async () => {
  await server.op("node.get", { node: poisoned.id }, { token: secret });
  const acts = await server.op("incident.acts", { incident }, by(one));
  const done = acts.list.map((act: Any) => act.operation);
  for (const name of ["principal.create", "token.issue", "file.create", "share.grant"])
    assert.ok(done.includes(name), name);
  assert.ok(!done.includes("node.get"));
  const read = await server.op("incident.acts", { incident, reads: true }, by(one));
  assert.ok(read.list.some((act: Any) => act.operation === "node.get"));
});

test("nobody else may look, nor whom it is about", async () => {
  const args = { incident };
  assert.equal(await told("incident.scope", args, bob.token), "forbidden");
  assert.equal(await told("incident.scope", args, server.token), "forbidden");
  // The stolen one is given the role, and sees nothing all the same.
  await server.op("role.grant", { principal: victim.id, relation: "security_responder" });
  assert.equal(await told("incident.scope", args, victim.token), "forbidden");
  assert.equal(await told("incident.evict", args, victim.token), "forbidden");
  assert.deepEqual((await server.op("incident.list", {}, by(victim))).list, []);
  assert.equal((await server.op("incident.list", {}, by(two))).list.length, 1);
});

test("as of an earlier record it comes out the same for ever", async () => {
  const first = await scope();
  await server.op(
    "file.create",
    { path: "", name: "more.txt", content: "QQ==" },
    { token: secret },
  );
  const later = await scope();
  assert.notEqual(later.digest, first.digest);
  assert.equal((await scope({ at: first.at })).digest, first.digest);
});

test("the cut takes two, ends what came meanwhile, and closes what is open", async () => {
  const tail = await server.open("/jmap/events", { token: secret });
  const ended = new Promise((resolve) => tail.on("close", resolve).on("error", () => {}));
  tail.resume();
  const args = { incident };
  assert.equal(await told("incident.evict", args, two.token), "invalidProperties");
  await server.op("incident.propose", args, by(one));
  assert.equal(await told("incident.evict", args, one.token), "forbidden");
  const late = await server.op(
    "principal.create",
    { kind: "service", name: "late" },
    by(victim),
  );
  const cut = await server.op("incident.evict", args, by(two));
  assert.ok(cut.count > 4);
  await ended;
  for (const token of [secret, victim.token])
    assert.equal(await told("session.get", {}, token), "forbidden");
  const alerts = await server.op("log.search", { operation: "alert.raise" });
  assert.match(alerts.list.at(-1).events, /came back with a session of .* that was cut off/);
  assert.equal((await inScope(late.id)).live, false);
  assert.equal((await inScope(grant.id)).live, false);
  assert.equal(await told("node.get", { node: poisoned.id }, bob.token), "notFound");
});

test("honest people go on, and the victim is back", async () => {
  await server.op("node.get", { node: honest.id }, by(bob));
  const { secret: again } = await server.signIn(victim.passkey);
  await server.op("principal.list", {}, { token: again });
});

/** What the command line says to a responder. */
const cli = async (who: Person, ...args: string[]): Promise<Any> => {
  const file = path.join(server.state, `${who.id}.token`);
  fs.writeFileSync(file, who.token, { mode: 0o600 });
  return server.cli("--token-file", file, "incident", ...args);
};

test("that they are out is proved, with what it doesn't prove", async () => {
  const certificate = await eventually("a checkpoint above the cut", async () => {
    const found = await server.op("incident.certify", { incident }, by(one));
    return found.holds ? found : undefined;
  });
  assert.deepEqual(
    certificate.checks.map((check: Any) => `${check.code} ${check.holds}`),
    ["I0", "I1", "I2", "I3", "I4", "I5", "I6"].map((code) => `${code} true`),
  );
  const digest = createHash("sha256").update(certificate.text).digest("base64");
  assert.equal(certificate.digest, digest);
  assert.match(certificate.text, /^OUT\nWhat this does not prove:$/m);
  // The stolen session tried to return above.
  assert.match(certificate.text, /I4 holds: .* [1-9]\d* tries to return were denied/);
});

test("a file is what it was, unless somebody else has changed it", async () => {
  const reverted = await cli(one, "revert", incident);
  assert.equal(reverted.status, 0, reverted.stderr);
  assert.match(reverted.stdout, /\tset back\tledger.txt$/m);
  assert.match(reverted.stdout, /\tleft: .*\twanted.txt$/m);
  assert.match(reverted.stdout, /\tleft: .*\tbank.txt$/m);
  const content = async (name: string) =>
    (await server.ask(`/files/${name}`, by(bob))).body.toString();
  assert.equal(await content("ledger.txt"), "A");
  assert.equal(await content("wanted.txt"), "B");
});

test("the same from the command line", async () => {
  const listed = await cli(two, "list");
  assert.match(listed.stdout, /The stolen laptop/);
  const seen = await cli(two, "scope", "The stolen laptop");
  assert.equal(seen.status, 0, seen.stderr);
  assert.match(seen.stdout, /issued by a compromised session .*\tbackup$/m);
  assert.match(seen.stdout, /\tbank.txt$/m);
  assert.match(seen.stderr, /records changed something/);
  assert.equal((await cli(two, "scope", incident, "--live", "--json")).status, 0);
  assert.match((await cli(two, "acts", incident)).stdout, /principal.create/);
  assert.match((await cli(two, "acts", incident, "--reads")).stdout, /node.get/);
  const certified = await cli(two, "certify", incident);
  assert.equal(certified.status, 0, certified.stderr);
  assert.match(certified.stdout, /^OUT$/m);
  const nothing = await cli(two, "evict", incident);
  assert.notEqual(nothing.status, 0);
  assert.match(nothing.stderr, /no cut is proposed/);
  const made = (await cli(one, "open", "Another")).stdout.trim();
  const seeded = await cli(one, "seed", made, "--person", "bob@example.org", "--since", "1h");
  assert.equal(seeded.status, 0, seeded.stderr);
  assert.match((await cli(one, "contain", made)).stderr, /ended: \d+ things/);
  const unproved = await cli(one, "certify", made);
  assert.notEqual(unproved.status, 0);
  assert.match(unproved.stdout, /^NOT PROVED$/m);
  // What bob had shared lives on, until the second responder.
  assert.equal((await cli(one, "propose", made)).status, 0);
  assert.match((await cli(two, "evict", made)).stderr, /ended: \d+ things/);
  assert.equal((await cli(one, "close", made)).status, 0);
});

test("nothing that authority rests on is left of it", async () => {
  const { list } = await server.op("incident.scope", { incident, limit: 500 }, by(two));
  const holds = ["principal", "credential", "session", "grant", "request", "upload"];
  const live = list.filter((thing: Any) => thing.live && holds.includes(thing.kind));
  assert.deepEqual(live, []);
  await server.op("incident.close", { incident }, by(two));
  const all = (await server.op("incident.list", {}, by(two))).list;
  const listed = all.find((one: Any) => one.id === incident);
  assert.ok(listed.closed > listed.evicted);
});

test("the record names what it ended, and who had proposed it", async () => {
  const { list } = await server.op("log.search", {
    operation: "incident.evict",
    outcome: "allowed",
  });
  assert.equal(list.length, 2);
  assert.match(list[0].events, /two@example.org ended what descends from a compromise: \d+ things/);
});
