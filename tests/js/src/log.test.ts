// The log as it leaves the server: tail, search, export, proofs, a mirror's
// stream. What is checked here shares no code with the server.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { after, before, test } from "node:test";

import { type ServerEvent } from "./events.js";
import { type Any, Refused, Server, eventually, within } from "./server.js";

let server: Server;

before(async () => {
  server = await Server.start("log");
});
after(async () => server.stop());

const last = async (): Promise<number> =>
  (await server.op("status.read")).sequence;

// So many files at once, from several clients.
async function load(name: string, n: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (next < n) {
        const answer = await server.ask(`/files/${name}-${next++}`, {
          method: "PUT",
          body: "x",
        });
        assert.equal(answer.status, 201);
      }
    }),
  );
}

const files = (name: string) => (event: Any) =>
  event.metadata.event_code === "file.create" &&
  event.file.name.startsWith(name);

// One record: its number, and an event for each of its objects.
function checkRecord(record: ServerEvent, number: number): Any[] {
  assert.equal(record.event, "message");
  assert.equal(record.id, String(number));
  const events = record.data.map((line) => JSON.parse(line) as Any);
  assert(events.length > 0);
  for (const [k, event] of events.entries()) {
    assert.equal(event.metadata.sequence, number);
    assert.equal(event.metadata.uid, `${number}.${k}`);
    assert.equal(event.raw_data !== undefined, k === 0);
  }
  return events;
}

// ---- tail

test("subscribers see each record once and in order, and go on where they were", async () => {
  const from = (await last()) + 1;
  const FILES = 1500;

  // One that stays, one that comes back every so often, and one that is slow.
  const follow = async (every: number, pause: boolean): Promise<Any[]> => {
    const seen: Any[] = [];
    let stream = await server.events(`/log/events?from=${from}`);
    let number = from;
    let files = 0;
    if (pause) stream.answer.pause();
    if (pause) await loaded;
    if (pause) stream.answer.resume();
    while (files < FILES) {
      const record = await within(`record ${number}`, stream.next());
      assert(record !== undefined, "the stream ended");
      const events = checkRecord(record, number);
      seen.push(...events);
      files += events.filter(isOurs).length;
      number++;
      if (number % every !== 0) continue;
      stream.close();
      stream = await server.events("/log/events", {
        headers: { "last-event-id": String(number - 1) },
      });
    }
    stream.close();
    return seen;
  };
  const isOurs = files("tail");
  const loaded = load("tail", FILES);
  const [stays, returns, slow] = await Promise.all([
    follow(Infinity, false),
    follow(100, false),
    follow(Infinity, true),
    loaded,
  ]);
  // What was shown is the same whoever looks, and when.
  const exported = await server.search({ from });
  for (const seen of [stays, returns, slow])
    assert.deepEqual(seen, exported.slice(0, seen.length));
});

test("a tail from the beginning, from the end and from what will be", async () => {
  const first = await server.events("/log/events?from=0");
  const begin = await within("the first record", first.next());
  assert.equal(
    checkRecord(begin as ServerEvent, 1)[0].metadata.event_code,
    "log.begin",
  );
  first.close();

  const number = await last();
  const now = await server.events("/log/events");
  await load("end", 1);
  const record = await within("a record", now.next());
  assert(Number(record?.id) > number);
  now.close();

  const ahead = await server.events(`/log/events?from=${(await last()) + 20}`);
  await load("ahead", 30);
  const later = await within("a record", ahead.next());
  assert(Number(later?.id) >= number + 20);
  ahead.close();

  for (const query of ["?from=x", "?from=-1"])
    assert.equal((await server.ask(`/log/events${query}`)).status, 400);
  const bad = await server.ask("/log/events", {
    headers: { "last-event-id": "x" },
  });
  assert.equal(bad.status, 400);
});

test("a reader of the log is on the record, from where and to where", async () => {
  const from = (await last()) + 1;
  const stream = await server.events(`/log/events?from=${from}`);
  await within("its own record", stream.next());
  stream.close();
  const [tail] = await server.search({ from, operation: "log.tail" });
  assert.equal(tail.unmapped.arguments.from, from);
  const end = await eventually("its end", async () => {
    const ends = await server.search({ from, operation: "stream.end" });
    return ends.find((e) => e.unmapped.cites === tail.metadata.sequence);
  });
  assert.equal(end.unmapped.facts.status, "aborted");
  assert(end.unmapped.facts.bytes > 0);
});

test("who may not read the log gets nothing of it, and is recorded", async () => {
  const other = await server.principal("no reader");
  const from = (await last()) + 1;
  for (const where of ["/log/events", "/log/export", "/log/mirror"]) {
    const answer = await server.ask(where, { token: other.token });
    assert.equal(answer.status, 403, where);
  }
  for (const [name, args] of [
    ["log.search", {}],
    ["log.show", { sequence: 1 }],
    ["log.prove", { sequence: 1 }],
    ["lineage.show", { sequence: 1 }],
  ] as const)
    await assert.rejects(
      server.op(name, args, { token: other.token }),
      Refused,
    );
  const denied = await server.search({
    from,
    principal: other.id,
    outcome: "denied",
  });
  assert.deepEqual(denied.map((event) => event.metadata.event_code).sort(), [
    ...["lineage.show", "log.export", "log.mirror", "log.prove"],
    ...["log.search", "log.show", "log.tail"],
  ]);
});

// ---- search and export

test("a search finds what a look at everything finds", async () => {
  const someone = await server.principal("searched");
  const token = someone.token;
  await server.ask("/files/theirs", { method: "PUT", body: "1", token });
  await server.ask("/files/theirs", { method: "PUT", body: "2", token });
  await server.ask("/files/absent", { token });
  await assert.rejects(server.op("status.read", {}, { token }));
  const [created] = await server.search({
    principal: someone.id,
    operation: "file.create",
  });
  const object = created.file.uid as string;
  const middle = created.time as number;
  const until = await last();
  const all = (await server.search({ from: 0 })).filter(
    (event) => event.metadata.sequence <= until,
  );

  for (const [query, fits] of [
    [{ principal: someone.id }, (e: Any) => e.actor.user?.uid === someone.id],
    [
      { operation: "file.create" },
      (e: Any) => e.metadata.event_code === "file.create",
    ],
    [{ outcome: "denied" }, (e: Any) => e.disposition === "Unauthorized"],
    [
      { operation: "file.create", principal: someone.id },
      (e: Any) =>
        e.metadata.event_code === "file.create" &&
        e.actor.user?.uid === someone.id,
    ],
    [{ object }, (e: Any) => e.file?.uid === object],
    [{ since: middle }, (e: Any) => e.time >= middle],
    [{ until: middle }, (e: Any) => e.time < middle],
    [{ from: 10 }, (e: Any) => e.metadata.sequence >= 10],
  ] as const) {
    const given = Object.fromEntries(
      Object.entries(query).map(([k, v]) => [
        k,
        k === "since" || k === "until"
          ? new Date(v as number).toISOString()
          : v,
      ]),
    );
    const found = (await server.search(given)).filter(
      (e) => e.metadata.sequence <= until,
    );
    assert.deepEqual(
      found.map((event) => event.metadata.uid),
      all.filter(fits).map((event) => event.metadata.uid),
      JSON.stringify(given),
    );
    assert(found.length > 0, JSON.stringify(given));
  }
  const nobody = await server.search({ address: "192.0.2.1" });
  assert.deepEqual(nobody, []);
  const here = await server.search({
    address: "127.0.0.1",
    operation: "file.create",
  });
  assert(here.length > 2);
  for (const query of [
    "outcome=perhaps",
    "principal=x",
    "operation=no.such",
    "since=x",
  ])
    assert.equal((await server.ask(`/log/export?${query}`)).status, 400, query);
});

test("counts by time are those of a look at everything", async () => {
  const someone = await server.principal("counted");
  const token = someone.token;
  const from = (await last()) + 1;
  await load("counted", 40);
  for (let i = 0; i < 3; i++)
    await server.ask("/files/theirs", { method: "PUT", body: "1", token });
  await assert.rejects(server.op("status.read", {}, { token }));
  const until = await last();
  const all = (await server.search({ from })).filter(
    (event) => event.metadata.sequence <= until && event.metadata.uid.endsWith(".0"),
  );
  // Whole seconds, and nothing of this test before or behind them.
  const since = Math.floor(all[0].time / 1000) * 1000;
  const behind = Math.floor(all[all.length - 1].time / 1000) * 1000 + 1000;
  const isIn = (at: number, span: number) => (event: Any) =>
    event.time >= at && event.time < at + span;

  for (const [query, fits] of [
    [{ principal: someone.id }, (e: Any) => e.actor.user?.uid === someone.id],
    [
      { principal: someone.id, outcome: "denied" },
      (e: Any) =>
        e.actor.user?.uid === someone.id && e.disposition === "Unauthorized",
    ],
    [
      { principal: someone.id, operation: "file.create" },
      (e: Any) =>
        e.actor.user?.uid === someone.id &&
        e.metadata.event_code === "file.create",
    ],
  ] as const) {
    const told: Any = await server.op("log.timeline", {
      ...query,
      since: new Date(since).toISOString(),
      until: new Date(behind).toISOString(),
    });
    assert.equal(told.partial, undefined);
    assert.equal(told.span, 1000);
    const counts = told.list.map((one: Any) => {
      const fitting = all.filter(fits).filter(
        isIn(Date.parse(one.time), told.span),
      );
      const denied = fitting.filter((e) => e.disposition === "Unauthorized");
      assert.equal(one.count, fitting.length, JSON.stringify(query));
      assert.equal(one.denied, denied.length);
      assert.equal(one.failed, 0);
      return one.count;
    });
    const sum = counts.reduce((a: number, b: number) => a + b, 0);
    assert.equal(sum, all.filter(fits).length);
    assert.ok(sum > 0);
  }
  // All there is: as many as there are numbers.
  const first = (await server.search({ from: 0 }))[0].time;
  const told: Any = await server.op("log.timeline", {
    since: new Date(first).toISOString(),
    until: new Date(Date.now() + 60_000).toISOString(),
    buckets: 7,
  });
  const sum = told.list.reduce((n: number, one: Any) => n + one.count, 0);
  assert.equal(sum, told.size);
  assert.ok(told.list.length <= 7);
});

test("pages of a search, onward and back, hold each record once", async () => {
  for (const reverse of [false, true]) {
    const seen: number[] = [];
    let from: number | undefined;
    do {
      const page: Any = await server.op("log.search", {
        operation: "file.create",
        limit: 100,
        reverse,
        ...(from === undefined ? {} : { from }),
      });
      assert(page.list.length <= 100);
      seen.push(...page.list.map((record: Any) => record.sequence));
      from = page.next;
    } while (from !== undefined);
    const sorted = [...new Set(seen)].sort((a, b) => (reverse ? b - a : a - b));
    assert.deepEqual(seen, sorted);
    const found = await server.search({ operation: "file.create" });
    assert.equal(seen.length, found.length);
  }
});

// ---- proofs (RFC 6962, C2SP)

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (leaf: Uint8Array) => sha256(Buffer.from([0]), leaf);
const nodeHash = (l: Uint8Array, r: Uint8Array) =>
  sha256(Buffer.from([1]), l, r);

function treeHash(leaves: Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return leafHash(only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(
    treeHash(leaves.slice(0, split)),
    treeHash(leaves.slice(split)),
  );
}

// RFC 9162, 2.1.3.2.
function rootOf(
  leaf: Buffer,
  index: number,
  size: number,
  path: Buffer[],
): Buffer {
  let [fn, sn, r] = [index, size - 1, leafHash(leaf)];
  for (const p of path) {
    assert(sn > 0);
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else r = nodeHash(r, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  assert.equal(sn, 0);
  return r;
}

// A signed note by the key: its origin, size and root.
function openCheckpoint(
  note: string,
  vkey: string,
): { size: number; root: Buffer } {
  const [name, id, key] =
    /^(.*)\+([0-9a-f]{8})\+(.*)$/.exec(vkey)?.slice(1) ?? [];
  assert(name !== undefined && id !== undefined && key !== undefined);
  const bytes = Buffer.from(key, "base64");
  assert.equal(bytes[0], 1); // Ed25519
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "OKP",
      crv: "Ed25519",
      x: bytes.subarray(1).toString("base64url"),
    },
  });
  const at = note.lastIndexOf("\n\n") + 1;
  const text = note.slice(0, at);
  const line = note
    .slice(at + 1)
    .split("\n")
    .find((one) => one.startsWith(`\u2014 ${name} `));
  const signature = Buffer.from(line?.split(" ")[2] ?? "", "base64");
  assert.equal(signature.subarray(0, 4).toString("hex"), id);
  assert(verify(null, Buffer.from(text), publicKey, signature.subarray(4)));
  const [origin, size, root] = text.split("\n");
  assert.equal(origin, name);
  return { size: Number(size), root: Buffer.from(root ?? "", "base64") };
}

// A record is proved once a checkpoint stands over it.
const prove = (sequence: number): Promise<Any> =>
  eventually("a proof", async () => {
    try {
      return await server.op("log.prove", { sequence });
    } catch (error) {
      if (error instanceof Refused && error.code === "STATE") return undefined;
      throw error;
    }
  });

test("each record can be proved", async () => {
  for (const sequence of [1, 2, 100, await last()]) {
    const { proof, leaf, key } = await prove(sequence);
    const lines = (proof as string).split("\n");
    assert.equal(lines[0], "c2sp.org/tlog-proof@v1");
    const index = Number(/^index (\d+)$/.exec(lines[1] ?? "")?.[1]);
    assert.equal(index, sequence - 1);
    const gap = lines.indexOf("");
    const path = lines.slice(2, gap).map((line) => Buffer.from(line, "base64"));
    const { size, root } = openCheckpoint(lines.slice(gap + 1).join("\n"), key);
    const bytes = Buffer.from(leaf, "base64");
    assert.deepEqual(rootOf(bytes, index, size, path), root);
    bytes[0]! ^= 1;
    assert.notDeepEqual(rootOf(bytes, index, size, path), root);
  }
  await assert.rejects(server.op("log.prove", { sequence: 0 }), Refused);
  await assert.rejects(server.op("log.prove", { sequence: 1e9 }), Refused);
});

// ---- a mirror's stream

test("a mirror gets all leaves, and checkpoints that stand over them", async () => {
  const answer = await server.open("/log/mirror?from=0");
  assert.equal(answer.statusCode, 200);
  const vkey = String(answer.headers["chancery-log-key"]);
  assert.equal(answer.headers["chancery-log-base"], "1");
  const target = await last();
  const leaves: Buffer[] = [];
  let checked = 0;
  let bytes = Buffer.alloc(0) as Buffer;
  for await (const part of answer) {
    bytes = Buffer.concat([bytes, part as Buffer]);
    for (;;) {
      const line = bytes.subarray(0, bytes.indexOf(10) + 1).toString();
      const [, kind, number, length] =
        /^(leaf|checkpoint) (\d+) (\d+)\n$/.exec(line) ?? [];
      const whole = line.length + Number(length) + 1;
      if (kind === undefined || bytes.length < whole) break;
      const item = bytes.subarray(line.length, whole - 1);
      assert.equal(bytes[whole - 1], 10);
      bytes = bytes.subarray(whole);
      if (kind === "leaf") {
        assert.equal(Number(number), leaves.length + 1);
        leaves.push(Buffer.from(item));
        continue;
      }
      const { size, root } = openCheckpoint(item.toString(), vkey);
      assert(size <= leaves.length, "a checkpoint over leaves to come");
      assert.deepEqual(treeHash(leaves.slice(0, size)), root);
      checked = size;
    }
    if (checked >= target) break;
    if (leaves.length >= target && checked < target)
      await load(`mirror-${leaves.length}`, 1);
  }
  assert(checked >= target);
});
