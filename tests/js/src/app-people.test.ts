// Administration in the web app, in Debian's Chromium against the real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let admin: User;
let page: Page; // of the administrator

const PEOPLE = "/app/people";

before(async () => {
  server = await Server.start("app-people");
  browser = await Browser.start();
  admin = await User.enrol(server, browser, "alma");
  await grant(admin.id, "user_admin");
  page = admin.page;
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const grant = (principal: string, relation: string, more = {}): Promise<Any> =>
  server.op("role.grant", { principal, relation, ...more });

const op = (name: string, args: object): Promise<Any> => admin.op(name, args);

const button = (name: string, of = page) =>
  of.pw.getByRole("button", { name, exact: true });
const field = (name: string, of = page) => of.pw.getByLabel(name, { exact: true });
const dialog = (of = page) => of.pw.getByRole("dialog");
const inDialog = (name: string, of = page) =>
  dialog(of).getByRole("button", { name, exact: true });
const row = (name: string, of = page) =>
  of.pw.getByRole("row").filter({ hasText: name });
const tells = (text: string | RegExp, of = page) =>
  of.pw.locator(".notices").getByText(text).waitFor();

/** Something that needs a confirmation is confirmed, if it is asked for. */
async function confirmed(of: Page, until: () => Promise<void>): Promise<void> {
  const asked = of.pw.locator("#step-up-passkey");
  let over = false;
  const watch = (async () => {
    await asked.waitFor({ timeout: 0 }).catch(() => undefined);
    if (!over) await asked.click();
  })();
  await until();
  over = true;
  void watch;
}

test("people are added and invited, and the link is shown once", async () => {
  await page.goto(server.url(PEOPLE));
  await page.pw.getByRole("grid", { name: "People" }).waitFor();
  await row("alma").waitFor();
  await page.picture("people-list-first");
  await button("Add somebody").click();
  await page.picture("people-add");
  await field("Name").fill("Berta Braun");
  await field("Name to sign in by").fill("berta");
  await inDialog("Add and invite").click();
  await confirmed(page, () => page.pw.locator("#invitation").waitFor());
  const link = await page.pw.locator("#invitation").inputValue();
  assert.match(link, /^http:\/\/localhost:\d+\/enrol#chy_/);
  await page.picture("people-invited");
  await inDialog("Done").click();
  await row("Berta Braun").waitFor();
  assert.deepEqual(page.complaints, []);
});
