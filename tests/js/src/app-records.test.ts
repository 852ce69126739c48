// Each thing that a person does at the web app leaves exactly the records with cause
// `user` that it should: what the app reads by itself, ahead or because of news, says
// so in its own.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { type Act, shows, type Stage } from "./app-acts.js";
import { FILE_ACTS } from "./app-acts-files.js";
import { BAR_ACTS, LOG_ACTS } from "./app-acts-log.js";
import { PEOPLE_ACTS } from "./app-acts-people.js";
import { COMING_ACTS, ENROL_ACTS, LINK_ACTS, SECURITY_ACTS, SETUP_ACTS } from "./app-acts-start.js";
import { makeWorld } from "./app-world.js";
import { Browser } from "./browser.js";
import { type Any, ROOT, Server } from "./server.js";

const ACTS: readonly Act[] = [
  ...FILE_ACTS,
  ...PEOPLE_ACTS,
  ...LOG_ACTS,
  ...BAR_ACTS,
  ...SETUP_ACTS, // as long as the installation's token lives
  ...SECURITY_ACTS,
  ...LINK_ACTS,
  ...COMING_ACTS,
  ...ENROL_ACTS,
];

/** What the app asks for by itself, and never says that somebody did. */
const BY_ITSELF = [
  "challenge.make", // before a passkey is used, or offered
  "file.changes", // after news
  "log.prove", // with each record that is shown
  "log.status", // every so often
  "log.timeline", // above what was searched for
  "principal.find", // as a name is typed
  "unit.list", // with the people
];

/** What is done by an address, and not by the name of an operation. */
const BY_ADDRESS = [
  "file.read", // shown, downloaded, and each file of an archive
  "link.open",
  "log.export",
  "session.begin",
  "session.end",
  "upload.store",
];

let server: Server;
let browser: Browser;
let stage: Stage;
let page: Driven;
let watcher: string; // who looks at all this

// Requests of the pages that have no answer yet.
const underWay = new Set<unknown>();

function observe(of: Driven): void {
  const isOne = (url: string) =>
    /\/(jmap|session|link|log\/export)\b/.test(new URL(url).pathname) && !/\/events\b/.test(url);
  of.on("request", (request) => {
    if (isOne(request.url())) underWay.add(request);
  });
  // What nobody reads never ends: of a sign-in the cookie is the answer.
  of.on("response", (answer) => {
    if (answer.url().endsWith("/session")) underWay.delete(answer.request());
  });
  of.on("requestfinished", (request) => void underWay.delete(request));
  of.on("requestfailed", (request) => void underWay.delete(request));
}

/** The installation's token ends with the setting up: who looks has another one. */
async function ownToken(): Promise<string> {
  const { token: ceremony } = server;
  const { id, token } = await server.principal("watcher");
  for (const relation of ["log_reader", "operator", "user_admin"])
    await server.op("role.grant", { principal: id, relation });
  watcher = id;
  server.token = token;
  return ceremony;
}

before(async () => {
  server = await Server.start("app-records");
  browser = await Browser.start();
  const world = await makeWorld(server, browser);
  const ceremony = await ownToken();
  const { secret: hers } = await world.anna.do("app_password.issue", { label: "Elsewhere" });
  const outside = await browser.page();
  await outside.addAuthenticator();
  page = world.anna.page.pw;
  const stranger = outside.pw;
  stage = { ...world, stranger, hers, ceremony };
  for (const one of [page, stranger]) observe(one);
});
after(async () => {
  await browser.stop();
  await server.stop();
});

/** A page that draws nothing may never be told that it is idle: hence the limit. */
const idle = (of: Driven): Promise<unknown> =>
  of.evaluate(
    () =>
      new Promise((done) => requestIdleCallback(() => setTimeout(done), { timeout: 250 })),
  );

/** Nothing is asked any more on any page, and nothing is about to be. */
async function allQuiet(): Promise<void> {
  // One that was never gone to is never idle either.
  const pages = [stage.stranger, page].filter((one) => one.url() !== "about:blank");
  for (let still = 0; still < 3; still++) {
    await Promise.all(pages.map(idle));
    if (underWay.size > 0) still = -1;
  }
}

const sequence = async (): Promise<number> => (await server.op("status.read")).sequence;

/** What people have done since, by cause: "folder.list", or "folder.list DENIED". */
async function recordsSince(from: number, cause: string): Promise<string[]> {
  const found: Any[] = await server.search({ from: from + 1 });
  const records = new Map<number, string>();
  for (const { actor, metadata, status_code, unmapped } of found)
    if (unmapped.cause === cause && actor.user?.uid !== watcher)
      records.set(
        metadata.sequence,
        metadata.event_code + (status_code === undefined ? "" : ` ${status_code}`),
      );
  return [...records.values()].sort();
}

const seen = new Set<string>();

/** An act that could not be done: what comes after it builds on it. */
let stuck = "";

for (const { name, ready, does, leaves } of ACTS)
  test(name, async (t) => {
    if (stuck !== "") {
      t.skip(`after ${stuck}`);
      return;
    }
    stuck = name;
    await ready?.(stage);
    await allQuiet();
    const from = await sequence();
    await does(page, stage);
    await allQuiet();
    const records = await recordsSince(from, "user");
    stuck = "";
    for (const one of records) seen.add(one.split(" ")[0] ?? "");
    assert.deepEqual(records, leaves);
  });

test("news of what somebody else does are read in nobody's name", async () => {
  const { home, hers } = stage;
  await page.goto(server.url("/app/files"));
  await shows(page, ".item");
  await allQuiet();
  const from = await sequence();
  const made = await server.op("folder.create", { parent: home, name: "By others" }, {
    token: hers,
  });
  await shows(page, `#row-${made.id}`);
  await allQuiet();
  assert.deepEqual(await recordsSince(from, "user"), ["folder.create"]);
  assert.ok((await recordsSince(from, "push")).includes("file.changes"));
  assert.deepEqual(stage.anna.page.complaints, []);
});

/** The operations that the app's sources name, but for the words that tell of them. */
function named(): Set<string> {
  const types = fs.readFileSync(path.join(ROOT, "clients/types.ts"), "utf8");
  const [, table = ""] = types.split("export interface Operations {");
  const operations = [...table.matchAll(/^\t"([a-z_.]+)": /gm)].map(([, name]) => `"${name}"`);
  const app = path.join(ROOT, "web/app/src");
  const sources = fs
    .readdirSync(app, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes("words"))
    .map((name) => fs.readFileSync(path.join(app, name), "utf8"));
  const found = operations.filter((name) => sources.some((text) => text.includes(name)));
  return new Set(found.map((name) => name.slice(1, -1)));
}

/** Of documents that are open, which want an engine: documents-app.test.ts does these. */
const OPEN = ["document.copy", "document.save"];

test("no operation of the app is left out", () => {
  const meant = new Set([...named(), ...BY_ADDRESS]);
  for (const name of OPEN) assert.ok(meant.delete(name), name);
  for (const name of BY_ITSELF) assert.ok(meant.delete(name), name);
  assert.deepEqual([...seen].sort(), [...meant].sort());
});
