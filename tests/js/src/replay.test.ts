// The replay accepts a log as it is, and refuses it with one leaf altered: a
// grant, a proof, an outcome, an ending, a session.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { type Cbor, decode, encode } from "./cbor.js";
import { type Log, readLog } from "./folder.js";
import { checkEvents } from "./openings.js";
import { Replayer } from "./replay.js";
import { Refused, Server } from "./server.js";

type Fields = Map<Cbor, Cbor>;

// Fields of a leaf and of its objects (docs/LOG.md).
const OP = 2;
const TIME = 4;
const SESSION = 8;
const CREDENTIALS = 9;
const PROOFS = 17;
const OBJECTS = 18;
const OUTCOME = 4;
const PROOF = 5;
const JOINS = 6;
const MADE = 7;
const ENDED = 8;
const NUMBERS = 11;
const DENIED = 11; // the number of an error
const HOUR_MS = 3_600_000;

let folder: string;
let log: Log;
let events: string[];
let operations: Map<string, number>;

// A guest who is given a file's folder to read, reads, and then may no more.
before(async () => {
  const server = await Server.start("replay");
  const { home } = await server.op("session.get");
  const { id: guest } = await server.op("principal.create", {
    kind: "service",
    name: "guest",
  });
  const { secret } = await server.op("token.issue", {
    principal: guest,
    label: "guest",
  });
  const { id: parent } = await server.op("folder.create", {
    parent: home,
    name: "folder",
  });
  const { id: node } = await server.op("file.create", { parent, name: "file" });
  const asGuest = { token: secret as string };
  const share = (expires?: string) =>
    server.op("share.grant", {
      node: parent,
      principal: guest,
      relation: "edit",
      expires,
    });
  const { id: grant } = await share();
  await server.op("node.rename", { node, name: "renamed" }, asGuest);
  await server.op("node.get", { node }, asGuest);
  await server.op("share.revoke", { grant });
  await refused(server.op("node.rename", { node, name: "again" }, asGuest));
  const { id: other } = await server.op("folder.create", {
    parent: home,
    name: "other",
  });
  await server.op("node.move", { node, folder: other });
  await server.op("node.trash", { node });
  await server.op("node.restore", { node });
  await server.op("node.rename", { node, name: "back" });
  await share(new Date(Date.now() + HOUR_MS).toISOString());
  await server.op("node.get", { node: parent }, asGuest);
  await server.op("node.rename", { node: parent, name: "short" }, asGuest);
  const group = async (name: string, member: string): Promise<string> => {
    const { id } = await server.op("group.create", { name });
    await server.op("member.add", { group: id, principal: member });
    return id;
  };
  const inner = await group("inner", guest as string);
  const outer = await group("outer", inner);
  await server.op("share.grant", {
    node,
    principal: outer,
    relation: "owner",
  });
  await server.op("share.list", { node }, asGuest);
  await server.op("member.remove", { group: outer, principal: inner });
  await refused(server.op("share.list", { node }, asGuest));
  await server.op("member.add", { group: outer, principal: guest });
  await server.op("share.list", { node }, asGuest);
  await server.op("group.end", { principal: outer });
  await refused(server.op("share.list", { node }, asGuest));
  await server.op("principal.end", { principal: guest });
  await refused(server.op("node.get", { node: parent }, asGuest));

  // Canaries: one that is touched by its name and by its file, and then none.
  const { principal, file } = await server.op("canary.plant", {
    name: "nobody",
    file: "codes.txt",
  });
  await refused(server.op("quota.get", { principal }, asGuest));
  await server.op("quota.get", { principal });
  await refused(server.op("node.get", { node: file }));
  await server.op("canary.end", { principal });
  await server.op("quota.get", { principal });

  const exported = await server.ask("/log/export");
  events = exported.body.toString().split("\n").filter(Boolean);

  // In good order, so that the last checkpoint is of all there is.
  server.signal("SIGTERM");
  await server.exited();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "chancery-log-"));
  fs.cpSync(path.join(server.state, "core", "log"), folder, {
    recursive: true,
  });
  log = readLog(folder);
  await server.run();
  await server.stop();
  const [catalogue] = log.catalogues.values();
  operations = new Map(
    catalogue?.table.operations.map((op) => [op.name, op.number]),
  );
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function refused(promise: Promise<unknown>): Promise<void> {
  assert.equal(await isDone(promise), false);
}

async function isDone(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise;
    return true;
  } catch (error) {
    if (error instanceof Refused || String(error).includes("401"))
      return false;
    throw error;
  }
}

function read(i: number): Fields {
  return decode(log.leaves[i] as Uint8Array) as Fields;
}

function objectsOf(leaf: Fields): Fields[] {
  return (leaf.get(OBJECTS) as Fields[] | undefined) ?? [];
}

/** The leaves that each object rests on, one behind the other. */
function cited(leaf: Fields): Cbor[][] {
  const shared = (leaf.get(PROOFS) as Cbor[][] | undefined) ?? [];
  return objectsOf(leaf).map((object) =>
    [
      ...((object.get(PROOF) as Cbor[] | undefined) ?? []),
      ...(shared[(object.get(JOINS) as number) - 1] ?? []),
    ].filter((n, i, all) => n !== all[i - 1]),
  );
}

/** A list with so many elements from one on taken out, and others put in. */
function spliced<T>(list: T[], at: number, n: number, ...others: T[]): T[] {
  return [...list.slice(0, at), ...others, ...list.slice(at + n)];
}

function replay(leaves: Uint8Array[]): string[] {
  return new Replayer(log.catalogues).replay(leaves).mismatches;
}

/** What the replay says where one leaf is another. */
function altered(i: number, change: (leaf: Fields) => void): string[] {
  const leaf = read(i);
  change(leaf);
  const bytes = encode(leaf);
  assert.notDeepEqual(bytes, Buffer.from(log.leaves[i] as Uint8Array));
  return replay(spliced(log.leaves, i, 1, bytes));
}

/** The places of the leaves of an operation: those that fit. */
function find(
  operation: string,
  fits: (leaf: Fields) => boolean = () => true,
): number[] {
  const number = operations.get(operation);
  return log.leaves.flatMap((_, i) => {
    const leaf = read(i);
    return leaf.get(OP) === number && fits(leaf) ? [i] : [];
  });
}

function first(
  operation: string,
  fits: (leaf: Fields) => boolean = () => true,
): number {
  const [i] = find(operation, fits);
  assert(i !== undefined, `no ${operation} like that`);
  return i;
}

const isDenied = (leaf: Fields): boolean =>
  objectsOf(leaf)[0]?.get(OUTCOME) === DENIED;
const isAllowed = (leaf: Fields): boolean =>
  !leaf.has(5) && !objectsOf(leaf)[0]?.has(OUTCOME);

/** By whom: the session. */
function sessionOf(i: number): Cbor {
  return read(i).get(SESSION);
}

function names(mismatches: string[], i: number): void {
  const sequence = read(i).get(1);
  assert.ok(
    mismatches.some((text) => text.startsWith(`leaf ${sequence} `)),
    `leaf ${sequence} is not among:\n${mismatches.join("\n")}`,
  );
}

test("the log as it is", () => {
  assert.deepEqual(replay(log.leaves), []);
  for (const bytes of log.leaves)
    assert.deepEqual(encode(decode(bytes)), Buffer.from(bytes));
});

async function check(lines: string[]): Promise<number> {
  return checkEvents(
    [log],
    (async function* () {
      yield* lines;
    })(),
  );
}

/** An event with other bytes in its raw_data. */
function rewritten(line: string, change: (raw: Cbor[]) => void): string {
  const event = JSON.parse(line) as { raw_data: string };
  const raw = decode(Buffer.from(event.raw_data, "base64")) as Cbor[];
  change(raw);
  return JSON.stringify({ ...event, raw_data: encode(raw).toString("base64") });
}

test("events that are not what the log holds", async () => {
  assert.ok((await check(events)) > 10);
  const has = (text: string): number => {
    const i = events.findIndex((line) => line.includes(text));
    assert.ok(i >= 0, text);
    return i;
  };
  const i = has('"event_code":"folder.create"');
  const line = events[i] as string;
  const with_ = (change: (raw: Cbor[]) => void): string[] =>
    spliced(events, i, 1, rewritten(line, change));
  await assert.rejects(check(spliced(events, i, 1)), /is missing/);
  await assert.rejects(check(spliced(events, i, 0, line)), /is missing/);
  await assert.rejects(check([]), /no events/);
  await assert.rejects(
    check(with_((raw) => (raw[0] = log.leaves[i + 1] as Uint8Array))),
    /is not the log's/,
  );
  await assert.rejects(
    check(with_((raw) => ((raw[2] as Cbor[][])[0] as Cbor[])[0] = raw[0])),
    /committed/,
  );
  // Another text under a commitment; an erased one is no lie.
  await assert.rejects(
    check(with_((raw) => ((raw[1] as Cbor[][])[0] as Cbor[])[2] = Buffer.from("x"))),
    /committed/,
  );
  await check(with_((raw) => (raw[1] = [])));
});

test("a folder with a byte flipped is not read", () => {
  const size = log.leaves.length;
  assert.ok(size < 256); // one bundle
  for (const [name, step] of [
    ["checkpoint", 1],
    [`tile/entries/000.p/${size}`, 7],
  ] as const) {
    const file = path.join(folder, name);
    const bytes = fs.readFileSync(file);
    for (let at = 0; at < bytes.length; at += step) {
      const other = Buffer.from(bytes);
      other[at] = (bytes[at] as number) ^ 0x10;
      fs.writeFileSync(file, other);
      assert.throws(() => readLog(folder), `${name}, byte ${at}`);
    }
    fs.writeFileSync(file, bytes);
  }
  readLog(folder);
});

test("a proof that lacks a row, has another, or one too many", () => {
  let n = 0;
  const lists = (leaf: Fields): Cbor[][] => [
    ...objectsOf(leaf).flatMap((o) => (o.has(PROOF) ? [o.get(PROOF)] : [])),
    ...((leaf.get(PROOFS) as Cbor[] | undefined) ?? []),
  ] as Cbor[][];
  for (const [i] of log.leaves.entries())
    for (const [k, list] of lists(read(i)).entries())
      for (const [at, one] of list.entries()) {
        const instead = (...rows: Cbor[]): void => {
          const change = (leaf: Fields): unknown =>
            (lists(leaf)[k] as Cbor[]).splice(at, 1, ...rows);
          const leaf = read(i);
          change(leaf);
          // One leaf may have made all that is cited, here and there.
          if (isDeepStrictEqual(cited(leaf), cited(read(i)))) return;
          names(altered(i, change), i);
          n++;
        };
        instead();
        instead((one as number) + 1);
        instead(one, 1);
      }
  assert.ok(n > 100, `${n} alterations`);
});

test("a proof that joins no shared one", () => {
  const change = (leaf: Fields): void =>
    objectsOf(leaf).forEach((o) => o.delete(JOINS));
  for (const [i] of log.leaves.entries()) {
    const leaf = read(i);
    change(leaf);
    if (!isDeepStrictEqual(cited(leaf), cited(read(i))))
      names(altered(i, change), i);
  }
});

test("a grant's leaf, altered", () => {
  const grant = first("share.grant");
  const use = first("node.rename", isAllowed);
  const numbers = (leaf: Fields): Fields =>
    objectsOf(leaf)[0]?.get(NUMBERS) as Fields;
  const [read_, relation] = [3, 3]; // the word "read", and the argument
  names(
    altered(grant, (leaf) => numbers(leaf).set(relation, read_)),
    use,
  );
  names(
    altered(grant, (leaf) => objectsOf(leaf)[0]?.set(2, [4, 6])), // the trash
    use,
  );
  names(
    altered(grant, (leaf) => objectsOf(leaf)[0]?.delete(MADE)),
    use,
  );
  names(
    altered(grant, (leaf) => numbers(leaf).set(4, 1)), // expired in 1970
    use,
  );
  names(
    altered(grant, (leaf) => numbers(leaf).set(1125, 4097)),
    grant,
  );
});

test("an outcome that was another", () => {
  const done = first("node.rename", isAllowed);
  const denied = first("node.rename", isDenied);
  const [object] = objectsOf(read(done));
  // Allowed, by the proof that held while the grant did.
  names(
    altered(denied, (leaf) => {
      leaf.set(PROOFS, read(done).get(PROOFS));
      for (const o of objectsOf(leaf)) {
        o.delete(OUTCOME);
        o.set(PROOF, object?.get(PROOF));
        o.set(JOINS, object?.get(JOINS));
      }
    }),
    denied,
  );
  // Denied, where there was a right: every operation that was done.
  for (const [i] of log.leaves.entries()) {
    const leaf = read(i);
    if (!objectsOf(leaf).some((o) => o.has(PROOF)) || !isAllowed(leaf)) continue;
    names(
      altered(i, (l) => objectsOf(l).forEach((o) => o.set(OUTCOME, DENIED))),
      i,
    );
  }
});

test("a grant that had expired", () => {
  const use = find("node.rename", isAllowed).at(-1);
  assert(use !== undefined);
  names(
    altered(use, (leaf) =>
      leaf.set(TIME, (leaf.get(TIME) as number) + HOUR_MS),
    ),
    use,
  );
});

test("an ending that is left out, or said of another", () => {
  const revoke = first("share.revoke");
  const denied = first("node.rename", isDenied);
  names(
    altered(revoke, (leaf) => objectsOf(leaf)[0]?.delete(ENDED)),
    denied,
  );
  const move = first("node.move");
  names(
    altered(move, (leaf) => objectsOf(leaf)[0]?.delete(ENDED)),
    move,
  );
  const end = first("principal.end");
  const rows = objectsOf(read(end))[0]?.get(ENDED) as Cbor[];
  for (const [k] of rows.entries())
    assert.notDeepEqual(
      altered(end, (leaf) =>
        (objectsOf(leaf)[0]?.get(ENDED) as Cbor[]).splice(k, 1),
      ),
      [],
    );
});

test("a membership that never was, or was another's", () => {
  const [add] = find("member.add").slice(1) as [number];
  const use = first("share.list", isAllowed);
  const numbers = (leaf: Fields): Fields =>
    objectsOf(leaf)[0]?.get(NUMBERS) as Fields;
  names(
    altered(add, (leaf) => objectsOf(leaf)[0]?.delete(MADE)),
    use,
  );
  names(
    altered(add, (leaf) => numbers(leaf).set(1125, 4097)),
    add,
  );
  names(
    altered(add, (leaf) => numbers(leaf).set(3, 1)), // expired in 1970
    use,
  );
  const remove = first("member.remove");
  names(
    altered(remove, (leaf) => objectsOf(leaf)[0]?.delete(ENDED)),
    remove,
  );
  const end = first("group.end");
  const denied = find("share.list", isDenied).at(-1) as number;
  names(
    altered(end, (leaf) => objectsOf(leaf)[0]?.delete(ENDED)),
    denied,
  );
});

test("somebody else's session, or credential", () => {
  const mine = first("folder.create");
  const theirs = first("node.rename", isAllowed);
  assert.notDeepEqual(sessionOf(mine), sessionOf(theirs));
  names(
    altered(theirs, (leaf) => leaf.set(SESSION, sessionOf(mine))),
    theirs,
  );
  names(
    altered(theirs, (leaf) =>
      leaf.set(CREDENTIALS, read(mine).get(CREDENTIALS)),
    ),
    theirs,
  );
  names(
    altered(theirs, (leaf) => leaf.delete(SESSION)),
    theirs,
  );
});

test("a place that is said to be elsewhere", () => {
  for (const operation of ["node.move", "node.trash", "node.restore"]) {
    const i = first(operation);
    const told = altered(i, (leaf) =>
      (objectsOf(leaf)[0]?.get(NUMBERS) as Fields).set(1124, 4 * 4096 + 2),
    );
    assert.notDeepEqual(told, [], operation);
  }
});

// A later epoch: the log's first leaf again, and others, under numbers of its own.
function epoch(kept: number, ...others: number[]): Uint8Array[] {
  const base = 2_000_001;
  const begin = read(0);
  const numbers = objectsOf(begin)[0]?.get(NUMBERS) as Fields;
  numbers.set(1114, base).set(1140, kept);
  const leaves = [begin, ...others.map(read)];
  return leaves.map((leaf, i) => encode(leaf.set(1, base + i)));
}

function replayEpochs(...epochs: Uint8Array[][]): string[] {
  const replayer = new Replayer(log.catalogues);
  for (const leaves of epochs) replayer.replay(leaves);
  return replayer.result.mismatches;
}

test("an alert that isn't there, or is about something else", () => {
  const alerts = find("alert.raise");
  assert.equal(alerts.length, 3);
  for (const alert of alerts) {
    const told = (what: string, mismatches: string[]): void =>
      assert.match(mismatches.join("\n"), new RegExp(what));
    told(
      "it is about no canary",
      altered(alert, (leaf) => objectsOf(leaf)[0]?.set(2, 1)),
    );
    told(
      "it is a canary_",
      altered(alert, (leaf) =>
        (objectsOf(leaf)[0]?.get(NUMBERS) as Fields).set(1142, 9),
      ),
    );
    told(
      "touched what raises one, and this is no alert",
      altered(alert, (leaf) => leaf.set(OP, operations.get("system.clock"))),
    );
    told(
      "it isn't about the leaf before",
      altered(alert, (leaf) => leaf.set(13, (leaf.get(13) as number) - 1)),
    );
  }
});

test("an epoch goes on from what was kept", () => {
  const grant = read(first("share.grant")).get(1) as number;
  const revoke = read(first("share.revoke")).get(1) as number;
  const move = read(first("node.move")).get(1) as number;
  const [guests, mine] = [
    first("node.rename", isAllowed),
    first("node.rename", (leaf) => (leaf.get(1) as number) > move),
  ];
  const told = (kept: number, i: number): string[] =>
    replayEpochs(log.leaves, epoch(kept, i));
  // What came behind what was kept never was: the file lies where it did then.
  const last = log.leaves.length;
  assert.deepEqual(told(last, mine), []);
  assert.match(told(grant, mine).join(), /is no derivation/);
  // But what ended has ended, before what was kept or behind it: this grant,
  // and then the guest.
  assert.match(told(grant - 1, guests).join(), /had ended/);
  assert.match(told(revoke, guests).join(), /had ended/);
  // And there is no epoch without the one before it.
  assert.notDeepEqual(replayEpochs(epoch(last, mine)), []);
  assert.notDeepEqual(replayEpochs(log.leaves, epoch(last, mine).slice(1)), []);
});

test("a leaf that is left out, and two in each other's place", () => {
  for (const [i] of log.leaves.slice(0, -1).entries()) {
    assert.notDeepEqual(replay(spliced(log.leaves, i, 1)), []);
    const [a, b] = log.leaves.slice(i, i + 2) as [Uint8Array, Uint8Array];
    assert.notDeepEqual(replay(spliced(log.leaves, i, 2, b, a)), []);
  }
});
