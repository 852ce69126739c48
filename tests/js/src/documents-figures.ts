// How fast documents are for a person, as docs/BENCH.md has it: a program that prints
// NAME=VALUE, times in milliseconds. Not a test: machines differ.
import * as net from "node:net";
import * as path from "node:path";
import type { Page as Driven } from "playwright-core";

import { Browser } from "./browser.js";
import { ENGINE } from "./documents.js";
import { upload } from "./documents-world.js";
import { type Any, ROOT, Server } from "./server.js";
import { loadSource } from "./source.js";
import { User } from "./user.js";

const OPENINGS = Number(process.env["OPENINGS"] ?? 9);
const KEYS = Number(process.env["KEYS"] ?? 200);
/** Ways there and back. */
const DELAYS_MS = [0, 40, 120];

interface Blank {
  partsOf(kind: string): { [path: string]: string };
  zipped(parts: { [path: string]: string }): Uint8Array;
}

const { partsOf, zipped } = (await loadSource(
  path.join(ROOT, "web/app/src/documents/blank.ts"),
)) as Blank;

const LINE = "A ship in harbour is safe, but that is not what ships are built for. ";

/** A text of so many pages, five paragraphs each. */
function text(pages: number): Buffer {
  const paragraph = `<w:p><w:r><w:t xml:space="preserve">${LINE.repeat(6)}</w:t></w:r></w:p>`;
  const page = paragraph.repeat(5);
  const next = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>';
  const parts = partsOf("text");
  const main = "word/document.xml";
  const body = Array.from({ length: pages }, () => page).join(next);
  parts[main] = (parts[main] ?? "").replace("<w:p/>", () => body);
  return Buffer.from(zipped(parts));
}

/** A sheet of so many rows, ten numbers each. */
function sheet(rows: number): Buffer {
  const row = (n: number) =>
    `<row r="${n}">${Array.from({ length: 10 }, (_, i) => `<c><v>${(n * 37 + i * 11) % 1000}</v></c>`).join("")}</row>`;
  const parts = partsOf("sheet");
  const main = "xl/worksheets/sheet1.xml";
  const body = Array.from({ length: rows }, (_, i) => row(i + 1)).join("");
  parts[main] = (parts[main] ?? "").replace("<sheetData/>", () => `<sheetData>${body}</sheetData>`);
  return Buffer.from(zipped(parts));
}

const at = (times: number[], share: number): number =>
  times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;

function tell(name: string, times: number[]): void {
  console.log(`${name}_p50_ms=${at(times, 0.5).toFixed(1)} ${name}_p99_ms=${at(times, 0.99).toFixed(1)}`);
}

/** A way to the server that takes so long there and back. */
async function delayed(port: number, ms: number): Promise<net.Server> {
  const later = (from: net.Socket, to: net.Socket) => {
    from.on("data", (bytes) => setTimeout(() => to.write(bytes), ms / 2));
    from.on("close", () => setTimeout(() => to.end(), ms / 2));
    from.on("error", () => to.destroy());
  };
  const proxy = net.createServer({ noDelay: true }, (one) => {
    const other = net.connect({ port, host: "127.0.0.1", noDelay: true });
    later(one, other);
    later(other, one);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}

const server = await Server.start("documents-figures", { config: { engine: ENGINE } });
const browser = await Browser.start();
const anna = await User.enrol(server, browser, "anna");
const page = anna.page.pw;
await page.setViewportSize({ width: 1280, height: 800 });
await page.addInitScript(() => {
  // When all that is in sight was drawn, for whoever asks.
  new MutationObserver((changes) => {
    for (const { target } of changes)
      if ((target as Element).hasAttribute("data-whole"))
        performance.mark("whole");
  }).observe(document, { attributes: true, attributeFilter: ["data-whole"], subtree: true });
  addEventListener("dblclick", () => performance.mark("click"), true);
  // When a picture was drawn that hadn't been before.
  const seen = new WeakSet<object>();
  const draw = CanvasRenderingContext2D.prototype.drawImage as (...all: unknown[]) => void;
  CanvasRenderingContext2D.prototype.drawImage = function (this: unknown, ...all: unknown[]) {
    const [picture] = all as [object];
    if (!seen.has(picture)) dispatchEvent(new Event("picture"));
    seen.add(picture);
    draw.apply(this, all);
  };
});

let bytes = 0;
anna.page.listen("Network.webSocketFrameReceived", ({ response }: Any) => {
  bytes += response.opcode === 2 ? Buffer.from(response.payloadData, "base64").length : response.payloadData.length;
});
await anna.page.ask("Network.enable");

async function openFromList(name: string): Promise<number> {
  await page.evaluate(() => performance.clearMarks());
  await page.locator(".item", { hasText: name }).dblclick();
  await page.waitForFunction(() => performance.getEntriesByName("whole").length > 0);
  return page.evaluate(() => {
    const [click] = performance.getEntriesByName("click");
    const [whole] = performance.getEntriesByName("whole");
    return (whole?.startTime ?? NaN) - (click?.startTime ?? NaN);
  });
}

const back = async (): Promise<void> => {
  await page.locator("#document-back").click();
  await page.locator(".item").first().waitFor();
};

// The server's kits end a while after the last one has left: each opening is of a file
// of its own.
const DOCUMENTS: readonly (readonly [string, string, Buffer])[] = [
  ["page", "docx", text(1)],
  ["pages_80", "docx", text(80)],
  ["rows_10000", "xlsx", sheet(10_000)],
];
const { home } = await anna.do("session.get", {});
for (const [name, ending, content] of DOCUMENTS) {
  const { id } = await anna.do("folder.create", { parent: home, name });
  for (let i = 0; i <= OPENINGS; i++)
    await upload(anna, `${name}-${i}.${ending}`, content, id);
  await page.goto(server.url(`/app/files/${id}`));
  const times: number[] = [];
  for (let i = 0; i <= OPENINGS; i++) {
    const before = bytes;
    const took = await openFromList(`${name}-${i}.${ending}`);
    // The first one warms what the browser and the server keep.
    if (i > 0) times.push(took);
    if (i === 1) console.log(`${name}_bytes=${bytes - before}`);
    await back();
  }
  tell(`open_${name}`, times);
}

/** From a key to the frame in which its letter is drawn. */
async function keys(on: Driven, name: string): Promise<void> {
  await on.locator("#document-text").focus();
  await on.keyboard.press("Control+End");
  const times: number[] = [];
  const before = bytes;
  for (let i = 0; i < KEYS; i++) {
    await on.evaluate(() => {
      const state = window as unknown as { drawn: Promise<number> };
      state.drawn = new Promise((resolve) => {
        let begun = NaN;
        addEventListener("keydown", () => (begun = performance.now()), { once: true, capture: true });
        addEventListener("picture", () => resolve(performance.now() - begun), { once: true });
      });
    });
    await on.keyboard.press("x");
    times.push(await on.evaluate(() => (window as unknown as { drawn: Promise<number> }).drawn));
  }
  tell(name, times);
  console.log(`${name}_bytes=${Math.round((bytes - before) / KEYS)}`);
}

if (KEYS > 0)
  for (const ms of DELAYS_MS) {
    const { port } = new URL(server.url("/"));
    const proxy = await delayed(Number(port), ms);
    const id = await upload(anna, `keys-${ms}.docx`, text(1));
    const through = new URL(server.url(`/app/documents/${id}`));
    through.port = String((proxy.address() as net.AddressInfo).port);
    await page.goto(through.href);
    await page.locator(".d-canvas[data-whole]").waitFor();
    await keys(page, `key_${ms}`);
    await page.goto(server.url("/app/files"));
    proxy.close();
  }

await browser.stop();
await server.stop();
