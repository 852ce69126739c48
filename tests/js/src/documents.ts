// Servers with a document in them, and people who have it open. The engine is
// LibreOffice; where there is none, tests that need it are skipped.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { eventually, ROOT, runProgram, Server, within } from "./server.js";
import { BINARY, OpenDocument } from "./socket.js";

export const ENGINE = "/usr/lib/libreoffice/program";
const hasEngine = fs.existsSync(path.join(ENGINE, "libmergedlo.so"));
export const skip = hasEngine ? false : "there is no LibreOffice";

/** Of the document of a server that startWithDocument has started. */
export async function fileOf(on: Server): Promise<string> {
  const { list } = await on.op("folder.list", { path: "" });
  return list.find((node: { name: string }) => node.name === "sample.docx").id;
}

/** The engine is loaded: who comes before that is told to come again. */
async function canOpen(on: Server): Promise<true | undefined> {
  const view = await OpenDocument.open(on, await fileOf(on));
  await view.said();
  const next = await within("an answer", view.socket.next());
  view.close();
  return next?.opcode === BINARY || undefined;
}

export async function startWithDocument(
  name: string,
  config: { [key: string]: number } = {},
): Promise<Server> {
  const started = await Server.start(name, {
    config: { fronts: 1, ...(hasEngine ? { engine: ENGINE } : {}), ...config },
  });
  const stored = await started.ask("/files/sample.docx", {
    method: "PUT",
    body: fs.readFileSync(path.join(ROOT, "tests/data/documents/sample.docx")),
  });
  assert.equal(stored.status, 201, stored.body.toString());
  await engineIsThere(started);
  return started;
}

export const engineIsThere = async (on: Server): Promise<unknown> =>
  hasEngine && eventually("the engine", () => canOpen(on));

/** Somebody who has it open, and was greeted. */
export async function openDocument(
  on: Server,
  token = on.token,
): Promise<OpenDocument> {
  const view = await OpenDocument.open(on, await fileOf(on), token);
  const said = await view.said();
  assert.equal(said.type, "opened", JSON.stringify(said));
  await view.frame("status");
  return view;
}

/** The words of an Office text, as another program reads them. */
export async function wordsOf(docx: Buffer): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "words-"));
  const file = path.join(folder, "file.docx");
  fs.writeFileSync(file, docx);
  const { status, stdout, stderr } = await runProgram("unzip", ["-p", file, "word/document.xml"]);
  fs.rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  return stdout.replaceAll(/<[^>]*>/g, "");
}
