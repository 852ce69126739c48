// Documents in the web app, as people use them: two at one text, each at their own
// browser; a sheet; a presentation; what a reader may; and what is in the files then.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { after, before, test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { settled, visit } from "./app-pages.js";
import type { World } from "./app-world.js";
import { check, THEMES } from "./axe.js";
import { Browser } from "./browser.js";
import { ENGINE, skip } from "./documents.js";
import { documentPages, makeDocuments } from "./documents-pages.js";
import { bytesOf, member, newVersion, open, plain, sample, upload } from "./documents-world.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

const TEXT = "word/document.xml";

let server: Server;
let browser: Browser;
let anna: User;
let ben: User;
let file: string;

before(async () => {
  if (skip) return;
  server = await Server.start("documents-app", { config: { engine: ENGINE } });
  browser = await Browser.start();
  anna = await User.enrol(server, browser, "anna", { name: "Anna Berger" });
  ben = await User.enrol(server, browser, "ben", { name: "Ben Okafor" });
  file = await upload(anna, "Plan.docx", sample("sample.docx"));
  await anna.do("share.grant", { node: file, principal: ben.id, relation: "edit" });
});
after(async () => {
  if (skip) return;
  await browser.stop();
  await server.stop();
});

const type = (page: Driven, text: string) => page.keyboard.type(text);

/** The words that the status bar counts. */
const words = async (page: Driven): Promise<number> =>
  Number(/\d+/.exec((await page.locator("#document-words").textContent()) ?? "")?.[0]);
const counts = (page: Driven, words: number) =>
  page.locator("#document-words", { hasText: `${words} words` }).waitFor();

const saved = (page: Driven) => page.locator("#saved", { hasText: /^Saved$/ }).waitFor();

/** What is saved now, as a version of its own. */
async function savedText(page: Driven): Promise<string> {
  const { version }: Any = await anna.do("node.get", { node: file });
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+s");
  await newVersion(anna, file, version);
  return member(await bytesOf(anna, file), TEXT);
}

test("a document opens from the list, with a second person in it", { skip }, async () => {
  const page = anna.page.pw;
  await page.goto(server.url("/app/files"));
  await page.locator(".item", { hasText: "Plan.docx" }).dblclick();
  await page.waitForURL(`**/app/documents/${file}`);
  await page.locator("#document-page", { hasText: "Page 1 of 1" }).waitFor();
  await saved(page);
  const other = await open(server, ben, file);
  await page.locator("#people [aria-label='Ben Okafor is here']").waitFor();
  await other.locator("#people [aria-label='Anna Berger is here']").waitFor();
});

test("both type, and each sees the other's cursor move", { skip }, async () => {
  const one = anna.page.pw;
  const two = ben.page.pw;
  const before = await words(one);
  await one.locator("#document-text").focus();
  await one.keyboard.press("Control+End");
  await type(one, " Annasword");
  await two.locator("#document-text").focus();
  await two.keyboard.press("Control+Home");
  await type(two, "Bensword ");
  for (const page of [one, two]) {
    await counts(page, before + 2);
    await page.locator(".d-caret-other").waitFor();
  }
  assert.equal(await one.locator(".d-caret-name").textContent(), "Ben Okafor");
  assert.equal(await two.locator(".d-caret-name").textContent(), "Anna Berger");
  const place = () => one.locator(".d-caret-other").getAttribute("style");
  const at = await place();
  await type(two, "there ");
  await one.waitForFunction(
    (was) => document.querySelector(".d-caret-other")?.getAttribute("style") !== was,
    at,
  );
  await counts(one, before + 3);
  const text = plain(await savedText(one));
  assert.match(text, /Annasword/);
  assert.match(text, /Bensword there /);
});

test("one takes back what is theirs, not what the other has typed since", { skip }, async () => {
  const one = anna.page.pw;
  const two = ben.page.pw;
  const before = await words(one);
  await type(one, " Mistake");
  await counts(one, before + 1);
  await type(two, "Kept ");
  await counts(one, before + 2);
  await one.keyboard.press("Control+z");
  await counts(one, before + 1);
  const text = plain(await savedText(one));
  assert.doesNotMatch(text, /Mistake/);
  assert.match(text, /Kept /);
});

test("bold: by the button that anybody finds, pressed while it holds", { skip }, async () => {
  const page = anna.page.pw;
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+End");
  await page.getByRole("button", { name: "Bold" }).click();
  await page.locator("#tool-Bold[aria-pressed=true]").waitFor();
  await type(page, " Strong");
  await page.keyboard.press("Control+b");
  await page.locator("#tool-Bold[aria-pressed=false]").waitFor();
  await type(page, " Weak");
  const runs = (await savedText(page)).match(/<w:r>.*?<\/w:r>|<w:r .*?<\/w:r>/gs) ?? [];
  const of = (word: string) => runs.filter((run) => run.includes(word)).join("");
  assert.match(of("Strong"), /<w:b\/>/);
  assert.doesNotMatch(of("Weak"), /<w:b\/>/);
});

test("the keyboard is no prisoner of the text: F6 leads to the toolbar", { skip }, async () => {
  const page = anna.page.pw;
  await page.locator("#document-text").focus();
  await page.keyboard.press("F6");
  await page.waitForFunction(() => document.activeElement?.closest(".d-tools") !== null);
});

test("an input method: what it makes stands once, and only when it is final", { skip }, async () => {
  const page = anna.page.pw;
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+End");
  await type(page, " ");
  for (const text of ["に", "にほ", "にほん"])
    await anna.page.ask("Input.imeSetComposition", {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  await anna.page.ask("Input.insertText", { text: "日本" });
  await type(page, "!");
  const text = plain(await savedText(page));
  assert.match(text, /日本!/);
  assert.doesNotMatch(text, /に/);
});

test("a comment is written, read by the other, and answered", { skip }, async () => {
  const one = anna.page.pw;
  const two = ben.page.pw;
  await one.locator("#document-text").focus();
  await one.keyboard.press("Control+Home");
  await one.getByRole("button", { name: "New comment" }).click();
  await one.locator("#comment-new").fill("Is this right?");
  await one.locator("#comments").getByRole("button", { name: "Comment", exact: true }).click();
  await two.locator("#comments-toggle").click();
  const card = two.locator(".d-card", { hasText: "Is this right?" });
  await card.waitFor();
  assert.match((await card.textContent()) ?? "", /Anna Berger/);
  await card.getByRole("button", { name: "Reply" }).click();
  await two.locator("#comment-reply").fill("It is.");
  await card.getByRole("button", { name: "Reply" }).click();
  await one.locator(".d-card", { hasText: "It is." }).waitFor();
  await savedText(one);
  const comments = member(await bytesOf(anna, file), "word/comments.xml");
  assert.match(comments, /Is this right\?/);
  assert.match(comments, /It is\./);
});

test("tracked changes: each is listed, and one is rejected", { skip }, async () => {
  const page = anna.page.pw;
  const track = async () => {
    await page.locator("#tool-review").click();
    await page.locator("#track").click();
  };
  await track();
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+End");
  await type(page, " Doubtful");
  await page.locator("#tool-review").click();
  await page.locator("#changes").click();
  const card = page.locator("#changes-panel .d-card", { hasText: "Doubtful" });
  await card.waitFor();
  assert.match((await card.textContent()) ?? "", /Anna Berger/);
  await card.getByRole("button", { name: "Reject" }).click();
  await card.waitFor({ state: "detached" });
  await track();
  await page.locator("#changes-panel").getByRole("button", { name: "Close the panel" }).click();
  assert.doesNotMatch(plain(await savedText(page)), /Doubtful/);
});

test("what is copied is in the clipboard, by an operation, and pasted elsewhere", { skip }, async () => {
  const page = anna.page.pw;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Enter");
  await type(page, "Copyme");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("Control+c");
  await eventually("the clipboard", async () => {
    const text = await page.evaluate(() => navigator.clipboard.readText());
    return text.trim() === "Copyme" || undefined;
  });
  const copies = await server.search({ principal: anna.id, operation: "document.copy" });
  assert.ok(copies.length > 0);
  await page.keyboard.press("End");
  await type(page, " ");
  await page.keyboard.press("Control+v");
  await type(page, "!");
  assert.match(plain(await savedText(page)), /Copyme Copyme!/);
});

test("what is in sight, as text: it follows what is typed, and changes nothing", { skip }, async () => {
  const page = anna.page.pw;
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await page.locator("#text-view").click();
  const text = page.locator("#reading [role=document]");
  await text.filter({ hasText: "Copyme Copyme!" }).waitFor();
  await page.locator("#document-text").focus();
  await type(page, "Heard ");
  await text.filter({ hasText: "Heard" }).waitFor();
  // What the page's selection is stays: it is read by another one, whom nobody sees.
  await type(page, "so ");
  await text.filter({ hasText: "Heard so " }).waitFor();
  assert.equal(await ben.page.pw.locator(".d-caret-other").count(), 1);
  await page.locator("#reading").getByRole("button", { name: "Close the panel" }).click();
});

test("found and replaced, and told where nothing is", { skip }, async () => {
  const page = anna.page.pw;
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+f");
  await page.locator("#find-text").fill("nowhere to be found");
  await page.keyboard.press("Enter");
  await page.locator("#find-told", { hasText: "Nothing found" }).waitFor();
  await page.locator("#find-text").fill("Annasword");
  await page.locator("#find-next").click();
  await page.locator("#find-told", { hasText: /^Found$/ }).waitFor();
  await page.locator("#replace-text").fill("Exchanged");
  await page.locator("#replace-all").click();
  await page.locator("#find-close").click();
  const text = plain(await savedText(page));
  assert.doesNotMatch(text, /Annasword/);
  assert.match(text, /Exchanged/);
});

test("what was typed last is in the version that the last one's leaving makes", { skip }, async () => {
  const page = anna.page.pw;
  await ben.page.pw.goto(server.url("/app/files"));
  await page.locator("#people").waitFor({ state: "detached" });
  const { version }: Any = await anna.do("node.get", { node: file });
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await type(page, "Lastword ");
  await page.locator("#saved", { hasText: "Saving…" }).waitFor();
  await page.locator("#document-back").click();
  await page.waitForURL("**/app/files");
  await newVersion(anna, file, version);
  assert.match(plain(member(await bytesOf(anna, file), TEXT)), /Lastword /);
});

const menu = async (page: Driven, what: string) => {
  await page.locator("#document-file").click();
  await page.locator(what).click();
};

test("downloaded as PDF, as it is at that moment", { skip }, async () => {
  const page = await open(server, anna, file);
  const come = page.waitForEvent("download");
  await menu(page, "#file-as-pdf");
  const download = await come;
  assert.equal(download.suggestedFilename(), "Plan.pdf");
  const bytes = fs.readFileSync(await download.path());
  assert.equal(bytes.subarray(0, 5).toString(), "%PDF-");
  assert.ok((await server.search({ principal: anna.id, operation: "document.export" })).length > 0);
});

test("printed: each page is a picture on paper", { skip }, async () => {
  const page = anna.page.pw;
  await page.addInitScript(() => {
    // Nobody is at the browser's own window. In a sandbox there is but the word.
    window.print = () =>
      parent.postMessage({ printed: document.querySelectorAll("img.printed").length }, "*");
    addEventListener("message", ({ data }) => {
      const { printed } = data as { printed?: number };
      if (printed !== undefined) document.documentElement.dataset["printed"] = String(printed);
    });
  });
  await open(server, anna, file);
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+p");
  await page.locator("html[data-printed='1']").waitFor({ state: "attached" });
  await page.locator("#printing").waitFor({ state: "detached" });
  assert.ok((await server.search({ principal: anna.id, operation: "document.print" })).length > 0);
});

test("an older version is restored, and is what is open then", { skip }, async () => {
  const page = anna.page.pw;
  const before = await words(page);
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await type(page, "Withdrawn ");
  await counts(page, before + 1);
  await savedText(page);
  await type(page, "Regretted ");
  await counts(page, before + 2);
  // Not saved by hand: who restores loses nothing.
  await menu(page, "#file-versions");
  const panel = page.locator("#versions-panel");
  const first = panel.locator(".d-card").first();
  assert.match((await first.textContent()) ?? "", /Anna Berger/);
  await panel.locator(".d-card").nth(1).getByRole("button", { name: "Restore" }).click();
  await panel.waitFor({ state: "detached" });
  await page.locator("#document-words").waitFor();
  const text = plain(member(await bytesOf(anna, file), TEXT));
  assert.doesNotMatch(text, /Withdrawn|Regretted/);
  const { list }: Any = await anna.do("version.list", { file });
  assert.match(plain(member(await bytesOf(anna, file, list[1].id), TEXT)), /Regretted/);
  // What is open is what was restored, not what was open before.
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await type(page, "Afterwards ");
  const now = plain(await savedText(page));
  assert.match(now, /Afterwards/);
  assert.doesNotMatch(now, /Withdrawn|Regretted/);
});

test("what a view may not is disabled, and says why", { skip }, async () => {
  const dora = await User.enrol(server, browser, "dora", { name: "Dora Ellis" });
  for (const relation of ["see", "text"])
    await anna.do("share.grant", { node: file, principal: dora.id, relation });
  const page = await open(server, dora, file);
  await page.locator("#document-file").click();
  for (const one of ["#file-print", "#file-as-pdf", "#file-versions"])
    await page.locator(`${one}[aria-disabled=true]`, { hasText: /hasn't given|may see/ }).waitFor();
  assert.equal(await page.locator("#file-save").count(), 0);
  assert.deepEqual(dora.page.complaints, []);
});

test("who may only read sees it, and can change nothing", { skip }, async () => {
  const cora = await User.enrol(server, browser, "cora", { name: "Cora Diaz" });
  const { id: grant }: Any = await anna.do("share.grant", {
    node: file,
    principal: cora.id,
    relation: "read",
  });
  const page = await open(server, cora, file);
  await page.locator("#saved", { hasText: "View only" }).waitFor();
  assert.equal(await page.locator("#tool-Bold").count(), 0);
  await page.locator("#document-text").focus();
  await type(page, "intruder ");
  await page.keyboard.press("Control+f");
  await page.locator("#find-text").fill("intruder");
  await page.keyboard.press("Enter");
  await page.locator("#find-told", { hasText: "Nothing found" }).waitFor();
  await anna.do("share.revoke", { grant });
  await page.locator("#fault", { hasText: "You can't see this document any more" }).waitFor();
  assert.deepEqual(cora.page.complaints, []);
});

test("a sheet: a formula is typed, and what comes of it is shown and saved", { skip }, async () => {
  const page = anna.page.pw;
  await page.goto(server.url("/app/files"));
  await page.locator("#new").click();
  await page.locator("#new-sheet").click();
  await page.waitForURL("**/app/documents/*");
  const id = page.url().split("/").at(-1) ?? "";
  const { version }: Any = await anna.do("node.get", { node: id });
  await page.getByRole("tab", { name: "Sheet1" }).waitFor();
  await page.locator("#document-text").focus();
  for (const text of ["12", "30", "=A1+A2"]) {
    await type(page, text);
    await page.keyboard.press("Enter");
  }
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(
    () => (document.getElementById("cell-formula") as HTMLInputElement).value === "=A1+A2",
  );
  assert.equal(await page.locator("#cell-address").inputValue(), "A3");
  await page.locator("#cell-address").fill("C5");
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () => (document.getElementById("cell-address") as HTMLInputElement).value === "C5",
  );
  await page.locator("#cell-formula").fill("=A3*2");
  await page.keyboard.press("Enter");
  await page.locator("#sheet-new").click();
  await page.getByRole("tab", { name: "Sheet2" }).waitFor();
  await page.keyboard.press("Control+s");
  await newVersion(anna, id, version);
  const xml = member(await bytesOf(anna, id), "xl/worksheets/sheet1.xml");
  assert.match(xml, /<f[^>]*>A1\+A2<\/f><v>42<\/v>/);
  assert.match(xml, /<f[^>]*>A3\*2<\/f><v>84<\/v>/);
  const come = page.waitForEvent("download");
  await menu(page, "#file-as-csv");
  const csv = fs.readFileSync(await (await come).path(), "utf8");
  assert.deepEqual(csv.trim().split("\n").slice(0, 3), ["12,,", "30,,", "42,,"]);
});

test("a presentation: a blank one, with a title", { skip }, async () => {
  const page = anna.page.pw;
  await page.goto(server.url("/app/files"));
  await page.locator("#new").click();
  await page.locator("#new-slides").click();
  await page.waitForURL("**/app/documents/*");
  const id = page.url().split("/").at(-1) ?? "";
  const { version }: Any = await anna.do("node.get", { node: id });
  await page.getByRole("option", { name: "Slide 1" }).waitFor();
  const box = (await page.locator(".d-scroll").boundingBox()) ?? assert.fail("no slide");
  await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height * 0.35);
  await page.locator(".d-caret").waitFor();
  await type(page, "Harbour plan");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+s");
  await newVersion(anna, id, version);
  const xml = member(await bytesOf(anna, id), "ppt/slides/slide1.xml");
  assert.match(xml.replace(/<[^>]+>/g, ""), /Harbour plan/);
});

test("what isn't what its name says is told so, and can be downloaded", { skip }, async () => {
  const id = await upload(anna, "Not.docx", Buffer.from("nothing of the kind"));
  const page = anna.page.pw;
  await page.goto(server.url(`/app/documents/${id}`));
  await page.locator("#fault", { hasText: "something else than its name says" }).waitFor();
  await page.locator("#fault").getByRole("button", { name: "Download" }).waitFor();
});

test("under axe: all that the editor shows; each theme, and a phone", { skip }, async () => {
  const page = anna.page.pw;
  const wrong: string[] = [];
  const look = async (what: string) => {
    for (const { name, media } of THEMES) {
      await page.emulateMedia(media);
      await settled(page);
      const found = await check(page, name === "light" ? "all" : "colours");
      wrong.push(...found.map((one) => `${what} ${name}: ${one}`));
    }
    await page.emulateMedia(THEMES[0].media);
  };
  const world = { server } as World;
  const pages = documentPages(await makeDocuments(anna));
  for (const one of pages) {
    await visit(page, world, one);
    await look(one.name);
    for (const scene of one.scenes ?? []) {
      await visit(page, world, one, scene);
      await look(`${one.name} ${scene.name}`);
    }
  }
  // With what stands in it: cards of comments.
  await open(server, anna, file);
  await page.locator("#comments-toggle").click();
  await page.locator(".d-card").first().waitFor();
  await look("comments");
  await page.setViewportSize({ width: 390, height: 800 });
  for (const one of pages) {
    await visit(page, world, one);
    await look(`${one.name} on a phone`);
  }
  await page.setViewportSize({ width: 1000, height: 800 });
  assert.deepEqual(wrong, []);
});

test("a session that is over: signed in again over the page, and typing goes on", { skip }, async () => {
  const page = await open(server, anna, file);
  const before = await words(page);
  const { list }: Any = await anna.do("session.list", { principal: anna.id });
  const { id }: Any = list.find((one: { current: boolean }) => one.current);
  await anna.op("session.revoke", { session: id });
  await page.locator("#sign-in-again-passkey").click();
  await page.locator("#sign-in-again").waitFor({ state: "detached" });
  await page.locator("#lost").waitFor({ state: "detached" });
  await saved(page);
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await type(page, "Back ");
  await counts(page, before + 1);
});

test("a connection that is lost is said to be, and comes back by itself", { skip }, async () => {
  const page = await open(server, anna, file);
  const before = await words(page);
  server.killChild("core");
  await page.locator("#lost").waitFor();
  await page.locator("#lost").waitFor({ state: "detached" });
  await saved(page);
  await page.locator("#document-text").focus();
  await page.keyboard.press("Control+Home");
  await type(page, "Again ");
  await counts(page, before + 1);
  assert.deepEqual(anna.page.complaints, []);
  assert.deepEqual(ben.page.complaints, []);
});
