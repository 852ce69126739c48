// Administration by keyboard alone: people and what they may, units, apps, policy,
// canaries, and many by a table. After each step the focus is seen, and where a person
// expects it.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { makeWorld } from "./app-world.js";
import { Browser, type Page } from "./browser.js";
import { everywhere, Keyboard, steps } from "./keyboard.js";
import { eventually, Server } from "./server.js";

let server: Server;
let browser: Browser;
let page: Page;
let keys: Keyboard;

const step = steps();

before(async () => {
  server = await Server.start("app-keyboard-people");
  browser = await Browser.start();
  ({ page } = (await makeWorld(server, browser)).anna);
  keys = new Keyboard(page.pw);
  await server.ownToken();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const has = (text: string | RegExp) => page.pw.getByText(text).first().waitFor();

/** To another part of the administration. */
async function tab(path: string, ready: string): Promise<void> {
  await keys.go(`.p-tabs a[href="${path}"]`, "Shift+Tab");
  await keys.shows(ready);
}

/** In a dialog that asks who: found by name, chosen by arrows. */
async function pick(name: string): Promise<void> {
  await keys.isAt("#asking #who");
  await keys.type(name);
  await keys.shows("[role=option]:not([aria-disabled=true])");
  await keys.press("ArrowDown", "Enter");
  await page.pw.locator("#asking [type=submit]:enabled").waitFor();
}

/** Does what the dialog asks, and is back at what opened it. */
async function answer(back: string): Promise<void> {
  await keys.go("#asking [type=submit]");
  await keys.gone("#asking");
  await keys.isAt(back);
}

step("one is added, and the link for them given", async () => {
  await page.goto(server.url("/app/files"));
  await keys.shows(".item");
  await keys.goTo("/app/people", "main .p-item");
  await keys.tabTo("#add");
  await keys.press("Enter");
  await keys.isIn("#asking");
  await keys.tabTo("#asking input[name=name]");
  await keys.type("Carla Costa");
  await keys.press("Tab");
  await keys.isAt("#asking input[name=login]");
  await keys.type("carla");
  await keys.press("Enter");
  await keys.shows("#invitation");
  await keys.isIn("#shown");
  await keys.tabTo("#shown .fui-DialogActions button");
  await keys.press("Enter");
  await keys.gone("#shown");
  await keys.isAt("#add");
});

step("the keys that are listed are those that work", async () => {
  const rows = page.pw.locator(".p-item");
  const active = (n: number) => page.pw.locator(`.p-item.active[aria-rowindex="${n + 2}"]`).waitFor();
  const chosen = (count: number) =>
    eventually(`${count} chosen`, async () =>
      (await page.pw.locator(".p-item.chosen").count()) === count || undefined,
    );
  await keys.doAsListed({
    ...everywhere(keys),
    "Tables: Go through them": async (key) => {
      await keys.press("Home", "ArrowDown", key);
      await active(key === "ArrowDown" ? 2 : 0);
    },
    "Tables: To the first or last": async (key) => {
      await keys.press(key);
      await active(key === "Home" ? 0 : (await rows.count()) - 1);
    },
    "Tables: Open": async (key) => {
      await keys.press("Home", key);
      await keys.shows("#storage .hint");
      await keys.isIn("#main");
      await keys.tabTo(".p-tabs a[href='/app/people']", "Shift+Tab");
      await keys.press("Enter");
      await keys.shows(".p-item");
      await keys.tabTo("#people");
    },
    "Selecting people: Select or leave out": async (key) => {
      await keys.press("Home", key);
      await chosen(1);
      await keys.press(key);
      await chosen(0);
    },
    "Selecting people: Select up to there": async (key) => {
      await keys.press("Home", "ArrowDown", "Space", key);
      await chosen(2);
      await keys.press("Escape");
    },
    "Selecting people: Select all": async (key) => {
      await keys.press(key);
      await chosen(await rows.count());
    },
    "Selecting people: Select nothing": async (key) => {
      await keys.press(key);
      await chosen(0);
    },
  });
});

const person = (name: string) => page.pw.locator(".p-item").filter({ hasText: name });

step("found, chosen, suspended and let in again", async () => {
  await keys.tabTo("#find", "Shift+Tab");
  await keys.type("Carla");
  await person("Ben Okafor").waitFor({ state: "detached" });
  await keys.press("ArrowDown");
  await keys.isAt("#people");
  await keys.press("Space");
  await person("Carla").and(page.pw.locator(".chosen")).waitFor();
  for (const act of ["Suspend", "Resume"]) {
    await keys.tabTo(".p-commands button", "Shift+Tab");
    for (let n = 0; n < 8 && (await keys.look()).is !== `button ${act}`; n++)
      await keys.press("ArrowRight");
    await keys.press("Enter");
    await keys.isIn("#asking");
    await keys.tabTo("#asking [type=submit]");
    await keys.press("Enter");
    await keys.gone("#asking");
    await keys.isAt("#people, .p-commands button");
    if (!(await keys.look("#people")).there) await keys.tabTo("#people");
  }
  await keys.press("Enter");
  await keys.shows("#storage .hint");
  await keys.isIn("#main");
});

step("a role is given and taken away", async () => {
  await keys.tabTo(".p-tabs a[href$='/rights']");
  await keys.press("Enter");
  await keys.shows("#role-give");
  await keys.isAt(".p-tabs a[href$='/rights']");
  await keys.tabTo("#role-give");
  await keys.press("Enter");
  await keys.isIn("#asking");
  await keys.tabTo("#asking [type=submit]");
  await keys.press("Enter");
  await keys.gone("#asking");
  await keys.isAt("#role-give");
  await keys.shows("#roles li");
  await keys.tabTo("#roles li button");
  await keys.press("Enter");
  if (await page.value("document.getElementById('asking') !== null")) await keys.press("Enter");
  await keys.gone("#roles li");
  await keys.isAt("#role-give");
});

step("a group is made, somebody put in, and found there", async () => {
  await keys.tabTo(".p-tabs a[href='/app/people/groups']", "Shift+Tab");
  await keys.press("Enter");
  await keys.shows("#group-make");
  await keys.tabTo("#group-make");
  await keys.press("Enter");
  await keys.isAt("#asking input[name=name]");
  await keys.type("Choir");
  await keys.press("Enter");
  await keys.shows("#member-add");
  await keys.isIn("#main");
  await keys.tabTo("#member-add");
  await keys.press("Enter");
  await keys.isAt("#asking #who");
  await keys.type("Carla");
  await keys.press("ArrowDown", "Enter");
  await page.pw.locator("#asking [type=submit]:enabled").waitFor();
  await keys.tabTo("#asking [type=submit]");
  await keys.press("Enter");
  await keys.gone("#asking");
  await has("Carla Costa");
  await keys.isAt("#member-add");
});

step("a unit is made, renamed, given an administrator, and ended", async () => {
  await tab("/app/people/units", "#unit-make");
  await keys.go("#unit-make");
  await keys.isAt("#asking input[name=name]");
  await keys.type("Quay");
  await keys.press("Enter");
  await keys.shows("#administrators .hint");
  await keys.isIn("#main");
  await keys.go(".p-acts button:nth-child(1)");
  await keys.isAt("#asking input[name=name]");
  await keys.press("Control+A");
  await keys.type("Quayside");
  await keys.press("Enter");
  await keys.gone("#asking");
  await page.pw.getByRole("heading", { level: 2, name: "Quayside" }).waitFor();
  await keys.isAt(".p-acts button:nth-child(1)");
  await keys.go("#administrator-add");
  await pick("Ben");
  await answer("#administrator-add");
  await keys.shows("#administrators li");
  await keys.go("#administrators li button");
  await keys.gone("#administrators li");
  await keys.isAt("#administrator-add");
  await keys.go(".p-acts button:nth-child(3)", "Shift+Tab");
  await keys.isIn("#asking");
  await keys.go("#asking [type=submit]");
  await keys.shows("#units-list");
  await keys.isIn("#main");
});

step("an app is given to somebody and taken away, and it is told who can use it", async () => {
  await tab("/app/people/apps", ".p-card");
  await keys.go(".p-card[href$='/mail']");
  await keys.shows("#given li");
  await keys.isIn("#main");
  await keys.go("#thing-give");
  await pick("Ben");
  await answer("#thing-give");
  await keys.go("#given button[aria-label*='Ben Okafor']");
  await keys.gone("#given button[aria-label*='Ben Okafor']");
  await keys.isAt("#given *");
  await keys.go("#who-can-ask");
  await keys.shows("#who-can li");
  await keys.isAt("*:not(body)");
});

step("an exception from the policy is asked for, with its end", async () => {
  await tab("/app/people/policy", "#canaries li");
  await keys.go("#except");
  await pick("Ben");
  await keys.tabTo("#asking input[name=until]");
  // The day after tomorrow, as the field has its parts.
  const day = new Date(Date.now() + 2 * 86_400_000);
  const two = (n: number) => String(n).padStart(2, "0");
  await keys.type(`${two(day.getMonth() + 1)}${two(day.getDate())}${day.getFullYear()}`);
  await answer("#except");
});

step("a canary is planted, and ended", async () => {
  await keys.go("#canary-plant");
  await keys.isAt("#asking input[name=name]");
  await keys.type("Old backups");
  await keys.press("Enter");
  await keys.gone("#asking");
  await keys.isAt("#canary-plant");
  const end = "#canaries button[aria-label*='Old backups']";
  await keys.go(end);
  await keys.isIn("#asking");
  await answer("#canaries button");
  await keys.gone(end);
});

step("many are added from a table, chosen or typed", async () => {
  await tab("/app/people", "main .p-item");
  await keys.tabTo(".p-commands button");
  for (let n = 0; n < 8 && !(await keys.look("#add-many")).there; n++) await keys.press("ArrowRight");
  await keys.isAt("#add-many");
  await keys.press("Enter");
  await keys.shows("#import-text");
  await keys.isIn("#main");
  const chooser = page.pw.waitForEvent("filechooser");
  await keys.go("#import-choose");
  const table = "Name;Login\nDora Dahl;dora\nEmil Ek;anna\n";
  await (await chooser).setFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
  await has("Somebody signs in by that name already.");
  await keys.isAt("#import-choose");
  await keys.tabTo("#import-text");
  await keys.press("Control+End");
  await keys.type("Finn Fox;finn");
  await page.pw.locator("#import-go", { hasText: "Add 2 people" }).waitFor();
  await keys.go("#import-go");
  await keys.shows("#import-save:enabled");
  await keys.isAt("*:not(body)");
  const saved = page.pw.waitForEvent("download");
  await keys.go("#import-save");
  await (await saved).path();
  assert.deepEqual(page.complaints, []);
});
