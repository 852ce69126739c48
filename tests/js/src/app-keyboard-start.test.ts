// The pages of who isn't signed in, by keyboard alone: an invitation becomes a passkey,
// or a password with an authenticator app, and a link is opened.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { makeWorld, type World } from "./app-world.js";
import { Browser, type Page } from "./browser.js";
import { Keyboard, steps } from "./keyboard.js";
import { Server } from "./server.js";
import { codeOf } from "./totp.js";

const PASSWORD = "nine blue kettles whistle";

let server: Server;
let browser: Browser;
let world: World;
let page: Page;
let keys: Keyboard;

const step = steps();

before(async () => {
  server = await Server.start("app-keyboard-start");
  browser = await Browser.start();
  world = await makeWorld(server, browser);
  await server.ownToken();
  page = await browser.page();
  await page.addAuthenticator();
  keys = new Keyboard(page.pw);
});
after(async () => {
  await browser.stop();
  await server.stop();
});

/** Types an invitation of somebody new. */
async function invited(login: string): Promise<void> {
  const { invitation } = await server.invite(login);
  await page.pw.context().clearCookies();
  await page.goto(server.url("/app/enrol"));
  await keys.tabTo("#secret");
  await keys.type(invitation);
  await keys.press("Enter");
  await keys.shows("#passkey");
  await keys.isIn("h1");
}

/** The recovery codes are kept, and one is in. */
async function keepsCodes(): Promise<void> {
  await keys.shows("#codes");
  await keys.isIn("h1");
  await keys.tabTo("#kept");
  await keys.press("Space");
  await page.pw.locator("#kept-go:enabled").waitFor();
  await keys.go("#kept-go");
  await page.isAt("/app/home");
  await keys.isIn("#main");
}

step("an invitation becomes a passkey", async () => {
  await invited("clara");
  await keys.go("#passkey");
  await keepsCodes();
});

step("another one a password and an authenticator app", async () => {
  await invited("doris");
  await keys.go("#other");
  await keys.shows("#set");
  await keys.isIn("h1");
  await keys.tabTo("#password");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await keys.shows("#seed");
  await keys.isIn("h1");
  const seed = (await page.text("seed")).replaceAll(" ", "");
  await keys.tabTo("#code");
  await keys.type(codeOf(seed, -1));
  await keys.press("Enter");
  await keys.shows("#codes, #next-code");
  if ((await page.pw.locator("#next-code").count()) > 0) {
    await keys.tabTo("#next-code");
    await keys.type(codeOf(seed, 0));
    await keys.press("Enter");
  }
  await keepsCodes();
});

/** The secret of a link to that. */
async function linkTo(name: string, more = {}): Promise<string> {
  const args = { node: world.nodes[name], relation: "read", ...more };
  return (await world.anna.do("link.make", args)).secret;
}

step("a link to a folder: into it, out of it, and a file is taken along", async () => {
  await page.goto(server.url(`/app/link#${await linkTo("Projects")}`));
  await keys.shows("#files li");
  await keys.go("#files .into");
  await keys.shows("#empty");
  await keys.isIn("h1");
  await keys.go("#above button", "Shift+Tab");
  await keys.shows("#files a[download]");
  await keys.isIn("h1");
  const download = page.pw.waitForEvent("download");
  await keys.go("#files a[download]");
  assert.equal((await download).suggestedFilename(), "Plan.txt");
  await keys.isAt("#files a[download]");
});

step("a link with a password", async () => {
  const secret = await linkTo("Minutes.txt", { password: PASSWORD });
  await page.goto(server.url("/app/sign-in"));
  await page.goto(server.url(`/app/link#${secret}`));
  await keys.tabTo("#password");
  await keys.type("not this one");
  await keys.press("Enter");
  await keys.shows("#wrong");
  await keys.isAt("*:not(body)");
  if (!(await keys.look("#password")).there) await keys.tabTo("#password");
  await keys.press("Control+A");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await keys.shows("#download");
  await keys.isIn("h1");
  await keys.tabTo("#download");
  assert.deepEqual(page.complaints, []);
});
