// What goes wrong around the web app: no network, a server that starts again, a core
// that dies, a session that is over, a right that is withdrawn, a full disk, an error
// of ours. Each shows in plain words, nothing that was typed or sent is lost, and the
// page goes on by itself.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Page as Driven, Request } from "playwright-core";

import { Browser } from "./browser.js";
import { BIN, eventually, ROOT, runProgram, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let anna: User;
let page: Driven;
let home: string;
let token: string;

before(async () => {
  server = await Server.start("app-faults");
  browser = await Browser.start();
  anna = await User.enrol(server, browser, "anna", { name: "Anna Berger" });
  ({ home } = await anna.do("session.get", {}));
  // Of hers, and not the browser's.
  token = (await anna.do("app_password.issue", { label: "test" })).secret;
  await anna.do("folder.create", { parent: home, name: "Plans" });
  page = anna.page.pw;
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const shows = (text: string, of = page): Promise<void> =>
  of.getByText(text, { exact: false }).first().waitFor();
const item = (name: string, of = page) => of.locator(".item").filter({ hasText: name });
const gone = (selector: string): Promise<void> =>
  page.locator(selector).waitFor({ state: "detached" });

const open = async (where = "/app/files", of = page): Promise<void> => {
  await of.goto(server.url(where));
  await of.locator("#list").waitFor();
};
beforeEach(async () => {
  await page.context().setOffline(false);
  await page.unroute("**/jmap/api");
  await open();
  // What is fetched when nothing else is to be done.
  await page.waitForFunction(() => {
    const names = performance.getEntriesByType("resource").map(({ name }) => name);
    return ["questions", "uploads-panel", "step-up"].every((part) =>
      names.some((name) => name.includes(`/assets/${part}`)),
    );
  });
});

/** What the server knows, whatever the page shows. */
async function names(folder = home): Promise<string[]> {
  const { list } = await server.op("folder.list", { folder }, { token });
  return list.map((one: { name: string }) => one.name).sort();
}

async function askNewFolder(name: string): Promise<void> {
  await page.locator("#new").click();
  await page.locator("#new-folder").click();
  await page.locator("#ask-name #name").fill(name);
  await page.keyboard.press("Enter");
}

const upload = (name: string, text: string): Promise<void> =>
  page
    .locator("#upload-files")
    .setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });

/** Ends the browser's session, as from another device. */
async function endSession(): Promise<void> {
  const { list } = await anna.do("session.list", { principal: anna.id });
  const { id } = list.find((one: { current: boolean }) => one.current);
  await anna.op("session.revoke", { session: id });
}

test("without a network: said so, what is done waits, and goes on when it is back", async () => {
  await page.context().setOffline(true);
  await page.locator("#away").waitFor();
  await askNewFolder("Made offline");
  await upload("Sent offline.txt", "All of it.\n");
  assert.deepEqual(await names(), ["Plans"]);
  await page.context().setOffline(false);
  await gone("#away");
  await item("Made offline").waitFor();
  await item("Sent offline.txt").waitFor();
  assert.deepEqual(await names(), ["Made offline", "Plans", "Sent offline.txt"]);
});

test("a page that can't be asked for anything is waited for, not left", async () => {
  await page.context().setOffline(true);
  await page.locator("#away").waitFor();
  await page.getByRole("link", { name: "Trash" }).click();
  await page.getByRole("heading", { name: "Trash" }).waitFor();
  await page.context().setOffline(false);
  await shows("The trash is empty.");
});

test("a server that starts again: the page finds it, and what changed meanwhile", async () => {
  const { http, https } = server;
  server.signal("SIGTERM");
  await server.exited();
  await page.locator("#away").waitFor();
  await item("Plans").locator("input").click();
  await page.locator("#list").focus();
  await page.keyboard.press("F2");
  await page.locator("#rename").fill("Plans of May");
  await page.keyboard.press("Enter");
  server.configure({ http_port: http, https_port: https });
  await server.run();
  await gone("#away");
  await eventually("the new name", async () =>
    (await names()).includes("Plans of May") || undefined,
  );
  await server.op("folder.create", { parent: home, name: "From afar" }, { token });
  await item("From afar").waitFor();
  await item("Plans of May").waitFor();
});

test("a core that dies is nothing to see, or a moment's wait", async () => {
  server.killChild("core");
  await askNewFolder("Despite it");
  await item("Despite it").waitFor();
  assert.ok((await names()).includes("Despite it"));
});

test("a core that dies while it is asked is asked again when it is back", async () => {
  const [core] = server.children("core");
  assert(core !== undefined);
  process.kill(core, "SIGSTOP");
  const asked = page.waitForRequest((one) => (one.postData() ?? "").includes("folder.create"));
  await askNewFolder("In between");
  await asked;
  process.kill(core, "SIGKILL");
  await item("In between").waitFor();
  assert.equal((await names()).filter((name) => name === "In between").length, 1);
});

test("what takes long says so", async () => {
  const [core] = server.children("core");
  assert(core !== undefined);
  process.kill(core, "SIGSTOP");
  try {
    await page.getByRole("link", { name: "Trash" }).click();
    await page.locator("#slow, #away").first().waitFor();
  } finally {
    process.kill(core, "SIGCONT");
  }
  await shows("The trash is empty.");
  await gone("#slow");
});

test("a session that is over while one types: a dialog, and what was typed is done", async () => {
  await item("Despite it").locator("input").click();
  await page.locator("#list").focus();
  await page.keyboard.press("F2");
  await page.locator("#rename").fill("Typed meanwhile");
  await endSession();
  await page.locator("#ended").waitFor();
  assert.equal(await page.locator("#rename").inputValue(), "Typed meanwhile");
  await page.keyboard.press("Enter");
  await page.locator("#sign-in-again").waitFor();
  await anna.page.picture("app-sign-in-again");
  await page.locator("#sign-in-again-passkey").click();
  await gone("#sign-in-again");
  await gone("#ended");
  await item("Typed meanwhile").waitFor();
  await eventually("the name", async () =>
    (await names()).includes("Typed meanwhile") || undefined,
  );
  assert.equal(await page.evaluate("location.pathname"), "/app/files");
});

test("an upload whose session is over goes on in the next one", async () => {
  await endSession();
  await page.locator("#ended").waitFor();
  await upload("Sent later.txt", "Later.\n");
  await page.locator("#sign-in-again-passkey").click();
  await item("Sent later.txt").waitFor();
  assert.ok((await names()).includes("Sent later.txt"));
});

test("who doesn't sign in again keeps the page, and is asked at the next thing", async () => {
  await endSession();
  await page.locator("#ended").waitFor();
  await page.getByRole("link", { name: "Trash" }).click();
  await page.locator("#sign-in-again").getByRole("button", { name: "Cancel" }).click();
  await gone("#sign-in-again");
  await page.locator("#ended button").click();
  await page.locator("#sign-in-again-passkey").click();
  await gone("#ended");
  await page.getByRole("link", { name: "My files", exact: true }).click();
  await item("Typed meanwhile").waitFor();
});

test("a right that is withdrawn while its folder is open", async () => {
  const ben = await User.enrol(server, browser, "ben");
  const folder = (await anna.do("folder.create", { parent: home, name: "For ben" })).id;
  await anna.do("folder.create", { parent: folder, name: "Inside" });
  const right = { node: folder, principal: ben.id, relation: "edit" };
  const { id: grant } = await anna.do("share.grant", right);
  const his = ben.page.pw;
  await his.goto(server.url(`/app/files/${folder}`));
  await item("Inside", his).waitFor();
  await anna.do("share.revoke", { grant });
  await item("Inside", his).locator("a").click();
  await shows("This isn't there any more, or not for you.", his);
  assert.equal(await his.locator(".item").count(), 0);
  await his.getByRole("link", { name: "Shared" }).click();
  await shows("Nobody has shared anything with you yet.", his);
  assert.deepEqual(ben.page.complaints, []);
});

test("a full disk: uploads wait for room, deleting goes on", async () => {
  server.configure({ full_bytes: "1T" });
  server.signal("SIGHUP");
  await eventually("that it is full", async () => {
    const made = await anna.op("folder.create", { parent: home, name: "Probe" });
    if (made.ok) await anna.do("node.trash", { node: made.id });
    return made.code === "FULL" || undefined;
  });
  await upload("Large.txt", "Much.\n");
  await page.locator("#full").waitFor();
  await anna.page.picture("app-full");
  let asked = 0;
  const count = (one: Request) => {
    if ((one.postData() ?? "").includes("No room")) asked++;
  };
  page.on("request", count);
  await askNewFolder("No room");
  await shows("The server's storage is nearly full.");
  page.off("request", count);
  assert.equal(asked, 1);
  server.configure({ full_bytes: null });
  server.signal("SIGHUP");
  await item("Large.txt").waitFor();
  await gone("#full");
});

test("an error of the server has a number, which its operational log knows", async () => {
  await page.route("**/jmap/api", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({
      response: answer,
      status: 500,
      contentType: "application/problem+json",
      body: "{}",
    });
  });
  await askNewFolder("Unsure");
  const notice = page.locator(".notice");
  await notice.waitFor();
  assert.match(await notice.innerText(), /The server answered 500\. Quote number \d+-\d+ /);
  await page.unroute("**/jmap/api");
});

test("a page that breaks says so, and is loaded anew", async () => {
  await page.route("**/jmap/api", async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    await route.fulfill({ response: answer, body: text.replaceAll('"name":', '"nom":') });
  });
  await page.getByRole("link", { name: "Trash" }).click();
  await page.goto(server.url("/app/files"));
  await page.getByRole("heading", { name: "Something in this page is broken" }).waitFor();
  await anna.page.picture("app-broken");
  await page.unroute("**/jmap/api");
  await page.getByRole("button", { name: "Load the page anew" }).click();
  await item("Typed meanwhile").waitFor();
});

/** The same app without what shows PDFs, and each part of it has another name. */
async function newerPack(): Promise<string> {
  const from = path.join(ROOT, "web/app/dist");
  const to = path.join(server.folder, "newer");
  const pack = path.join(server.folder, "newer.pack");
  const assets = fs.readdirSync(path.join(from, "assets"));
  const renamed = assets.map((name) => [name, name.replace(/(\.\w+)$/, "0$1")] as const);
  const anew = (text: string) =>
    renamed.reduce((all, [was, is]) => all.replaceAll(was, is), text);
  fs.mkdirSync(path.join(to, "assets"), { recursive: true });
  for (const name of fs.readdirSync(from, { recursive: true, encoding: "utf8" })) {
    const file = path.join(from, name);
    if (fs.statSync(file).isDirectory() || /pdf-|\.(bcmap|pfb|ttf|wasm)$/.test(name)) continue;
    const isText = /\.(js|css|html)$/.test(name);
    const made = path.join(to, anew(name));
    fs.mkdirSync(path.dirname(made), { recursive: true });
    if (isText) fs.writeFileSync(made, anew(fs.readFileSync(file, "utf8")));
    else fs.copyFileSync(file, made);
  }
  const { status, stderr } = await runProgram(path.join(BIN, "packgen"), [pack, to]);
  assert.equal(status, 0, stderr);
  return pack;
}

test("a newer app is taken on when somebody goes on", async () => {
  await page.evaluate("window.same = true");
  server.configure({ web_app: await newerPack() });
  server.signal("SIGHUP");
  await eventually("the newer app", async () => {
    const { body } = await server.ask("/app/");
    return /index-[\w-]+0\.js/.test(body.toString()) || undefined;
  });
  await item("Typed meanwhile").waitFor();
  assert.equal(await page.evaluate("window.same"), true);
  await page.getByRole("link", { name: "Security" }).click();
  await page.getByRole("heading", { name: "My security" }).waitFor();
  assert.equal(await page.evaluate("window.same"), undefined);
  assert.equal(await page.evaluate("location.pathname"), "/app/security");
});

test("nothing of that has broken the content policy or thrown", () => {
  // Of the older app nothing is there any more, and what says so is no style.
  const of = /^Refused to apply style from '[^']*\/assets\/[^']*' because its MIME type/;
  const others = anna.page.complaints.filter((text) => !of.test(text));
  assert.deepEqual(others, []);
});
