// What one signs in with and where one is signed in, as one's own page has it.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, Server } from "./server.js";
import { codeOf } from "./totp.js";
import { User } from "./user.js";

const PASSWORD = "nine blue kettles whistle";

let server: Server;
let browser: Browser;
let anna: User;
let page: Page;
let seed = "";

before(async () => {
  server = await Server.start("app-security");
  browser = await Browser.start();
  anna = await User.enrol(server, browser, "anna");
  page = anna.page;
  await page.goto(server.url("/app/security"));
  await page.pw.getByRole("heading", { level: 1, name: "My security" }).waitFor();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const button = (name: string | RegExp, of = page) => of.pw.getByRole("button", { name });
const dialog = () => page.pw.getByRole("dialog");
const rows = (of: string) => page.pw.locator(`#${of} li`);
const has = (text: string | RegExp, of = page) => of.pw.getByText(text).first().waitFor();
const isFocused = (selector: string) =>
  page.until(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`, selector);

/** The credentials of that kind that live, as the server has them. */
async function live(kind: string): Promise<Any[]> {
  const { list } = await anna.do("credential.list", { principal: anna.id });
  return list.filter((one: Any) => one.kind === kind && !one.ended && !one.pending);
}

/** Signed in by a password and the code of so many steps from now. */
async function signIn(steps: number): Promise<Page> {
  const other = await browser.page();
  await other.pw.goto(server.url("/app/sign-in"));
  await other.pw.getByLabel("Name").fill("anna");
  await other.pw.getByLabel("Password").fill(PASSWORD);
  await other.pw.getByLabel("Code").fill(codeOf(seed, steps));
  await other.pw.keyboard.press("Enter");
  await other.pw.locator("#new, #wrong").waitFor();
  assert.equal(await other.pw.locator("#wrong").count(), 0);
  return other;
}

test("a device that has a passkey of hers gets no other one", async () => {
  await page.pw.locator("#passkey-add").click();
  await page.pw.locator("#asking input[name=label]").fill("The same once more");
  await page.pw.keyboard.press("Enter");
  await dialog().getByText("This device holds a passkey for you already.").waitFor();
  await page.pw.keyboard.press("Escape");
  await dialog().waitFor({ state: "detached" });
  const [only, ...others] = await live("passkey");
  assert.equal(only.label, "My passkey");
  assert.deepEqual(others, []);
  assert.deepEqual(page.complaints, []);
});

test("a passkey of another device is added by keyboard, and taken away", async () => {
  // Another device's authenticator takes the place of the first one.
  await page.ask("WebAuthn.disable");
  await page.ask("WebAuthn.enable");
  await page.addAuthenticator();
  await page.pw.locator("#passkey-add").focus();
  await page.pw.keyboard.press("Enter");
  await isFocused("#asking input");
  await page.pw.keyboard.press("Control+A");
  await page.pw.keyboard.type("Key on the ring");
  await page.pw.keyboard.press("Enter");
  await has("The passkey is added");
  await rows("passkeys").nth(1).waitFor();
  await dialog().waitFor({ state: "detached" });
  assert.equal((await live("passkey")).length, 2);
  // What it had opened ends with it, this session too.
  await button("Remove My passkey").click();
  await dialog().getByRole("button", { name: "Remove" }).click();
  await page.pw.locator("#ended button").click();
  await page.pw.locator("#sign-in-again-passkey").click();
  await page.pw.locator("#sign-in-again").waitFor({ state: "detached" });
  await has("Key on the ring");
  await rows("passkeys").nth(1).waitFor({ state: "detached" });
  const [left] = await live("passkey");
  assert.equal(left.label, "Key on the ring");
  assert.deepEqual(page.complaints, []);
});

test("a password and an authenticator app are set up, and let one in together", async () => {
  await button("Set a password").click();
  await dialog().getByLabel("New password").fill("password123");
  await page.pw.keyboard.press("Enter");
  await has(/too easily guessed/);
  await dialog().getByLabel("New password").fill(PASSWORD);
  await page.pw.keyboard.press("Enter");
  await has("The password is set");
  await button("Set up an authenticator app").click();
  await dialog().getByRole("img", { name: /QR code/ }).waitFor();
  seed = (await page.text("seed")).replaceAll(" ", "");
  await page.picture("security-app");
  await dialog().getByRole("textbox", { name: "Code" }).fill(codeOf(seed, -1));
  await page.pw.keyboard.press("Enter");
  await has("The authenticator app works");
  assert.equal((await live("totp")).length, 1);

  const other = await signIn(0);
  await page.pw.reload();
  await rows("sessions").nth(1).waitFor();
  await page.picture("security");
  // Ended from here, it is asked to sign in again by what it does next.
  await button(/End the session of Chrome/).click();
  await rows("sessions").nth(1).waitFor({ state: "detached" });
  await other.pw.getByRole("link", { name: "Trash" }).click();
  await other.pw.locator("#sign-in-again").waitFor();
  assert.deepEqual(other.complaints, []);

  const again = await signIn(1);
  await page.pw.reload();
  await rows("sessions").nth(1).waitFor();
  await button("Sign out everywhere else").click();
  await has("1 session ended");
  await again.pw.getByRole("link", { name: "Trash" }).click();
  await again.pw.locator("#sign-in-again").waitFor();
  assert.deepEqual(again.complaints, []);
  assert.deepEqual(page.complaints, []);
});

test("new recovery codes are shown once, copied and kept in a file", async () => {
  await page.pw.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await has("10 codes are left");
  const before = (await live("recovery")).map((one) => one.id);
  await button("Make new recovery codes").click();
  await page.isShown("codes");
  const codes = await page.text("codes");
  assert.equal(codes.split("\n").length, 10);
  await button("Copy").click();
  await has("The codes are copied");
  assert.equal(await page.value("navigator.clipboard.readText()"), codes);
  const download = page.pw.waitForEvent("download");
  await button("Download").click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "chancery-recovery-codes.txt");
  const text = fs.readFileSync(await file.path(), "utf8");
  assert.match(text, /^Recovery codes of anna for Chancery at http:\/\/localhost:\d+\./);
  assert.ok(text.endsWith(`\n\n${codes}\n`));
  // The codes before them have ended.
  const now = (await live("recovery")).map((one) => one.id);
  assert.equal(now.length, 10);
  assert.deepEqual(now.filter((id) => before.includes(id)), []);
  await page.pw.reload();
  await has("10 codes are left");
  assert.equal(await page.pw.locator("#codes").count(), 0);
  assert.deepEqual(page.complaints, []);
});

test("an app password opens files, until it is taken away", async () => {
  await button("Make an app password").click();
  await dialog().getByLabel("What is it for?").fill("Scanner");
  await page.pw.keyboard.press("Enter");
  await page.isShown("app-secret");
  const token = await page.text("app-secret");
  await page.picture("security-app-password");
  const list = () => server.ask("/files/", { token });
  assert.equal((await list()).status, 200);
  await button("Remove Scanner").click();
  await dialog().getByRole("button", { name: "Remove" }).click();
  await has("“Scanner” is removed");
  assert.equal((await list()).status, 401);
  assert.equal((await live("app_password")).length, 0);
  assert.deepEqual(page.complaints, []);
});
