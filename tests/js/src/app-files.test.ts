// Files in the web app, in Debian's Chromium against the real server: what is dragged
// and dropped, uploaded in folders and through faults, thrown away for good, starred,
// shown as tiles, downloaded in one piece, and worked by a finger.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import type { Locator } from "playwright-core";

import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let user: User;
let page: Page;
let home: string;

before(async () => {
  server = await Server.start("app-files");
  browser = await Browser.start();
  user = await User.enrol(server, browser, "anna", { name: "Anna Adler" });
  page = user.page;
  await page.goto(server.url("/app/files"));
  await button("New").waitFor();
  ({ home } = await user.do("session.get", {}));
});
after(async () => {
  await browser.stop();
  await server.stop();
});

// ---- what there is on the page

const button = (name: string): Locator =>
  page.pw.getByRole("button", { name, exact: true });
const row = (name: string): Locator =>
  page.pw.locator("#list [role=row].item").filter({ has: page.pw.getByText(name, { exact: true }) });
const tile = (name: string): Locator =>
  page.pw.locator("#list .tile").filter({ has: page.pw.getByText(name, { exact: true }) });
const list = (): Locator => page.pw.locator("#list");
const place = (name: string): Locator =>
  page.pw.getByRole("navigation", { name: "Places" }).getByRole("link", { name, exact: true });

const names = (): Promise<string[]> => page.pw.locator("#list .link").allTextContents();

const listIs = (...expected: string[]): Promise<unknown> =>
  eventually(`the list ${expected.join(", ")}`, async () =>
    JSON.stringify(await names()) === JSON.stringify(expected) || undefined,
  );

// ---- what there is on the server

const folder = async (name: string, parent = home): Promise<string> =>
  (await user.do("folder.create", { parent, name })).id;

const store = (parent: string, name: string, text = "All is well."): Promise<Any> =>
  user.do("file.create", {
    parent,
    name,
    content: Buffer.from(text).toString("base64"),
    type: "text/plain",
  });

const inFolder = async (id: string): Promise<string[]> =>
  (await user.do("folder.list", { folder: id, limit: 500 })).list
    .map((one: Any) => one.name)
    .sort();

const folderIs = (id: string, ...expected: string[]): Promise<unknown> =>
  eventually(`${expected.join(", ")} on the server`, async () =>
    JSON.stringify(await inFolder(id)) === JSON.stringify([...expected].sort()) || undefined,
  );

const open = (id: string): Promise<void> => page.goto(server.url(`/app/files/${id}`));

/** Files of the disk, below a folder of their own. */
function onDisk(name: string, files: { [path: string]: string | Buffer }): string {
  const root = path.join(server.folder, name);
  for (const [file, bytes] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), bytes);
  }
  return root;
}

/** Drops files and folders of the disk, as a person does from another window. */
async function dropFromDisk(onto: Locator, ...files: string[]): Promise<void> {
  const box = await onto.boundingBox();
  assert(box);
  const where = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"])
    await page.ask("Input.dispatchDragEvent", { type, ...where, data });
}

const clearUploads = async (): Promise<void> => {
  await button("Close the list of uploads").click();
  await page.pw.getByRole("region", { name: "Uploads" }).waitFor({ state: "detached" });
};

// ---- drag and drop

test("things are dragged to folders, to where one came from, and to the trash", async () => {
  const id = await folder("Dragging");
  const target = await folder("Target", id);
  await store(id, "a.txt");
  await store(id, "b.txt");
  await store(id, "c.txt");
  await open(id);
  await listIs("Target", "a.txt", "b.txt", "c.txt");
  await row("a.txt").click({ position: { x: 500, y: 10 } });
  await row("b.txt").click({ position: { x: 500, y: 10 }, modifiers: ["Control"] });
  await row("b.txt").dragTo(row("Target"));
  await listIs("Target", "c.txt");
  await folderIs(target, "a.txt", "b.txt");
  await button("Undo").click();
  await listIs("Target", "a.txt", "b.txt", "c.txt");
  await row("c.txt").dragTo(place("Trash"));
  await listIs("Target", "a.txt", "b.txt");
  await list().press("Control+z");
  await listIs("Target", "a.txt", "b.txt", "c.txt");
  await open(target);
  await store(target, "d.txt");
  await listIs("d.txt");
  await row("d.txt").dragTo(
    page.pw.getByRole("navigation", { name: "Where this is" }).getByRole("link", { name: "Dragging" }),
  );
  await page.pw.getByText("Nothing here yet.").waitFor();
  await folderIs(id, "Target", "a.txt", "b.txt", "c.txt", "d.txt");
  assert.deepEqual(page.complaints, []);
});

test("files and folders dropped from the disk are uploaded with all that is in them", async () => {
  const id = await folder("Dropped");
  await open(id);
  await page.pw.getByText("Nothing here yet.").waitFor();
  const disk = onDisk("Trip", { "notes.txt": "Day one", "photos/sea.txt": "blue", "photos/old/hill.txt": "green" });
  fs.mkdirSync(path.join(disk, "empty"));
  const single = onDisk("alone", { "single.txt": "one" });
  await dropFromDisk(list(), disk, path.join(single, "single.txt"));
  await listIs("Trip", "single.txt");
  await page.pw.getByText("Uploads are done").waitFor();
  await page.picture("files-uploads");
  await clearUploads();
  const { list: inside } = await user.do("folder.list", { folder: id });
  const trip = inside.find((one: Any) => one.name === "Trip").id;
  await folderIs(trip, "empty", "notes.txt", "photos");
  const photos = (await user.do("folder.list", { folder: trip })).list.find((one: Any) => one.name === "photos").id;
  await folderIs(photos, "old", "sea.txt");
  assert.deepEqual(page.complaints, []);
});

// ---- uploads

test("a folder is chosen and uploaded; of hundreds of files a few are listed", async () => {
  const id = await folder("Chosen");
  await open(id);
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`part ${i % 3}/file ${i}.txt`, `${i}`]));
  await page.pw.locator("#upload-folder").setInputFiles(onDisk("Archive", files));
  await listIs("Archive");
  await page.pw.getByText("Uploads are done").waitFor();
  assert.ok((await page.pw.locator(".uploads li").count()) <= 50);
  await clearUploads();
  const [archive] = (await user.do("folder.list", { folder: id })).list;
  await folderIs(archive.id, "part 0", "part 1", "part 2");
  for (const part of (await user.do("folder.list", { folder: archive.id })).list)
    assert.equal((await inFolder(part.id)).length, 50);
  assert.deepEqual(page.complaints, []);
});

test("an upload is ended, one that was refused is tried again", async () => {
  const id = await folder("Ended");
  await open(id);
  const disk = onDisk("large", { "large.bin": Buffer.alloc(3 << 20), "small.txt": "small" });
  // The line is slow, until the upload has been ended.
  const network = async (upload: number) =>
    page.ask("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: upload,
    });
  await page.ask("Network.enable");
  await network(50_000);
  await page.pw.locator("#upload-files").setInputFiles(path.join(disk, "large.bin"));
  await button("End the upload of large.bin").click();
  await page.pw.getByText("Not uploaded").waitFor();
  await network(-1);
  await clearUploads();
  await user.do("quota.get", { principal: user.id });
  await server.op("quota.set", { principal: user.id, limit: 1 });
  await page.pw.locator("#upload-files").setInputFiles(path.join(disk, "small.txt"));
  await page.pw.getByText("1 file was not uploaded").waitFor();
  await page.pw.getByText("Your storage is used up.").waitFor();
  await page.picture("files-over-quota");
  await server.op("quota.set", { principal: user.id });
  await button("Upload small.txt again").click();
  await listIs("small.txt");
  await folderIs(id, "small.txt");
  await clearUploads();
  assert.deepEqual(page.complaints, []);
});

/** What shows uploads is there, for when nothing can be loaded. */
async function isPrepared(id: string): Promise<void> {
  const disk = onDisk("first", { "0 first.txt": "first" });
  await page.pw.locator("#upload-files").setInputFiles(path.join(disk, "0 first.txt"));
  await page.pw.getByText("Uploads are done").waitFor();
  await folderIs(id, "0 first.txt");
  await clearUploads();
}

test("uploads wait while the server can't be reached, and go on by themselves", async () => {
  const id = await folder("Faults");
  await open(id);
  await page.pw.getByText("Nothing here yet.").waitFor();
  await isPrepared(id);
  const disk = onDisk("faults", Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i + 1}.txt`, `${i}`])));
  await page.pw.context().setOffline(true);
  await page.pw
    .locator("#upload-files")
    .setInputFiles(fs.readdirSync(disk).map((name) => path.join(disk, name)));
  await page.pw.getByText("8 files wait for the server").waitFor();
  await page.picture("files-held");
  await page.pw.context().setOffline(false);
  await page.pw.getByText("Uploads are done").waitFor();
  await folderIs(id, "0 first.txt", ...fs.readdirSync(disk));
  await listIs("0 first.txt", ...fs.readdirSync(disk));
  await clearUploads();
  page.complaints.length = 0;
});

test("an upload whose folder has gone meanwhile is said to fail, and isn't sent for ever", async () => {
  const id = await folder("Going");
  await open(id);
  await page.pw.getByText("Nothing here yet.").waitFor();
  let sent = 0;
  await page.pw.route("**/jmap/upload/**", async (route) => {
    if (++sent === 1) {
      await user.do("node.trash", { node: id });
      await user.do("node.purge", { node: id });
    }
    await route.continue();
  });
  const disk = onDisk("going", { "late.txt": "late" });
  await page.pw.locator("#upload-files").setInputFiles(path.join(disk, "late.txt"));
  await page.pw.getByText("1 file was not uploaded").waitFor();
  assert.ok(sent <= 2, `sent ${sent} times`);
  await page.pw.unroute("**/jmap/upload/**");
  await clearUploads();
  await page.goto(server.url("/app/files"));
  assert.deepEqual(page.complaints, []);
});

test("a page with uploads under way asks before it goes", async () => {
  const id = await folder("Leaving");
  await open(id);
  await page.pw.getByText("Nothing here yet.").waitFor();
  await isPrepared(id);
  await page.pw.context().setOffline(true);
  const disk = onDisk("leaving", { "stays.txt": "here" });
  await page.pw.locator("#upload-files").setInputFiles(path.join(disk, "stays.txt"));
  await page.pw.getByText("1 file waits for the server").waitFor();
  const asked = page.pw.waitForEvent("dialog");
  void page.pw.evaluate("void setTimeout(() => location.reload())");
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  await page.pw.context().setOffline(false);
  await listIs("0 first.txt", "stays.txt");
  await clearUploads();
  page.complaints.length = 0;
});

// ---- commands

test("what is in the trash is deleted for good, once one is sure", async () => {
  const id = await folder("Purged");
  const { id: gone } = await store(id, "gone.txt");
  await user.do("node.trash", { node: gone });
  await place("Trash").click();
  await row("gone.txt").click();
  await button("Delete for good").click();
  await page.pw.getByText("You can't undo this.").waitFor();
  await page.picture("files-purge");
  await page.pw.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await row("gone.txt").waitFor();
  await list().press("Delete");
  await page.pw.getByRole("dialog").getByRole("button", { name: "Delete for good" }).click();
  await row("gone.txt").waitFor({ state: "detached" });
  await eventually("that it is gone", async () =>
    !(await user.op("node.get", { node: gone })).ok || undefined,
  );
  assert.deepEqual(page.complaints, []);
});

test("the menu at the pointer does what the bar does, by keyboard too", async () => {
  const id = await folder("Menu");
  await store(id, "a.txt");
  await open(id);
  await row("a.txt").click({ button: "right" });
  await page.pw.getByRole("menuitem", { name: "Rename" }).waitFor();
  await page.picture("files-menu");
  await page.pw.getByRole("menuitem", { name: "Rename" }).click();
  await page.pw.getByRole("textbox", { name: "New name of a.txt" }).fill("b.txt");
  await page.pw.keyboard.press("Enter");
  await listIs("b.txt");
  await page.pw.locator("#list:focus").waitFor();
  await list().press("Shift+F10");
  await page.pw.getByRole("menuitem", { name: "Star" }).waitFor();
  await page.pw.keyboard.press("Escape");
  await page.pw.getByRole("menu").waitFor({ state: "detached" });
  await page.pw.locator("#list:focus").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a version gets a name", async () => {
  const id = await folder("Versions");
  const { id: file } = await store(id, "a.txt");
  await open(id);
  await row("a.txt").click();
  await button("Details").click();
  await page.pw.getByRole("tab", { name: "Versions" }).click();
  await button("Name it").click();
  await page.pw.getByRole("textbox", { name: /^Name of the version/ }).fill("As signed");
  await button("Save").click();
  await page.pw.locator("#versions").getByText("As signed").waitFor();
  const { list: versions } = await user.do("version.list", { file });
  assert.equal(versions[0].label, "As signed");
  await page.pw.locator("#details-toggle").click();
  assert.deepEqual(page.complaints, []);
});

test("a theme is chosen, and stays", async () => {
  const theme = () => page.pw.locator("html").getAttribute("data-theme");
  for (const [name, is] of [
    ["Dark", "dark"],
    ["High contrast", "contrast"],
    ["Light", "light"],
  ] as const) {
    await page.pw.locator("#me").click();
    await page.pw.getByRole("menuitemradio", { name, exact: true }).click();
    assert.equal(await theme(), is);
    await page.pw.keyboard.press("Escape");
    await page.pw.reload();
    await list().waitFor();
    assert.equal(await theme(), is);
  }
  await page.pw.locator("#me").click();
  await page.pw.getByRole("menuitemradio", { name: "Theme of the system" }).click();
  await page.pw.keyboard.press("Escape");
  assert.deepEqual(page.complaints, []);
});

// ---- tiles

test("tiles are walked in two dimensions, and the choice of them is kept", async () => {
  const id = await folder("Tiles");
  for (let i = 0; i < 12; i++) await store(id, `${String(i).padStart(2, "0")}.txt`);
  await folder("Inside", id);
  await open(id);
  await button("As tiles").click();
  await tile("00.txt").waitFor();
  const chosen = () => page.pw.locator(".tile.chosen .link").allTextContents();
  const columns = Number(await list().getAttribute("aria-colcount"));
  await list().press("Home");
  assert.deepEqual(await chosen(), ["Inside"]);
  await list().press("ArrowRight");
  assert.deepEqual(await chosen(), ["00.txt"]);
  await list().press("ArrowDown");
  assert.deepEqual(await chosen(), [`${String(columns).padStart(2, "0")}.txt`]);
  await list().press("ArrowUp");
  await list().press("ArrowLeft");
  await list().press("Shift+ArrowRight");
  assert.deepEqual(await chosen(), ["Inside", "00.txt"]);
  await page.pw.reload();
  await tile("00.txt").waitFor();
  await page.picture("files-tiles");
  await tile("Inside").dblclick();
  await page.pw.getByText("Nothing here yet.").waitFor();
  await button("As a list").click();
  assert.deepEqual(page.complaints, []);
});

// ---- stars and home

test("what is starred has its place, and home has what one had last", async () => {
  const id = await folder("Stars");
  await store(id, "plain.txt");
  const { id: file } = await store(id, "bright.txt", "Shining.");
  await open(id);
  await row("bright.txt").click();
  await button("Star").click();
  await row("bright.txt").getByLabel("Starred").waitFor();
  await place("Starred").click();
  await listIs("bright.txt");
  await page.picture("files-starred");
  await row("bright.txt").dblclick();
  await page.pw.frameLocator("iframe").getByText("Shining.").waitFor();
  await button("Close the preview").click();
  await page.pw.getByRole("dialog").waitFor({ state: "detached" });
  await place("Home").click();
  const part = (name: string) => page.pw.getByRole("region", { name });
  await part("Recent").getByRole("link", { name: /^bright.txt/ }).waitFor();
  await part("Starred").getByRole("link", { name: /^bright.txt/ }).waitFor();
  await part("Shared with me").getByText("Nobody has shared").waitFor();
  await page.pw.getByText(/ used$/).waitFor();
  await page.picture("home");
  await part("Starred").getByRole("link", { name: /^bright.txt/ }).click();
  await page.pw.frameLocator("iframe").getByText("Shining.").waitFor();
  await button("Close the preview").click();
  await part("Starred").getByRole("link", { name: "See all that is starred" }).click();
  await row("bright.txt").click();
  await button("Take the star off").click();
  await eventually("no star", async () => (await user.do("star.list", {})).list.length === 0 || undefined);
  // Home is where one begins.
  await page.pw.goto(server.url("/app/"));
  await page.pw.getByRole("heading", { name: "Home" }).waitFor();
  assert.equal(new URL(page.pw.url()).pathname, "/app/home");
  assert.ok(file);
  assert.deepEqual(page.complaints, []);
});

// ---- in one piece

test("a folder, and several things, come as one archive; one file as it is", async () => {
  const id = await folder("Zipped");
  const inside = await folder("Inside", id);
  await store(id, "a.txt", "First.");
  await store(inside, "b.txt", "Second.");
  await open(id);
  const download = async (press: () => Promise<void>) => {
    const begun = page.pw.waitForEvent("download");
    await press();
    const got = await begun;
    return { name: got.suggestedFilename(), bytes: fs.readFileSync(await got.path()) };
  };
  await row("a.txt").click();
  const one = await download(() => button("Download").click());
  assert.deepEqual([one.name, one.bytes.toString()], ["a.txt", "First."]);
  await row("Inside").click({ modifiers: ["Control"], position: { x: 500, y: 10 } });
  const all = await download(() => button("Download").click());
  assert.equal(all.name, "Files.zip");
  // The names of what is in it stand there as they are.
  assert.equal(all.bytes.toString("latin1", 0, 2), "PK");
  for (const name of ["a.txt", "Inside/b.txt"]) assert.ok(all.bytes.includes(name), name);
  await list().press("Home");
  const folded = await download(() => button("Download").click());
  assert.equal(folded.name, "Inside.zip");
  assert.deepEqual(page.complaints, []);
});

// ---- a finger

test("a finger opens by a tap, chooses by staying, and then by taps", async () => {
  const id = await folder("Touched");
  await store(id, "a.txt", "Touched.");
  await store(id, "b.txt");
  await page.ask("Emulation.setDeviceMetricsOverride", { width: 390, height: 800, deviceScaleFactor: 1, mobile: true });
  await page.ask("Emulation.setTouchEmulationEnabled", { enabled: true });
  await open(id);
  await listIs("a.txt", "b.txt");
  const at = async (name: string) => {
    const box = await row(name).boundingBox();
    assert(box);
    return [{ x: box.x + 200, y: box.y + box.height / 2 }];
  };
  const touch = (type: string, touchPoints: object[]) => page.ask("Input.dispatchTouchEvent", { type, touchPoints });
  const tap = async (name: string) => {
    await touch("touchStart", await at(name));
    await touch("touchEnd", []);
  };
  await tap("a.txt");
  await page.pw.frameLocator("iframe").getByText("Touched.").waitFor();
  await button("Close the preview").click();
  await page.pw.getByRole("dialog").waitFor({ state: "detached" });
  await list().press("Escape");
  await touch("touchStart", await at("a.txt"));
  await page.pw.locator(".foot").getByText("1 selected").waitFor();
  await touch("touchEnd", []);
  await tap("b.txt");
  await page.pw.locator(".foot").getByText("2 selected").waitFor();
  await tap("b.txt");
  await page.pw.locator(".foot").getByText("1 selected").waitFor();
  await button("Details").click();
  const sheet = await page.pw.locator("#details").boundingBox();
  assert.equal(sheet?.width, 390);
  await page.pw.locator("#details header button").click();
  await page.ask("Emulation.setTouchEmulationEnabled", { enabled: false });
  await page.ask("Emulation.clearDeviceMetricsOverride");
  assert.deepEqual(page.complaints, []);
});
