// Previews of files in the web app, in Debian's Chromium against the real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import type { Frame } from "playwright-core";

import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let user: User;
let page: Page;
let home: string;

before(async () => {
  server = await Server.start("app-preview");
  browser = await Browser.start();
  user = await User.enrol(server, browser, "anna");
  page = user.page;
  await page.goto(server.url("/app/files"));
  await page.pw.getByRole("button", { name: "New" }).waitFor();
  ({ home } = await user.op("session.get", {}));
});
after(async () => {
  await browser.stop();
  await server.stop();
});

// ---- files

/** A PDF of pages with a line each, in a font that every reader has. */
function pdf(lines: string[]): Buffer {
  const kids = lines.map((_, i) => `${4 + 2 * i} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${lines.length} /Kids [${kids}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ...lines.flatMap((line, i) => {
      const text = `BT /F 24 Tf 72 700 Td (${line}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + 2 * i} 0 R
            /Resources << /Font << /F 3 0 R >> >> >>`,
        `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
      ];
    }),
  ];
  let text = "%PDF-1.4\n";
  const at = objects.map((object, i) => {
    const start = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const xref = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const start of at) text += `${String(start).padStart(10, "0")} 00000 n \n`;
  text += `trailer << /Root 1 0 R /Size ${objects.length + 1} >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let i = 0; i < 8; i++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** A picture of one colour. */
function png(width: number, height: number, colour: [number, number, number]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = (CRC[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.from([0, ...Array.from({ length: width }, () => colour).flat()]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function folder(name: string): Promise<string> {
  return (await user.op("folder.create", { parent: home, name })).id;
}

/** Stores a file of the person's. */
async function store(parent: string, name: string, bytes: Buffer | string, type: string): Promise<Any> {
  const made = await user.op("file.create", {
    parent,
    name,
    content: Buffer.from(bytes).toString("base64"),
    type,
  });
  assert.equal(made.ok, true, JSON.stringify(made));
  return made;
}

// ---- the preview

const preview = () => page.pw.getByRole("dialog", { name: /^Preview of/ });
const previewOf = (name: string) =>
  page.pw.getByRole("dialog", { name: `Preview of ${name}`, exact: true });
const row = (name: string) => page.pw.getByRole("row", { name: new RegExp(`^Select ${name}`) });

/** The frame, once it shows the file. */
async function frame(): Promise<Frame> {
  const handle = await page.pw.locator("iframe.preview-frame").elementHandle();
  const inside = await handle?.contentFrame();
  assert(inside);
  return inside;
}

const shown = () => page.pw.frameLocator("iframe.preview-frame");

test("a text is shown by a double click, and its folder again by Escape", async () => {
  const parent = await folder("Texts");
  await store(parent, "a.txt", "Grüße,\n\tall is well.\n", "text/plain");
  await store(parent, "b.csv", Buffer.from("Stra\xdfe;1\n", "latin1"), "text/csv");
  await store(parent, "c.bin", "\0\0\0", "application/octet-stream");
  await page.goto(server.url(`/app/files/${parent}`));
  await row("a.txt").dblclick();
  await previewOf("a.txt").waitFor();
  await shown().getByText("Grüße,").waitFor();
  assert.equal(await shown().locator("pre").textContent(), "Grüße,\n\tall is well.\n");
  await page.picture("preview-text");
  await page.pw.keyboard.press("ArrowRight");
  await previewOf("b.csv").waitFor();
  await shown().getByText("Straße;1").waitFor();
  await page.pw.keyboard.press("ArrowRight");
  await previewOf("c.bin").waitFor();
  await page.pw.getByText("Files of this kind can't be shown here.").waitFor();
  await page.picture("preview-none");
  await page.pw.keyboard.press("ArrowLeft");
  await previewOf("b.csv").waitFor();
  await shown().getByText("Straße;1").waitFor();
  await page.pw.keyboard.press("Escape");
  await preview().waitFor({ state: "detached" });
  assert.equal(new URL(page.pw.url()).search, "");
  // The keyboard is where it would be had one gone there by it.
  await page.pw.locator("#list:focus").waitFor();
  assert.equal(await row("b.csv").getAttribute("aria-selected"), "true");
  assert.deepEqual(page.complaints, []);
});

test("a PDF is shown page by page, found in and zoomed", async () => {
  const parent = await folder("Papers");
  const lines = Array.from({ length: 30 }, (_, i) => `This is page ${i + 1}${i === 19 ? ", a needle" : ""}`);
  await store(parent, "Paper.pdf", pdf(lines), "application/pdf");
  await page.goto(server.url(`/app/files/${parent}`));
  await row("Paper.pdf").click();
  await page.pw.keyboard.press("Enter");
  await shown().getByText("This is page 1", { exact: true }).waitFor();
  await page.picture("preview-pdf");
  await page.pw.getByText("of 30").waitFor();
  // Of thirty pages those near what is in sight are drawn.
  assert.ok((await shown().locator("canvas").count()) < 8);
  const field = page.pw.getByRole("textbox", { name: "Page" });
  await field.fill("12");
  await field.press("Enter");
  await shown().getByText("This is page 12").waitFor();
  await eventually("page 12", async () => (await field.inputValue()) === "12" || undefined);
  const find = page.pw.getByRole("textbox", { name: "Find in the file" });
  await find.fill("NEEDLE");
  await find.press("Enter");
  await page.pw.getByText("1 of 1").waitFor();
  await shown().getByText("a needle").waitFor();
  await page.picture("preview-found");
  const before = await page.pw.locator("#preview-percent").textContent();
  await page.pw.getByRole("button", { name: "Larger" }).click();
  await eventually("another size", async () =>
    (await page.pw.locator("#preview-percent").textContent()) !== before || undefined,
  );
  // The text can be chosen.
  await shown().getByText("a needle").selectText();
  const inside = await frame();
  assert.match(await inside.evaluate("String(getSelection())"), /This is page 20, a needle/);
  assert.deepEqual(page.complaints, []);
});

test("a picture fits, and a deep link shows it at once", async () => {
  const parent = await folder("Pictures");
  await store(parent, "Wide.png", png(3000, 200, [200, 40, 40]), "image/png");
  const low = await store(parent, "Low.png", png(40, 30, [40, 40, 200]), "image/png");
  await store(
    parent,
    "Drawn.svg",
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><script>parent.document.title = "taken"</script><circle cx="45" cy="45" r="40" fill="teal"/></svg>',
    "image/svg+xml",
  );
  await store(parent, "Broken.png", "no picture", "image/png");
  await page.goto(server.url(`/app/files/${parent}?preview=${low.id}`));
  await previewOf("Low.png").waitFor();
  const picture = shown().locator("img");
  await picture.waitFor();
  assert.equal((await picture.boundingBox())?.width, 40);
  await page.pw.getByRole("button", { name: "The next file" }).click();
  await previewOf("Wide.png").waitFor();
  await picture.waitFor();
  assert.equal((await picture.boundingBox())?.width, 1000);
  await page.picture("preview-picture");
  await page.goto(server.url(`/app/files/${parent}`));
  await row("Drawn.svg").dblclick();
  await picture.waitFor();
  assert.notEqual(await page.pw.title(), "taken");
  await page.pw.getByRole("button", { name: "Close the preview" }).click();
  await row("Broken.png").dblclick();
  await page.pw.getByText("This file can't be shown: it may be damaged.").waitFor();
  await page.pw.keyboard.press("Escape");
  await page.goto(server.url(`/app/file/${low.id}`));
  await previewOf("Low.png").waitFor();
  await picture.waitFor();
  await page.pw.getByRole("button", { name: "Close the preview" }).click();
  await row("Low.png").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("what shows a file has no origin, no cookie, no network and no way out", async () => {
  const parent = await folder("Sandbox");
  const file = await store(parent, "a.txt", "All is well.", "text/plain");
  await page.goto(server.url(`/app/files/${parent}?preview=${file.id}`));
  await shown().getByText("All is well.").waitFor();
  const inside = await frame();
  const tried = (code: string): Promise<string> =>
    inside.evaluate(`(async () => { try { return String(await (${code})); } catch (e) { return e.name; } })()`);
  assert.equal(await tried("self.origin"), "null");
  assert.equal(await tried("document.cookie"), "SecurityError");
  assert.equal(await tried("localStorage.length"), "SecurityError");
  assert.equal(await tried("parent.document.title"), "SecurityError");
  assert.equal(await tried("fetch('/jmap/session')"), "TypeError");
  assert.equal(await tried(`fetch(${JSON.stringify(server.url("/ready"))})`), "TypeError");
  // What the test calls itself may use it: so later, by itself.
  assert.equal(
    await tried("new Promise((done) => setTimeout(() => { try { done(eval('1')); } catch (e) { done(e.name); } }))"),
    "EvalError",
  );
  assert.equal(await tried("document.body.innerHTML = '<b>x</b>'"), "TypeError");
  assert.equal(await tried("new Worker('blob:x')"), "TypeError");
  assert.equal(
    await tried(`new Promise((done) => {
      const image = new Image();
      image.onload = () => done("loaded");
      image.onerror = () => done("refused");
      image.src = "/assets/icon.svg";
    })`),
    "refused",
  );
  assert.equal(await tried("(top.location = 'about:blank', 'gone')"), "SecurityError");
  // Also by itself it is a sandbox, and nobody else's page may hold it.
  const { headers } = await server.ask("/app/preview", { token: null });
  assert.match(String(headers["content-security-policy"]), /^sandbox allow-scripts allow-modals;.*frame-ancestors 'self'/);
  await page.pw.keyboard.press("Escape");
  page.complaints.length = 0;
});

test("whoever takes over the frame can only say what is understood", async () => {
  const parent = await folder("Hostile");
  const file = await store(parent, "a.txt", "All is well.", "text/plain");
  const other = await store(parent, "b.txt", "Not for you.", "text/plain");
  await page.goto(server.url(`/app/files/${parent}?preview=${file.id}`));
  await shown().getByText("All is well.").waitFor();
  // What Playwright runs counts as the person's hand: here there was none.
  await page.value("void Object.defineProperty(navigator, 'userActivation', { value: { isActive: false } })");
  const inside = await page.pw.context().newCDPSession(await frame());
  const run = (expression: string) => inside.send("Runtime.evaluate", { expression });
  const said = (key: string) =>
    run(`dispatchEvent(new KeyboardEvent("keydown", { key: "${key}" }))`);
  await run(`parent.postMessage("ready", "*"); parent.postMessage({ is: "key", key: "Escape" }, "*")`);
  await said("ArrowRight");
  // The frame goes before it could answer.
  said("Escape").catch(() => undefined);
  await preview().waitFor({ state: "detached" });
  // The next file was neither shown nor read.
  const reads = await server.search({ principal: user.id, operation: "file.read" });
  assert.ok(JSON.stringify(reads).includes(file.id));
  assert.ok(!JSON.stringify(reads).includes(other.id));
  assert.deepEqual(page.complaints, []);
});

test("looking at a file is one read of it, by the person", async () => {
  const parent = await folder("Reads");
  const made = await user.op("session.get", {});
  const file = await store(parent, "Read.pdf", pdf(["One"]), "application/pdf");
  await page.goto(server.url(`/app/files/${parent}`));
  await row("Read.pdf").dblclick();
  await shown().getByText("One").waitFor();
  await page.pw.keyboard.press("Escape");
  await preview().waitFor({ state: "detached" });
  const told = (await server.search({ principal: user.id, from: Number(made.files) }))
    .filter((record: Any) => record.unmapped.cause === "user")
    .map((record: Any) => [record.metadata.event_code, record.file?.uid]);
  assert.deepEqual(
    told.filter(([, uid]) => uid === file.id).map(([operation]) => operation),
    ["file.create", "file.read"],
  );
  assert.deepEqual(page.complaints, []);
});

test("a right that ends while one looks takes the picture away", async () => {
  const parent = await folder("Ends");
  const file = await store(parent, "Secret.txt", "For now.", "text/plain");
  const ben = await User.enrol(server, browser, "ben");
  const { id: grant } = await user.op("share.grant", { node: file.id, principal: ben.id, relation: "read" });
  await ben.page.goto(server.url("/app/shared"));
  const its = ben.page.pw;
  await its.getByRole("row", { name: /Secret.txt/ }).dblclick();
  await its.frameLocator("iframe.preview-frame").getByText("For now.").waitFor();
  await user.op("share.revoke", { grant });
  // It is asked about when the tab is looked at again.
  await its.evaluate("void document.dispatchEvent(new Event('visibilitychange'))");
  await its.getByText("You can't see this file any more").waitFor();
  await ben.page.picture("preview-ended");
  assert.equal(await its.locator("iframe").count(), 0);
  assert.deepEqual(ben.page.complaints, []);
  // The same with one's own that is thrown away elsewhere.
  await page.goto(server.url(`/app/files/${parent}?preview=${file.id}`));
  await shown().getByText("For now.").waitFor();
  await user.op("node.trash", { node: file.id });
  await page.pw.getByText("You can't see this file any more").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a newer version is told, and shown when asked for", async () => {
  const parent = await folder("Versions");
  const file = await store(parent, "V.txt", "First.", "text/plain");
  await page.goto(server.url(`/app/files/${parent}?preview=${file.id}`));
  await shown().getByText("First.").waitFor();
  await user.op("file.write", { file: file.id, content: Buffer.from("Second.").toString("base64") });
  await page.pw.getByRole("button", { name: "Show it" }).click();
  await shown().getByText("Second.").waitFor();
  assert.deepEqual(page.complaints, []);
});
