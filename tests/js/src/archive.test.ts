// Folders and files as one ZIP archive: what another program makes of it, what
// stands on the record of it, and what cuts it off.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as http2 from "node:http2";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";

import {
  type Any,
  type Asked,
  type Principal,
  Server,
  eventually,
  runProgram,
  within,
} from "./server.js";

const LARGE = 64 << 20;
const MANY = 1100; // more than two pages of a folder
const MOST = 2000; // in one archive, here

let server: Server;
let me: Any;
let folder: string; // for what comes out
let n = 0;

before(async () => {
  server = await Server.start("archive", {
    config: { max_archive_nodes: MOST, fronts: 1 },
  });
  me = await server.op("session.get");
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "chancery-archive-"));
});
after(async () => {
  fs.rmSync(folder, { recursive: true });
  await server.stop();
});

const where = (nodes: string[], name = "all.zip") =>
  `/jmap/archive/${me.principal}/${encodeURIComponent(name)}?` +
  nodes.map((id) => `node=${id}`).join("&");

const newFolder = async (name: string, parent = me.home): Promise<string> =>
  (await server.op("folder.create", { parent, name })).id;

async function store(
  parent: string,
  name: string,
  bytes: Uint8Array,
): Promise<string> {
  if (bytes.length <= 32768) {
    const content = Buffer.from(bytes).toString("base64");
    return (await server.op("file.create", { parent, name, content })).id;
  }
  const sent = await server.ask(`/jmap/upload/${me.principal}/`, {
    method: "POST",
    body: bytes,
  });
  const upload = JSON.parse(sent.body.toString()).blobId;
  return (await server.op("file.create", { parent, name, upload })).id;
}

async function last(): Promise<number> {
  return Number((await server.op("node.get", { node: me.home })).state);
}

/** The whole of an archive, as a file. */
async function fetched(nodes: string[], asked: Asked = {}): Promise<string> {
  const answer = await server.ask(where(nodes), asked);
  assert.equal(answer.status, 200, answer.body.toString());
  const file = path.join(folder, `${++n}.zip`);
  fs.writeFileSync(file, answer.body);
  return file;
}

async function unzip(...args: string[]): Promise<number | null> {
  const env = { LC_ALL: "C.UTF-8" };
  const { status, stdout, stderr } = await runProgram("unzip", args, { env });
  if (status !== 0) return status;
  assert.equal(stderr, "", stdout);
  return status;
}

/** What unzip makes of it: paths and digests; of a folder "". */
async function contentOf(file: string): Promise<Map<string, string>> {
  const to = `${file}.d`;
  const found = new Map<string, string>();
  assert.equal(await unzip("-tqq", file), 0);
  assert.equal(await unzip("-qq", file, "-d", to), 0);
  const walk = (at: string) => {
    for (const entry of fs.readdirSync(path.join(to, at), {
      withFileTypes: true,
    })) {
      const below = path.join(at, entry.name);
      const there = path.join(to, below);
      if (entry.isDirectory()) {
        found.set(`${below}/`, "");
        walk(below);
      } else found.set(below, digest(fs.readFileSync(there)));
    }
  };
  walk("");
  return found;
}

const digest = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

async function count(operation: string, from: number): Promise<number> {
  return (await server.search({ operation, from })).length;
}

// ---- whole ones

const NAMES = [
  "März.txt",
  "<b>bold<b>",
  "😀".repeat(63),
  "right \u202eto left.txt",
  ".hidden",
  "CON",
];

test("a folder with all that is in it", async () => {
  const top = await newFolder("Reports of May");
  const inner = await newFolder("inner", top);
  await newFolder("empty", inner);
  const expected = new Map([
    ["Reports of May/", ""],
    ["Reports of May/inner/", ""],
    ["Reports of May/inner/empty/", ""],
  ]);
  for (const size of [0, 1, 32_768, 32_769, 1 << 20]) {
    const bytes = randomBytes(size);
    await store(inner, `size-${size}`, bytes);
    expected.set(`Reports of May/inner/size-${size}`, digest(bytes));
  }
  for (const name of NAMES) {
    await store(top, name, Buffer.from(name));
    expected.set(`Reports of May/${name}`, digest(Buffer.from(name)));
  }
  // What divides paths, or names drives and streams, looks the same.
  await store(top, "..\\a:b", Buffer.from("x"));
  expected.set("Reports of May/..＼a：b", digest(Buffer.from("x")));
  for (const tls of [false, true])
    assert.deepEqual(
      new Map([...(await contentOf(await fetched([top], { tls })))].sort()),
      new Map([...expected].sort()),
    );

  const answer = await server.ask(where([top], "Reports ü.zip"));
  const { headers } = answer;
  assert.equal(headers["content-type"], "application/zip");
  assert.equal(
    headers["content-disposition"],
    "attachment; filename*=UTF-8''Reports%20%C3%BC.zip",
  );
  assert.match(String(headers["content-security-policy"]), /^sandbox;/);
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("the same over HTTP/2", async () => {
  const top = await newFolder("over http2");
  const bytes = randomBytes(3 << 20);
  for (const name of ["a", "b"]) await store(top, name, bytes);
  const session = http2.connect(`https://localhost:${server.https}`, {
    ca: server.certificate,
  });
  const stream = session.request({
    ":path": where([top]),
    authorization: `Bearer ${server.token}`,
  });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  session.close();
  const file = path.join(folder, "h2.zip");
  fs.writeFileSync(file, Buffer.concat(parts));
  const content = await contentOf(file);
  assert.equal(content.get("over http2/b"), digest(bytes));
  assert.equal(content.size, 3);
});

test("a folder of many pages; each listing and read is on the record", async () => {
  const top = await newFolder("many");
  const objects = Array.from({ length: MANY }, (_, i) => ({
    parent: top,
    name: `file ${i}.txt`,
    content: Buffer.from(`content ${i}`).toString("base64"),
  }));
  for (let i = 0; i < MANY; i += 400)
    await server.ops("file.create", objects.slice(i, i + 400));
  const from = (await last()) + 1;
  const content = await contentOf(await fetched([top]));
  assert.equal(content.size, MANY + 1);
  assert.equal(
    content.get("many/file 1099.txt"),
    digest(Buffer.from("content 1099")),
  );
  assert.equal(await count("folder.list", from), 3);
  const reads = await server.search({ operation: "file.read", from });
  assert.equal(new Set(reads.map((read) => read.file.uid)).size, MANY);
});

test("things of one name, and what isn't there", async () => {
  const one = await newFolder("one");
  const two = await newFolder("two");
  const files = [
    await store(one, "a.txt", Buffer.from("1")),
    await store(two, "A.txt", Buffer.from("2")),
    await store(two, "a", Buffer.from("3")),
    await store(one, "a", Buffer.from("4")),
    await store(one, "Not included.txt", Buffer.from("5")),
  ];
  const gone = await store(one, "gone", Buffer.from("6"));
  await server.op("node.trash", { node: gone });
  await server.op("node.purge", { node: gone });
  const file = await fetched([...files, gone]);
  const content = await contentOf(file);
  assert.deepEqual([...content.keys()].sort(), [
    "A (2).txt",
    "Not included (2).txt",
    "Not included.txt",
    "a",
    "a (2)",
    "a.txt",
  ]);
  assert.equal(content.get("A (2).txt"), digest(Buffer.from("2")));
  assert.match(
    fs.readFileSync(path.join(`${file}.d`, "Not included.txt"), "utf8"),
    new RegExp(`^Not included, .*\r\n\r\n${gone}\r\n$`),
  );
});

test("a large one passes through; nothing holds it", async () => {
  const top = await newFolder("large");
  const bytes = randomBytes(LARGE);
  await store(top, "large.bin", bytes);
  const peak = () => {
    const [pid] = server.children("front");
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) << 10;
  };
  const from = (await last()) + 1;
  const before = peak();
  const content = await contentOf(await fetched([top]));
  assert.equal(content.get("large/large.bin"), digest(bytes));
  assert(peak() - before < LARGE / 2, `${peak() - before} bytes more`);
  const [end] = await server.search({ operation: "stream.end", from });
  assert.equal(end.unmapped.facts.status, "complete");
  assert.equal(end.unmapped.facts.bytes, LARGE);
});

test("what is more than one archive may hold is left out, and said", async () => {
  const top = await newFolder("too many");
  for (let i = 0; i <= MOST; i += 400)
    await server.ops(
      "folder.create",
      Array.from({ length: 400 }, (_, k) => ({
        parent: top,
        name: `folder ${i + k}`,
      })),
    );
  const file = await fetched([top]);
  const content = await contentOf(file);
  assert.equal(content.size, MOST + 1);
  assert.match(
    fs.readFileSync(path.join(`${file}.d`, "Not included.txt"), "utf8"),
    /as many as one archive may hold/,
  );
  assert(
    (await server.metric(
      'chancery_limit_met_total{limit="max_archive_nodes",process="front 0"}',
    )) > 0,
  );
});

// ---- who may

async function reader(name: string): Promise<Principal> {
  return server.principal(name, { families: ["self", "files"] });
}

test("nobody gets what they may not read", async () => {
  const top = await newFolder("private");
  const other = await reader("other");
  const asked = { token: other.token };
  assert.equal((await server.ask(where([top]), asked)).status, 404);
  assert.equal((await server.ask(where([top]), { token: null })).status, 401);
  assert.equal(
    (await server.ask(where([top]), { token: "chy_nobody" })).status,
    401,
  );
  for (const wrong of ["", "?", "?node=", "?node=x", `?node=${me.principal}`])
    assert.equal(
      (await server.ask(`/jmap/archive/${me.principal}/a.zip${wrong}`)).status,
      400,
      wrong,
    );
  assert.equal(
    (await server.ask(`/jmap/archive/x/a.zip?node=${top}`)).status,
    404,
  );
});

test("by a link, below its path", async () => {
  const top = await newFolder("linked");
  await store(top, "a.txt", Buffer.from("hello"));
  const { secret } = await server.op("link.make", {
    node: top,
    relation: "read",
  });
  const opened = await server.ask("/link/open", {
    method: "POST",
    token: null,
    headers: {
      "content-type": "application/json",
      origin: `http://localhost:${server.http}`,
    },
    body: JSON.stringify({ secret }),
  });
  const { id } = JSON.parse(opened.body.toString()) as Any;
  const cookie = opened.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const answer = await server.ask(`/link/${id}${where([top])}`, {
    token: null,
    headers: { cookie },
  });
  assert.equal(answer.status, 200);
  const file = path.join(folder, "link.zip");
  fs.writeFileSync(file, answer.body);
  assert.deepEqual(
    [...(await contentOf(file)).keys()],
    ["linked/", "linked/a.txt"],
  );
});

// ---- cut off

/** One under way, of which the client takes no more than its first bytes. */
class Begun {
  readonly parts: Buffer[] = [];
  readonly closed: Promise<unknown>;

  private constructor(readonly answer: IncomingMessage) {
    answer.on("error", () => {}); // cut off
    answer.on("data", (part: Buffer) => this.parts.push(part));
    this.closed = new Promise((resolve) => answer.once("close", resolve));
  }

  static async of(nodes: string[], who: Principal): Promise<Begun> {
    const answer = await server.open(where(nodes), { token: who.token });
    assert.equal(answer.statusCode, 200);
    const begun = new Begun(answer);
    while (begun.bytes < 1 << 20) await once(answer, "data");
    answer.pause();
    return begun;
  }

  get bytes(): number {
    return this.parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** All that there is. */
  async rest(): Promise<Buffer> {
    this.answer.resume();
    await within("its end", this.closed);
    return Buffer.concat(this.parts);
  }
}

test("what can't be read any more is left out, and named", async () => {
  const top = await newFolder("left out");
  const who = await reader("reader");
  await store(top, "a.txt", Buffer.from("1"));
  const other = await store(me.home, "other.txt", Buffer.from("2"));
  await server.op("share.grant", {
    node: top,
    principal: who.id,
    relation: "read",
  });
  const file = await fetched([top, other], { token: who.token });
  assert.deepEqual(
    [...(await contentOf(file)).keys()],
    ["Not included.txt", "left out/", "left out/a.txt"],
  );
});

for (const [what, withdraw] of [
  [
    "the share ends",
    (_: Principal, grant: string) => server.op("share.revoke", { grant }),
  ],
  [
    "its reader's token is revoked",
    (who: Principal) =>
      server.op("token.revoke", { credential: who.credential }),
  ],
] as const)
  test(`it is cut off where ${what}`, async () => {
    const top = await newFolder(what);
    const who = await reader(what);
    for (const name of ["1", "2", "3"])
      await store(top, name, Buffer.alloc(LARGE / 4, name));
    const grant = await server.op("share.grant", {
      node: top,
      principal: who.id,
      relation: "read",
    });
    const from = await last();
    const begun = await Begun.of([top], who);
    await withdraw(who, grant.id);
    const bytes = await begun.rest();
    assert.equal(begun.answer.complete, false);
    assert(bytes.length < LARGE / 2, `${bytes.length} bytes`);
    const file = path.join(folder, `cut-${++n}.zip`);
    fs.writeFileSync(file, bytes);
    assert.notEqual(await unzip("-tqq", file), 0);
    const end = await eventually("the end of its stream", async () =>
      (await server.search({ operation: "stream.end", from })).find(
        (one) => one.actor.user?.uid === who.id,
      ),
    );
    assert.equal(end.unmapped.facts.status, "revoked");
    // What comes behind it was never read.
    const reads = (await server.search({ operation: "file.read", from })).filter(
      (one) => one.actor.user?.uid === who.id,
    );
    assert.equal(reads.length, 1);
  });

test("who goes away leaves nothing open", async () => {
  const top = await newFolder("left");
  const who = await reader("leaver");
  const bytes = Buffer.alloc(LARGE / 4);
  for (const name of ["1", "2"]) await store(top, name, bytes);
  await server.op("share.grant", {
    node: top,
    principal: who.id,
    relation: "read",
  });
  (await Begun.of([top], who)).answer.destroy();
  const end = await eventually("the end of its stream", async () =>
    (await server.search({ operation: "stream.end" })).find(
      (one) => one.actor.user?.uid === who.id,
    ),
  );
  assert.equal(end.unmapped.facts.status, "aborted");
});
