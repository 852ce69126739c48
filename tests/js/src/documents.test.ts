// What becomes of what people type in a document that is open: versions that name
// them, copies in case that something ends, other forms; and what the record says.
// Needs LibreOffice.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import {
  engineIsThere,
  fileOf,
  openDocument,
  skip,
  startWithDocument,
  wordsOf,
} from "./documents.js";
import { type Any, eventually, type Principal, ROOT, Server } from "./server.js";
import { OpenDocument } from "./socket.js";

const TWIPS = 3840; // of a tile, at 100 %

let server: Server;
let file: string;
let bob: Principal;

before(async () => {
  server = await startWithDocument("documents");
  file = await fileOf(server);
  bob = await server.principal("Bob");
  await server.op("share.grant", { node: file, principal: bob.id, relation: "edit" });
});
after(() => server.stop());

const type = (view: OpenDocument, text: string): void =>
  view.send({ frame: "input", text, final: true });

/** It has come to the document. */
const isTyped = (on: Server, id: string, text: string): Promise<unknown> =>
  eventually("the words", async () => {
    const answer = await on.ask(`/documents/export?file=${id}&format=docx`);
    assert.equal(answer.status, 200, answer.body.toString());
    return (await wordsOf(answer.body)).includes(text) || undefined;
  });

const content = async (): Promise<string> => {
  const answer = await server.ask("/files/sample.docx");
  assert.equal(answer.status, 200);
  return wordsOf(answer.body);
};

const versions = async (): Promise<Any[]> =>
  (await server.op("version.list", { file })).list;

/** The newest version, once there are so many. */
const version = (n: number): Promise<Any> =>
  eventually(`version ${n}`, async () => {
    const list = await versions();
    return list.length >= n ? list[0] : undefined;
  });

const records = (operation: string): Promise<Any[]> => server.search({ operation });

const names = (one: Any): string[] =>
  one.editors.map((editor: { name: string }) => editor.name).sort();

// First: the figures of a run count from core's last start.
test("core that is killed loses nothing at all", { skip }, async () => {
  const before = (await versions()).length;
  const view = await openDocument(server);
  const typed = (await records("document.typed")).length;
  type(view, "Overthedeathofcore");
  await isTyped(server, file, "Overthedeathofcore");
  await eventually("who", async () => (await records("document.typed")).length > typed || undefined);
  const kit = kitOf(server);
  server.killChild("core");
  while ((await view.said()).type !== "ended");
  await eventually("core", async () =>
    (await server.ask("/ready").catch(() => undefined))?.status === 200 || undefined);
  await engineIsThere(server);
  assert.equal(kitOf(server), kit, "its process went on");
  const words = await eventually("the words", async () => {
    const answer = await server.ask(`/documents/export?file=${file}&format=docx`);
    return answer.status === 200 ? wordsOf(answer.body) : undefined;
  });
  assert.match(words, /Overthedeathofcore/);
  const saved = await version(before + 1);
  assert.deepEqual(names(saved), ["Installation"]);
});

test("the last one who leaves finds it saved, and both named", { skip }, async () => {
  const before = (await versions()).length;
  const ann = await openDocument(server);
  const other = await openDocument(server, bob.token);
  type(ann, "Wordsofann");
  type(other, "Wordsofbob");
  // Whose change is whose, the kit tells within seconds, and at the save.
  ann.close();
  other.close();
  const saved = await version(before + 1);
  assert.deepEqual(names(saved), ["Bob", "Installation"]);
  const words = await content();
  assert.match(words, /Wordsofann/);
  assert.match(words, /Wordsofbob/);
  const typed = await records("document.typed");
  assert(typed.some((event) => event.actor.user.uid === bob.id));
  assert(!JSON.stringify(typed).includes("Wordsof"), "what was typed is in no record");
});

test("it is saved when somebody asks for it", { skip }, async () => {
  const before = (await versions()).length;
  const view = await openDocument(server);
  type(view, "Savednow");
  await isTyped(server, file, "Savednow");
  await eventually("a version", async () => {
    await server.op("document.save", { file });
    return (await versions()).length > before || undefined;
  });
  assert.match(await content(), /Savednow/);
  view.close();
});

test("who may only read it can't have it saved", { skip }, async () => {
  const eve = await server.principal("eve");
  await server.op("share.grant", { node: file, principal: eve.id, relation: "read" });
  const [answer] = await server.ops("document.save", [{ file }], { token: eve.token });
  assert.equal(answer.ok, false);
});

test("it is taken along as it is open, in the forms of its kind", { skip }, async () => {
  const view = await openDocument(server);
  type(view, "Notyetsaved");
  const path = `/documents/export?file=${file}&format=`;
  const docx = await eventually("the words", async () => {
    const answer = await server.ask(`${path}docx`);
    assert.equal(answer.status, 200, answer.body.toString());
    return (await wordsOf(answer.body)).includes("Notyetsaved") ? answer : undefined;
  });
  assert.match(String(docx.headers["content-disposition"]), /^attachment; .*sample\.docx$/);
  const pdf = await server.ask(`${path}pdf`);
  assert.equal(pdf.status, 200);
  assert.equal(pdf.headers["content-type"], "application/pdf");
  assert.equal(pdf.body.subarray(0, 5).toString(), "%PDF-");
  assert.match(String(pdf.headers["content-security-policy"]), /sandbox/);
  const odt = await server.ask(`${path}odt`);
  assert.equal(odt.body.subarray(0, 2).toString(), "PK");
  for (const format of ["xlsx", "exe", ""])
    assert.equal((await server.ask(path + format)).status, 400);
  const pages = await server.ask(`/documents/print?file=${file}`);
  assert.equal(pages.body.subarray(0, 5).toString(), "%PDF-");
  // Who may see it may not take it along.
  const eve = await server.principal("looks");
  for (const relation of ["see", "text"])
    await server.op("share.grant", { node: file, principal: eve.id, relation });
  for (const what of [`${path}pdf`, `/documents/print?file=${file}`])
    assert.equal((await server.ask(what, { token: eve.token })).status, 404);
  const hers = await OpenDocument.open(server, file, eve.token);
  const { stream } = (await hers.said()).result;
  const [copied] = await server.ops("document.copy", [{ file, stream }], { token: eve.token });
  assert.equal(copied.ok, false);
  hers.close();
  view.close();
});

test("what is selected is copied by an operation", { skip }, async () => {
  const view = await OpenDocument.open(server, file);
  const { result } = await view.said();
  await view.frame("status");
  type(view, "Tobecopied");
  view.send({ frame: "command", name: "SelectAll", arguments: new Uint8Array() });
  await view.frame("selection", (one) => one.rectangles !== "");
  await server.op("document.copy", { file, stream: result.stream });
  const clip = await view.frame("clip");
  assert.match(Buffer.from(clip.bytes).toString(), /Tobecopied/);
  const theirs = [{ file, stream: result.stream }];
  const [other] = await server.ops("document.copy", theirs, { token: bob.token });
  assert.equal(other.ok, false);
  view.close();
});

test("what is seen is on the record before it is shown", { skip }, async () => {
  const [already] = (await records("document.seen")).slice(-1);
  const view = await openDocument(server);
  assert.deepEqual((await records("document.seen")).slice(-1), already ? [already] : []);
  view.send({
    ...{ frame: "viewport", part: 0, x: 0, y: 0 },
    ...{ width: 3 * TWIPS, height: 2 * TWIPS, scale: TWIPS },
  });
  await view.frame("tile");
  const [seen] = (await records("document.seen")).slice(-1);
  assert.notEqual(seen?.metadata.sequence, already?.metadata.sequence);
  assert.match(seen.message, /was shown/);
  view.close();
});

test("a kit that is killed loses nothing that was kept", { skip }, async () => {
  const view = await openDocument(server);
  type(view, "Keptbeforetheend");
  await isTyped(server, file, "Keptbeforetheend");
  const kept = (await records("document.kept")).length;
  await eventually("a copy", async () => (await records("document.kept")).length > kept || undefined);
  // What those of before had changed is a version by now.
  const before = (await versions()).length;
  process.kill(kitOf(server), "SIGKILL");
  const said = await view.said();
  assert.equal(said.type, "ended");
  await version(before + 1);
  assert.match(await content(), /Keptbeforetheend/);
  // And it is opened again.
  const again = await openDocument(server);
  again.close();
  const ends = await records("document.end");
  assert(ends.some((event) => event.unmapped.facts.signal === 9), JSON.stringify(ends));
});

test("a server that is stopped saves what is open", { skip }, async () => {
  const own = await startWithDocument("documents-drain");
  const view = await openDocument(own);
  type(view, "Beforethestop");
  await isTyped(own, await fileOf(own), "Beforethestop");
  own.signal("SIGTERM");
  assert.equal(await own.exited(), 0);
  await own.run();
  const answer = await own.ask("/files/sample.docx");
  assert.match(await wordsOf(answer.body), /Beforethestop/);
  await own.stop();
});

test("a file that isn't what its name says is refused in words", { skip }, async () => {
  for (const [name, bytes] of [
    ["random.docx", Buffer.from("not an office file at all")],
    ["cut.docx", fs.readFileSync(path.join(ROOT, "tests/data/documents/sample.docx")).subarray(0, 4000)],
  ] as const) {
    const stored = await server.ask(`/files/${name}`, { method: "PUT", body: bytes });
    assert.equal(stored.status, 201);
    const { list } = await server.op("folder.list", { path: "" });
    const id = list.find((node: { name: string }) => node.name === name).id;
    const view = await OpenDocument.open(server, id);
    let said = await view.said();
    if (said.type === "opened") said = await view.said();
    assert.equal(said.type, "ended", name);
    assert.match(said.description, /not what its name says|may be damaged/);
    const answer = await server.ask(`/files/${name}`);
    assert.deepEqual(answer.body, bytes, "the original is as it was");
  }
});

/** The process that has the document open: the zygote's child. */
function kitOf(on: Server): number {
  const [zygote] = on.children("zygote");
  const kids = fs.readFileSync(`/proc/${zygote}/task/${zygote}/children`, "latin1");
  const [kit] = kids.trim().split(" ").map(Number);
  assert(kit !== undefined && kit > 0, "no document is open");
  return kit;
}
