// The log console in the web app: what happens arrives live and is counted, found by
// filters that stand in the address, proved in the browser, and taken along whole.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

const HTML = '<img src=x onerror="document.title=1">';
// Rows that aren't in sight aren't in the page.
const TALL = { width: 1000, height: 1900 };
const TURNED = "invoice\u202Efdp.exe";

let server: Server;
let browser: Browser;
let reader: User; // who reads the log
let ben: User; // whom they watch
let page: Page;
let home: string; // ben's
let team: string; // a group that both are in

before(async () => {
  server = await Server.start("app-log");
  browser = await Browser.start();
  reader = await User.enrol(server, browser, "anna");
  ben = await User.enrol(server, browser, "ben");
  const relation = "log_reader";
  await server.op("role.grant", { principal: reader.id, relation });
  ({ home } = await ben.op("session.get", {}));
  team = (await server.op("group.create", { name: "Team" })).id;
  await server.op("member.add", { group: team, principal: reader.id });
  page = reader.page;
  await page.pw.setViewportSize(TALL);
  await page.goto(server.url("/app/log"));
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const at = (selector: string, hasText?: string | RegExp) =>
  page.pw.locator(selector, hasText === undefined ? {} : { hasText }).first();

/** The row of a record whose sentence has these words. */
const row = (words: string | RegExp) => at("#records [role=row].item", words);

const isLive = (): Promise<void> => at("#live", /^Live$/).waitFor();

const make = async (name: string): Promise<string> =>
  (await ben.op("folder.create", { parent: home, name })).id;

/** The number of a record, by its row. */
const numberOf = async (words: string): Promise<number> =>
  Number((await row(words).getAttribute("id"))?.replace("record-", ""));

const asked = (): Promise<{ [name: string]: string }> =>
  page.value("Object.fromEntries(new URLSearchParams(location.search))");

async function choose(field: string, option: string | RegExp): Promise<void> {
  await page.pw.locator(field).click();
  await page.pw.getByRole("option", { name: option }).first().click();
}

async function picture(name: string): Promise<void> {
  await page.picture(name);
  await page.pw.setViewportSize(TALL);
}

const clean = (): void => assert.deepEqual(page.complaints.splice(0), []);

// ---- live

test("what another person does arrives live, in plain words", async () => {
  await isLive();
  await make("Plans");
  await row("made the folder “Plans”").waitFor();
  const text = (await row("made the folder “Plans”").textContent()) ?? "";
  assert.match(text, /ben.*made the folder “Plans” in the folder “Files”.*::1.*Done/);
  const refused = await ben.op("principal.create", { kind: "person", name: "Eve", login: "eve" });
  assert.equal(refused.ok, false);
  await row("tried to add").waitFor();
  assert.match((await row("tried to add").textContent()) ?? "", /Denied/);
  const badge = at("#badge", /\d+ records · Signed .*Nobody keeps a mirror of the log/);
  await badge.click();
  await at("#badge-facts", "Under the last checkpoint").waitFor();
  await picture("log-badge");
  await page.pw.keyboard.press("Escape");
  await picture("log-live");
  clean();
});

test("while it is paused what comes is counted, and shown afterwards", async () => {
  await page.press("#pause");
  await at("#live", "Paused").waitFor();
  const before = Number(await page.pw.locator("#counted").getAttribute("data-records"));
  for (let i = 0; i < 3; i++) await make(`Paused ${i}`);
  await eventually("three more are counted", async () => {
    const n = Number(await page.pw.locator("#counted").getAttribute("data-records"));
    return n >= before + 3 || undefined;
  });
  await at("#new", /\d+ new record/).waitFor();
  assert.equal(await row("Paused 2").count(), 0);
  await picture("log-paused");
  await page.press("#pause");
  for (let i = 0; i < 3; i++) await row(`Paused ${i}`).waitFor();
  assert.equal(await page.pw.locator("#new").count(), 0);
  clean();
});

test("a connection that breaks goes on where it was", async () => {
  await page.pw.context().setOffline(true);
  await at("#live", "The connection is lost").waitFor();
  await make("Meanwhile");
  await page.pw.context().setOffline(false);
  await row("Meanwhile").waitFor();
  await isLive();
  assert.equal(await page.pw.locator("[role=alert]").count(), 0);
  clean();
});

test("a gap is told loudly", async () => {
  const event = { time: 0, message: "x", metadata: { sequence: 0, logged_time: 0 } };
  await page.pw.route(
    "**/log/events?*",
    (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("from"));
      const body = `id: ${from + 2}\ndata: ${JSON.stringify(event)}\n\n`;
      return route.fulfill({ contentType: "text/event-stream", body });
    },
    { times: 1 },
  );
  await page.goto(server.url("/app/log"));
  await at("[role=alert]", /RECORDS ARE MISSING: \d+ to \d+ did not come/).waitFor();
  await picture("log-gap");
  await page.goto(server.url("/app/log?range=24h"));
  await isLive();
});

// ---- finding

test("filters stand in the address, and come from it", async () => {
  await page.goto(server.url("/app/log"));
  await isLive();
  await page.pw.locator("#filter-who").fill("be");
  await page.pw.getByRole("option", { name: "ben" }).click();
  await eventually("the address has it", async () => (await asked())["who"] === ben.id || undefined);
  await row("Meanwhile").waitFor();
  assert.equal(await row("gave the principal").count(), 0);
  await choose("#filter-outcome", "Denied");
  assert.deepEqual(await asked(), { who: ben.id, outcome: "denied" });
  await row("tried to add").waitFor();
  await eventually("nothing else", async () => (await row("made the folder").count()) === 0 || undefined);
  await picture("log-filters");
  await page.pw.goBack();
  assert.deepEqual(await asked(), { who: ben.id });
  await row("Meanwhile").waitFor();
  await page.pw.goForward();
  await page.pw.reload();
  await row("tried to add").waitFor();
  assert.equal(await page.pw.locator("#filter-who").inputValue(), "ben");
  assert.equal(await page.pw.locator("#filter-outcome").textContent(), "Denied");
  // What comes live is held against the same filter.
  await isLive();
  await make("Not denied");
  await ben.op("principal.list", {});
  await row("tried to list the principals").waitFor();
  assert.equal(await row("Not denied").count(), 0);
  await page.press("#filters-clear");
  await page.pw.locator("#filter-did").pressSequentially("made a fol");
  await page.pw.getByRole("option", { name: "Made a folder" }).click();
  assert.deepEqual(await asked(), { did: "folder.create" });
  await row("Not denied").waitFor();
  await page.pw.locator("#filter-address").fill("192.0.2.1");
  await page.pw.locator("#filter-address").press("Enter");
  await at("main", "Nothing in this time fits these filters.").waitFor();
  clean();
});

test("a time is brushed by the keyboard and by the mouse", async () => {
  await page.goto(server.url("/app/log?did=folder.create"));
  await row("Meanwhile").waitFor();
  await at("#time-text", /\d+ records/).waitFor();
  await page.pw.locator("#timeline").focus();
  for (const key of ["End", "Shift+ArrowLeft", "Shift+ArrowLeft"])
    await page.pw.keyboard.press(key);
  await at("#time-text", "selected").waitFor();
  await picture("log-brush");
  await page.pw.keyboard.press("Enter");
  const { since = "", until = "" } = await asked();
  assert.equal(Date.parse(until) - Date.parse(since), 3 * 60_000);
  await row("Meanwhile").waitFor();
  await at("main", "A time in the past is shown").waitFor();
  const box = await page.pw.locator("#timeline").boundingBox();
  assert.ok(box !== null);
  await page.pw.mouse.move(box.x + 4, box.y + 20);
  await page.pw.mouse.down();
  await page.pw.mouse.move(box.x + box.width / 4, box.y + 20, { steps: 4 });
  await page.pw.mouse.up();
  await eventually("a smaller time", async () => {
    const now = await asked();
    const ms = Date.parse(now["until"] ?? "") - Date.parse(now["since"] ?? "");
    return ms < 60_000 || undefined;
  });
  await page.pw.getByRole("button", { name: /Remove the filter/ }).first().click();
  assert.deepEqual(await asked(), { did: "folder.create" });
  await page.press("#time-table");
  await at(".log-table td").waitFor();
  await page.press("#time-table");
  clean();
});

test("keys pressed before the records have come choose nothing of them", async () => {
  let give: (() => void) | undefined;
  const given = new Promise<void>((done) => (give = done));
  await page.pw.route("**/jmap/api", async (route) => {
    if (/"log\.(search|timeline)"/.test(route.request().postData() ?? "")) await given;
    return route.continue();
  });
  await page.goto(server.url("/app/log"));
  await page.pw.locator("#timeline[aria-busy=true]").focus();
  for (const key of ["End", "Shift+ArrowLeft"]) await page.pw.keyboard.press(key);
  give?.();
  await at("#timeline[aria-busy=false]").waitFor();
  assert.equal(await page.pw.locator(".log-brush").count(), 0);
  assert.match((await page.pw.locator("#time-text").textContent()) ?? "", /^[\d,]+ records/);
  await page.pw.unroute("**/jmap/api");
  clean();
});

test("the timeline counts every record, the live ones too", async () => {
  await page.goto(server.url("/app/log?range=24h"));
  await isLive();
  await make("Counted");
  await row("Counted").waitFor();
  await eventually("as many as there are", async () => {
    const text = (await page.pw.locator("#time-text").textContent()) ?? "";
    const first = await page.pw.locator("#records [role=row].item").first().getAttribute("id");
    const counted = Number(/^([\d,]+) records/.exec(text)?.[1]?.replaceAll(",", ""));
    return first === `record-${counted}` || undefined;
  });
  clean();
});

// ---- a record

test("a record says by which right, with names and the records behind them", async () => {
  const folder = await make("Reports");
  await ben.op("share.grant", { node: folder, principal: team, relation: "read" });
  await reader.op("folder.list", { folder });
  await row("listed the folder “Reports”").click();
  const right = at("#right");
  await right.getByText("The group Team").waitFor();
  const steps = await right.locator("li").allTextContents();
  assert.match(steps[0] ?? "", /^anna$/);
  const order = ["The use of an app", "A membership", "The group Team", "A share: may read", "The folder Reports"];
  const places = order.map((text) => steps.findIndex((step) => step.includes(text)));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), steps.join("\n"));
  assert.ok(!places.includes(-1), steps.join("\n"));
  assert.match(steps.at(-1) ?? "", /listed the folder “Reports”/);
  await at("#proof-verdict", "Proved in this browser").waitFor();
  await picture("log-record");
  await page.value("document.getElementById('proof').scrollIntoView({ behavior: 'instant' })");
  await picture("log-proof");
  // Names, and not ids; but where the record itself is shown as it is.
  const shown: string = await page.value(`[...document.querySelectorAll("#record section, #record p, #record dl")]
    .filter((one) => one.id !== "raw" && one.closest("#raw") === null)
    .map((one) => one.innerText).join(" ")`);
  assert.doesNotMatch(shown, /\b[pcsgdfvuxebn][0-9a-hjkmnp-tv-z]{13}\b/);
  assert.match(await page.value("document.getElementById('event').textContent"), /"event_code": "folder.list"/);
  await page.press("#raw-leaf");
  await at("#leaf", "/ sequence / 1:").waitFor();
  await page.press("#lineage summary");
  await at("#lineage", "Where it comes from").waitFor();
  await at("#lineage li a").waitFor();
  // Its steps lead to the records that made them.
  await right.getByRole("link").nth(1).click();
  await page.pw.waitForURL(/\/app\/log\/\d+$/);
  await at("#sentence").waitFor();
  await at("#proof-verdict", "Proved in this browser").waitFor();
  await picture("log-record-alone");
  clean();
});

test("the list and a record go by the keyboard alone", async () => {
  await page.goto(server.url("/app/log"));
  await isLive();
  await page.pw.locator("#records").focus();
  await page.pw.keyboard.press("ArrowDown");
  await page.pw.keyboard.press("ArrowDown");
  await page.pw.keyboard.press("Enter");
  await at("#record").waitFor();
  await page.until("document.activeElement.id === 'record-title'");
  await page.pw.keyboard.press("Escape");
  await page.until("document.activeElement.id === 'records'");
  assert.equal(await page.pw.locator("#record").count(), 0);
  clean();
});

// ---- proofs

/** Opens a record whose proof is another one on its way here. */
async function tampered(change: (result: Any) => void, sequence: number): Promise<void> {
  await page.pw.route("**/jmap/api", async (route) => {
    if (!(route.request().postData() ?? "").includes("log.prove")) return route.continue();
    const answer = await route.fetch();
    const json = await answer.json();
    for (const [name, { results }] of json.methodResponses)
      if (name === "log.prove") results.filter(({ ok }: Any) => ok).forEach(change);
    return route.fulfill({ response: answer, json });
  });
  await page.goto(server.url(`/app/log/${sequence}`));
  await page.pw.locator("#proof-verdict, #memory.is-wrong").first().waitFor();
}

async function asItIs(sequence: number): Promise<void> {
  await page.pw.unroute("**/jmap/api");
  await page.goto(server.url(`/app/log/${sequence}`));
  await at("#proof-verdict", "Proved in this browser").waitFor();
}

const flip = (base64: string): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString("base64");
};

test("a proof that was tampered with is refused", async () => {
  await page.goto(server.url("/app/log?did=folder.create"));
  const sequence = await numberOf("made the folder “Reports”");
  await asItIs(sequence);
  const wrong: { [why: string]: (result: Any) => void } = {
    "don't lead from this record": (result) => (result.leaf = flip(result.leaf)),
    "from this record to what": (result) => {
      const lines = result.proof.split("\n");
      lines[2] = flip(lines[2]);
      result.proof = lines.join("\n");
    },
    "isn't signed by the log's key": (result) => {
      const lines = result.proof.trimEnd().split("\n");
      const [dash, name, signature] = lines.pop().split(" ");
      result.proof = [...lines, `${dash} ${name} ${flip(signature)}`, ""].join("\n");
    },
    "no proof that can be read": (result) => (result.proof = result.proof.slice(30)),
  };
  for (const [why, change] of Object.entries(wrong)) {
    await tampered(change, sequence);
    await at("#proof-verdict", "THE PROOF IS WRONG").waitFor();
    await at("#proof-verdict", why).waitFor();
    if (why.startsWith("don't")) await picture("log-tampered");
    await page.pw.unroute("**/jmap/api");
  }
  // A proof of another record is none of this one.
  await tampered((result) => (result.leaf = flip(result.leaf)), sequence);
  await asItIs(sequence);
  clean();
});

test("the browser holds the log against what it knew of it", async () => {
  const known = async (): Promise<Any> =>
    JSON.parse(await page.value("localStorage.getItem('chancery log')"));
  const set = (change: object) =>
    page.value(`localStorage.setItem("chancery log", JSON.stringify(
      { ...JSON.parse(localStorage.getItem("chancery log")), ...${JSON.stringify(change)} }))`);
  const was = await known();
  const sequence = was.base + was.size - 1;
  await make("Later");
  await eventually("the log has grown, and is what it was", async () => {
    await asItIs(sequence);
    const text = (await page.pw.locator("#memory").textContent()) ?? "";
    return /goes on from the checkpoint/.test(text) || undefined;
  });
  const now = await known();
  assert.ok(now.size > was.size);
  await set({ root: "00".repeat(32), size: was.size });
  await make("Later still");
  await asItIs(sequence);
  await at("#memory.is-wrong", "THE LOG'S PAST WAS CHANGED").waitFor();
  await set({ ...now, size: now.size + 100_000 });
  await asItIs(sequence);
  await at("#memory.is-wrong", "THE LOG IS SMALLER").waitFor();
  await picture("log-smaller");
  const other = now.key.replace(/.{4}$/, "AAA=");
  await set({ ...now, key: other });
  await page.goto(server.url(`/app/log/${sequence}`));
  await at("#memory.is-wrong, #proof .wrong").waitFor();
  await set(now);
  await asItIs(sequence);
  clean();
});

// ---- exports

test("an export is complete, shows how far it is, and goes onto the disk", async () => {
  await page.goto(server.url("/app/log?range=24h"));
  await isLive();
  // The dialog to choose a file is the browser's own: a file of the page stands in.
  await page.value(`window.showSaveFilePicker = async () => {
    const folder = await navigator.storage.getDirectory();
    return (window.chosen = await folder.getFileHandle("log.ndjson", { create: true }));
  }`);
  await page.press("#export");
  await at("#export-start").click();
  await at("#export-done").waitFor();
  await picture("log-export");
  const told = (await page.pw.locator("#export-done").textContent()) ?? "";
  const text: string = await page.value("window.chosen.getFile().then((file) => file.text())");
  const events = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const records = events.filter((event) => "raw_data" in event);
  const [, saidEvents, saidRecords] =
    /complete: ([\d,]+) events of ([\d,]+) records/.exec(told)?.map((n) => Number(n.replaceAll(",", ""))) ?? [];
  assert.equal(events.length, saidEvents);
  assert.equal(records.length, saidRecords);
  records.forEach((event, i) => assert.equal(event.metadata.sequence, i + 1));
  await page.pw.keyboard.press("Escape");
  clean();
});

// ---- names

test("names of HTML or that turn the text are text, and erased ones say so", async () => {
  await page.goto(server.url("/app/log"));
  await isLive();
  await make(HTML);
  await make(TURNED);
  await row(HTML).waitFor();
  await row("invoice\uFFFDfdp.exe").waitFor();
  assert.equal(await page.value("document.querySelectorAll('main img').length"), 0);
  await row("invoice\uFFFDfdp.exe").click();
  await at("#sentence", "invoice\uFFFDfdp.exe").waitFor();
  assert.doesNotMatch(await page.value("document.getElementById('event').textContent"), /\u202E/);
  await page.press("#record-close");
  const eve = await server.principal("Eve Who Leaves");
  await row("Eve Who Leaves").waitFor();
  const sequence = await numberOf("Eve Who Leaves");
  await server.op("principal.end", { principal: eve.id });
  await server.op("subject.erase", { principal: eve.id });
  await page.goto(server.url(`/app/log/${sequence}`));
  await at("#sentence", "(erased)").waitFor();
  await at("#proof-verdict", "Proved in this browser").waitFor();
  await page.press("#raw-texts");
  await at(".log-texts", "(erased)").waitFor();
  assert.ok(!(await page.value("document.body.innerText.includes('Eve Who')")));
  await picture("log-erased");
  clean();
});

// ---- many

test("at thousands a second it counts every one, and says that it draws a sample", async () => {
  await page.goto(server.url("/app/log"));
  await isLive();
  const counted = async (): Promise<{ from: number; records: number }> => ({
    from: Number(await page.pw.locator("#counted").getAttribute("data-from")),
    records: Number(await page.pw.locator("#counted").getAttribute("data-records")),
  });
  const size = async (): Promise<number> =>
    (await server.op("log.search", { reverse: true, limit: 1 })).size;
  await page.value(`(() => {
    window.longest = 0;
    let before = performance.now();
    const frame = (now) => {
      window.longest = Math.max(window.longest, now - before);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })()`);
  // While it can't be reached they pile up; then they come as fast as they can.
  await page.pw.context().setOffline(true);
  await at("#live", "The connection is lost").waitFor();
  const start = await counted();
  const first = await size();
  const call = (i: number): [string, object, string] => ["core.echo", {}, String(i)];
  for (let i = 0; i < 40; i++)
    await Promise.all(
      Array.from({ length: 8 }, () => server.jmap(Array.from({ length: 16 }, (_, k) => call(k)))),
    );
  const last = await size();
  assert.ok(last - first > 5000, `${last - first} records`);
  await page.value("window.longest = 0");
  const began = Date.now();
  await page.pw.context().setOffline(false);
  await at("#sampled", /drawing 1 in [\d,]+/).waitFor();
  await page.pw.locator("#pause").click();
  await eventually("all of them", async () => {
    const { records } = await counted();
    return records - start.records >= last - first || undefined;
  });
  const [took, longest] = [Date.now() - began, await page.value("window.longest")];
  console.log(`${last - first} records came in ${took} ms; the longest frame took ${Math.round(longest)} ms`);
  await page.pw.locator("#pause").click();
  await isLive();
  await picture("log-flood");
  // From the first number that it followed to the last, none less and none more.
  assert.equal((await counted()).from, start.from);
  clean();
});

// ---- and who may

test("a right that is withdrawn ends it there and then", async () => {
  await page.goto(server.url("/app/log"));
  await isLive();
  const { list } = await server.op("role.list", { principal: reader.id });
  const grant = list.find((one: Any) => one.relation === "log_reader").id;
  await server.op("role.revoke", { grant });
  await at("#withdrawn", "Your right to read the log was withdrawn").waitFor();
  assert.equal(await page.pw.locator("#records").count(), 0);
  await picture("log-withdrawn");
  const relation = "log_reader";
  await server.op("role.grant", { principal: reader.id, relation });
  await page.pw.getByRole("button", { name: "Try again" }).click();
  await isLive();
  clean();
});

test("a session that is ended is said, and what came meanwhile comes in the next one", async () => {
  await page.goto(server.url("/app/log?did=folder.create"));
  await isLive();
  const relation = "security_responder";
  await server.op("role.grant", { principal: ben.id, relation });
  assert.equal((await ben.op("session.revoke_all", { principal: reader.id })).ok, true);
  await at("#live", "You aren't signed in any more").waitFor();
  await make("While nobody looked");
  await at("#ended button").click();
  await at("#sign-in-again-passkey").click();
  await row("While nobody looked").waitFor();
  await isLive();
  clean();
});
