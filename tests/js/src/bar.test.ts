// The bar, end to end: green on a fresh installation whose first administrator
// has enrolled, and each of its controls red once it is broken: for real where
// that can be, else by a server in between that lies as a broken one would.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { type Lie, Liar, resultOf } from "./liar.js";
import {
  type Any,
  BIN,
  eventually,
  type Person,
  runProgram,
  Server,
  within,
} from "./server.js";
import { codeOf } from "./totp.js";

const ROLES = ["user_admin", "log_reader", "security_responder", "operator"];
const LATE_MS = 1500;

let server: Server;
let admin: Person; // with all roles
let second: Person; // who approves

// The first administrators, as /setup makes the first: with a passkey.
async function enrolFirst(of: Server): Promise<[Person, Person]> {
  const anna = await of.invite("anna");
  const ben = await of.invite("ben");
  for (const relation of ROLES)
    await of.op("role.grant", { principal: anna.id, relation });
  await of.op("role.grant", { principal: ben.id, relation: "user_admin" });
  return [
    await of.enrolInvited(anna.id, "anna", anna.invitation),
    await of.enrolInvited(ben.id, "ben", ben.invitation),
  ];
}

// A session that was confirmed just now, in a file.
async function sessionFile(of: Server, who: Person): Promise<string> {
  const { secret } = await of.signIn(who.passkey);
  const file = path.join(of.folder, "session");
  fs.writeFileSync(file, secret, { mode: 0o600 });
  who.token = secret;
  return file;
}

interface Bar {
  status: number | null;
  stderr: string;
  told: Any;
  states: { [name: string]: string };
}

async function bar(of: Server, who: Person, ...args: string[]): Promise<Bar> {
  const file = await sessionFile(of, who);
  const ended = await of.cli("bar", "--json", "--token-file", file, ...args);
  assert.notEqual(ended.stdout, "", ended.stderr);
  const told = JSON.parse(ended.stdout) as Any;
  const states: Bar["states"] = {};
  for (const control of told.controls) {
    states[control.name] = control.state;
    assert.ok(control.records.length > 0, control.name);
  }
  return { ...ended, told, states };
}

// One control, and what it says.
async function tried(
  of: Server,
  who: Person,
  control: string,
  ...args: string[]
): Promise<string> {
  const { status, told } = await bar(of, who, "--only", control, ...args);
  assert.equal(told.controls.length, 1);
  const { state, text } = told.controls[0];
  assert.equal(status, state === "green" ? 0 : 1, text);
  return `${state}: ${text}`;
}

async function throughLiar(lie: Lie, control: string): Promise<string> {
  const liar = await Liar.start(server, lie);
  try {
    const ca = path.join(server.state, "keeper", "tls.crt");
    return await tried(server, admin, control, "--url", liar.url, "--ca", ca);
  } finally {
    liar.stop();
  }
}

before(async () => {
  // One bar after the other, from one address.
  server = await Server.start("bar", {
    config: { max_tries_address: 100_000 },
  });
  [admin, second] = await enrolFirst(server);
  server.token = admin.token;
});

after(async () => {
  server.token = (await server.signIn(admin.passkey)).secret;
  await server.stop();
});

// ---- green

test("it is green on a fresh installation", async () => {
  const fresh = await Server.start("bar-fresh");
  const [anna] = await enrolFirst(fresh);
  const { status, stderr, told, states } = await bar(fresh, anna);
  const wrong = told.controls.filter((one: Any) => one.state !== "green");
  assert.deepEqual(wrong, []);
  assert.equal(status, 0, stderr);
  assert.equal(told.green, true);
  assert.equal(Object.keys(states).length, 10);
  for (const { nist } of told.controls) assert.ok(nist.length > 0);

  // Others may look at it.
  fresh.token = (await fresh.signIn(anna.passkey)).secret;
  const shown = await fresh.op("bar.show");
  assert.equal(shown.by, anna.id);
  assert.deepEqual(
    shown.list.map((one: Any) => [one.control, one.title, one.state, one.text]),
    told.controls.map((one: Any) => [one.name, one.title, one.state, one.text]),
  );
  assert.ok((await fresh.op("setup.progress")).bar_green);

  // Each record that it names is there, and is its own or an alert.
  const events = await fresh.search({ from: told.first_record });
  const byNumber = new Map(events.map((e) => [e.metadata.sequence, e]));
  for (const control of told.controls)
    for (const number of control.records) {
      const event = byNumber.get(number);
      assert.ok(event !== undefined, `${control.name}: ${number}`);
      if (event.metadata.event_code !== "alert.raise")
        assert.equal(event.http_request.user_agent, told.user_agent);
    }

  // What it made is ended, and nothing of it can do anything.
  assert.equal(told.ended_principals.length, 4);
  const { list } = await fresh.op("authority.list", { limit: 500 });
  for (const one of list)
    assert.ok(!told.ended_principals.includes(one.principal), one.id);
  await fresh.stop();
});

test("it is green through an honest server in between", async () => {
  const liar = await Liar.start(server, {});
  const ca = path.join(server.state, "keeper", "tls.crt");
  const args = ["--url", liar.url, "--ca", ca];
  const { told } = await bar(server, admin, ...args);
  liar.stop();
  const wrong = told.controls.filter((one: Any) => one.state !== "green");
  assert.deepEqual(wrong, []);
});

test("people read it as a table", async () => {
  const file = await sessionFile(server, admin);
  const args = ["bar", "--token-file", file, "--only", "clock"];
  const { status, stdout } = await server.cli(...args);
  assert.equal(status, 0);
  assert.match(stdout, /^ 1 {2}green +the clock is sane$/m);
  assert.match(stdout, /NIST SP 800-53 AU-8/);
  assert.match(stdout, /^The bar is green: 1 of 1 controls hold\.$/m);
  assert.match(stdout, /9 others were not tried/);
  assert.equal((await server.cli("bar", "--only", "nothing")).status, 2);
});

test("interrupted, it ends what it has made", async () => {
  const file = await sessionFile(server, admin);
  const child = spawn(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", path.join(BIN, "chancery")],
      ...["--state", server.state, "bar", "--json", "--token-file", file],
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  let out = "";
  child.stdout.on("data", (part: Buffer) => (out += part.toString()));
  const exited = once(child, "exit");
  const since = (await server.op("status.read")).sequence;
  // It is amid its work: a probe has tried to sign in.
  await eventually("a probe", async () => {
    const found = await server.search({
      from: since + 1,
      operation: "session.begin",
      outcome: "denied",
    });
    return found.length > 0 ? true : undefined;
  });
  child.kill("SIGINT");
  const [status] = await within("its end", exited);
  assert.equal(status, 1);
  const told = JSON.parse(out) as Any;
  assert.ok(told.ended_principals.length > 0);
  const { list } = await server.op("authority.list", { limit: 500 });
  for (const one of list)
    assert.ok(!told.ended_principals.includes(one.principal), one.id);
});

// ---- red, for real

test("a password alone: red while an exception stands", async () => {
  const { id } = await server.invite("carl");
  const args = {
    principal: id,
    relation: "password_alone",
    expires: new Date(Date.now() + 3_600_000).toISOString(),
  };
  await server.approve(admin, second, "policy.except", args);
  const { id: grant } = await server.op("policy.except", args);
  assert.match(
    await tried(server, admin, "password-alone"),
    /^red: an exception stands: carl/,
  );
  server.token = admin.token;
  await server.op("policy.end", { grant });
  assert.match(await tried(server, admin, "password-alone"), /^green/);
  server.token = admin.token;
});

// Somebody with a password and an app.
async function enrolWithApp(login: string): Promise<string> {
  const { id, invitation } = await server.invite(login);
  const asked = { token: invitation };
  const password = "seven green bottles stand";
  await server.op("password.set", { password }, asked);
  const { secret } = await server.op("totp.begin", {}, asked);
  await server.op("totp.confirm", { code: codeOf(secret) }, asked);
  return id;
}

test("administrators: red where one has no passkey, through a group too", async () => {
  const principal = await enrolWithApp("dora");
  const { id: grant } = await server.op("role.grant", {
    principal,
    relation: "operator",
  });
  assert.match(
    await tried(server, admin, "administrators"),
    /^red: dora has the role operator, and no passkey/,
  );
  server.token = admin.token;
  await server.op("role.revoke", { grant });

  const { id: group } = await server.op("group.create", { name: "team" });
  await server.op("member.add", { group, principal });
  await server.op("role.grant", { principal: group, relation: "operator" });
  assert.match(
    await tried(server, admin, "administrators"),
    /^red: dora has the role operator, and no passkey/,
  );
  server.token = admin.token;
  await server.op("member.remove", { group, principal });

  const { id: unit } = await server.op("unit.create", { name: "north" });
  await server.op("role.grant", { principal, relation: "user_admin", unit });
  assert.match(
    await tried(server, admin, "administrators"),
    /^red: dora has the role user_admin, and no passkey/,
  );
  server.token = admin.token;
  await server.op("principal.end", { principal });
  assert.match(await tried(server, admin, "administrators"), /^green/);
  server.token = admin.token;
});

test("canaries: red when they have ended", async () => {
  const { list } = await server.op("canary.list");
  assert.ok(list.length > 0);
  for (const { principal } of list)
    await server.op("canary.end", { principal });
  assert.match(
    await tried(server, admin, "canaries"),
    /^red: no name is planted that nobody uses; no file is/,
  );
  server.token = admin.token;
  await server.op("canary.plant", {
    name: "Erika Muster",
    login: "erika",
    file: "passwords.txt",
  });
  assert.match(await tried(server, admin, "canaries"), /^green/);
  server.token = admin.token;
});

// With the server stopped, somebody writes its database.
async function writeDatabase(
  of: Server,
  who: Person,
  sql: string,
): Promise<void> {
  of.signal("SIGTERM");
  await of.exited();
  const database = path.join(of.state, "core", "chancery.db");
  const { status, stderr } = await runProgram("sqlite3", [database, sql]);
  assert.equal(status, 0, stderr);
  await of.run();
  who.passkey.origin = new URL(of.url("/")).origin; // on another port
}

test("authority and clock: red when the database was written from outside", async () => {
  const other = await Server.start("bar-written");
  const [anna] = await enrolFirst(other);
  assert.match(await tried(other, anna, "authority"), /^green/);
  // A role that nobody has given.
  await writeDatabase(
    other,
    anna,
    `INSERT INTO tuple SELECT 77 << 12, object_kind, object, 8, subject_kind,
       (SELECT id FROM principal WHERE login = 'ben'), subject_relation, 0,
       created, 0 FROM tuple WHERE object_kind = 1 LIMIT 1`,
  );
  assert.match(
    await tried(other, anna, "authority"),
    /^red: the grant g\w+ \(operator\): record 77 made no such grant/,
  );
  await writeDatabase(other, anna, "DELETE FROM tuple WHERE id = 77 << 12");
  assert.match(await tried(other, anna, "authority"), /^green/);

  assert.match(await tried(other, anna, "clock"), /^green/);
  // The last good time was an hour from now.
  const hour = BigInt(Date.now() + 3_600_000).toString(16).padStart(16, "0");
  await writeDatabase(
    other,
    anna,
    `UPDATE meta SET value = x'${hour}' || substr(value, 9)
       WHERE key = 'head'`,
  );
  const told = await tried(other, anna, "clock");
  assert.match(told, /^red: the server itself doesn't trust its clock/);
  assert.match(told, /dated 3\d\d\d s off this machine's clock/);
  await other.kill();
  fs.rmSync(other.folder, { recursive: true, force: true });
});

test("administrators: red while the installation's token is good", async () => {
  const fresh = await Server.start("bar-ceremony");
  const file = path.join(fresh.state, "token");
  const args = ["bar", "--json", "--only", "administrators"];
  const { status, stdout } = await fresh.cli(...args, "--token-file", file);
  assert.equal(status, 1);
  const [control] = (JSON.parse(stdout) as Any).controls;
  assert.equal(control.state, "red");
  assert.match(control.text, /the installation's token is still good/);
  await fresh.stop();
});

// ---- red, by a server that lies

const signedIn = { secret: "chy_none", id: "s0000000000000" };

test("a password alone: red where it is let in", async () => {
  const atSignIn: Lie = {
    answer: ({ operation, args }, real) =>
      operation === "session.begin" && args.code === undefined
        ? resultOf(real, signedIn)
        : real,
  };
  assert.match(
    await throughLiar(atSignIn, "password-alone"),
    /^red: session\.begin without a code: the password alone was let in/,
  );
  const atPage: Lie = {
    answer: ({ path }, real) =>
      path === "/session" ? { ...real, status: 200 } : real,
  };
  assert.match(
    await throughLiar(atPage, "password-alone"),
    /^red: the sign-in page: the password alone was let in/,
  );
  // By one protocol only.
  const atLog: Lie = {
    instead: ({ path }) =>
      path === "/log/export"
        ? { status: 200, headers: {}, body: Buffer.from("{}\n") }
        : undefined,
  };
  assert.match(
    await throughLiar(atLog, "password-alone"),
    /^red: Basic on \/log\/export: the password alone was let in/,
  );
});

test("a password alone: inconclusive where nothing is looked at", async () => {
  const slowed: Lie = {
    instead: ({ path }) =>
      path === "/session"
        ? { status: 429, headers: {}, body: Buffer.from("{}") }
        : undefined,
  };
  assert.match(
    await throughLiar(slowed, "password-alone"),
    /^inconclusive: the sign-in page: slowed down/,
  );
});

test("administrators: red where a role is good without a passkey", async () => {
  const lie: Lie = {
    answer: ({ operation }, real) =>
      operation === "log.search" && real.body.includes("ASSURANCE")
        ? resultOf(real, { list: [], size: 1 })
        : real,
  };
  assert.match(
    await throughLiar(lie, "administrators"),
    /^red: a role was used by a password and a code/,
  );
});

test("banned passwords: red where one is taken", async () => {
  const lie: Lie = {
    answer: ({ operation, args }, real) =>
      operation === "password.set" && args.password === "Password123"
        ? resultOf(real, { id: "c0000000000000" })
        : real,
  };
  assert.match(
    await throughLiar(lie, "banned-passwords"),
    /^red: Password123 was taken as a password/,
  );
});

const isUnknown = (args: Any): boolean => /^probe-x/.test(args?.login ?? "");

test("unknown names: red where the answer tells, or the time", async () => {
  const byHeader: Lie = {
    answer: ({ args }, real) =>
      isUnknown(args)
        ? { ...real, headers: { ...real.headers, "x-user": "unknown" } }
        : real,
  };
  assert.match(
    await throughLiar(byHeader, "unknown-names"),
    /^red: .*the headers tell an unknown name/,
  );
  const byBytes: Lie = {
    answer: ({ args }, real) =>
      isUnknown(args)
        ? { ...real, body: Buffer.concat([real.body, Buffer.from(" ")]) }
        : real,
  };
  assert.match(
    await throughLiar(byBytes, "unknown-names"),
    /^red: .*the bytes tell an unknown name/,
  );
  // What a name is worth that nobody has: not even a hash.
  let last: Any;
  const byTime: Lie = {
    answer: ({ operation, args }, real) => {
      if (operation === "session.begin" && !isUnknown(args)) last = real;
      return real;
    },
    instead: ({ args }) => (isUnknown(args) ? last : undefined),
  };
  assert.match(
    await throughLiar(byTime, "unknown-names"),
    /^red: the time tells them apart/,
  );
});

test("unknown names: inconclusive where too few are answered", async () => {
  let n = 0;
  const lie: Lie = {
    answer: ({ operation, path }, real) =>
      (operation === "session.begin" || path === "/session") && ++n > 10
        ? { ...real, status: 429 }
        : real,
  };
  assert.match(
    await throughLiar(lie, "unknown-names"),
    /^inconclusive: only 5 pairs were answered/,
  );
});

test("revoked: red where a stream goes on, or a token", async () => {
  assert.match(
    await throughLiar({ holds: true }, "revoked"),
    /^red: .*a tail of the log stayed open/,
  );
  const lie: Lie = {
    answer: ({ path }, real) =>
      path === "/files/" && real.status === 401
        ? { ...real, status: 200 }
        : real,
  };
  assert.match(
    await throughLiar(lie, "revoked"),
    /^red: a token on a kept connection of HTTP\/1\.1 is still answered/,
  );
});

const codeOfEvent = (event: string): string =>
  /"event_code":"([^"]*)"/.exec(event)?.[1] ?? "";

test("a read: red where its record is late, or never comes", async () => {
  const late: Lie = {
    event: async (event) => {
      if (codeOfEvent(event) === "file.read")
        await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      return event;
    },
  };
  assert.match(
    await throughLiar(late, "read-recorded"),
    /^red: record \d+ of a read came to its followers only after \d+ ms/,
  );
  const never: Lie = {
    event: (event) => (codeOfEvent(event) === "file.read" ? "" : event),
  };
  assert.match(
    await throughLiar(never, "read-recorded"),
    /^red: the read came to no follower of the log/,
  );
});

test("the log stays: red where it ends, skips, or is another one", async () => {
  const ends: Lie = {
    instead: ({ method }) =>
      method === "DELETE"
        ? { status: 204, headers: {}, body: Buffer.alloc(0) }
        : undefined,
  };
  assert.match(
    await throughLiar(ends, "log-stays"),
    /^red: the server did DELETE on \/log\/events/,
  );
  const stops: Lie = {
    answer: ({ operation }, real) =>
      operation === "log.stop" ? resultOf(real, {}) : real,
  };
  assert.match(
    await throughLiar(stops, "log-stays"),
    /^red: the server did log\.stop/,
  );
  let n = 0;
  const skips: Lie = {
    event: (event) => (codeOfEvent(event) !== "" && ++n === 5 ? "" : event),
  };
  assert.match(
    await throughLiar(skips, "log-stays"),
    /^red: record \d+ did not come: there is a gap/,
  );
  // The proofs of another log, whose records and key are its own.
  const other = await Server.start("bar-other");
  const proof = await eventually("a checkpoint", async () => {
    const [said] = await other.ops("log.prove", [{ sequence: 2 }]);
    return said.ok ? said : undefined;
  });
  let asked = 0;
  const another: Lie = {
    answer: ({ operation }, real) =>
      operation === "log.prove" && real.body.includes('"ok":true') &&
      ++asked > 1
        ? resultOf(real, proof)
        : real,
  };
  assert.match(
    await throughLiar(another, "log-stays"),
    /^red: the proof of record \d+ is wrong/,
  );
  await other.stop();
});

test("canaries: red where no alert comes", async () => {
  const lie: Lie = {
    event: (event) => (codeOfEvent(event) === "alert.raise" ? "" : event),
  };
  assert.match(
    await throughLiar(lie, "canaries"),
    /^red: a name was touched, and no alert came/,
  );
});
