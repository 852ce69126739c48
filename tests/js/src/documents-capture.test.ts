// All that comes to somebody who may only look at a document, and goes from them, byte
// by byte: none of it is a word of the document, whatever they ask for; and the log tells
// which pages they saw, each before its picture came. Needs LibreOffice.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inflateSync } from "node:zlib";

import { decode, encode } from "./cbor.js";
import { fileOf, openDocument, skip, startWithDocument, wordsOf } from "./documents.js";
import { type Any, type Principal, Server, within } from "./server.js";
import { BINARY, CLOSE, OpenDocument, PING, PONG } from "./socket.js";

const TWIPS = 3840; // of a tile, at 100 %
const WORD = "Verschwiegenheit";
const PAGES = 4;

let server: Server;
let file: string;
let eve: Principal;

before(async () => {
  server = await startWithDocument("documents-capture");
  file = await fileOf(server);
  eve = await server.principal("Eve");
  await server.op("share.grant", { node: file, principal: eve.id, relation: "see" });
});
after(() => server.stop());

/** Everything that somebody got and sent, as it was on the wire. */
class Captured {
  readonly bytes: Buffer[] = [];
  readonly frames: Any[] = [];

  constructor(readonly view: OpenDocument) {
    const { socket } = view.socket.raw;
    socket.on("data", (bytes: Buffer) => this.bytes.push(bytes));
    const write = socket.write.bind(socket) as (bytes: Uint8Array | string) => boolean;
    socket.write = ((bytes: Uint8Array | string) => {
      this.bytes.push(Buffer.from(bytes as string, "latin1"));
      return write(bytes);
    }) as typeof socket.write;
  }

  /** Frames as they come, until one fits. */
  async until(fits: (frame: Any) => boolean): Promise<Any> {
    for (;;) {
      const message = await within("a frame", this.view.socket.next());
      assert(message !== undefined && message.opcode !== CLOSE, "it has ended");
      if (message.opcode === PING) this.view.socket.send(PONG, message.bytes);
      if (message.opcode !== BINARY) continue;
      const frame: Any = this.view.decode(message.bytes);
      this.frames.push(frame);
      if (frame.frame === "tile") this.view.send({ frame: "taken", tiles: 1 });
      if (fits(frame)) return frame;
    }
  }

  /** All of it: as it was, and what was compressed in it as it is when it isn't. */
  all(): Buffer {
    const pixels = this.frames
      .filter((frame) => frame.pixels !== undefined)
      .map((frame) => inflateSync(frame.pixels));
    return Buffer.concat([...this.bytes, ...pixels]);
  }
}

/** The blocks of which the log says that somebody saw them. */
async function seenBy(principal: string): Promise<Set<number>> {
  const blocks = new Set<number>();
  for (const event of await server.search({ operation: "document.seen" })) {
    if (event.actor.user.uid !== principal) continue;
    const places = decode(Buffer.from(event.unmapped.facts.places, "hex")) as number[];
    for (let i = 0; i < places.length; i += 3)
      for (let block = places[i + 1] as number; block <= (places[i + 2] as number); block++)
        blocks.add(block);
  }
  return blocks;
}

test("who may only look at it gets no word of it, and the log tells what they saw", { skip }, async () => {
  const author = await openDocument(server);
  const type = (text: string): void => author.send({ frame: "input", text, final: true });
  const does = (name: string, ...args: string[]): void =>
    author.send({
      ...{ frame: "command", name },
      arguments: args.length > 0 ? encode(args) : new Uint8Array(),
    });
  for (let page = 1; page < PAGES; page++) {
    type(`${WORD}${page}`);
    does("InsertPagebreak");
  }
  type(WORD);
  does("InsertAnnotation", `${WORD} in a comment`);
  const view = await OpenDocument.open(server, file, eve.token);
  const captured = new Captured(view);
  assert.equal((await view.said()).type, "opened");
  let status = await captured.until((frame) => frame.frame === "status");
  const pagesOf = (frame: Any): number[][] =>
    frame.pages.split(";").map((page: string) => page.split(",").map(Number));
  while (pagesOf(status).length < PAGES)
    status = await captured.until((frame) => frame.frame === "status");
  // All that could bring text is asked for, and refused.
  let refused = 0;
  for (const frame of [
    { frame: "find", text: WORD, backward: false, exact: true },
    { frame: "find", text: "porttitor", backward: false, exact: false },
    { frame: "read_out" },
    { frame: "input", text: "x", final: true },
    { frame: "select", type: 2, x: 3000, y: 3000 },
    { frame: "replace", text: WORD, with: "x", all: true, exact: true },
    { frame: "paste", mime: "text/html", bytes: Buffer.from("<p>x") },
    ...["ViewAnnotations", "AcceptTrackedChanges", "StyleApply", "CharFontName", "Undo"].map(
      (name) => ({ frame: "ask", name }),
    ),
    ...["SelectAll", "Copy", "Cut", "Bold"].map((name) => ({
      ...{ frame: "command", name, arguments: new Uint8Array() },
    })),
  ]) {
        view.send(frame);
    await captured.until((answer) => answer.frame === "refused");
    refused++;
  }
  assert.equal(refused, 16);
  for (const where of ["export?format=pdf&", "export?format=docx&", "print?"]) {
    const answer = await server.ask(`/documents/${where}file=${file}`, { token: eve.token });
    assert.equal(answer.status, 404);
  }
  // Each page but the last is looked at, one after the other.
  const shown = new Set<number>();
    const pages = pagesOf(status).slice(0, PAGES - 1);
  const blockOf = (y: number): number =>
    Math.max(0, pagesOf(status).filter(([, top]) => (top as number) <= Math.max(y, 0)).length - 1);
  for (const [x, y] of pages as [number, number][]) {
    view.send({
      ...{ frame: "viewport", part: 0, x, y: y + TWIPS },
      ...{ width: 2 * TWIPS, height: TWIPS, scale: TWIPS },
    });
        const block = blockOf(y + TWIPS);
    for (;;) {
      const tile = await captured.until((frame) => frame.frame === "tile");
      const touched = [blockOf(tile.row * TWIPS), blockOf((tile.row + 1) * TWIPS - 1)];
      for (const one of touched)
        if (!shown.has(one)) {
          assert((await seenBy(eve.id)).has(one), `page ${one} was shown before it was recorded`);
          shown.add(one);
        }
      if (touched.includes(block)) break;
    }
  }
  // What others do meanwhile.
  does("SelectAll");
  does("Bold");
  type(`${WORD}alone`);
  await captured.until((frame) => frame.frame === "stale" || frame.frame === "tile");
  view.send({ frame: "preview", part: 0, width: 100, height: 100 });
  await captured.until((frame) => frame.frame === "picture" || frame.frame === "refused");
  view.close();
  const seen = await seenBy(eve.id);
  for (const block of shown) assert(seen.has(block));
  assert(!seen.has(PAGES - 1), "a page that they did not look at");
  assert.deepEqual([...seen].sort(), [...shown].sort());

  const original = await server.ask(`/files/sample.docx`);
  const words = new Set([WORD, ...(await wordsOf(original.body)).split(/\P{L}+/u)]);
  const all = captured.all();
  const folded = Buffer.from(all.toString("latin1").toLowerCase(), "latin1");
  let looked = 0;
  for (const word of words) {
    if (word.length < 5) continue;
    for (const encoded of [
      Buffer.from(word.toLowerCase()),
      Buffer.from(word.toLowerCase(), "utf16le"),
      Buffer.from(word.toLowerCase(), "utf16le").swap16(),
    ])
      assert.equal(folded.indexOf(encoded), -1, word);
    assert(!all.includes(Buffer.from(word).toString("base64").replace(/.?.?={0,2}$/, "")), word);
    looked++;
  }
  assert(looked > 50, `${looked} words`);
  // The capture would have it: somebody who may read it, the same way.
  const reader = await server.principal("reader");
  await server.op("share.grant", { node: file, principal: reader.id, relation: "read" });
  const control = new Captured(await OpenDocument.open(server, file, reader.token));
  await control.until((frame) => frame.frame === "status");
  control.view.send({ frame: "command", name: "SelectAll", arguments: new Uint8Array() });
  control.view.send({ frame: "read_out" });
  await control.until((frame) => frame.frame === "selected");
  assert(control.all().includes(WORD));
  control.view.close();
  author.close();
});
