// Files as people keep them: copied, thrown away and brought back, found, shared
// and followed, taken along to another server.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { type Any, type Ended, type Person, type Principal, Server } from "./server.js";

let server: Server;
let other: Server; // where the files of the first are taken to
let work = "";
let bob: Principal;
let bobToken = "";

before(async () => {
  server = await Server.start("keep");
  other = await Server.start("keep-other");
  work = path.join(server.folder, "work");
  fs.mkdirSync(work);
  bob = await server.principal("bob");
  bobToken = path.join(work, "bob.token");
  fs.writeFileSync(bobToken, bob.token, { mode: 0o600 });
});
after(async () => {
  await server.stop();
  await other.stop();
});

async function done(on: Server, ...args: string[]): Promise<string> {
  const ended = await on.cli(...args);
  assert.equal(ended.status, 0, `${args.join(" ")}: ${ended.stderr}`);
  return ended.stdout;
}

const run = (...args: string[]) => done(server, ...args);
const asBob = (...args: string[]): Promise<Ended> =>
  server.cli("--token-file", bobToken, ...args);

/** Lines of columns, as a script gets them. */
const rows = (text: string): string[][] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));

const sha256 = (bytes: Buffer) =>
  createHash("sha256").update(bytes).digest("base64");

let puts = 0;
async function put(where: string, bytes: string | Buffer): Promise<void> {
  const local = path.join(work, `put-${++puts}`);
  fs.writeFileSync(local, bytes);
  await run("put", local, where);
}

const text = (where: string) => run("get", where, "-");

/** All below a folder: path -> what it is, as far as it is the same elsewhere. */
async function tree(on: Server, where: string): Promise<Map<string, Any>> {
  const found = new Map<string, Any>();
  const look = async (folder: string, prefix: string): Promise<void> => {
    const { list } = await on.op("folder.list", { folder });
    for (const node of list) {
      const { id, kind, size, modified, name } = node;
      const file = kind === "file" ? await on.op("node.get", { node: id }) : {};
      const { digest, type } = file;
      found.set(prefix + name, { kind, type, size, modified, digest });
      if (kind === "folder") {
        found.set(prefix + name, { kind });
        await look(id, `${prefix}${name}/`);
      }
    }
  };
  await look((await on.op("node.get", { path: where })).id, "");
  return found;
}

test("cp copies a file, a folder, and more than fits one operation", async () => {
  await run("mkdir", "originals");
  await put("originals/one.txt", "one");
  await run("cp", "originals/one.txt", "copy.txt");
  assert.equal(await text("copy.txt"), "one");
  await run("cp", "originals", "copies");
  assert.equal(await text("copies/one.txt"), "one");
  const many = path.join(work, "many");
  for (let i = 0; i < 700; i++) {
    const file = path.join(many, `d${i % 3}`, `e${i % 5}`, `${i}.txt`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, String(i));
  }
  await run("import", many);
  await run("cp", "many", "many2");
  assert.deepEqual(await tree(server, "many2"), await tree(server, "many"));
  const loop = await server.cli("cp", "many", "many/d0");
  assert.equal(loop.status, 1);
  assert.match(loop.stderr, /can't go into itself/);
});

test("what is thrown away is listed, and comes back by its name", async () => {
  await run("mkdir", "desk");
  await put("desk/letter.txt", "dear all");
  await run("rm", "desk/letter.txt");
  const [row] = rows(await run("trash"));
  assert.equal(row?.[3], "desk");
  assert.equal(row?.[4], "letter.txt");
  await run("restore", "letter.txt");
  assert.equal(await text("desk/letter.txt"), "dear all");
  assert.equal(await run("trash"), "");
  const none = await server.cli("restore", "letter.txt");
  assert.equal(none.status, 1);
  assert.match(none.stderr, /nothing in the trash is named/);
  // Of equal names it is said which there are.
  await put("twice.txt", "1");
  await run("rm", "twice.txt");
  await put("twice.txt", "2");
  await run("rm", "twice.txt");
  assert.match((await server.cli("restore", "twice.txt")).stderr, /by id/);
  await run("restore", rows(await run("trash"))[1]?.[0] ?? "", "desk");
  assert.equal(await text("desk/twice.txt"), "1");
});

test("an old version is named, and made the current one", async () => {
  await put("plan.txt", "first");
  await put("plan.txt", "second");
  const [, first] = rows(await run("versions", "plan.txt"));
  await run("version", "name", first?.[0] ?? "", "as it was sent");
  assert.equal(rows(await run("versions", "plan.txt"))[1]?.[6], "as it was sent");
  await run("restore", first?.[0] ?? "");
  assert.equal(await text("plan.txt"), "first");
  assert.equal(rows(await run("versions", "plan.txt")).length, 3);
});

test("names are found by their words, one's own and those of others", async () => {
  await put("desk/Übersicht der Straßen.txt", "x");
  const found = rows(await run("find", "STRASSEN", "über"));
  assert.equal(found.length, 1);
  assert.equal(found[0]?.[3], "desk/Übersicht der Straßen.txt");
  assert.equal((await asBob("find", "strassen")).stdout, "");
  await run("share", "grant", "desk", "bob", "read");
  const [shared] = rows((await asBob("find", "strassen")).stdout);
  assert.equal(shared?.[0], found[0]?.[0]);
  assert.equal(shared?.[3], "desk/Übersicht der Straßen.txt");
});

test("what others share is listed, with who and since when", async () => {
  const list = rows((await asBob("shared")).stdout);
  assert.equal(list.length, 1);
  assert.equal(list[0]?.[1], "read");
  assert.equal(list[0]?.[5], "desk/");
  const ls = await asBob("ls", list[0]?.[0] ?? "");
  assert.match(ls.stdout, /letter\.txt/);
  assert.equal((await asBob("shared")).status, 0);
});

test("an owner sees who did what with a file, each read included", async () => {
  const { id } = await server.op("node.get", { path: "desk/letter.txt" });
  const local = path.join(work, "bobs");
  const got = await asBob("get", id, local);
  assert.equal(got.status, 0, got.stderr);
  const seen = rows(await run("activity", "desk/letter.txt"));
  assert.deepEqual(seen[0]?.slice(2), ["bob", "file.read", "allowed", "8 bytes"]);
  assert.ok(seen.some((row) => row[3] === "node.trash"));
  assert.equal(seen.at(-1)?.[3], "file.create");
  assert.equal((await asBob("activity", id)).status, 1);
});

test("a quota is told, set, and kept on every path", async () => {
  assert.match((await asBob("quota")).stdout, /used \(the default\)/);
  assert.equal((await asBob("quota", "set", "bob", "5")).status, 1);
  await run("quota", "set", "bob", "1K");
  assert.match(await run("quota", "bob"), /^0 B of 1\.0 KiB used$/m);
  const body = randomBytes(2000);
  const over = await server.ask("/files/big", {
    method: "PUT",
    body,
    token: bob.token,
  });
  assert.equal(over.status, 507);
  assert.equal(JSON.parse(over.body.toString()).code, "OVER_QUOTA");
  await assert.rejects(
    server.op(
      "file.create",
      { path: "", name: "big", content: body.toString("base64") },
      { token: bob.token },
    ),
    { type: "overQuota" },
  );
  const met = 'chancery_limit_met_total{limit="quota_bytes",process="core"}';
  assert.equal(await server.metric(met), 2);
  await run("quota", "set", "bob", "default");
});

// What is exported of somebody, by path below the folder.
function onDisk(folder: string): Map<string, Any> {
  const found = new Map<string, Any>();
  for (const name of fs.readdirSync(folder, { recursive: true } as object)) {
    const file = path.join(folder, String(name));
    const stat = fs.statSync(file);
    if (stat.isFile())
      found.set(String(name), {
        digest: sha256(fs.readFileSync(file)),
        modified: Math.floor(stat.mtimeMs),
      });
  }
  return found;
}

test("an export holds all there is, and makes the same files elsewhere", async () => {
  await put("Große 文件 🎉.bin", randomBytes(300_000));
  fs.writeFileSync(path.join(work, "odd"), "odd");
  await run("put", "--type", "text/x-odd", path.join(work, "odd"), "odd.bin");
  const out = path.join(work, "export");
  await run("export", "--all", out);

  const manifestFile = path.join(out, "manifest.json");
  await done(
    other,
    ...["import", path.join(out, "files"), "--to", "taken"],
    ...["--manifest", manifestFile],
  );
  const here = await tree(server, "");
  assert.deepEqual(await tree(other, "taken"), here);
  assert.ok(here.size > 1400);
  assert.equal(here.get("odd.bin").type, "text/x-odd");

  const manifest = JSON.parse(
    fs.readFileSync(manifestFile, "utf8"),
  );
  const entry = (name: string): Any =>
    manifest.nodes.find((node: Any) => node.path === name);
  // Older versions, by the digest that the server keeps of them.
  const plan = entry("files/plan.txt");
  assert.equal(plan.versions.length, 3);
  const first = plan.versions[2];
  assert.equal(first.label, "as it was sent");
  const bytes = fs.readFileSync(path.join(out, first.path));
  assert.equal(bytes.toString(), "first");
  assert.equal(sha256(bytes), first.digest);
  // With whom it is shared, and what was thrown away.
  assert.deepEqual(
    entry("files/desk").shares.map((s: Any) => [s.name, s.relation]),
    [["bob", "read"]],
  );
  const gone = manifest.nodes.filter((n: Any) => n.path.startsWith("trash/"));
  assert.equal(gone.filter((n: Any) => n.kind === "file").length, 1);
  assert.equal(
    fs.readFileSync(path.join(out, gone.at(-1).path)).toString(),
    "2",
  );
  // Nothing that is there is replaced.
  assert.equal((await server.cli("export", out)).status, 1);
});

test("another's files are exported by who manages principals, for all to see", async () => {
  const first = await server.administrator("first@example.org");
  const second = await server.administrator("second@example.org");
  const as = (person: Person, ...args: string[]) => {
    const token = path.join(work, person.login);
    fs.writeFileSync(token, person.token, { mode: 0o600 });
    return server.cli("--token-file", token, ...args);
  };
  const name = first.login;
  await server.op(
    "file.create",
    { path: "", name: "mine", content: "bWluZQ==" },
    { token: bob.token },
  );
  const out = path.join(work, "bobs-files");
  const theirs = await asBob("export", "--all", first.id, path.join(work, "no"));
  assert.equal(theirs.status, 1);
  assert.match(theirs.stderr, /right/);
  // One person alone doesn't.
  const asked = await as(first, "export", "--all", "bob", out);
  assert.equal(asked.status, 1);
  const [, request] = /approval give (r\w+)/.exec(asked.stderr) ?? [];
  assert.ok(request, asked.stderr);
  const waits = rows((await as(second, "approval", "list")).stdout);
  assert.equal(waits[0]?.[0], request);
  const own = await as(first, "approval", "give", request);
  assert.equal(own.status, 1);
  assert.match(own.stderr, /somebody else/);
  const given = await as(second, "approval", "give", request);
  assert.equal(given.status, 0, given.stderr);
  const done = await as(first, "export", "--all", "bob", out);
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual(
    [...onDisk(path.join(out, "files")).keys()],
    ["mine"],
  );
  const manifest = JSON.parse(
    fs.readFileSync(path.join(out, "manifest.json"), "utf8"),
  );
  assert.equal(manifest.principal, bob.id);
  const shares = await asBob("share", "list", bob.home);
  assert.match(shares.stdout, new RegExp(name));
  const { id } = await server.op(
    "node.get",
    { path: "mine" },
    { token: bob.token },
  );
  const activity = rows((await asBob("activity", id)).stdout);
  const read = activity.find((row) => row[3] === "file.read");
  assert.equal(read?.[2], name);
  assert.equal(read?.[4], "allowed");
});
