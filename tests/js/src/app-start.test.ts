// The first ten minutes, in Debian's Chromium against the real server: the first
// administrator sets up, people enrol and sign in, and strangers open links.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import {
  type Any,
  BIN,
  eventually,
  runProgram,
  Server,
  within,
} from "./server.js";
import { codeOf } from "./totp.js";

const PASSWORD = "nine blue kettles whistle";
const PHONE = { width: 390, height: 800 };

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
const field = (label: string | RegExp, of = page) => of.pw.getByLabel(label);
const has = (text: string | RegExp, of = page) => of.pw.getByText(text).waitFor();

/** Goes on by Tab to what is called so. */
async function tabTo(name: string | RegExp): Promise<void> {
  const wanted = page.pw
    .getByRole("button", { name })
    .or(page.pw.getByRole("textbox", { name }))
    .or(page.pw.getByRole("checkbox", { name }));
  for (let i = 0; i < 12; i++) {
    await page.pw.keyboard.press("Tab");
    if (await wanted.evaluate((one) => one === document.activeElement)) return;
  }
  assert.fail(`Tab doesn't reach ${name}`);
}

/** The token of the installation ends: what else looks at the server has its own. */
async function ownToken(): Promise<void> {
  const watcher = await server.principal("watcher");
  for (const relation of ["log_reader", "operator", "user_admin"])
    await server.op("role.grant", { principal: watcher.id, relation });
  server.token = watcher.token;
}

/** What one sees who follows the link of that invitation. */
async function follow(secret: string): Promise<Page> {
  const theirs = await browser.page();
  await theirs.pw.goto(server.url(`/enrol#${secret}`));
  return theirs;
}

async function keepCodes(of: Page): Promise<string[]> {
  await heading("Keep these codes", of).waitFor();
  const codes = (await of.text("codes")).split("\n");
  await field(/where only I find them/, of).check();
  await button("Go on", of).click();
  return codes;
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
  // All of it by the keyboard: each step begins at its heading.
  const steps = page.pw.keyboard;
  await tabTo(/try it out/);
  await steps.press("Enter");
  await heading("Who are you?").waitFor();
  await tabTo("Your name");
  await steps.type("Anna Berg");
  await tabTo("Name to sign in by");
  await steps.type("anna");
  await page.picture("start-you");
  await steps.press("Enter");
  await heading("Welcome, Anna Berg").waitFor();
  await page.picture("start-passkey");
  await tabTo("Make a passkey");
  await steps.press("Enter");
  await heading("Keep these codes").waitFor();
  await page.picture("start-codes");
  assert.equal((await page.text("codes")).split("\n").length, 10);
  await tabTo(/where only I find them/);
  await steps.press("Space");
  await tabTo("Go on");
  await steps.press("Enter");
  await page.isAt("/app/start");
  assert.equal((await server.ask("/jmap/session", { token: ceremony })).status, 401);
  assert.deepEqual(page.complaints, []);
});

/** An operation on one object, in the session of the page. */
async function op(of: Page, name: string, args: object): Promise<Any> {
  const result = await of.pw.evaluate(
    async ([name, args]) => {
      const answer = await fetch("/jmap/api", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          using: ["urn:chancery:operations"],
          methodCalls: [[name, args, "0"]],
        }),
      });
      return (await answer.json()).methodResponses[0][1].results[0];
    },
    [name, args] as const,
  );
  assert.equal(result.ok, true, JSON.stringify(result));
  return result;
}

test("the checklist says what is left, and follows what is done", async () => {
  const item = (name: string) => page.pw.locator(".item-of", { hasText: name });
  const isOpen = async (name: string, how: string) => {
    await button(name).click();
    await item(name).getByText(how).waitFor();
  };
  const place = (of = page) => of.pw.getByRole("link", { name: "Get started" });
  const count = (text: string) => page.pw.locator("#start-count", { hasText: text });
  await heading("Get started").waitFor();
  await count("1 of 5 done").waitFor(); // the time
  await has(/This server is for this computer alone/);
  await item("second administrator").getByText("1 administrator with a passkey").waitFor();
  await page.picture("checklist");
  await isOpen("mirror of the log", `chancery login --url ${server.url("")}`);
  await isOpen("Backups", "chancery backup");
  await page.picture("checklist-open");

  // Added where it says, given a role there; who is invited enrols elsewhere.
  await page.pw.getByRole("link", { name: "Add somebody under People" }).click();
  await page.pw.locator("#add").click();
  const dialog = page.pw.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: false }).first().fill("Zoe Zander");
  await dialog.locator("[name=login]").fill("zoe");
  await button("Add and invite").click();
  const secret = (await page.pw.locator("#invitation").inputValue()).split("#")[1];
  assert.ok(secret !== undefined);
  await page.pw.locator("#shown").getByRole("button", { name: "Done" }).click();
  await page.pw.getByRole("link", { name: "Zoe Zander" }).click();
  await page.pw.getByRole("link", { name: "Groups, roles, apps" }).click();
  await button("Give a role").click();
  await dialog.getByRole("button", { name: "Give a role" }).click();
  await has(/“Zoe Zander” has it now/);
  const zoe = await follow(secret);
  await zoe.addAuthenticator();
  await button("Make a passkey", zoe).click();
  await keepCodes(zoe);
  await zoe.isAt("/app/home");
  await place().click();
  await count("2 of 5 done").waitFor();
  await item("second administrator").getByText("2 administrators with a passkey").waitFor();

  // What is typed as the page says it.
  const backup = await server.cli(
    ...["backup", path.join(server.folder, "backup")],
    ...["--keys", path.join(server.folder, "keys"), "--quiet"],
  );
  assert.equal(backup.status, 0, backup.stderr);
  const token = path.join(server.folder, "watcher");
  fs.writeFileSync(token, server.token, { mode: 0o600 });
  const mirror = await runProgram(path.join(BIN, "chancery"), [
    ...["log", "mirror", path.join(server.folder, "mirror"), "--once"],
    ...["--url", server.url(""), "--token-file", token],
  ]);
  assert.equal(mirror.status, 0, mirror.stderr);
  await eventually("the note of the backup", async () => {
    const { backup } = await op(page, "setup.progress", {});
    return backup !== undefined || undefined;
  });
  await page.pw.reload();
  await count("4 of 5 done").waitFor();
  await item("Backups").getByText(/Last made/).waitFor();
  await item("People").getByText("Add somebody").waitFor();
  await item("People").getByRole("button", { name: "Not needed here" }).click();
  await count("All 5 are done.").waitFor();
  await page.picture("checklist-over");
  await page.pw.getByRole("link", { name: "My files", exact: true }).click();
  await page.isShown("new");
  await place().waitFor({ state: "detached" });

  // To put it aside is each one's own matter.
  await place(zoe).click();
  await heading("Get started", zoe).waitFor();
  await zoe.pw.locator("#start-count", { hasText: "4 of 5 done" }).waitFor();
  await button("Don't show this any more", zoe).click();
  await zoe.isAt("/app/files");
  await place(zoe).waitFor({ state: "detached" });
  await zoe.pw.reload();
  await zoe.isShown("new");
  assert.equal(await place(zoe).count(), 0);
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(zoe.complaints, []);
});

test("an invited person enrols with a password and an app, and signs in so", async () => {
  const { invitation } = await server.invite("ben");
  const ben = await follow(invitation);
  await heading("Welcome, ben", ben).waitFor();
  await ben.picture("enrol-choose");
  await button("Password and authenticator app", ben).click();
  await heading("Set a password", ben).waitFor();
  await field("Password", ben).fill("password123");
  await button("Go on", ben).click();
  await has(/too easily guessed/, ben);
  await ben.picture("enrol-password");
  await field("Password", ben).fill(PASSWORD);
  await ben.pw.keyboard.press("Enter");
  await ben.pw.getByRole("img", { name: /QR code/ }).waitFor();
  const seed = (await ben.text("seed")).replaceAll(" ", "");
  assert.match(
    (await ben.pw.locator("#otpauth").getAttribute("href")) ?? "",
    new RegExp(`^otpauth://totp/.*secret=${seed}`),
  );
  await ben.picture("enrol-app");
  await field(/Code that the app shows/, ben).fill("000000");
  await button("Confirm", ben).click();
  await ben.pw.getByRole("alert").waitFor();
  await field(/Code that the app shows/, ben).fill(codeOf(seed, -1));
  await button("Confirm", ben).click();
  await field(/Next code/, ben).fill(codeOf(seed));
  await ben.picture("enrol-next-code");
  await button("Sign in", ben).click();
  const codes = await keepCodes(ben);
  await ben.isAt("/app/home");

  // Out, and in again by what there is now: to where one wanted.
  await button(/settings and sign-out/, ben).click();
  await ben.pw.getByRole("menuitem", { name: "Sign out" }).click();
  await heading("Sign in", ben).waitFor();
  await ben.pw.goto(server.url("/app/security"));
  await heading("Sign in", ben).waitFor();
  await field("Name", ben).fill("ben");
  await field("Password", ben).fill("another one");
  await field("Code", ben).fill("000000");
  await ben.pw.keyboard.press("Enter");
  await has(/isn't right/, ben);
  await ben.until("document.activeElement.id === 'password'");
  assert.equal(await field("Code", ben).inputValue(), "");
  await ben.picture("sign-in-wrong");
  await field("Password", ben).fill(PASSWORD);
  await field("Code", ben).fill(codeOf(seed, 1));
  await ben.pw.keyboard.press("Enter");
  await ben.isAt("/app/security");
  await heading("My security", ben).waitFor();

  // All is lost but the codes.
  const lost = await browser.page();
  await lost.addAuthenticator();
  await lost.pw.goto(server.url("/app/files"));
  await lost.pw.getByRole("link", { name: /Lost what you sign in with/ }).click();
  await heading("Use a recovery code", lost).waitFor();
  await lost.picture("recover");
  await field("Recovery code", lost).fill("chy_wrong");
  await lost.pw.keyboard.press("Enter");
  await has(/This code doesn't work/, lost);
  await lost.picture("recover-wrong");
  await field("Recovery code", lost).fill(`  ${codes[3]} `);
  await lost.pw.keyboard.press("Enter");
  await heading("Welcome, ben", lost).waitFor();
  await button("Make a passkey", lost).click();
  await keepCodes(lost);
  await lost.isAt("/app/home");
  assert.deepEqual(ben.complaints, []);
  assert.deepEqual(lost.complaints, []);
});

test("an invitation that is wrong, used or over says so, and what to do", async () => {
  const { id, invitation } = await server.invite("carl");
  const carl = await follow("chy_nothing");
  await has(/This invitation doesn't work/, carl);
  await carl.picture("enrol-wrong");
  // One that a newer one has replaced, and that is over by then.
  const expires = new Date(Date.now() + 1000).toISOString();
  const late = await server.op("invitation.issue", { principal: id, expires });
  await eventually("its end", async () => {
    const { status } = await server.ask("/jmap/session", { token: late.secret });
    return status === 401 || undefined;
  });
  for (const secret of [invitation, late.secret]) {
    await carl.pw.goto(server.url(`/enrol#${secret}`));
    await has(/This invitation doesn't work/, carl);
  }
  // The whole link may be pasted, too.
  const { secret } = await server.op("invitation.issue", { principal: id });
  await carl.addAuthenticator();
  await field("Link or code", carl).fill(server.url(`/enrol#${secret}`));
  await carl.pw.keyboard.press("Enter");
  await button("Make a passkey", carl).click();
  await keepCodes(carl);
  await carl.isAt("/app/home");
  const used = await follow(secret);
  await has(/This invitation doesn't work/, used);
  await used.pw.getByRole("link", { name: "Sign in instead" }).click();
  await heading("Sign in", used).waitFor();
  assert.deepEqual(carl.complaints, []);
  assert.deepEqual(used.complaints, []);
});

test("where browsers allow no passkey, setting up doesn't go on", async () => {
  const bare = await Server.start("app-start-address", {
    config: { hostname: "127.0.0.1" },
  });
  try {
    const stranger = await browser.page();
    const { token } = bare;
    await stranger.pw.goto(`https://127.0.0.1:${bare.https}/setup#${token}`);
    await has(/never to numbers/, stranger);
    await stranger.picture("setup-address");
    assert.equal(await button("This address is right", stranger).count(), 0);
    assert.deepEqual(stranger.complaints, []);
    // Who comes to a name by its numbers is led to the name.
    await stranger.pw.goto(`http://127.0.0.1:${server.http}/setup`);
    assert.equal(await stranger.value("location.hostname"), "localhost");
  } finally {
    await bare.kill();
  }
});

// ---- the command line

test("a program is let in by the code that it shows, or refused", async () => {
  const home = path.join(server.folder, "home");
  fs.mkdirSync(home);
  const login = () => {
    const child = spawn(
      path.join(BIN, "chancery"),
      ["login", "--url", server.url("")],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: process.env["PATH"], HOME: home },
      },
    );
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => lines.push(line));
    const code = eventually("the code", () => {
      return lines.join("\n").match(/code {2}(\S+)/)?.[1];
    });
    return { child, lines, code, ended: once(child, "close") };
  };

  const refused = login();
  await page.pw.goto(server.url("/approve"));
  await heading("Let a program in").waitFor();
  await page.picture("approve");
  await field("Code").fill("0000-0000");
  await page.pw.keyboard.press("Enter");
  await has(/Nobody waits with this code/);
  await field("Code").fill(await refused.code);
  await page.pw.keyboard.press("Enter");
  await heading("Let this program in?").waitFor();
  await page.picture("approve-request");
  await button("Refuse").click();
  await heading("It isn't let in").waitFor();
  await page.picture("approve-refused");
  refused.child.kill();
  await refused.ended;

  // Who isn't signed in is led there first; the browser offers the passkey by itself.
  await page.value(`fetch("/session", { method: "DELETE" }).then(() => null)`);
  const asks = login();
  const code = await asks.code;
  await page.pw.goto(server.url("/approve"));
  await page.isAt("/app/approve");
  await heading("Let a program in").waitFor();
  await field("Code").fill(code.toLowerCase().replace("-", " "));
  await button("Look").click();
  await heading("Let this program in?").waitFor();
  assert.equal(await page.text("shown-code"), code);
  assert.match(await page.text("shown-by"), /^chancery/);
  assert.equal(await page.text("shown-from"), "127.0.0.1");
  await button("Let it in").click();
  await heading("It is in").waitFor();
  const [status] = await within("chancery login", asks.ended);
  assert.equal(status, 0, asks.lines.join("\n"));
  assert.match(asks.lines.join("\n"), /as Anna Berg/);
  assert.deepEqual(page.complaints, []);
});

// ---- links

interface Shared {
  folder: string;
  link(node: string, more?: object): Promise<Any>;
  store(parent: string, name: string, text: string): Promise<Any>;
}

/** Somebody who shares a folder with a file and a folder in it. */
async function sharing(): Promise<Shared> {
  const ann = await server.enrol("ann");
  const as = { token: ann.token };
  const make = async (name: string, where: object) =>
    (await server.op("folder.create", { ...where, name }, as)).id as string;
  const store = (parent: string, name: string, text: string) => {
    const content = Buffer.from(text).toString("base64");
    return server.op("file.create", { parent, name, content, type: "text/plain" }, as);
  };
  const folder = await make("Plans for May", { path: "" });
  await store(folder, "plan.txt", "a plan");
  await store(await make("Drafts", { parent: folder }), "draft.txt", "a draft");
  const link = (node: string, more: object = {}) =>
    server.op("link.make", { node, relation: "read", ...more }, as);
  return { folder, link, store };
}

async function downloaded(of: Page, name: string | RegExp): Promise<string> {
  const download = of.pw.waitForEvent("download");
  await of.pw.getByRole("link", { name }).click();
  return fs.readFileSync(await (await download).path(), "utf8");
}

test("a stranger with a phone opens a link with a password", async () => {
  const { folder, link, store } = await sharing();
  const { secret } = await link(folder, { password: PASSWORD, uses: 1 });
  const stranger = await browser.page();
  await stranger.pw.setViewportSize(PHONE);
  await stranger.pw.goto(server.url(`/link#${secret}`));
  await heading("This link has a password", stranger).waitFor();
  await field("Password", stranger).fill("nine red pots");
  await button("Open", stranger).click();
  await has("That isn't the password.", stranger);
  await field("Password", stranger).fill(PASSWORD);
  await stranger.pw.keyboard.press("Enter");
  await heading("Plans for May", stranger).waitFor();
  await has("plan.txt", stranger);
  assert.equal(await downloaded(stranger, "Download plan.txt"), "a plan");
  const archive = await downloaded(stranger, "Download all");
  for (const part of ["plan.txt", "a draft"]) assert.ok(archive.includes(part), part);
  await button("Drafts", stranger).click();
  await heading("Drafts", stranger).waitFor();
  assert.equal(await downloaded(stranger, "Download draft.txt"), "a draft");
  await stranger.pw.goBack();
  await button("plan.txt", stranger).click();
  await heading("plan.txt", stranger).waitFor();
  await stranger.pw.frameLocator("iframe").getByText("a plan").waitFor();
  // "Back" goes up, and to look again is no opening.
  await stranger.pw.goBack();
  await heading("Plans for May", stranger).waitFor();
  await stranger.pw.reload();
  await has("plan.txt", stranger);
  assert.equal(await stranger.value("document.cookie"), "");
  const width = "document.documentElement.scrollWidth";
  assert.equal(await stranger.value(width), PHONE.width);
  await stranger.picture("link-folder");
  await button("Drafts", stranger).click();
  await heading("Drafts", stranger).waitFor();
  await stranger.picture("link-below");
  await button("draft.txt", stranger).click();
  await stranger.pw.frameLocator("iframe").getByText("a draft").waitFor();
  await stranger.picture("link-shown");
  assert.deepEqual(stranger.complaints, []);
  const late = await browser.page();
  await late.pw.goto(server.url(`/link#${secret}`));
  await heading("This link doesn't open anything", late).waitFor();
  await late.picture("link-closed");

  // Who may edit adds, and replaces; nothing is written over unseen.
  const locked = await link(folder, { password: PASSWORD });
  await late.pw.goto("about:blank");
  await late.pw.goto(server.url(`/link#${locked.secret}`));
  await heading("This link has a password", late).waitFor();
  await late.picture("link-password");
  const box = await link(folder, { relation: "edit" });
  await late.pw.goto("about:blank");
  await late.pw.goto(server.url(`/link#${box.secret}`));
  await has("plan.txt", late);
  const file = (name: string, text: string) => ({
    name,
    mimeType: "text/plain",
    buffer: Buffer.from(text),
  });
  await late.pw.locator("#add").setInputFiles([
    file("plan.txt", "another plan"),
    file("letter.txt", "a letter"),
  ]);
  await has(/“plan.txt” wasn't taken/, late);
  await has("1 file added", late);
  assert.equal(await downloaded(late, "Download letter.txt"), "a letter");
  await late.picture("link-edit");
  const single = await store(folder, "minutes.txt", "the minutes");
  const { secret: one } = await link(single.id, { relation: "edit" });
  await late.pw.goto("about:blank");
  await late.pw.goto(server.url(`/link#${one}`));
  await heading("minutes.txt", late).waitFor();
  await late.picture("link-file");
  await late.pw.locator("#replace").setInputFiles(file("other.txt", "longer minutes"));
  await has("Replaced", late);
  assert.equal(await downloaded(late, "Download"), "longer minutes");
  const { secret: see } = await link(folder, { relation: "see" });
  await late.pw.goto("about:blank");
  await late.pw.goto(server.url(`/link#${see}`));
  await heading("This can't be shown here", late).waitFor();
  assert.deepEqual(late.complaints, []);
});
