// Kits that were taken over: in the place of the engine's process is one that does
// what its document's client tells it (tests/hostile/hostile_kit.c), in the same
// sandbox. It gets at no other document, no network and no file; core and front
// outlive all that it sends; what a view may not see goes nowhere; the people of its
// document are told, those of another one go on, and each end is on the record.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { encode } from "./cbor.js";
import { count } from "./counts.js";
import { ENGINE } from "./documents.js";
import { type Any, BIN, eventually, type Principal, ROOT, Server, within } from "./server.js";
import { BINARY, CLOSE, OpenDocument } from "./socket.js";

const PROGRAMS = path.resolve(BIN, "../tests/hostile/programs/zygote");
const STRAY = "frames of documents' processes that were for nobody here, or not for them";
const KIT_MESSAGES: { [name: string]: number } = {};
const OTHERS: number[] = []; // types that a kit may not send to core

for (const [, number, name, from, to] of fs
  .readFileSync(path.join(ROOT, "src/ipc/msg.def"), "latin1")
  .matchAll(/^MSG\((\d+),\s+(\w+),\s+(\w+),\s+(\w+),/gm)) {
  if (from === "KIT" && to === "CORE") KIT_MESSAGES[name as string] = Number(number);
  else OTHERS.push(Number(number));
}
const VIEW_OUTPUT = 123;

const hex = (...fields: (number | string | boolean | Uint8Array)[]): string =>
  Buffer.from(encode(fields)).toString("hex");

/** A document whose process is hostile, and who has it open. */
class Hostile {
  private constructor(readonly view: OpenDocument) {}

  static async open(file: string, token = server.token): Promise<Hostile> {
    const view = await eventually("a document", async () => {
      const opened = await OpenDocument.open(server, file, token);
      const said = await opened.said();
      if (said.type === "opened") return opened;
      // Its last process is ending.
      assert.equal(said.code, "BUSY", JSON.stringify(said));
      opened.close();
      return undefined;
    });
    await view.frame("status");
    return new Hostile(view);
  }

  tell(words: string): void {
    this.view.send({ frame: "input", text: words, final: true });
  }

  /** What came of it. */
  async does(words: string): Promise<string> {
    this.tell(words);
    return (await this.view.frame("answer")).json;
  }

  /** How it ended, as its client is told. */
  async ended(): Promise<Any> {
    let said = await this.view.said();
    while (said.type !== "ended") said = await this.view.said();
    this.view.close();
    return said;
  }

  close(): void {
    this.view.close();
  }
}

let server: Server;
let file: string;
let other: string;
let bob: Principal;
let roles: string;

/** All processes but kits: none may have been replaced. */
const processes = (): string =>
  JSON.stringify((["core", "front", "blobs", "zygote"] as const).map((role) => server.children(role)));

async function put(name: string, bytes: Uint8Array): Promise<string> {
  const stored = await server.ask(`/files/${name}`, { method: "PUT", body: bytes });
  assert.equal(stored.status, 201, stored.body.toString());
  const { list } = await server.op("folder.list", { path: "" });
  return list.find((node: { name: string }) => node.name === name).id;
}

before(async () => {
  server = await Server.start("documents-hostile", {
    config: { fronts: 1, engine: ENGINE, kit_busy_seconds: 1, max_view_bytes: 1 << 20, max_kits: 2 },
    programs: PROGRAMS,
  });
  file = await put("hostile.docx", Buffer.from("PK\x03\x04 hostile"));
  other = await put("other.docx", Buffer.from("PK\x03\x04 Secretsofanother"));
  bob = await server.principal("Bob");
  await server.op("share.grant", { node: other, principal: bob.id, relation: "edit" });
  await eventually("the zygote", async () => {
    const view = await OpenDocument.open(server, file);
    await view.said();
    const next = await within("an answer", view.socket.next());
    view.close();
    return next?.opcode === BINARY || undefined;
  });
  roles = processes();
});
after(() => server.stop());

/** Somebody at another document, who must not notice anything. */
async function bystander<T>(act: (view: Hostile) => Promise<T>): Promise<T> {
  const view = await Hostile.open(other, bob.token);
  const result = await act(view);
  view.tell("views");
  // The answer is what comes next: nothing of another document's kit came before it.
  for (;;) {
    const message = await within("an answer", view.view.socket.next());
    assert(message !== undefined && message.opcode !== CLOSE, "it has ended");
    if (message.opcode !== BINARY) continue;
    const frame = view.view.decode(message.bytes);
    assert.equal(frame?.frame, "answer", JSON.stringify(frame));
    break;
  }
  view.close();
  assert.equal(processes(), roles);
  return result;
}

const ends = (): Promise<Any[]> => server.search({ operation: "document.end" });

test("it reaches no file, no network and no other process", async () => {
  const hostile = await Hostile.open(file);
  // What may be done is seen to be done.
  assert.equal(await hostile.does("open /dev/urandom"), "done");
  await bystander(async (view) => {
    const [zygote] = server.children("zygote");
    const kits = fs
      .readFileSync(`/proc/${zygote}/task/${zygote}/children`, "latin1")
      .trim()
      .split(" ");
    assert.equal(kits.length, 2);
    for (const pid of [...kits, zygote, ...server.children("core"), server.pid, 1])
      for (const words of [`kill ${pid}`, `trace ${pid}`, `memory ${pid}`, `open /proc/${pid}/mem`])
        assert.match(await hostile.does(words), /^(signal 31|errno (1|2|13))$/, words);
    for (const words of [
      ...[`connect ${server.http}`, `connect ${server.https}`, "execute /bin/true"],
      ...[server.configPath, "/etc/passwd", "/", "/proc", "..", "/tmp", "/root"].map((at) => `open ${at}`),
      ...["core/chancery.db", "token", "blobs", "keeper", "run.json"].map(
        (name) => `open ${path.join(server.state, name)}`,
      ),
    ])
      assert.match(await hostile.does(words), /^errno (1|2|13)$/, words);
    // Its channels, its document, its folder's poll; those of another one are not there.
    const own = await hostile.does("descriptors");
    assert.equal(own, await view.does("descriptors"));
    assert.match(own, /^3 socket, 4 file, (\d+ socket, ){2}$/);
  });
  hostile.close();
});

test("what a view may not see is dropped by the front, and counted", async () => {
  const eve = await server.principal("eve");
  await server.op("share.grant", { node: file, principal: eve.id, relation: "see" });
  const hostile = await Hostile.open(file);
  const seer = await Hostile.open(file, eve.token);
  const [, hers] = (await hostile.does("views")).split(" ");
  const rights = new Map(
    [
      ...fs
        .readFileSync(path.join(ROOT, "src/kit/frame.def"), "latin1")
        .matchAll(/^FRAME\((\d+),\s+\w+,\s+(\w+),\s+OUT, \w+,\s+([A-Z|]+),/gm),
    ].map(([, number, name, needed]) => [name as string, { number: Number(number), needed }]),
  );
  const made = spawnSync(path.join(BIN, "make-frames"), { encoding: "utf8", maxBuffer: 64 << 20 });
  const lines = made.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Any);
  const sent = new Set<string>();
  const before = await count(server, STRAY);
  let strays = 0;
  for (const { way, hex: bytes, frame } of lines) {
    const row = rights.get(frame.frame);
    if (way !== "out" || row === undefined || row.needed === "SEE" || bytes.length > 60_000) continue;
    await hostile.does(`send front ${VIEW_OUTPUT} ${hers} ${bytes}`);
    sent.add(frame.frame);
    strays++;
  }
  for (const name of ["formula", "comment", "change", "found", "selected", "clip", "exported", "printed", "names"])
    assert(sent.has(name), `no frame ${name} was tried`);
  // Nor what is for clients to say, nor anything else, which costs it the front.
  await eventually("all strays", async () => (await count(server, STRAY)) === before + strays || undefined);
  await hostile.does(`send front ${VIEW_OUTPUT} ${hers} ${hex(78, 1)}`); // MOVED, which she may have
  for (;;) {
    const message = await within("a frame", seer.view.socket.next());
    assert(message !== undefined && message.opcode !== CLOSE);
    if (message.opcode !== BINARY) continue;
    assert.equal(seer.view.decode(message.bytes)?.frame, "moved");
    break;
  }
  seer.close();
  hostile.close();
});

test("nothing of it comes to who has another document open", async () => {
  await bystander(async (view) => {
    const theirs = Number(await view.does("views"));
    const hostile = await Hostile.open(file);
    const before = await count(server, STRAY);
    await hostile.does(`sweep ${VIEW_OUTPUT} ${theirs - 50} ${theirs + 50} ${hex(96, 1, 1, 0, 1, 1, "")}`);
    await eventually("the strays", async () => (await count(server, STRAY)) >= before + 100 || undefined);
    hostile.close();
  });
});

test("what it says of others' views ends it", async () => {
  const bodies: { [name: string]: string } = {
    VIEW_SEES: hex(0, 0),
    VIEW_DID: hex(0, 0, 1, 1),
    VIEW_ENDED: hex(0, "it is over"),
  };
  for (const [name, body] of Object.entries(bodies))
    await bystander(async (view) => {
      const theirs = await view.does("views");
      const hostile = await Hostile.open(file);
      hostile.tell(`send core ${KIT_MESSAGES[name]} ${theirs} ${body}`);
      assert.match((await hostile.ended()).description, /broke the protocol/, name);
    });
});

test("who may not change it has not typed in it, whatever its process says", async () => {
  const reader = await server.principal("reader");
  await server.op("share.grant", { node: file, principal: reader.id, relation: "read" });
  const hostile = await Hostile.open(file);
  const view = await Hostile.open(file, reader.token);
  const [, theirs] = (await hostile.does("views")).split(" ");
  hostile.tell(`send core ${KIT_MESSAGES["VIEW_DID"]} ${theirs} ${hex(0, 0, 7, 7)}`);
  assert.match((await hostile.ended()).description, /broke the protocol/);
  assert.match((await view.ended()).description, /broke the protocol/);
  const typed = await server.search({ operation: "document.typed" });
  assert(!typed.some((event) => event.actor?.user?.uid === reader.id));
});

test("core outlives every message that it may not send", async () => {
  const already = (await ends()).length;
  const types = [0, ...OTHERS, 29, 127, 200, 65535];
  await bystander(async () => {
    for (const type of types) {
      const hostile = await Hostile.open(file);
      hostile.tell(`send core ${type} 1 ${hex(1, "x", randomBytes(20))}`);
      const said = await hostile.ended();
      assert.match(said.description, /broke the protocol/, `message ${type}`);
    }
  });
  const [last] = (await ends()).slice(-1);
  assert.match(JSON.stringify(last), /broke the protocol/);
  await eventually("their ends", async () => (await ends()).length >= already + types.length || undefined);
});

test("core outlives each message that it may send, sent wrongly", async () => {
  await bystander(async () => {
    for (const [name, type] of Object.entries(KIT_MESSAGES))
      for (const id of ["0", "1", "18446744073709551615", "own"])
        for (const body of [
          ...["", "00", "ff", "80", hex(), hex(-1, "x"), randomBytes(40).toString("hex")],
          "9f".repeat(5000),
          hex(2 ** 31 - 1, 2 ** 31 - 1, 2 ** 40, 2 ** 40),
          hex(0, 2 ** 62),
        ]) {
          const hostile = await Hostile.open(file);
          const own = (await hostile.does("views")).split(" ")[0] ?? "";
          hostile.tell(`send core ${type} ${id === "own" ? own : id} ${body}`);
          // Some are of no account; then it still answers.
          hostile.tell("views");
          await within(`an end of ${name}, or an answer`, outcome(hostile));
          hostile.close();
        }
  });
});

/** Until it has ended, or says something. */
async function outcome(hostile: Hostile): Promise<void> {
  for (;;) {
    const message = await hostile.view.socket.next();
    if (message === undefined || message.opcode === CLOSE) return;
    if (message.opcode === BINARY && hostile.view.decode(message.bytes)?.frame === "answer") return;
  }
}

test("what is no message ends it, to whomever it is sent", async () => {
  const lies = [
    randomBytes(64).toString("hex"),
    "00".repeat(64),
    "ff".repeat(64),
    // A body longer than any.
    "ffffff7f6e0000000100000000000000",
    // The field that is nothing says something.
    "000000006e0001000000000000000000",
  ];
  await bystander(async () => {
    for (const to of ["core", "front", "zygote"])
      for (const lie of lies) {
        const hostile = await Hostile.open(file);
        hostile.tell(`bytes ${to} ${lie}`);
        assert.match((await hostile.ended()).description, /broke the protocol/, `${to}: ${lie}`);
      }
    for (const to of ["core", "front", "zygote"]) {
      const hostile = await Hostile.open(file);
      hostile.tell(`give ${to}`);
      assert.match((await hostile.ended()).description, /broke the protocol/, to);
    }
  });
});

test("a front outlives every message and frame that is none", async () => {
  const wrong = [
    ...OTHERS.filter((type) => type !== VIEW_OUTPUT).map((type) => [type, hex(1)] as const),
    // What clients say, what is none, what is longer than it may be.
    ...["80", "00", hex(0), hex(9, "typed", true), hex(127), hex(78) + "00".repeat(3000)].map(
      (frame) => [VIEW_OUTPUT, frame] as const,
    ),
  ];
  await bystander(async () => {
    for (const [type, body] of wrong) {
      const hostile = await Hostile.open(file);
      const own = (await hostile.does("views")).split(" ")[0] ?? "";
      hostile.tell(`send front ${type} ${own} ${body}`);
      assert.match((await hostile.ended()).description, /broke the protocol/, `${type} ${body}`);
    }
  });
});

test("one that closes its channels is ended", async () => {
  await bystander(async () => {
    let hostile = await Hostile.open(file);
    hostile.tell("leave core");
    assert.match((await hostile.ended()).description, /closed its channel/);
    hostile = await Hostile.open(file);
    hostile.tell("leave front");
    assert.match((await hostile.ended()).description, /has gone/);
  });
});

test("one that doesn't let go of who has left is ended", async () => {
  await bystander(async () => {
    const hostile = await Hostile.open(file);
    const view = await Hostile.open(file);
    await hostile.does("deaf");
    view.close();
    assert.match((await hostile.ended()).description, /let go/);
  });
});

test("who doesn't take what comes is let go, on the record", async () => {
  await bystander(async () => {
    const hostile = await Hostile.open(file);
    hostile.view.socket.raw.socket.pause();
    hostile.tell("flood 100");
    await eventually("the stream's end", async () => {
      const streams = await server.search({ operation: "stream.end" });
      return streams.some((event) => event.unmapped.facts.status === "limit") || undefined;
    });
    assert.equal(await server.metric('chancery_limit_met_total{limit="max_view_bytes",process="front 0"}'), 1);
    hostile.view.socket.raw.socket.resume();
    while ((await within("its end", hostile.view.socket.next())) !== undefined);
  });
});

test("no more documents are open at once than the configuration says", async () => {
  const files = [file, other, await put("third.docx", Buffer.from("PK\x03\x04 third"))];
  await bystander(async () => {
    const first = await Hostile.open(file);
    const third = await OpenDocument.open(server, files[2] as string);
    await third.said();
    const said = await third.said();
    assert.equal(said.type, "ended");
    assert.equal(said.code, "BUSY", JSON.stringify(said));
    third.close();
    // One that is open already takes in others.
    (await Hostile.open(file)).close();
    first.close();
  });
});
