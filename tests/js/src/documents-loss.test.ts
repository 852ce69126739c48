// Three people type in one document, each in a paragraph of their own, while a process
// is killed: they come back by themselves, and what they typed is there, once, in its
// order. Their half is the editor's own (web/app/src/documents/done.ts). Needs LibreOffice.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { engineIsThere, fileOf, skip, startWithDocument, wordsOf } from "./documents.js";
import { type Any, eventually, ROOT, Server } from "./server.js";
import { BINARY, CLOSE, type Frame, OpenDocument, PING, PONG, TEXT } from "./socket.js";
import { loadSource } from "./source.js";

const [ENTER, DOWN, UP] = [1280, 1024, 1025];

interface Done {
  begin(number: number, edits: boolean): void;
  do(frame: Frame): boolean;
  kept(count: number): void;
  resumed(frame: Frame): boolean;
}

const { Done } = (await loadSource(path.join(ROOT, "web/app/src/documents/done.ts"))) as {
  Done: new (send: (frame: Frame) => void) => Done;
};

let server: Server;
let file: string;

before(async () => {
  server = await startWithDocument("documents-loss");
  file = await fileOf(server);
});
after(() => server.stop());

/** Somebody at the document, who comes back when it is closed for them. */
class Writer {
  #view: OpenDocument | undefined;
  readonly #done = new Done((frame) => this.#view?.send(frame));
  #over = false;
  #answered = false;
  text = "";
  keeps = 0;
  comes = 0;
  missed = false;

  constructor(
    readonly name: string,
    readonly token: string,
  ) {}

  async come(): Promise<void> {
    const view = await eventually("the document", async () => {
      const view = await OpenDocument.open(server, file, this.token).catch(() => undefined);
      const said = await view?.said().catch(() => undefined);
      if (view !== undefined && said?.type === "opened") {
        this.#view = view;
        this.#done.begin(said.result.stream, true);
        return view;
      }
      view?.close();
      return undefined;
    });
    void this.#read(view);
  }

  async #read(view: OpenDocument): Promise<void> {
    for (;;) {
      const message = await view.socket.next();
      if (message === undefined || message.opcode === CLOSE) break;
      if (message.opcode === TEXT) break;
      if (message.opcode === PING) view.socket.send(PONG, message.bytes);
      if (message.opcode !== BINARY) continue;
      const frame: Any = view.decode(message.bytes);
      if (frame.frame === "status") this.comes++;
      if (frame.frame === "answer") this.#answered = true;
      if (frame.frame === "kept") {
        this.#done.kept(frame.count);
        this.keeps++;
      }
      if (frame.frame === "resumed" && !this.#done.resumed(frame)) this.missed = true;
    }
    this.#view = undefined;
    view.close();
    if (this.#over) return;
    await this.come().catch(() => undefined);
  }

  #do(frame: Frame): void {
    if (!this.#done.do(frame)) this.#view?.send(frame);
  }

  key(character: number, code: number): void {
    this.#do({ frame: "key", character, code });
  }

  /** The next words, as fast as they are shown. */
  async type(words: number): Promise<void> {
    for (let i = 0; i < words; i++) {
      const word = `${this.name}${this.text.length} `;
      for (const letter of word) {
        // While it is closed nothing is typed.
        await eventually("the document", () => this.#view !== undefined || undefined);
        this.key(letter.charCodeAt(0), 0);
        this.text += letter;
      }
      // As fast as it is taken, and no faster.
      const view = this.#view;
      this.#answered = false;
      view?.send({ frame: "ask", name: "LanguageStatus" });
      await eventually("an answer", () => this.#answered || this.#view !== view || undefined);
    }
  }

  leave(): void {
    this.#over = true;
    this.#view?.close();
  }
}

/** The process that has the document open. */
function kit(): number {
  const [zygote] = server.children("zygote");
  const kids = fs.readFileSync(`/proc/${zygote}/task/${zygote}/children`, "latin1");
  return Number(kids.trim().split(" ")[0]);
}

const isReady = (): Promise<unknown> =>
  eventually("core", async () =>
    (await server.ask("/ready").catch(() => undefined))?.status === 200 || undefined,
  );

const kills: [string, () => Promise<unknown>][] = [
  ["the document's process", async () => process.kill(kit(), "SIGKILL")],
  ["the front", async () => server.killChild("front")],
  [
    "core",
    async () => {
      server.killChild("core");
      await isReady();
    },
  ],
];

kills.forEach(([what, kill], round) =>
  test(`three type while ${what} is killed: nothing is lost, nothing is there twice`, { skip }, async () => {
    await engineIsThere(server);
    const writers: Writer[] = [];
    for (const letter of ["A", "B", "C"]) {
      const { id, token } = await server.principal(`${letter}${round}`);
      await server.op("share.grant", { node: file, principal: id, relation: "edit" });
      writers.push(new Writer(`${letter}${round}x`, token));
    }
    const [a, b, c] = writers as [Writer, Writer, Writer];
    await a.come();
    for (const code of [ENTER, ENTER, ENTER, UP, UP, UP]) a.key(code === ENTER ? 13 : 0, code);
    await a.type(1);
    await b.come();
    b.key(0, DOWN);
    await b.type(1);
    await c.come();
    c.key(0, DOWN);
    c.key(0, DOWN);
    const all = (words: number): Promise<unknown> =>
      Promise.all(writers.map((writer) => writer.type(words)));
    const keeps = writers.map((writer) => writer.keeps);
    while (writers.some((writer, i) => writer.keeps === keeps[i])) await all(3);
    const comes = writers.map((writer) => writer.comes);
    const typing = all(25);
    const far = a.text.length + 40;
    await eventually("some words", () => a.text.length > far || undefined);
    await kill();
    await typing;
    await eventually("all of them", () => writers.every((writer, i) => writer.comes > (comes[i] ?? 0)) || undefined);
    await all(10);
    const words = await eventually("the last words", async () => {
      const answer = await server.ask(`/documents/export?file=${file}&format=docx`);
      if (answer.status !== 200) return undefined;
      const found = await wordsOf(answer.body);
      return writers.every(({ text }) => found.includes(text.trim().split(" ").pop() as string)) ? found : undefined;
    });
    for (const writer of writers) {
      assert(!writer.missed);
      assert(words.includes(writer.text.trimEnd()), `${writer.text}\n${words}`);
      assert.equal(words.split(`${writer.name}0 `).length, 2, "once");
    }
    for (const writer of writers) writer.leave();
  }),
);
