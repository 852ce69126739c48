// The command line's program, end to end, as people and scripts use it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import {
  type Any,
  BIN,
  type Ended,
  Server,
  eventually,
  runProgram,
  within,
} from "./server.js";

// The exit statuses that --help promises.
const [DONE, REFUSED, WRONG, NO_SERVER] = [0, 1, 2, 3] as const;
const PROGRAM = path.join(BIN, "chancery");

const CREATES =
  'chancery_objects_total{operation="file.create",outcome="allowed"}';

let server: Server;
let work = "";

before(async () => {
  server = await Server.start("cli");
  work = path.join(server.folder, "work");
  fs.mkdirSync(work);
});
after(async () => server.stop());

const cli = (...args: string[]): Promise<Ended> => server.cli(...args);

// Does it, and says what it wrote.
async function done(...args: string[]): Promise<string> {
  const ended = await cli(...args);
  assert.equal(ended.status, DONE, `${args.join(" ")}: ${ended.stderr}`);
  return ended.stdout;
}

async function refused(
  status: number,
  says: RegExp,
  ...args: string[]
): Promise<void> {
  const ended = await cli(...args);
  assert.equal(
    ended.status,
    status,
    `${args.join(" ")}: ${ended.stdout}${ended.stderr}`,
  );
  assert.match(ended.stderr, says);
}

const lines = (text: string): string[] => text.split("\n").filter(Boolean);

// One that follows until it is ended, and its lines.
class Follower {
  readonly seen: string[] = [];
  #process: ChildProcess;
  #exited: Promise<unknown[]>;

  constructor(...args: string[]) {
    this.#process = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", PROGRAM, "--state", server.state, ...args],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#exited = once(this.#process, "exit");
    assert(this.#process.stdout !== null);
    createInterface(this.#process.stdout).on("line", (line) =>
      this.seen.push(line),
    );
  }

  async end(): Promise<number | string> {
    this.#process.kill("SIGINT");
    const [status, signal] = await within("its end", this.#exited);
    return (status ?? signal) as number | string;
  }
}

// A tree with all that names and sizes may be: path -> bytes.
function makeTree(root: string): Map<string, Buffer> {
  const tree = new Map<string, Buffer>();
  const add = (name: string, bytes: Buffer) => {
    tree.set(name, bytes);
    fs.mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), bytes);
  };
  for (let i = 0; i < 2500; i++)
    add(`d${i % 25}/e${i % 7}/file-${i}.txt`, randomBytes(i % 3000));
  for (const name of [
    "Grüße.txt",
    "世界 🎉.bin",
    "a b%20c#?.txt",
    "-dash",
    ".hidden",
  ])
    add(`names/${name}`, Buffer.from(name));
  for (const size of [0, 1, 32_768, 32_769, 5 << 20])
    add(`sizes/${size}`, randomBytes(size));
  add(`${"deep/".repeat(40)}bottom`, Buffer.from("down here"));
  return tree;
}

// What is stored below a folder: path -> size.
async function listed(folder: string, prefix = ""): Promise<Map<string, Any>> {
  const nodes = lines(await done("ls", "--json", folder)).map((line) =>
    JSON.parse(line),
  );
  const parts = nodes.map(async (node): Promise<[string, Any][]> => {
    const name = prefix + node.name;
    return node.kind === "folder"
      ? [...(await listed(`${folder}/${node.name}`, `${name}/`))]
      : [[name, node]];
  });
  return new Map((await Promise.all(parts)).flat());
}

// ---- files

test("a tree of thousands of files is imported whole, once", async () => {
  const root = path.join(work, "tree");
  const tree = makeTree(root);
  fs.symlinkSync("/etc/passwd", path.join(root, "link"));

  const first = await cli("import", root);
  assert.match(first.stdout + first.stderr, /link/);
  fs.rmSync(path.join(root, "link"));
  const files = await listed("tree");
  assert.deepEqual([...files.keys()].sort(), [...tree.keys()].sort());
  const check = async ([name, node]: [string, Any]) => {
    const bytes = tree.get(name) as Buffer;
    assert.equal(node.size, bytes.length, name);
    const digest = createHash("sha256").update(bytes).digest("base64");
    const url = name.split("/").map(encodeURIComponent).join("/");
    const head = await server.ask(`/files/tree/${url}`, { method: "HEAD" });
    assert.equal(head.headers["repr-digest"], `sha-256=:${digest}:`, name);
    const { mtimeMs } = fs.statSync(path.join(root, name));
    assert.equal(Date.parse(node.modified), Math.floor(mtimeMs), name);
  };
  const all = [...files];
  while (all.length > 0) await Promise.all(all.splice(0, 50).map(check));

  // Again: nothing new; after a change: only that.
  const before = await server.metric(CREATES);
  await done("import", root);
  assert.equal(await server.metric(CREATES), before);
  fs.writeFileSync(path.join(root, "d1/e1/file-1.txt"), "changed");
  fs.writeFileSync(path.join(root, "d1/new"), "new");
  await done("import", root);
  assert.equal(await server.metric(CREATES), before + 2);
  assert.equal(await done("get", "tree/d1/e1/file-1.txt", "-"), "changed");
  assert.equal(
    lines(await done("versions", "tree/d1/e1/file-1.txt")).length >= 2,
    true,
  );
});

test("an import goes on where it was interrupted, and over a core that dies", async () => {
  const root = path.join(work, "again");
  for (let i = 0; i < 1000; i++) {
    fs.mkdirSync(path.join(root, `d${i % 10}`), { recursive: true });
    fs.writeFileSync(path.join(root, `d${i % 10}`, `f${i}`), `file ${i}`);
  }
  const before = await server.metric(CREATES);
  const running = cli("import", root);
  await eventually(
    "some of it",
    async () => (await server.metric(CREATES)) > before + 50 || undefined,
  );
  server.killChild("core");
  const ended = await running;
  assert.equal(ended.status, DONE, ended.stderr);
  assert.equal((await listed("again")).size, 1000);
  for (const node of (await listed("again")).values())
    assert.equal(
      (await server.op("version.list", { file: node.id })).list.length,
      1,
    );
});

test("get, put, mkdir, mv, rm and versions", async () => {
  const file = path.join(work, "local");
  const bytes = randomBytes(100_000);
  fs.writeFileSync(file, bytes);
  await done("mkdir", "folder");
  await done("put", file, "folder");
  await done("put", file, "folder/again");
  const copy = path.join(work, "copy");
  await done("get", "folder/local", copy);
  assert.deepEqual(fs.readFileSync(copy), bytes);
  await refused(REFUSED, /copy/, "get", "folder/local", copy);
  await done("get", "--force", "folder/again", copy);
  await done("mv", "folder/again", "folder/moved");
  await done("rm", "folder/local");
  assert.deepEqual([...(await listed("folder")).keys()], ["moved"]);
  await refused(REFUSED, /again/, "get", "folder/again", "-");
  await refused(REFUSED, /nowhere/, "ls", "nowhere");
  await refused(REFUSED, /absent/, "rm", "absent");
  await refused(WRONG, /none/, "put", path.join(work, "none"), "x");
});

// ---- the log

test("log tail shows each operation within a second", async () => {
  const tail = new Follower("log", "tail", "--json", "--last", "1");
  await eventually(
    "the tail's beginning",
    () => tail.seen.length > 0 || undefined,
  );
  for (let i = 0; i < 5; i++) {
    await server.ask(`/files/tailed-${i}`, { method: "PUT", body: "x" });
    // The product's promise: so a deadline stands here.
    await eventually(
      "the record",
      () => tail.seen.some((line) => line.includes(`tailed-${i}`)) || undefined,
      1000,
    );
  }
  // It comes back by itself when core dies, without a gap.
  server.killChild("core");
  await eventually("a stored file", async () => {
    try {
      const { status } = await server.ask("/files/after", {
        method: "PUT",
        body: "x",
      });
      return status < 300 || undefined;
    } catch {
      return undefined;
    }
  });
  await eventually(
    "its record",
    () => tail.seen.some((line) => line.includes("“after”")) || undefined,
  );
  await tail.end();
  const numbers = [
    ...new Set(
      tail.seen.map((line) => JSON.parse(line).metadata.sequence as number),
    ),
  ];
  assert.deepEqual(
    numbers,
    Array.from(
      { length: numbers.length },
      (_, i) => (numbers[0] as number) + i,
    ),
  );
});

test("a mirror grows, and is proved whole offline; a flipped bit is named", async () => {
  const mirror = path.join(work, "mirror");
  const follower = new Follower("log", "mirror", mirror);
  const target = (await server.op("status.read")).sequence as number;
  const size = () => {
    try {
      return Number(
        fs.readFileSync(path.join(mirror, "checkpoint"), "utf8").split("\n")[1],
      );
    } catch {
      return 0;
    }
  };
  await eventually("the mirror", () => size() >= target || undefined);
  await server.ask("/files/mirrored", { method: "PUT", body: "x" });
  await eventually("its growth", () => size() > target || undefined);
  // What is said of it: who, from where, how far; and that it has gone.
  const told = await server.op("log.status");
  const [now] = told.mirrors;
  assert.deepEqual(
    [told.mirrors.length, now.live, now.address, now.name],
    [1, true, "127.0.0.1", "Installation"],
  );
  assert.ok(now.size > target && now.size <= told.checkpoint_size);
  assert.ok(told.checkpoint_size <= told.size && told.indexed <= told.size);
  assert.equal((await server.op("setup.progress")).mirrored, true);
  await follower.end();
  const gone = await eventually("its end", async () => {
    const [one] = (await server.op("log.status")).mirrors;
    return one.live ? undefined : one;
  });
  assert.ok(gone.size >= now.size && gone.time >= now.time);
  const since = path.join(work, "since");
  fs.copyFileSync(path.join(mirror, "checkpoint"), since);
  await done("log", "mirror", "--once", mirror);

  const verify = (...args: string[]) =>
    runProgram(PROGRAM, ["log", "verify", ...args]);
  const key = path.join(work, "log.vkey");
  fs.copyFileSync(path.join(mirror, "log.vkey"), key);
  const good = await verify("--key", key, "--since", since, mirror);
  assert.equal(good.status, DONE, good.stderr);
  // The server's own folder, too.
  await done("log", "verify", "--since", since);

  const tile = path.join(mirror, "tile/entries/000");
  const bytes = fs.readFileSync(tile);
  for (const at of [0, 1, 2, 100, bytes.length - 1]) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 0x10;
    fs.writeFileSync(tile, flipped);
    const bad = await verify("--key", key, mirror);
    assert.equal(bad.status, REFUSED, `byte ${at}`);
    assert.notEqual(bad.stderr + bad.stdout, "");
  }
  fs.writeFileSync(tile, bytes);
  fs.rmSync(path.join(mirror, "tile/0/000"));
  assert.equal((await verify(mirror)).status, REFUSED);
});

test("search, show, prove, export and lineage", async () => {
  await server.ask("/files/looked-for", { method: "PUT", body: "x" });
  const found = lines(
    await done(
      "log",
      "search",
      "--json",
      "--operation",
      "file.create",
      "--reverse",
      "-n",
      "1",
    ),
  );
  assert.equal(found.length, 1);
  const event = JSON.parse(found[0] as string);
  assert.equal(event.file.name, "looked-for");
  const number = String(event.metadata.sequence);
  const byPath = lines(
    await done("log", "search", "--json", "--object", "looked-for"),
  );
  assert(
    byPath.some(
      (line) => JSON.parse(line).metadata.sequence === event.metadata.sequence,
    ),
  );
  assert.match(
    await done(
      "log",
      "search",
      "--operation",
      "file.create",
      "--since",
      "1h",
      "-n",
      "3",
    ),
    /stored/,
  );

  assert.match(await done("log", "show", number), /looked-for/);
  assert.match(await done("log", "show", "--raw", number), /^[0-9a-f]+\s*$/);
  assert.match(await done("log", "show", "--leaf", number), /sequence/);
  assert.equal(
    JSON.parse(await done("log", "show", "--json", number)).metadata.sequence,
    event.metadata.sequence,
  );
  const proof = path.join(work, "proof");
  await eventually("a proof", async () => {
    const ended = await cli("log", "prove", number, "--out", proof);
    return ended.status === DONE || undefined;
  });
  assert.match(fs.readFileSync(proof, "utf8"), /^c2sp.org\/tlog-proof@v1\n/);
  assert(fs.statSync(`${proof}.leaf`).size > 0);
  const exported = lines(
    await done("log", "export", "--operation", "file.create"),
  );
  assert(
    exported.every(
      (line) => JSON.parse(line).metadata.event_code === "file.create",
    ),
  );
  assert.match(await done("lineage", number), /install/i);
  assert.match(await done("lineage", "looked-for"), /install/i);
  await refused(REFUSED, /999999999/, "log", "show", "999999999");
});

// ---- who may what

test("links, and a guest", async () => {
  await done("mkdir", "linked");
  await server.ask("/files/linked/x", { method: "PUT", body: "x" });
  const made = await cli("link", "linked", "--uses", "2", "--label", "press");
  assert.equal(made.status, DONE, made.stderr);
  const [, secret] = made.stdout.trim().match(/^https?:\/\/.*\/link#(chy_\w+)$/) ?? [];
  assert.notEqual(secret, undefined, made.stdout);
  const [, grant] = made.stderr.match(/share revoke (g\w{13})/) ?? [];
  assert.notEqual(grant, undefined, made.stderr);
  const open = (more: object = {}) =>
    server.op("link.open", { secret, ...more }, { token: null });
  const { secret: session } = await open();
  const bytes = await server.ask("/files/x", { token: session });
  assert.equal(bytes.body.toString(), "x");
  assert.match(await done("links"), /\t1 of 2\t.*\tlinked\tpress\n/);
  assert.match(await done("links", "linked"), /press/);
  assert.match(await done("share", "list", "linked"), /press/);
  assert.equal(await done("links", "linked/x"), "");
  await done("share", "revoke", grant ?? "");
  await assert.rejects(open());
  assert.doesNotMatch(await done("links"), /press/);

  // A password is read, never an argument.
  const protect = (input: string) =>
    runProgram(
      PROGRAM,
      ["--state", server.state, "link", "linked/x", "--password", "--edit"],
      { input },
    );
  const weak = await protect("password123\n");
  assert.equal(weak.status, REFUSED);
  assert.match(weak.stderr, /easily guessed/);
  assert.equal((await protect("")).status, WRONG);
  const strong = await protect("nine red kettles sing\n");
  assert.equal(strong.status, DONE, strong.stderr);
  const protectedOne = {
    secret: strong.stdout.trim().split("#")[1],
    password: "nine red kettles sing",
  };
  await open(protectedOne);
  await assert.rejects(open({ ...protectedOne, password: "another" }));
  assert.match(await done("links", "linked/x"), /\tedit\t1\t.*\tyes\t/);
  await refused(WRONG, /exclude/, "link", "linked", "--edit", "--see");

  const invited = await done("invite", "gus@else.example", "Gus", "--guest");
  assert.match(invited, /\/enrol#chy_/);
  assert.match(await done("principal", "list"), /\tguest\t.*\tGus\n/);
  await refused(REFUSED, /another kind/, "role", "grant", "Gus", "operator");
});

test("principals, tokens, shares, roles, why", async () => {
  const id = (await done("principal", "create", "backup")).trim();
  assert.match(await done("principal", "list"), /backup/);
  const secret = path.join(work, "backup.token");
  await done(
    "token",
    "issue",
    "--for",
    "backup",
    "--label",
    "nightly",
    "--out",
    secret,
  );
  assert.equal(fs.statSync(secret).mode & 0o777, 0o600);
  const [listedToken] = lines(await done("token", "list", "backup")).filter(
    (line) => /nightly/.test(line),
  );
  const credential = /c[0-9a-z]{13}/.exec(listedToken ?? "")?.[0];
  assert(credential !== undefined, listedToken);

  const asBackup = (...args: string[]) =>
    runProgram(PROGRAM, [
      ...["--url", server.url("", true), "--token-file", secret],
      ...["--ca", path.join(server.state, "keeper/tls.crt"), ...args],
    ]);
  await done("mkdir", "given");
  await server.ask("/files/given/x", { method: "PUT", body: "x" });
  const [node] = lines(await done("ls", "--json", ""))
    .map((line) => JSON.parse(line))
    .filter((one) => one.name === "given");
  assert.equal((await cli("why", "backup", "read", "given")).status, REFUSED);
  assert.equal((await asBackup("ls", node.id)).status, REFUSED);
  const grant = (
    await done("share", "grant", "given", "backup", "read")
  ).trim();
  const why = await cli("why", "backup", "read", "given");
  assert.equal(why.status, DONE, why.stderr);
  assert.match(why.stdout, /the right .read. for backup/);
  assert.match(await done("who-can", "read", "given"), /backup/);
  assert.match(await done("who-can", "operator"), /Installation/);
  assert.match(await done("who-can", "use", "files"), /backup/);
  assert.match(await done("why", "backup", "use", "mail"), /use.* for Everyone/);
  assert.match(await done("share", "list", "given"), /backup/);
  const ls = await asBackup("ls", node.id);
  assert.equal(ls.status, DONE, ls.stderr);
  assert.match(ls.stdout, /x/);
  await done("share", "revoke", grant);
  assert.equal((await asBackup("ls", node.id)).status, REFUSED);

  const role = (await done("role", "grant", "backup", "operator")).trim();
  assert.match(await done("role", "list"), /operator/);
  assert.equal((await asBackup("status")).status, DONE);
  await done("role", "revoke", role);
  assert.equal((await asBackup("status")).status, REFUSED);

  await done("token", "revoke", credential);
  const dead = await asBackup("ls");
  assert.equal(dead.status, REFUSED);
  assert.match(dead.stderr, /token is refused/);

  // Erasure: of the ended only, and then nothing of them is left to read.
  await refused(REFUSED, /./, "erase", "--yes", id);
  await done("principal", "end", id);
  await done("erase", "--yes", id);
  const events = await server.search({ principal: id });
  assert(events.length > 3);
  for (const event of events) {
    assert.doesNotMatch(
      JSON.stringify({ ...event, raw_data: "" }),
      /backup|nightly/,
    );
    assert.doesNotMatch(
      Buffer.from(event.raw_data ?? "", "base64").toString("latin1"),
      /backup|nightly/,
    );
  }
  // Its records are proved as before.
  await done("log", "verify");
});

// ---- the server

test("people are invited, suspended and let in again", async () => {
  const invited = await cli("invite", "dora@example.org", "Dora Dorn");
  assert.equal(invited.status, DONE, invited.stderr);
  assert.match(invited.stderr, /good once, until/);
  const secretOf = (link: string): string => {
    const [where, secret] = link.trim().split("#");
    assert.match(where ?? "", /^https?:\/\/localhost:\d+\/enrol$/);
    return secret ?? "";
  };
  const me = (token: string): Promise<number> =>
    server.ask("/jmap/session", { token }).then((answer) => answer.status);
  const first = secretOf(invited.stdout);
  assert.equal(await me(first), 200);
  const again = secretOf(await done("invite", "Dora Dorn"));
  assert.equal(await me(first), 401);
  assert.equal(await me(again), 200);
  await done("suspend", "Dora Dorn");
  assert.equal(await me(again), 403);
  await done("resume", "Dora Dorn");
  assert.equal(await me(again), 200);
  assert.equal((await cli("invite", "Dora@Example.org", "x")).status, REFUSED);
  assert.equal((await cli("invite", "two words", "x")).status, REFUSED);
});

// ---- where browsers offer passkeys

const OFFICE = "office.example.org";

async function openssl(...args: string[]): Promise<void> {
  const ended = await runProgram("openssl", args, { cwd: work });
  assert.equal(ended.status, 0, ended.stderr);
}

// An authority, a certificate of it for the office, and one that signed itself.
async function makeCertificates(): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const make = ["req", "-x509", ...key, "-nodes", "-days", "90"];
  const office = [
    ...["-subj", `/CN=${OFFICE}`, "-addext", `subjectAltName=DNS:${OFFICE}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ];
  const at = (name: string) => ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  await openssl(...make, "-subj", "/CN=Authority", ...at("authority"));
  await openssl(...make, ...office, ...at("itself"));
  const ca = ["-CA", "authority.crt", "-CAkey", "authority.key"];
  await openssl(...make, ...office, ...ca, ...at("office"));
}

// What doctor says of passkeys, for a server that is configured so.
async function passkeys(
  config: object,
  { args = [] as string[], env = {} } = {},
): Promise<string[]> {
  const state = fs.mkdtempSync(path.join(work, "doctor-"));
  fs.writeFileSync(
    path.join(state, "chancery.conf"),
    Object.entries(config)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(""),
  );
  const ended = await runProgram(
    PROGRAM,
    ["--state", state, ...args, "doctor"],
    { env },
  );
  const told = lines(ended.stdout).filter((one) => /^\w+ +passkeys /.test(one));
  if (told.some((one) => one.startsWith("FAIL")))
    assert.equal(ended.status, REFUSED, ended.stdout);
  return told;
}

test("doctor says where browsers refuse passkeys", async () => {
  await makeCertificates();
  const certified = (name: string) => ({
    hostname: OFFICE,
    tls_certificate: path.join(work, `${name}.crt`),
    tls_key: path.join(work, `${name}.key`),
  });
  const trusted = { SSL_CERT_FILE: path.join(work, "authority.crt") };
  const url = (address: string) => ({
    args: ["--url", address],
    env: trusted,
  });
  const cases: [RegExp[], object, object?][] = [
    [[/^ok .*http:\/\/localhost/], {}],
    // An address, and what is no name.
    [[/^FAIL .*192\.0\.2\.1 is an address/], { hostname: "192.0.2.1" }],
    [[/^FAIL .*2001:db8::1 is an address/], { hostname: "2001:db8::1" }],
    [[/^FAIL .*my_office is no name/], { hostname: "my_office" }],
    // Certificates that browsers warn of.
    [[/^FAIL .*the server has signed its own/], { hostname: OFFICE }],
    [
      [/^warn .*signed its own.*unless the proxy/],
      { hostname: OFFICE, trusted_proxies: "192.0.2.7" },
    ],
    [[/^FAIL .*has signed itself/], certified("itself")],
    [[/^warn .*this machine doesn't trust/], certified("office")],
    [[/^ok .*https:\/\/office/], certified("office"), { env: trusted }],
    [
      [/^warn .*doesn't trust/],
      { ...certified("office"), hostname: "other.example.org" },
      { env: trusted },
    ],
    // Where people come to.
    [[/^ok /], certified("office"), url(`https://${OFFICE}:8443`)],
    [[/^ok /], certified("office"), url(`https://${OFFICE}`)],
    [
      [/^FAIL .*is plain http/, /^ok /],
      certified("office"),
      url(`http://${OFFICE}`),
    ],
    [
      [/^FAIL .*192\.0\.2\.1 is an address/, /^ok /],
      certified("office"),
      url("https://192.0.2.1:8443"),
    ],
    [
      [/^FAIL .*don't work at www\./, /^ok /],
      certified("office"),
      url(`https://www.${OFFICE}`),
    ],
    [
      [/^FAIL .*8443, not at 444/, /^ok /],
      certified("office"),
      url(`https://${OFFICE}:444`),
    ],
    [
      [/^warn .*127\.0\.0\.1 is an address/, /^ok /],
      certified("office"),
      url("https://127.0.0.1:8443"),
    ],
  ];
  for (const [want, config, how] of cases) {
    const told = await passkeys(config, how);
    assert.equal(told.length, want.length, told.join("\n"));
    want.forEach((says, i) => assert.match(told[i] ?? "", says));
  }
});

test("status, doctor, config check, api and completion", async () => {
  assert.match(await done("status"), /Records|record/i);
  assert.equal(
    typeof JSON.parse(await done("status", "--json")).version,
    "string",
  );
  const doctor = await cli("doctor");
  assert.match(doctor.stdout, /^ok/m);
  assert.doesNotMatch(doctor.stdout, /^FAIL/m);
  assert.equal(doctor.status, DONE, doctor.stdout);

  assert.match(doctor.stdout, /^ok +passkeys +browsers offer .*localhost/m);

  await done("config", "check");
  const bad = path.join(work, "bad.conf");
  fs.writeFileSync(bad, "hostname = localhost\nhostnam = x\n");
  await refused(REFUSED, /2.*hostnam/, "config", "check", bad);
  await refused(
    REFUSED,
    /none/,
    "config",
    "check",
    path.join(work, "none.conf"),
  );

  const echo = JSON.parse(await done("api", "session.get"));
  assert.match(JSON.stringify(echo), /Installation/);
  await refused(REFUSED, /./, "api", "node.get", '{"path":"nowhere"}');
  for (const shell of ["bash"])
    assert.match(await done("completion", shell), /chancery/);
});

test("what is called wrongly says so, and how it is called", async () => {
  for (const args of [
    ["frobnicate"],
    ["log"],
    ["log", "frobnicate"],
    ["ls", "--no-such-option"],
    ["ls", "a", "b"],
    ["get"],
    ["import"],
    ["log", "show", "x"],
    ["log", "search", "--outcome", "perhaps"],
    ["log", "search", "--since", "yesterdayish"],
    ["token", "issue"],
    ["import", "--jobs", "0", "."],
    ["api", "no.such.operation"],
    ["api", "node.get", "{"],
  ]) {
    const ended = await cli(...args);
    assert.equal(
      ended.status,
      WRONG,
      `${args.join(" ")}: ${ended.stdout}${ended.stderr}`,
    );
    assert.notEqual(ended.stderr, "");
  }
  for (const args of [
    ["--help"],
    ["help"],
    ["help", "ls"],
    ["log", "tail", "--help"],
  ])
    assert.match(await done(...args), /usage: chancery/);
});

test("a server that isn't there, or isn't the right one, is told", async () => {
  const there = (...args: string[]) => runProgram(PROGRAM, args);
  const token = path.join(server.state, "token");
  const ca = path.join(server.state, "keeper/tls.crt");

  for (const args of [
    ["--state", path.join(work, "no-state"), "ls"],
    ["--url", "https://localhost:1", "--token-file", token, "ls"],
    ["--url", "https://no-such-host.invalid", "--token-file", token, "ls"],
  ]) {
    const ended = await there(...args);
    assert.equal(ended.status, NO_SERVER, `${args.join(" ")}: ${ended.stderr}`);
    assert.notEqual(ended.stderr, "");
  }
  // A certificate that nobody vouches for: no token is sent there.
  const stranger = await there(
    "--url",
    server.url("", true),
    "--token-file",
    token,
    "ls",
  );
  assert.equal(stranger.status, NO_SERVER, stranger.stderr);
  assert.match(stranger.stderr, /certificate/);
  // Nor over plain HTTP to another machine.
  const plain = await there(
    "--url",
    "http://192.0.2.1",
    "--token-file",
    token,
    "ls",
  );
  assert.notEqual(plain.status, DONE);
  assert.match(plain.stderr, /https/i);
  const good = await there(
    "--url",
    server.url("", true),
    "--token-file",
    token,
    "--ca",
    ca,
    "ls",
  );
  assert.equal(good.status, DONE, good.stderr);
  const empty = path.join(work, "empty.token");
  fs.writeFileSync(empty, "");
  assert.notEqual(
    (
      await there(
        "--url",
        server.url("", true),
        "--token-file",
        empty,
        "--ca",
        ca,
        "ls",
      )
    ).status,
    DONE,
  );
});

test("the state folder of a server that was stopped says that none runs", async () => {
  server.signal("SIGTERM");
  assert.equal(await server.exited(), 0);
  await refused(NO_SERVER, /./, "ls");
  await refused(NO_SERVER, /./, "log", "tail");
  // What needs no server does without.
  await done("log", "verify");
  await done("config", "check");
  await server.run();
});
