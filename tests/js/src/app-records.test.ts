// Each thing that a person does at the web app leaves exactly the records with cause
// `user` that it should: what the app reads by itself, ahead or because of news, says
// so in its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { makeWorld, type World } from "./app-world.js";
import { Browser } from "./browser.js";
import { type Any, Server } from "./server.js";

let server: Server;
let browser: Browser;
let world: World;
let page: Driven;
let hers: string; // a secret of hers that isn't the browser's

// Requests of the page that have no answer yet.
const underWay = new Set<unknown>();

before(async () => {
  server = await Server.start("app-records");
  browser = await Browser.start();
  world = await makeWorld(server, browser);
  page = world.anna.page.pw;
  hers = (await world.anna.do("app_password.issue", { label: "Elsewhere" })).secret;
  const isCall = (url: string) => /\/(jmap|session)/.test(url) && !url.includes("/events");
  page.on("request", (request) => {
    if (isCall(request.url())) underWay.add(request);
  });
  page.on("requestfinished", (request) => void underWay.delete(request));
  page.on("requestfailed", (request) => void underWay.delete(request));
});
after(async () => {
  await browser.stop();
  await server.stop();
});

/** Nothing is asked any more, and nothing is about to be. */
async function quiet(): Promise<void> {
  for (let still = 0; still < 3; still++) {
    await page.evaluate(
      () => new Promise((done) => requestIdleCallback(() => setTimeout(done))),
    );
    if (underWay.size > 0) still = -1;
  }
}

/** What she has done since, by cause: "folder.list", or "folder.list denied". */
async function recordsSince(from: number, cause: string): Promise<string[]> {
  const found = await server.search({ from, principal: world.anna.id });
  const records = new Map<number, string>();
  for (const { metadata, status_code, unmapped } of found as Any[])
    if (unmapped.cause === cause)
      records.set(
        metadata.sequence,
        metadata.event_code + (status_code === undefined ? "" : ` ${status_code}`),
      );
  return [...records.values()].sort();
}

interface Act {
  readonly name: string;
  readonly does: () => Promise<unknown>;
  /** The records with cause `user`, in alphabetical order. */
  readonly leaves: readonly string[];
}

// ---- what a person does

const shows = (selector: string): Promise<void> => page.locator(selector).first().waitFor();
const gone = (selector: string): Promise<void> =>
  page.locator(selector).first().waitFor({ state: "detached" });
const press = (selector: string): Promise<void> => page.locator(selector).first().click();
const place = (name: string) =>
  page.getByRole("navigation", { name: "Places" }).getByRole("link", { name }).click();
const node = (name: string) => `#row-${world.nodes[name]}`;
const row = (name: string) => page.locator(".item").filter({ hasText: name });
const told = (text: string) => page.locator(".notice").filter({ hasText: text }).waitFor();


async function select(name: string): Promise<void> {
  await page.locator(`${node(name)} .check input`).setChecked(true);
}

async function deselect(): Promise<void> {
  await page.locator("#list").focus();
  await page.keyboard.press("Escape");
}

const ACTS: readonly Act[] = [
  {
    name: "opening the app",
    does: async () => {
      await page.goto(server.url("/app/files"));
      await shows(".item");
    },
    // The stream of news: a browser can't say with it that nobody asked for it.
    leaves: ["folder.list", "push.open"],
  },
  {
    name: "opening a folder",
    does: async () => {
      await press(`${node("Projects")} .link`);
      await shows(node("Plan.txt"));
    },
    leaves: ["folder.list"],
  },
  {
    name: "going back",
    does: async () => {
      await page.goBack();
      await shows(node("Minutes.txt"));
    },
    leaves: ["folder.list"],
  },
  {
    name: "choosing a file",
    does: () => select("Minutes.txt"),
    leaves: [],
  },
  {
    name: "its details",
    does: async () => {
      await press("#details-toggle");
      await shows("#details dl");
    },
    leaves: ["node.get"],
  },
  {
    name: "its versions",
    does: async () => {
      await press("#tab-versions");
      await shows("#versions li");
    },
    leaves: ["version.list"],
  },
  {
    name: "naming a version",
    does: async () => {
      await page.locator("#versions").getByRole("button", { name: "Name it" }).last().click();
      await page.locator("#versions input").fill("The first");
      await page.keyboard.press("Enter");
      await page.locator("#versions").getByText("The first").waitFor();
    },
    leaves: ["version.name"],
  },
  {
    name: "restoring a version",
    does: async () => {
      await page.locator("#versions").getByRole("button", { name: "Restore" }).first().click();
      await told("That version is the current one again");
    },
    leaves: ["version.restore"],
  },
  {
    name: "who has access",
    does: async () => {
      await press("#tab-access");
      await shows("#who li");
    },
    leaves: ["access.who_can", "link.list", "share.list"],
  },
  {
    name: "its activity",
    does: async () => {
      await press("#tab-activity");
      await shows("#activity li");
    },
    leaves: ["activity.list"],
  },
  {
    name: "closing the details",
    does: async () => {
      await press("#details-toggle");
      await gone("#details");
      await deselect();
    },
    leaves: [],
  },
  {
    name: "a new folder",
    does: async () => {
      await press("#new");
      await press("#new-folder");
      await page.locator("#ask-name #name").fill("Made");
      await page.keyboard.press("Enter");
      await row("Made").waitFor();
    },
    leaves: ["folder.create"],
  },
  {
    name: "a name that is taken",
    does: async () => {
      await press("#new");
      await press("#new-folder");
      await page.locator("#ask-name #name").fill("Made");
      await page.keyboard.press("Enter");
      await page.getByText("Something of that name is already there.").waitFor();
    },
    leaves: ["folder.create EXISTS"],
  },
  {
    name: "uploading",
    does: async () => {
      await page
        .locator("#upload-files")
        .setInputFiles({ name: "Sent.txt", mimeType: "text/plain", buffer: Buffer.from("Sent.") });
      await row("Sent.txt").waitFor();
      await shows(".uploads .good");
      await press("#uploads-clear");
    },
    leaves: ["file.create", "upload.store"],
  },
  {
    name: "renaming",
    does: async () => {
      await row("Sent.txt").locator(".check input").setChecked(true);
      await page.locator("#list").focus();
      await page.keyboard.press("F2");
      await page.locator("#rename").fill("Sent again.txt");
      await page.keyboard.press("Enter");
      await row("Sent again.txt").waitFor();
    },
    leaves: ["node.rename"],
  },
  {
    name: "looking at a file",
    does: async () => {
      await page.locator("#list").focus();
      await page.keyboard.press("Enter");
      await page.frameLocator("iframe.preview-frame").getByText("Sent.").waitFor();
      await page.keyboard.press("Escape");
      await gone("iframe.preview-frame");
    },
    leaves: ["file.read"],
  },
  {
    name: "downloading",
    does: async () => {
      const come = page.waitForEvent("download");
      await press("#download");
      await (await come).path();
    },
    leaves: ["file.read"],
  },
  {
    name: "moving",
    does: async () => {
      await press("#move");
      await page.locator("#ask-folder").getByRole("button", { name: "Projects" }).click();
      await page.locator("#ask-folder").getByRole("button", { name: "Harbour" }).waitFor();
      await press("#ask-folder button[type=submit]");
      await told("moved");
    },
    leaves: ["folder.list", "folder.list", "node.move"],
  },
  {
    name: "undoing it",
    does: async () => {
      await page.locator(".notice").filter({ hasText: "moved" }).getByRole("button", { name: "Undo" }).click();
      await row("Sent again.txt").waitFor();
    },
    leaves: ["node.move"],
  },
  {
    name: "throwing away",
    does: async () => {
      await row("Sent again.txt").locator(".check input").setChecked(true);
      await press("#trash");
      await told("is in the trash");
    },
    leaves: ["node.trash"],
  },
  {
    name: "the trash",
    does: async () => {
      await place("Trash");
      await row("Sent again.txt").waitFor();
    },
    leaves: ["trash.list"],
  },
  {
    name: "restoring",
    does: async () => {
      await row("Sent again.txt").locator(".check input").setChecked(true);
      await press("#restore");
      await told("is back");
    },
    leaves: ["node.restore"],
  },
  {
    name: "deleting for good",
    does: async () => {
      await row("Old plan.txt").locator(".check input").setChecked(true);
      await press("#purge");
      await press("#ask-sure button[type=submit]");
      await row("Old plan.txt").waitFor({ state: "detached" });
    },
    leaves: ["node.purge"],
  },
  {
    name: "what is shared with her",
    does: async () => {
      await place("Shared");
      await row("Team").waitFor();
    },
    leaves: ["share.with_me"],
  },
  {
    name: "searching",
    does: async () => {
      await page.locator("#search").fill("Plan");
      await page.keyboard.press("Enter");
      await row("Plan.txt").waitFor();
    },
    leaves: ["node.search"],
  },
  {
    name: "sharing",
    does: async () => {
      await page.goto(server.url("/app/files"));
      await select("Photos");
      await press("#share");
      await shows("#share-dialog #who li");
    },
    leaves: ["access.who_can", "folder.list", "link.list", "push.open", "share.list"],
  },
  {
    name: "giving a right",
    does: async () => {
      await press("#share-who");
      await page.keyboard.type("Ben");
      await page.getByRole("option", { name: "Ben Okafor" }).click();
      await press("#share-give");
      await page.locator("#who li").filter({ hasText: "Ben Okafor" }).waitFor();
    },
    leaves: ["share.grant"],
  },
  {
    name: "ending it",
    does: async () => {
      await page.getByRole("button", { name: "End the access of Ben Okafor" }).click();
      await page.locator("#who li").filter({ hasText: "Ben Okafor" }).waitFor({ state: "detached" });
    },
    leaves: ["share.revoke"],
  },
  {
    name: "a link",
    does: async () => {
      await press("#link-make");
      await shows("#links li");
    },
    leaves: ["link.make"],
  },
  {
    name: "closing the dialog",
    does: async () => {
      await page.keyboard.press("Escape");
      await gone("#share-dialog");
    },
    leaves: [],
  },
  {
    name: "her security",
    does: async () => {
      await place("Security");
      await shows("#app-passwords li");
    },
    leaves: ["credential.list", "session.list"],
  },
  {
    name: "an app password",
    does: async () => {
      await press("#app-add");
      await page.locator("#asking input[name=label]").fill("Calendar");
      await page.keyboard.press("Enter");
      await shows("#app-secret");
    },
    leaves: ["app_password.issue"],
  },
  {
    name: "signing out",
    does: async () => {
      await press("#me");
      await press("#sign-out");
      await page.waitForURL("**/app/sign-in");
    },
    leaves: ["session.end"],
  },
];

const sequence = async (): Promise<number> => (await server.op("status.read")).sequence;

for (const { name, does, leaves } of ACTS)
  test(name, async () => {
    const from = (await sequence()) + 1;
    await does();
    await quiet();
    assert.deepEqual(await recordsSince(from, "user"), leaves);
  });

test("news of what somebody else does are read in nobody's name", async () => {
  const { anna, home } = world;
  // Her passkey is offered by itself, and taken.
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  await page.goto(server.url("/app/files"));
  await shows(".item");
  await quiet();
  const from = (await sequence()) + 1;
  const made = await server.op("folder.create", { parent: home, name: "Elsewhere" }, {
    token: hers,
  });
  await page.locator(`#row-${made.id}`).waitFor();
  await quiet();
  assert.deepEqual(await recordsSince(from, "user"), ["folder.create"]);
  assert.ok((await recordsSince(from, "push")).includes("file.changes"));
  assert.deepEqual(anna.page.complaints, []);
});
