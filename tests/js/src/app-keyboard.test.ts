// The web app by keyboard alone: after each step the focus is seen, and where a
// person expects it. Nothing here is clicked, and nothing focused but by keys.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { FileChooser } from "playwright-core";

import { makeWorld, pdf, png, type World } from "./app-world.js";
import { Browser, type Page } from "./browser.js";
import { everywhere, Keyboard, steps } from "./keyboard.js";
import { eventually, Server } from "./server.js";
import { codeOf } from "./totp.js";

const PASSWORD = "nine blue kettles whistle";

let server: Server;
let browser: Browser;
let world: World;
let page: Page;
let keys: Keyboard;
let seed = "";
const choosers: FileChooser[] = [];

const step = steps();

before(async () => {
  server = await Server.start("app-keyboard");
  browser = await Browser.start();
  world = await makeWorld(server, browser);
  ({ page } = world.anna);
  keys = new Keyboard(page.pw);
  await server.ownToken();
  await fillKeys();
  await page.leaveAuthenticator();
  page.pw.on("filechooser", (chooser) => choosers.push(chooser));
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const LINES = Array.from({ length: 400 }, (_, i) => `Line ${i}`).join("\n");

/** A folder for the keys that are listed: each that it names is tried there. */
async function fillKeys(): Promise<void> {
  const { anna, home } = world;
  const { id: parent } = await anna.do("folder.create", { parent: home, name: "Keys" });
  await anna.do("folder.create", { parent, name: "Drawer" });
  const files = [
    ["Alpha.pdf", "application/pdf", pdf("Alpha", "One page.")],
    ["Beta.txt", "text/plain", Buffer.from(LINES)],
    ["Gamma.png", "image/png", png()],
  ] as const;
  for (const [name, type, content] of files)
    await anna.do("file.create", { parent, name, type, content: content.toString("base64") });
}

const item = (name: string) => page.pw.locator(".item").filter({ hasText: name });
const isThere = (name: string) => item(name).first().waitFor();
const isGone = (name: string) => item(name).waitFor({ state: "detached" });
const isActive = (name: string) => item(name).and(page.pw.locator(".active")).waitFor();
const isChosen = (name: string) => item(name).and(page.pw.locator(".chosen")).waitFor();
const has = (text: string | RegExp) => page.pw.getByText(text).first().waitFor();

const isElsewhere = async (name: string): Promise<boolean> =>
  (await item(name).and(page.pw.locator(".active")).count()) === 0;

/** To the list, and in it to that item, which is chosen then. */
async function choose(name: string): Promise<void> {
  await isThere(name);
  if (!(await keys.look("#list")).there) {
    await keys.press("/", "ArrowDown");
    await keys.isAt("#list");
  }
  await keys.press("Home");
  for (let n = 0; n < 20 && (await isElsewhere(name)); n++) await keys.press("ArrowDown");
  await isChosen(name);
  await keys.isAt("#list");
}

// ---- signing in

step("one signs in by a passkey", async () => {
  await page.goto(server.url("/app/sign-in"));
  await page.comeToAuthenticator();
  await keys.tabTo("#passkey");
  await keys.press("Enter");
  await page.isAt("/app/home");
  await keys.isIn("#main");
});

step("the first stop leads past what is on each page", async () => {
  await keys.goTo("/app/files", ".item");
  await keys.tabTo(".skip", "Shift+Tab");
  await keys.press("Enter");
  await keys.isIn("#main");
});

// ---- files

step("a folder is made: the focus goes into the dialog, and comes back", async () => {
  await keys.tabTo("#new");
  await keys.press("Enter");
  await keys.isAt("#new-folder");
  await keys.press("Escape");
  await keys.isAt("#new");
  await keys.press("Enter");
  await keys.isAt("#new-folder");
  await keys.press("Enter");
  await keys.isAt("#name");
  await keys.type("Made by keys");
  await keys.press("Enter");
  await isThere("Made by keys");
  await keys.gone("#ask-name");
  await keys.isAt("#new");
});

step("files are uploaded: the menu opens the chooser, and the list of uploads closes", async () => {
  await keys.press("Enter");
  await keys.isAt("#new-folder");
  await keys.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
  await keys.isAt("#new-files");
  await keys.press("Enter");
  const chosen = await eventually("the chooser of files", () => choosers.pop());
  assert.ok(chosen.isMultiple());
  await chosen.setFiles({ name: "Sent.txt", mimeType: "text/plain", buffer: Buffer.from("Sent.\n") });
  await isThere("Sent.txt");
  await keys.isAt("#new");
  await page.pw.locator("#uploads-clear:enabled").waitFor();
  await keys.tabTo("#uploads-clear");
  await keys.press("Enter");
  await keys.gone(".uploads");
  await keys.isAt("*:not(body)");
});

step("the list is walked, and a name changed in place", async () => {
  await choose("Made by keys");
  await keys.press("F2");
  await keys.isAt("#rename");
  await keys.press("Escape");
  await keys.isAt("#list");
  await keys.press("F2");
  await keys.isAt("#rename");
  await keys.type("Renamed by keys");
  await keys.press("Enter");
  await isThere("Renamed by keys");
  await keys.isAt("#list");
});

step("Tab leaves the commands in one step, arrows walk them", async () => {
  await keys.tabTo(".commands button", "Shift+Tab");
  const { is } = await keys.look();
  await keys.press("ArrowRight");
  await keys.isAt(".commands button");
  assert.notEqual((await keys.look()).is, is);
  await keys.press("Tab");
  assert.equal((await keys.look(".commands *")).there, false);
  await keys.press("Shift+Tab");
  await keys.isAt(".commands *");
});

/** A command of the bar, for what is chosen in the list. */
async function command(id: string): Promise<void> {
  await keys.tabTo(".commands button", "Shift+Tab");
  for (let n = 0; n < 12 && !(await keys.look(`#${id}`)).there; n++) await keys.press("ArrowRight");
  await keys.isAt(`#${id}`);
  await keys.press("Enter");
}

step("a file is downloaded", async () => {
  await choose("Minutes.txt");
  const download = page.pw.waitForEvent("download");
  await command("download");
  assert.equal((await download).suggestedFilename(), "Minutes.txt");
  await keys.isAt("#download");
});

step("a star is given and taken", async () => {
  await choose("Welcome.md");
  await command("star");
  await item("Welcome.md").locator(".star-mark").waitFor();
  await keys.isAt("#star");
  await keys.press("Enter");
  await item("Welcome.md").locator(".star-mark").waitFor({ state: "detached" });
  await keys.isAt("#star");
});

step("a file is moved by the dialog: from folder to folder, and the list goes on", async () => {
  await choose("Sent.txt");
  await command("move");
  await keys.isAt("#ask-folder .pick-one");
  await keys.press("Escape");
  await keys.gone("#ask-folder");
  await keys.isAt("#move");
  await keys.press("Enter");
  await keys.isAt("#ask-folder .pick-one");
  await keys.tabTo("#ask-folder .pick-one[aria-label*=Projects]");
  await keys.press("Enter");
  await keys.isAt("#ask-folder .pick-one[aria-label*=Harbour]");
  await keys.press("Enter");
  await has("No folders in here");
  await keys.isAt("#ask-folder [type=submit]");
  await keys.press("Enter");
  await isGone("Sent.txt");
  await keys.gone("#ask-folder");
  await keys.isAt("#list");
});

step("and copied by it", async () => {
  await choose("Welcome.md");
  await command("copy");
  await keys.isAt("#ask-folder .pick-one");
  await keys.press("Enter");
  await keys.isAt("#ask-folder [type=submit]");
  await keys.press("Enter");
  await has("“Welcome.md” copied");
  await keys.isAt("#copy");
});

step("one goes into a folder, and out by the keys and the names above it", async () => {
  await choose("Contracts");
  await keys.press("Enter");
  await isThere("Welcome.md");
  await keys.isAt("#list");
  await keys.press("Alt+ArrowUp");
  await isThere("Contracts");
  await keys.isAt("#list");
  await choose("Projects");
  await keys.press("Enter");
  await isThere("Harbour");
  await keys.isAt("#list");
  await choose("Harbour");
  await keys.press("Enter");
  await isThere("Sent.txt");
  await keys.tabTo(".crumbs span a", "Shift+Tab");
  await keys.press("Enter");
  await isThere("Plan.txt");
  await keys.isAt("#list");
  await keys.tabTo(".crumbs a", "Shift+Tab");
  await keys.press("Enter");
  await isThere("Minutes.txt");
  await keys.isAt("#list");
});

step("cut in one folder, pasted into another, and undone", async () => {
  await choose("Budget.xlsx");
  await keys.press("Control+x");
  await choose("Photos");
  await keys.press("Enter");
  await has("Nothing here yet.");
  await keys.press("Control+v");
  await isThere("Budget.xlsx");
  await has("“Budget.xlsx” moved");
  await keys.isAt("#list");
  await keys.press("Control+z");
  await isGone("Budget.xlsx");
  await keys.press("Backspace");
  await isThere("Budget.xlsx");
  await choose("Garden.png");
  await keys.press("Control+c");
  await choose("Photos");
  await keys.press("Enter");
  await has("Nothing here yet.");
  await keys.press("Control+v");
  await isThere("Garden.png");
  await keys.press("Alt+ArrowUp");
  await isThere("Garden.png");
  await keys.isAt("#list");
});

step("a preview is opened, turned and closed: the focus is on the row that was shown", async () => {
  await choose("Garden.png");
  await keys.press("Enter");
  await keys.shows("#preview iframe");
  await keys.isIn("#preview");
  await keys.tabTo("#preview-after");
  await keys.press("Enter");
  await page.pw.locator("#preview h1", { hasText: "Minutes.txt" }).waitFor();
  await keys.isAt("#preview-after");
  await keys.press("ArrowRight");
  await page.pw.locator("#preview h1", { hasText: "Welcome.md" }).waitFor();
  await keys.isIn("#preview");
  await keys.press("ArrowLeft");
  await page.pw.locator("#preview h1", { hasText: "Minutes.txt" }).waitFor();
  await keys.press("Escape");
  await keys.gone("#preview");
  await keys.isAt("#list");
  await isActive("Minutes.txt");
});

step("sharing: somebody is found, chosen by arrows, given a right, and it is ended", async () => {
  await choose("Projects");
  await command("share");
  await keys.shows("#share-dialog #who li");
  await keys.isIn("#share-dialog");
  await keys.tabTo("#share-who");
  await keys.type("Ben");
  await keys.shows("[role=option]:not([aria-disabled=true])");
  await keys.press("ArrowDown", "Enter");
  await page.pw.locator("#share-give:enabled").waitFor();
  await keys.tabTo("#share-right");
  await keys.press("Enter", "ArrowDown", "Enter");
  await page.pw.locator("#share-right", { hasText: "edit" }).waitFor();
  await keys.isAt("#share-right");
  await keys.tabTo("#share-give");
  await keys.press("Enter");
  await page.pw.locator("#who li", { hasText: "Ben Okafor" }).waitFor();
  await keys.isAt("#share-who");
  await keys.tabTo("#who button", "Shift+Tab");
  await keys.press("Enter");
  await page.pw.locator("#who li", { hasText: "Ben Okafor" }).waitFor({ state: "detached" });
  await keys.isAt("#share-who");
});

step("a link is made, and ended", async () => {
  await keys.tabTo("#link-make");
  await keys.press("Enter");
  await keys.shows("#link-secret");
  await keys.shows("#links li");
  await keys.isAt("#link-make");
  await keys.tabTo("#links button", "Shift+Tab");
  await keys.press("Enter");
  await keys.gone("#links li");
  await keys.isIn("#share-dialog");
  await keys.isAt("*:not(body)");
  await keys.press("Escape");
  await keys.gone("#share-dialog");
  await keys.isAt("#share");
});

step("the details are opened beside the list, their tabs walked, and closed", async () => {
  await choose("Minutes.txt");
  await keys.press("Alt+Enter");
  await keys.shows("#details");
  await keys.isAt("#list");
  await keys.tabTo("#tab-about");
  await keys.press("ArrowRight");
  await keys.isAt("#tab-versions");
  await keys.press("Enter");
  await keys.shows("#versions li");
  await keys.press("ArrowRight", "Enter");
  await keys.shows("#details #who li");
  await keys.isAt("#tab-access");
  await keys.tabTo("#list", "Shift+Tab");
  await isActive("Minutes.txt");
  await keys.tabTo("#details header button");
  await keys.press("Enter");
  await keys.gone("#details");
  await keys.isAt("#list");
});

step("a version is named, and another one restored", async () => {
  await choose("Minutes.txt");
  await keys.press("Alt+Enter");
  await keys.shows("#details");
  await keys.tabTo("#tab-about");
  await keys.press("ArrowRight");
  await keys.isAt("#tab-versions");
  await keys.press("Enter");
  await keys.shows("#versions li");
  const name = "#versions li:nth-child(1) .buttons button:last-child";
  await keys.go(name);
  await keys.isAt("#versions form input");
  await keys.press("Escape");
  await keys.gone("#versions form");
  await keys.isAt("#versions *");
  await keys.tabTo(name, "Shift+Tab");
  await keys.press("Enter");
  await keys.isAt("#versions form input");
  await keys.type("By keys");
  await keys.press("Enter");
  await page.pw.locator("#versions li:nth-child(1)", { hasText: "By keys" }).waitFor();
  await keys.isAt("#versions *");
  await keys.go("#versions li:nth-child(2) .buttons button:first-child");
  await page.pw.locator("#versions li:nth-child(2)", { hasText: "By keys" }).waitFor();
  await keys.isAt("#versions *");
  await keys.go("#details header button", "Shift+Tab");
  await keys.gone("#details");
  await keys.isAt("#list");
});

step("the menu of what is chosen is opened, walked and left", async () => {
  await keys.press("Shift+F10");
  await keys.isAt("[role=menuitem]");
  await keys.press("Escape");
  await keys.isAt("#list");
  await keys.press("Shift+F10");
  await keys.isAt("[role=menuitem]");
  await keys.type("Ren");
  await keys.isAt("[role=menuitem]");
  await keys.press("Enter");
  await keys.isAt("#rename");
  await keys.press("Escape");
  await keys.isAt("#list");
});

step("thrown away and brought back", async () => {
  await choose("Minutes.txt");
  await keys.press("Delete");
  await isGone("Minutes.txt");
  await keys.isAt("#list");
  await keys.tabTo(".notice button:not([aria-label])");
  await keys.press("Enter");
  await isThere("Minutes.txt");
  await keys.isAt("#list");
  await choose("Minutes.txt");
  await command("trash");
  await isGone("Minutes.txt");
  await keys.isAt("#list");
});

step("out of the trash: restored, and deleted for good", async () => {
  await keys.goTo("/app/trash", ".item");
  await choose("Minutes.txt");
  await command("restore");
  await isGone("Minutes.txt");
  await keys.isAt("#list");
  // What can't be done here isn't listed.
  const rows = (await keys.listed()).map(([what]) => what);
  assert.ok(rows.includes("Files and folders: Delete"));
  for (const what of ["Open", "Rename", "Cut, to move it", "Paste into this folder", "Details"])
    assert.ok(!rows.includes(`Files and folders: ${what}`), what);
  await keys.isAt("#list");
  await choose("Old plan.txt");
  await keys.press("Delete");
  await keys.isIn("#ask-sure");
  await keys.press("Escape");
  await keys.gone("#ask-sure");
  await keys.isAt("#list");
  await keys.press("Delete");
  await keys.tabTo("#ask-sure [type=submit]");
  await keys.press("Enter");
  await isGone("Old plan.txt");
  await keys.isAt("#list");
});

step("sorted by the heads of the columns, and by the menu", async () => {
  await keys.goTo("/app/files", ".item");
  await keys.tabTo(".head .name button");
  await keys.press("Enter");
  await keys.shows(".name[aria-sort=descending]");
  await keys.isAt(".head .name button");
  await choose("Photos");
  await command("sort");
  await keys.isAt("[role=menuitemradio]");
  await keys.press("End", "Enter");
  await keys.shows(".size[aria-sort=descending]");
  await keys.isAt("#sort");
});

step("tiles are walked in two dimensions", async () => {
  await choose("Photos");
  await command("look");
  await keys.shows(".tiles");
  await keys.isAt("#look");
  await keys.tabTo("#list");
  const columns = Number(await page.value("document.getElementById('list').ariaColCount"));
  assert.ok(columns >= 2);
  const active = async (): Promise<number> => {
    const row = "document.getElementById('list').getAttribute('aria-activedescendant')";
    return page.value(`[...document.querySelectorAll(".item")].findIndex((one) => one.id === ${row})`);
  };
  await keys.press("Home");
  const steps = [
    ["ArrowRight", 1],
    ["ArrowDown", 1 + columns],
    ["ArrowLeft", columns],
    ["ArrowUp", 0],
    ["ArrowUp", 0],
  ] as const;
  for (const [key, at] of steps) {
    await keys.press(key);
    assert.equal(await active(), at, key);
    await keys.isAt("#list");
  }
  await command("look");
  await keys.gone(".tiles");
  await keys.isAt("#look");
});

step("what a search finds is gone to by the arrow down", async () => {
  await keys.press("/");
  await keys.isAt("#search");
  await keys.type("Plan");
  await keys.press("Enter");
  await isThere("Plan.txt");
  await keys.isAt("#search");
  await keys.press("ArrowDown");
  await keys.isAt("#list");
  await isActive("Plan.txt");
  await keys.press("/");
  await keys.press("Escape");
});

step("home: a card opens a preview, and has the focus again after it", async () => {
  await keys.goTo("/app/home", ".home-card");
  await keys.tabTo(".home-card");
  await keys.press("Enter");
  await keys.shows("#preview");
  await keys.isIn("#preview");
  await keys.press("Escape");
  await keys.gone("#preview");
  await keys.isAt(".home-card");
  await keys.tabTo(".home-two header a");
  await keys.press("Enter");
  await keys.shows("#list");
  await keys.isAt("#list");
});

// ---- the list of keys

const chosenCount = (count: number) =>
  eventually(`${count} chosen`, async () =>
    (await page.pw.locator(".item.chosen").count()) === count || undefined,
  );

step("the files: the keys that are listed are those that work", async () => {
  await keys.goTo("/app/files", ".item");
  await choose("Keys");
  await keys.press("Enter");
  await isThere("Drawer");
  await keys.doAsListed({
    ...everywhere(keys),
    "Files and folders: Go through them": async (key) => {
      assert.equal(key, "Arrow keys");
      await keys.press("Home", "ArrowDown");
      await isActive("Alpha.pdf");
      await keys.press("ArrowUp");
      await isActive("Drawer");
    },
    "Files and folders: To the first or last": async (key) => {
      await keys.press(key);
      await isActive(key === "Home" ? "Drawer" : "Gamma.png");
    },
    "Files and folders: To what begins so": async (key) => {
      assert.equal(key, "Letters");
      await keys.press("b");
      await isActive("Beta.txt");
    },
    "Files and folders: Open": async (key) => {
      await choose("Drawer");
      await keys.press(key);
      await has("Nothing here yet.");
      await keys.press("Backspace");
      await isThere("Drawer");
    },
    "Files and folders: To the folder above": async (key) => {
      await keys.press(key);
      await isThere("Keys");
      await choose("Keys");
      await keys.press("Enter");
      await isThere("Drawer");
    },
    "Files and folders: Select or leave out": async (key) => {
      await choose("Drawer");
      await keys.press(key);
      await chosenCount(0);
      await keys.press(key);
      await chosenCount(1);
    },
    "Files and folders: Select up to there": async (key) => {
      await keys.press("Home", key.replace("Arrow keys", "ArrowDown"));
      await chosenCount(2);
    },
    "Files and folders: Go on without selecting": async (key) => {
      await keys.press("Home", key.replace("Arrow keys", "ArrowDown"));
      await isActive("Alpha.pdf");
      await isChosen("Drawer");
      await chosenCount(1);
    },
    "Files and folders: Select all": async (key) => {
      await keys.press(key);
      await chosenCount(4);
    },
    "Files and folders: Select nothing": async (key) => {
      await keys.press(key);
      await chosenCount(0);
    },
    "Files and folders: Rename": async (key) => {
      await choose("Drawer");
      await keys.press(key);
      await keys.isAt("#rename");
      await keys.press("Escape");
    },
    "Files and folders: Cut, to move it": async (key) => {
      await choose("Beta.txt");
      await keys.press(key);
      await has("“Beta.txt” is cut");
    },
    "Files and folders: Copy": async (key) => {
      await keys.press(key);
      await has("“Beta.txt” is held");
    },
    "Files and folders: Paste into this folder": async (key) => {
      await choose("Drawer");
      await keys.press("Enter");
      await has("Nothing here yet.");
      await keys.press(key);
      await isThere("Beta.txt");
      await keys.press("Backspace");
      await isThere("Drawer");
    },
    "Files and folders: Delete": async (key) => {
      await choose("Gamma.png");
      await keys.press(key);
      await isGone("Gamma.png");
      await isActive("Beta.txt");
    },
    "Files and folders: Undo": async (key) => {
      await keys.press(key);
      await isThere("Gamma.png");
    },
    "Files and folders: Details": async (key) => {
      await choose("Beta.txt");
      await keys.press(key);
      await keys.shows("#details");
      await keys.press(key);
      await keys.gone("#details");
    },
    "Files and folders: What can be done with it": async (key) => {
      await keys.press(key);
      await keys.isAt("[role=menuitem]");
      await keys.press("Escape");
      await keys.isAt("#list");
    },
  });
});

step("a preview: the keys that are listed are those that work", async () => {
  const title = (name: string) => page.pw.locator("#preview h1", { hasText: name }).waitFor();
  const scrolled = () =>
    page.pw.frameLocator("#preview iframe").locator("html").evaluate((html) => html.scrollTop);
  const percent = async () => Number((await page.text("preview-percent")).replace(/\D/g, ""));
  await choose("Beta.txt");
  await keys.press("Enter");
  await page.pw.frameLocator("#preview iframe").getByText("Line 0").waitFor();
  await keys.doAsListed({
    "The file that is shown: The file before it": async (key) => {
      await keys.press(key);
      await title("Alpha.pdf");
      await keys.press("ArrowRight");
    },
    "The file that is shown: The file behind it": async (key) => {
      await title("Beta.txt");
      await keys.press(key);
      await title("Gamma.png");
      await keys.press("ArrowLeft");
      await title("Beta.txt");
      await page.pw.frameLocator("#preview iframe").getByText("Line 0").waitFor();
    },
    "The file that is shown: Scroll": async (key) => {
      const isBack = ["ArrowUp", "PageUp", "Home"].includes(key);
      await keys.press(isBack ? "End" : "Home");
      const from = await eventually("the end of it", async () => {
        const at = await scrolled();
        return at > 0 === isBack ? at : undefined;
      });
      await keys.press(key);
      await eventually(`scrolled by ${key}`, async () => {
        const at = await scrolled();
        return (isBack ? at < from : at > from) || undefined;
      });
    },
    "The file that is shown: Larger, smaller": async (key) => {
      const from = await percent();
      await keys.press(key);
      await eventually(`zoomed by ${key}`, async () => {
        const at = await percent();
        return (key === "+" ? at > from : at < from) || undefined;
      });
    },
    "The file that is shown: Find in a PDF": async (key) => {
      await keys.press("ArrowLeft");
      await title("Alpha.pdf");
      await keys.shows("#preview-find");
      await keys.press(key);
      await keys.isAt("#preview-find");
    },
    "The file that is shown: Close it": async (key) => {
      await keys.press(key);
      await keys.gone("#preview");
      await keys.isAt("#list");
      await isActive("Alpha.pdf");
    },
  });
});

step("keys of one character are switched off, and the list opens by the menu", async () => {
  await keys.press("?");
  await keys.isAt("#keys-close");
  await keys.tabTo("#keys-single");
  await keys.press("Space", "Escape");
  await keys.gone("#keys");
  await keys.isAt("#list");
  await keys.press("?", "/");
  await keys.isAt("#list");
  assert.equal(await page.pw.locator("#keys").count(), 0);
  await keys.tabTo("#me", "Shift+Tab");
  await keys.press("Enter");
  await keys.isAt("[role=menuitemradio]");
  await keys.press("End", "ArrowUp");
  await keys.isAt("#me-keys");
  await keys.press("Enter");
  await keys.isAt("#keys-close");
  await keys.tabTo("#keys-single");
  await keys.press("Space", "Escape");
  await keys.gone("#keys");
  await keys.isAt("#me");
  await keys.press("/");
  await keys.isAt("#search");
});

// ---- one's own security

step("a password and an authenticator app are set up", async () => {
  await keys.goTo("/app/security", "#passkeys li");
  await keys.tabTo("#password-set");
  await keys.press("Enter");
  await keys.isAt("#asking input");
  await keys.type(PASSWORD);
  await keys.press("Enter");
  await keys.gone("#asking");
  await keys.isAt("#password-set");
  await keys.tabTo("#totp-set");
  await keys.press("Enter");
  await keys.shows("#seed");
  seed = (await page.text("seed")).replaceAll(" ", "");
  await keys.tabTo("#asking input[name=code]");
  await keys.type(codeOf(seed, -1));
  await keys.press("Enter");
  await keys.gone("#asking");
  await keys.isAt("#totp-set");
});

step("a passkey is added; an app password is made and removed", async () => {
  await page.ask("WebAuthn.disable");
  await page.ask("WebAuthn.enable");
  await page.addAuthenticator();
  await keys.tabTo("#passkey-add", "Shift+Tab");
  await keys.press("Enter");
  await keys.isAt("#asking input");
  await keys.press("Control+A");
  await keys.type("Ring");
  await keys.press("Enter");
  await keys.gone("#asking");
  await has("The passkey is added");
  await keys.isAt("#passkey-add");
  await keys.tabTo("#app-add");
  await keys.press("Enter");
  await keys.isAt("#asking input");
  await keys.type("Mail on the desk");
  await keys.press("Enter");
  await keys.shows("#app-secret");
  await keys.isAt("#app-add");
  await keys.tabTo("#app-passwords [aria-label='Remove Mail on the desk']", "Shift+Tab");
  await keys.press("Enter");
  await keys.isAt("#asking [type=submit]");
  await keys.press("Enter");
  await keys.gone("#app-passwords [aria-label='Remove Mail on the desk']");
  await keys.isAt("#app-passwords button");
});

step("one confirms that it is still oneself, and is back where one was", async () => {
  await keys.tabTo("#recovery-make", "Shift+Tab");
  await page.pw.route(
    "**/jmap/api",
    (route) => {
      const error = { type: "forbidden", description: "" };
      const results = [{ ok: false, code: "STEPUP", error }];
      return route.fulfill({ json: { methodResponses: [["x", { results }, "0"]] } });
    },
    { times: 1 },
  );
  await keys.press("Enter");
  await keys.shows("#step-up");
  await keys.isAt("#step-up-passkey");
  await keys.press("Enter");
  await keys.gone("#step-up");
  await keys.isAt("#codes");
});

step("somebody signs in by password and code; their session is ended from elsewhere", async () => {
  const other = await browser.page();
  const theirs = new Keyboard(other.pw);
  await other.goto(server.url("/app/sign-in"));
  await theirs.tabTo("#login");
  await theirs.type("anna");
  await theirs.press("Tab");
  await theirs.isAt("#password");
  await theirs.type("not this one");
  await theirs.press("Tab");
  await theirs.isAt("#code");
  await theirs.type(codeOf(seed, 0));
  await theirs.press("Enter");
  await theirs.shows("#wrong");
  await theirs.isAt("#password");
  await theirs.press("Control+A");
  await theirs.type(PASSWORD);
  await theirs.press("Tab");
  await theirs.type(codeOf(seed, 0));
  await theirs.press("Enter");
  await other.isAt("/app/home");
  await theirs.isIn("#main");

  await keys.goTo("/app/home", ".home-card");
  await keys.goTo("/app/security", "#sessions li");
  const sessions = page.pw.locator("#sessions li");
  const count = await sessions.count();
  await keys.tabTo("#sessions li button");
  await keys.press("Enter");
  await eventually("one session less", async () => (await sessions.count()) === count - 1 || undefined);
  await keys.isAt("#sessions li button");
  assert.deepEqual(other.complaints, []);
});

step("a login is let in by its code", async () => {
  const asks = await server.op("login.begin", { label: "a program" }, { token: null });
  await page.goto(server.url("/app/approve"));
  await keys.shows("#asked");
  await keys.tabTo("#asked");
  await keys.type(asks.code);
  await keys.press("Enter");
  await keys.shows("#approve");
  await keys.isIn("h1");
  await keys.tabTo("#approve");
  await keys.press("Enter");
  await keys.shows("#done");
  await keys.isIn("h1");
  await keys.tabTo(".text-link");
  await keys.press("Enter");
  await keys.shows("#sessions li");
  await keys.isIn("#main");
});

// ---- the log

/** What is walked there has come. */
const hasRecords = () => keys.shows("#records[aria-busy=false] .item");
const hasBars = () => keys.shows("#timeline[aria-busy=false]");

step("the log: a time is chosen by arrows, and let go of", async () => {
  await keys.goTo("/app/log", "#records .item");
  await hasBars();
  await keys.tabTo("#timeline");
  await keys.press("End", "Shift+ArrowLeft");
  await has(/ selected: /);
  await keys.press("Escape", "End", "Shift+ArrowLeft", "Enter");
  await keys.shows(".log-chips button");
  await keys.isAt("#timeline");
  await keys.tabTo(".log-chips button", "Shift+Tab");
  await keys.press("Enter");
  await keys.gone(".log-chips button");
  await keys.isAt("*:not(body)");
});

step("the log: filtered by who, what and outcome", async () => {
  await keys.press("/");
  await keys.tabTo("#filter-who");
  await keys.type("Ben");
  await keys.shows("[role=option]:not([aria-disabled=true])");
  await keys.press("ArrowDown", "Enter");
  await page.until("location.search.includes('who=')");
  await keys.isAt("#filter-who");
  await keys.tabTo("#filter-did");
  await keys.type("Made a folder");
  await keys.press("ArrowDown", "Escape");
  await keys.isAt("#filter-did");
  await keys.tabTo("#filter-outcome");
  await keys.press("Enter", "End", "Enter");
  await page.until("location.search.includes('outcome=')");
  await keys.isAt("#filter-outcome");
  await keys.tabTo("#filters-clear");
  await keys.press("Enter");
  await keys.gone("#filters-clear");
  await page.until("location.search.includes('who=') === false");
  await keys.isAt("*:not(body)");
});

step("the log: a record is opened and closed", async () => {
  await hasRecords();
  await keys.tabTo("#records");
  await keys.press("ArrowDown", "ArrowDown");
  await keys.isAt("#records");
  await keys.press("Enter");
  await keys.shows("#proof-verdict");
  await keys.isIn("#record-title");
  await keys.tabTo("#record-close");
  await keys.press("Escape");
  await keys.gone("#record");
  await keys.isAt("#records");
  await keys.press("Enter");
  await keys.isIn("#record-title");
  await keys.tabTo("#record-close");
  await keys.press("Enter");
  await keys.gone("#record");
  await keys.isAt("#records");
});

step("the log: the keys that are listed are those that work", async () => {
  const row = (n: number) => page.pw.locator(`#records .item.active[aria-rowindex="${n + 2}"]`);
  const told = () => page.text("time-text");
  await keys.doAsListed({
    ...everywhere(keys),
    "Records: Go through them": async (key) => {
      await keys.press("Home", "ArrowDown", key);
      await row(key === "ArrowDown" ? 2 : 0).waitFor();
    },
    "Records: To the newest or oldest shown": async (key) => {
      await keys.press(key);
      await row(0).waitFor({ state: key === "Home" ? "visible" : "detached" });
    },
    "Records: Open": async (key) => {
      await keys.press("Home", key);
      await keys.isIn("#record");
    },
    "Records: Close it": async (key) => {
      await keys.press(key);
      await keys.gone("#record");
      await keys.isAt("#records");
    },
    "Records over time: From bar to bar": async (key) => {
      if (!(await keys.look("#timeline")).there) await keys.tabTo("#timeline", "Shift+Tab");
      await keys.press(key === "ArrowLeft" ? "End" : "Home");
      const before = await told();
      await keys.press(key);
      await eventually("another bar", async () => (await told()) !== before || undefined);
    },
    "Records over time: Select a time": async (key) => {
      await keys.press("Escape", key === "Shift+ArrowLeft" ? "End" : "Home", key);
      await has(/ selected: /);
    },
    "Records over time: Show that time only": async (key) => {
      await keys.press(key);
      await keys.shows(".log-chips button");
      await keys.isAt("#timeline");
      await hasBars();
    },
    "Records over time: Let go of it": async (key) => {
      await keys.press("End", "Shift+ArrowLeft");
      await has(/ selected: /);
      await keys.press(key);
      await page.pw.getByText(/ selected: /).waitFor({ state: "detached" });
    },
  });
  await keys.tabTo(".log-chips button", "Shift+Tab");
  await keys.press("Enter");
  await keys.gone(".log-chips button");
});

step("the log: an export runs to its end", async () => {
  // The dialog to choose a file is the browser's own: a file of the page stands in.
  await page.value(`window.showSaveFilePicker = async () =>
    (await navigator.storage.getDirectory()).getFileHandle("log.ndjson", { create: true })`);
  await keys.go("#export", "Shift+Tab");
  await keys.isAt("#export-start");
  await keys.press("Enter");
  await keys.shows("#export-done");
  await keys.isIn("#export-dialog");
  await keys.isAt("*:not(body)");
  await keys.press("Escape");
  await keys.gone("#export-dialog");
  await keys.isAt("#export");
});

step("the log: paused, and looked at as a table", async () => {
  await keys.tabTo("#pause", "Shift+Tab");
  await keys.press("Enter");
  await has("Resume");
  await keys.isAt("#pause");
  await keys.press("Enter");
  await keys.tabTo("#time-table");
  await keys.press("Enter");
  await keys.shows(".log-table");
  await keys.isAt("#time-table");
  await keys.press("Enter");
  await keys.shows("#timeline");
  await keys.tabTo("#badge", "Shift+Tab");
  await keys.press("Enter");
  await keys.shows("#badge-facts");
  await keys.press("Escape");
  await keys.gone("#badge-facts");
  await keys.isAt("#badge");
});

step("the bar and the checklist are gone through", async () => {
  await keys.goTo("/app/bar", ".bar-control");
  await keys.tabTo("#open-look");
  await keys.press("Enter");
  await keys.shows("#open-result");
  await keys.isAt("*:not(body)");
  await keys.goTo("/app/start", ".item-of");
  await keys.tabTo("#item-backup button");
  await keys.press("Enter");
  await keys.shows("#item-backup .item-body");
  await keys.isAt("#item-backup button");
  await keys.tabTo("#item-backup .aside");
  await keys.press("Enter");
  await keys.isAt("#item-backup .aside");
});

step("signed out", async () => {
  await keys.press("/");
  await keys.tabTo("#me");
  await keys.press("Enter");
  await keys.isAt("[role=menuitemradio]");
  await keys.press("End");
  await keys.isAt("#sign-out");
  await keys.press("Enter");
  await page.pw.waitForURL("**/app/sign-in");
  assert.deepEqual(page.complaints, []);
});
