// The first ten minutes, in Debian's Chromium against the real server: the first
// administrator sets up, people enrol and sign in, and strangers open links.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { Server } from "./server.js";

let server: Server;
let browser: Browser;
let page: Page; // the first administrator's

before(async () => {
  server = await Server.start("app-start");
  browser = await Browser.start();
  page = await browser.page();
  await page.addAuthenticator();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const heading = (text: string | RegExp, of = page) =>
  of.pw.getByRole("heading", { level: 1, name: text });
const button = (name: string | RegExp, of = page) =>
  of.pw.getByRole("button", { name });

/** The token of the installation ends: what else looks at the server has its own. */
async function ownToken(): Promise<void> {
  const watcher = await server.principal("watcher");
  for (const relation of ["log_reader", "operator", "user_admin"])
    await server.op("role.grant", { principal: watcher.id, relation });
  server.token = watcher.token;
}

test("who follows the link of the terminal becomes the first administrator", async () => {
  const ceremony = server.token;
  await ownToken();
  await page.pw.goto(server.url(`/setup#${ceremony}`));
  await heading("Set up Chancery").waitFor();
  // The token is in no history, and in no log.
  assert.equal(page.pw.url(), server.url("/app/setup"));
  assert.equal(await page.text("address"), server.url(""));
  await page.picture("start-address");
  await button(/try it out/).click();
  await heading("Who are you?").waitFor();
  await page.pw.getByLabel("Your name").fill("Anna Berg");
  await page.pw.getByLabel("Name to sign in by").fill("anna");
  await page.picture("start-you");
  await page.pw.keyboard.press("Enter");
  await heading("Welcome, Anna Berg").waitFor();
  await page.picture("start-passkey");
  await button("Make a passkey").click();
  await heading("Keep these codes").waitFor();
  await page.picture("start-codes");
  assert.equal((await page.text("codes")).split("\n").length, 10);
  await page.pw.getByLabel(/where only I find them/).check();
  await button("Go on").click();
  await page.isAt("/app/start");
  assert.equal((await server.ask("/jmap/session", { token: ceremony })).status, 401);
  assert.deepEqual(page.complaints, []);
});
