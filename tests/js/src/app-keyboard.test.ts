// A round of work at the web app by keyboard alone: after each step the focus is
// seen, and where a person expects it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { Browser } from "./browser.js";
import { eventually, Server } from "./server.js";
import { User } from "./user.js";

const TABS_MAX = 40;

let server: Server;
let browser: Browser;
let anna: User;
let page: Driven;

before(async () => {
  server = await Server.start("app-keyboard");
  browser = await Browser.start();
  anna = await User.enrol(server, browser, "anna");
  page = anna.page.pw;
  const { home } = await anna.do("session.get", {});
  await anna.do("folder.create", { parent: home, name: "Plans" });
  await page.goto(server.url("/app/files"));
  await page.locator(".item").waitFor();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const key = (name: string): Promise<void> => page.keyboard.press(name);

/** Whether somebody sees where the focus is: on it, or on the row that it stands for. */
const isSeen = (): Promise<boolean> =>
  page.evaluate(() => {
    const { activeElement } = document;
    const row = activeElement?.getAttribute("aria-activedescendant");
    const element = row ? document.getElementById(row) : activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return false;
    // Fluent draws it on the field around an input, or behind a button.
    for (let at: Element | null = element, up = 0; at !== null && up < 3; at = at.parentElement, up++)
      for (const part of [null, "::after", "::before"]) {
        const { outlineStyle, outlineWidth, boxShadow, borderBottomWidth, content } =
          getComputedStyle(at, part);
        if (outlineStyle !== "none" && outlineWidth !== "0px") return true;
        if (boxShadow !== "none") return true;
        if (part !== null && content !== "none" && borderBottomWidth !== "0px") return true;
      }
    return false;
  });

/** Goes on by Tab until the focus is on what the selector finds. */
async function tabTo(selector: string): Promise<void> {
  for (let n = 0; n < TABS_MAX; n++) {
    await key("Tab");
    if (await page.evaluate((one) => document.activeElement?.matches(one), selector)) {
      assert.ok(await isSeen(), `the focus on ${selector} is seen`);
      return;
    }
  }
  assert.fail(`no way to ${selector}`);
}

const focusIs = (selector: string): Promise<boolean> =>
  eventually(`the focus on ${selector}`, async () =>
    (await page.evaluate((one) => document.activeElement?.matches(one), selector)) || undefined,
  );
const row = (name: string) => page.locator(".item").filter({ hasText: name });

test("the first stop leads past what is on each page", async () => {
  await key("Tab");
  await focusIs(".skip");
  assert.ok(await isSeen());
});

test("a folder is made: the focus goes into the dialog, and comes back", async () => {
  await tabTo("#new");
  await key("Enter");
  await focusIs("#new-folder");
  await key("Enter");
  await focusIs("#name");
  await page.keyboard.type("Made by keys");
  await key("Enter");
  await row("Made by keys").waitFor();
  await page.locator("#ask-name").waitFor({ state: "detached" });
});

test("the list is walked, and a name changed in place", async () => {
  await page.locator("#new").focus();
  await tabTo("#list");
  await key("Home");
  await row("Made by keys").and(page.locator(".chosen")).waitFor();
  await key("F2");
  await focusIs("#rename");
  await page.keyboard.type("Renamed by keys");
  await key("Enter");
  await row("Renamed by keys").waitFor();
  await focusIs("#list");
  assert.ok(await isSeen());
});

test("Tab leaves the commands in one step, arrows walk them", async () => {
  await page.locator("#new, #share").first().focus();
  const before = await page.evaluate("document.activeElement.id");
  await key("ArrowRight");
  assert.notEqual(await page.evaluate("document.activeElement.id"), before);
  await key("Tab");
  assert.equal(await page.evaluate("document.activeElement.closest('.commands')"), null);
  await key("Shift+Tab");
  assert.notEqual(await page.evaluate("document.activeElement.closest('.commands')?.id"), undefined);
});

test("sharing opens and closes by keys", async () => {
  await page.locator("#list").focus();
  await page.locator("#share").focus();
  await key("Enter");
  await page.locator("#share-dialog #who li").waitFor();
  assert.ok(await page.evaluate("document.activeElement.closest('#share-dialog') !== null"));
  await key("Escape");
  await page.locator("#share-dialog").waitFor({ state: "detached" });
});

test("thrown away and brought back", async () => {
  await page.locator("#list").focus();
  await key("Home");
  await row("Plans").and(page.locator(".chosen")).waitFor();
  await key("Delete");
  await row("Plans").waitFor({ state: "detached" });
  await focusIs("#list");
  await tabTo(".notice button:not([aria-label])");
  await key("Enter");
  await row("Plans").waitFor();
});

test("one goes into a folder and out again", async () => {
  await page.locator("#list").focus();
  await key("Home");
  await key("Enter");
  await page.getByText("Nothing here yet.").waitFor();
  await page.locator("#list").focus();
  await key("Backspace");
  await row("Plans").waitFor();
});

test("signed out by keys", async () => {
  await page.locator("#search").focus();
  await tabTo("#me");
  await key("Enter");
  await page.locator("#sign-out").waitFor();
  await key("End");
  await focusIs("#sign-out");
  await key("Enter");
  await page.waitForURL("**/app/sign-in");
  assert.deepEqual(anna.page.complaints, []);
});
