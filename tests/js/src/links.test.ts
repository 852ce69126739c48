// Links, as those who have one see them: the page, the cookie of its own, bytes
// that come by it, and what ends it. And who guesses passwords.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import type * as http from "node:http";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, type Person, Server, eventually, within } from "./server.js";

const TRIES = 4; // at once, of one link
const PASSWORD = "nine red kettles sing";
const SIZE = 64 << 20;
const PROMISE_MS = 1000;

let server: Server;
let browser: Browser;
let ann: Person;
let folder: string;
let made = 0;

before(async () => {
  server = await Server.start("links", {
    config: { web_app: "none", max_tries_account: TRIES, try_seconds: 3600 },
  });
  browser = await Browser.start();
  ann = await server.enrol("ann@example.org");
  folder = await newFolder("Plans for May");
  await store(folder, "plan.txt", "a plan");
  await store(await newFolder("Drafts", folder), "draft.txt", "a draft");
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const as = () => ({ token: ann.token });
const own = () => `http://localhost:${server.http}`;

async function newFolder(name: string, parent?: string): Promise<string> {
  const where = parent === undefined ? { path: "" } : { parent };
  return (await server.op("folder.create", { ...where, name }, as())).id;
}

async function store(parent: string, name: string, text: string): Promise<Any> {
  const content = Buffer.from(text).toString("base64");
  return server.op("file.create", { parent, name, content }, as());
}

const link = (node: string, more: object = {}): Promise<Any> =>
  server.op("link.make", { node, relation: "read", ...more }, as());

/** Opens it as the page does. */
async function post(
  secret: string,
  password?: string,
  headers: http.OutgoingHttpHeaders = { origin: own() },
) {
  return server.ask("/link/open", {
    method: "POST",
    token: null,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ secret, password }),
  });
}

interface Opened {
  id: string;
  cookie: string;
  body: Any;
}

async function open(secret: string, password?: string): Promise<Opened> {
  const answer = await post(secret, password);
  assert.equal(answer.status, 200, answer.body.toString());
  const [set] = answer.headers["set-cookie"] ?? [];
  const body = JSON.parse(answer.body.toString()) as Any;
  return { id: body.id, cookie: set?.split(";")[0] ?? "", body };
}

const get = (opened: Opened, where: string, more: object = {}) =>
  server.ask(`/link/${opened.id}${where}`, {
    token: null,
    headers: { cookie: opened.cookie },
    ...more,
  });

// ---- the cookie

test("a link's session stands in a cookie for that link alone", async () => {
  const { secret } = await link(folder);
  const answer = await post(secret);
  const [set] = answer.headers["set-cookie"] ?? [];
  const body = JSON.parse(answer.body.toString()) as Any;
  assert.match(
    set ?? "",
    new RegExp(
      `^chancery-link-local=chy_\\w{26}; Path=/link/${body.id}; HttpOnly; SameSite=Strict$`,
    ),
  );
  assert.equal(body.secret, undefined);
  assert.equal(body.node, folder);
  const tls = await server.ask("/link/open", {
    method: "POST",
    token: null,
    tls: true,
    headers: { origin: `https://localhost:${server.https}` },
    body: JSON.stringify({ secret }),
  });
  assert.match(
    String(tls.headers["set-cookie"]),
    /^__Secure-chancery-link=.*; Path=\/link\/s\w{13}; HttpOnly; SameSite=Strict; Secure$/,
  );
});

test("below it are files and their bytes, and nothing else", async () => {
  const opened = await open((await link(folder)).secret);
  const list = await get(opened, "/files/");
  assert.equal(list.status, 200);
  const names = (JSON.parse(list.body.toString()).list as Any[]).map(
    (one) => one.name,
  );
  assert.deepEqual(names, ["Drafts", "plan.txt"]);
  const draft = await get(opened, "/files/Drafts/draft.txt");
  assert.equal(draft.body.toString(), "a draft");
  assert.match(String(draft.headers["content-security-policy"]), /sandbox/);
  const folders = await get(opened, "/files/Drafts");
  assert.equal(folders.headers.location, `/link/${opened.id}/files/Drafts/`);
  for (const where of ["/log/events", "/metrics", "/jmap/session", "/session", "/"])
    assert.equal((await get(opened, where)).status, 404, where);
  const put = { method: "PUT", body: "more" };
  const site = { "sec-fetch-site": "same-origin", cookie: opened.cookie };
  assert.equal(
    (await get(opened, "/files/more", { ...put, headers: site })).status,
    403,
  );
  // What other sites' pages have the browser send is not done.
  const foreign = { "sec-fetch-site": "cross-site", cookie: opened.cookie };
  assert.equal((await get(opened, "/files/", { headers: foreign })).status, 403);
});

test("one's own session opens no link, and a link's is nobody's own", async () => {
  const opened = await open((await link(folder)).secret);
  const cookie = `chancery-local=${ann.token}`;
  assert.equal((await get(opened, "/files/", { headers: { cookie } })).status, 401);
  const asOwn = opened.cookie.replace("chancery-link-local", "chancery-local");
  const home = await server.ask("/files/", {
    token: null,
    headers: { cookie: opened.cookie },
  });
  assert.equal(home.status, 401);
  // Its secret is a session's, wherever it stands: with the link's rights.
  const list = await server.ask("/files/", {
    token: null,
    headers: { cookie: asOwn },
  });
  assert.equal(list.status, 200);
  assert.equal(JSON.parse(list.body.toString()).folder, folder);
});

test("another site's page opens no link", async () => {
  const { secret } = await link(folder);
  const foreign = { origin: "https://evil.example" };
  assert.equal((await post(secret, undefined, foreign)).status, 403);
  assert.equal((await post(secret, undefined, {})).status, 403);
});

// ---- guessing

test("who guesses a link's password is slowed, one link at a time", async () => {
  const first = await link(folder, { password: PASSWORD });
  const other = await link(folder, { password: PASSWORD });
  const code = async (secret: string, password?: string) => {
    const answer = await post(secret, password);
    if (answer.status === 200) return "done";
    return (JSON.parse(answer.body.toString()) as Any).code ?? answer.status;
  };
  // To be asked for it is no try.
  for (let i = 0; i < 2 * TRIES; i++)
    assert.equal(await code(first.secret), "PASSWORD");
  for (let i = 0; i < TRIES; i++)
    assert.equal(await code(first.secret, `guess ${i}`), "PASSWORD");
  // What is right isn't even looked at: nothing is learned by that.
  assert.equal(await code(first.secret, "another guess"), "RATE");
  assert.equal(await code(first.secret, PASSWORD), "RATE");
  assert.equal(await code(other.secret, PASSWORD), "done");
  // What was right doesn't count.
  for (let i = 0; i < 2 * TRIES; i++)
    assert.equal(await code(other.secret, PASSWORD), "done");
  // Whoever hasn't the link learns nothing of it.
  assert.equal(await code("chy_nobody", PASSWORD), 401);
  // Each of them stands in the record.
  const tried = { operation: "link.open", outcome: "denied" };
  const events = await server.search(tried);
  assert.equal(
    events.filter((event) => event.status_code === "PASSWORD").length,
    3 * TRIES,
  );
});

// ---- ending

test("a download ends with its link, within a second", async () => {
  const { blobId } = JSON.parse(
    (
      await server.ask(`/jmap/upload/${ann.id}/`, {
        token: ann.token,
        body: Buffer.alloc(SIZE, "x"),
      })
    ).body.toString(),
  ) as Any;
  await server.op(
    "file.create",
    { parent: folder, name: "large", upload: blobId },
    as(),
  );
  const { secret, grant } = await link(folder);
  const opened = await open(secret);
  const answer = await server.open(`/link/${opened.id}/files/large`, {
    token: null,
    headers: { cookie: opened.cookie },
  });
  assert.equal(answer.statusCode, 200);
  let bytes = 0;
  answer.on("error", () => {}); // cut off
  answer.on("data", (part: Buffer) => {
    bytes += part.length;
    answer.pause();
  });
  await once(answer, "data");
  const closed = new Promise((resolve) => answer.once("close", resolve));
  await server.op("share.revoke", { grant }, as());
  const revoked = Date.now();
  answer.removeAllListeners("data");
  answer.on("data", (part: Buffer) => (bytes += part.length));
  answer.resume();
  await within("the end of the download", closed);
  assert(Date.now() - revoked < PROMISE_MS);
  assert(bytes < SIZE);
  assert.equal((await get(opened, "/files/plan.txt")).status, 401);
  assert.equal((await post(secret)).status, 401);
  await server.op("node.trash", { path: "Plans for May/large" }, as());
});

// ---- the page

/** A page at which somebody is signed in. */
async function signedIn(): Promise<Page> {
  const page = await browser.page();
  await page.ask("Network.setCookie", {
    name: "chancery-local",
    value: ann.token,
    url: own(),
    httpOnly: true,
    sameSite: "Strict",
  });
  return page;
}

async function downloaded(page: Page, selector: string): Promise<string> {
  const downloadPath = path.join(server.folder, `downloads-${++made}`);
  fs.mkdirSync(downloadPath);
  await page.ask("Page.setDownloadBehavior", {
    behavior: "allow",
    downloadPath,
  });
  await page.press(selector);
  const name = await eventually("the download", () =>
    fs
      .readdirSync(downloadPath)
      .find((one) => !one.endsWith(".crdownload") && !one.startsWith(".")),
  );
  return fs.readFileSync(path.join(downloadPath, name), "utf8");
}

async function choose(page: Page, id: string, name: string, text: string) {
  const file = path.join(server.folder, name);
  fs.writeFileSync(file, text);
  await page.pw.locator(`#${id}`).setInputFiles(file);
}

const lines = (n: number) =>
  `document.querySelectorAll("#files li").length === ${n}`;

test("a folder with a password, as a stranger sees it", async () => {
  const { secret } = await link(folder, { password: PASSWORD, uses: 1 });
  const page = await browser.page();
  await page.goto(`${own()}/link#${secret}`);
  await page.isShown("locked");
  await page.picture("link-password");
  await page.type("password", "nine red pots");
  await page.press("#unlock button");
  await page.isShown("wrong");
  assert.match(await page.text("wrong"), /isn't the password/);
  await page.picture("link-password-wrong");
  await page.type("password", PASSWORD);
  await page.press("#unlock button");
  await page.isShown("folder");
  await page.until(lines(2));
  assert.equal(await page.text("folder-name"), "Plans for May");
  await page.picture("link-folder");
  assert.equal(await downloaded(page, "#files li:nth-child(2) a"), "a plan");
  await page.press("#files li:nth-child(1) button");
  await page.until(`document.getElementById("folder-name").textContent === "Drafts"`);
  await page.picture("link-folder-below");
  assert.equal(await downloaded(page, "#files li a"), "a draft");
  await page.press("#above button");
  await page.until(lines(2));
  // It was opened once, and to look again is no opening.
  await page.pw.reload();
  await page.isShown("folder");
  await page.until(lines(2));
  assert.equal(await page.value("document.cookie"), "");
  assert.deepEqual(page.complaints, []);
  const late = await browser.page();
  await late.goto(`${own()}/link#${secret}`);
  await late.isShown("closed");
  await late.picture("link-closed");
});

test("no server and no other site is told what stands behind #", async () => {
  const { secret } = await link(folder);
  const page = await browser.page();
  const asked: Any[] = [];
  await page.ask("Network.enable");
  page.listen("Network.requestWillBeSent", (params) => asked.push(params));
  await page.goto(`${own()}/link#${secret}`);
  await page.isShown("folder");
  assert(asked.length > 3);
  for (const { request } of asked) {
    assert(!request.url.includes(secret));
    assert.equal(request.headers.Referer ?? "", "");
    assert.equal(
      request.postData?.includes(secret) === true,
      request.url.endsWith("/link/open"),
    );
  }
});

test("who is signed in stays so, and opens two links at once", async () => {
  const file = await store(folder, "minutes.txt", "the minutes");
  const [one, two] = [await link(file.id), await link(folder)];
  const page = await signedIn();
  await page.goto(`${own()}/link#${one.secret}`);
  await page.isShown("file");
  assert.equal(await page.text("file-name"), "minutes.txt");
  await page.picture("link-file");
  await page.goto("about:blank");
  await page.ask("Page.navigate", { url: `${own()}/link#${two.secret}` });
  await page.isShown("folder");
  await page.goto("about:blank");
  await page.ask("Page.navigate", { url: `${own()}/link#${one.secret}` });
  await page.isShown("file");
  assert.equal(await downloaded(page, "#download"), "the minutes");
  await page.goto(`${own()}/`);
  await page.until(`document.getElementById("hello").textContent.includes("ann")`);
  assert.deepEqual(page.complaints, []);
  await server.op("node.trash", { node: file.id }, as());
});

test("who may edit adds files, and replaces one", async () => {
  const shared = await newFolder("Post box");
  const page = await browser.page();
  const box = await link(shared, { relation: "edit" });
  await page.goto(`${own()}/link#${box.secret}`);
  await page.isShown("empty");
  await page.picture("link-edit-empty");
  await choose(page, "add", "letter.txt", "a letter");
  await page.until(lines(1));
  await page.picture("link-edit");
  assert.equal(await downloaded(page, "#files li a"), "a letter");
  // What is there isn't written over.
  await choose(page, "add", "letter.txt", "another");
  await page.isShown("wrong");
  const { list } = await server.op("folder.list", { folder: shared }, as());
  assert.equal(list.length, 1);
  const single = await link(list[0].id, { relation: "edit" });
  await page.goto("about:blank");
  await page.goto(`${own()}/link#${single.secret}`);
  await page.isShown("choose-other");
  await choose(page, "replace", "other.txt", "a longer letter");
  await page.until(
    `document.getElementById("file-about").textContent.startsWith("15 bytes")`,
  );
  await page.picture("link-edit-file");
  assert.equal(await downloaded(page, "#download"), "a longer letter");
  assert.deepEqual(page.complaints, []);
});

test("what is to be seen alone isn't shown as bytes", async () => {
  const { secret } = await link(folder, { relation: "see" });
  const page = await browser.page();
  await page.goto(`${own()}/link#${secret}`);
  await page.isShown("unseen");
  await page.picture("link-unseen");
});
