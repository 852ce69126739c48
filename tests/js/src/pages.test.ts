// People at their browsers: the installation is set up, people enrol and sign in,
// and let the command line in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, BIN, Server, eventually, within } from "./server.js";
import { codeOf } from "./totp.js";

let server: Server;
let browser: Browser;
let ceremony: string; // the installation's token
let page: Page; // the administrator's
let home: string; // the administrator's, for the command line

before(async () => {
  server = await Server.start("pages", { config: { web_app: "none" } });
  browser = await Browser.start();
  page = await browser.page();
  await page.addAuthenticator();
  home = path.join(server.folder, "home");
  fs.mkdirSync(home);
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const url = (where: string) => `http://localhost:${server.http}${where}`;

/** The command line's program, as the administrator has it. */
function chancery(...args: string[]) {
  return spawn(
    path.join(BIN, "chancery"),
    [...args, "--url", url("")],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: home },
    },
  );
}

async function run(...args: string[]): Promise<[status: number, out: string]> {
  const child = chancery(...args);
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => (out += text));
  const [status] = await within(`chancery ${args[0]}`, once(child, "close"));
  return [status, out];
}

const sessionFile = () =>
  path.join(home, ".config/chancery/sessions", `http_localhost_${server.http}`);

test("who has the token sets up, and enrols with a passkey", async () => {
  await page.goto(url("/setup"));
  await page.picture("setup");
  await page.type("token", "chy_wrong");
  await page.type("name", "Anna Berg");
  await page.type("login", "anna");
  await page.press("#form button");
  await page.isShown("wrong");
  await page.picture("setup-wrong");
  ceremony = server.token;
  // The installation's token ends: what looks at the server has one of its own.
  const watcher = await server.principal("watcher");
  for (const relation of ["log_reader", "operator"])
    await server.op("role.grant", { principal: watcher.id, relation });
  server.token = watcher.token;
  await page.type("token", ceremony);
  await page.press("#form button");
  await page.isAt("/enrol");
  await page.isShown("choose");
  assert.equal(await page.text("hello"), "Welcome, Anna Berg");
  assert.equal(await page.value("location.hash"), "");
  await page.picture("enrol");
  await page.press("#passkey");
  await page.isShown("sign-in-passkey");
  await page.press("#sign-in-passkey");
  await page.isShown("codes");
  await page.picture("enrol-codes");
  const codes = (await page.text("codes")).split("\n");
  assert.equal(codes.length, 10);
  await page.press("#kept");
  await page.isAt("/");
  await page.until("document.querySelectorAll('#sessions li').length === 1");
  assert.equal(await page.text("hello"), "Signed in as Anna Berg");
  assert.deepEqual(page.complaints, []);
});

test("the cookie is no script's", async () => {
  assert.equal(await page.value("document.cookie"), "");
  const { cookies } = await page.ask("Network.getCookies");
  const [cookie] = cookies as Any[];
  assert.equal(cookie.name, "chancery-local");
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, "Strict");
  assert.equal(cookie.session, true);
});

test("the token of the installation has ended", async () => {
  const get = (token: string) => server.ask("/jmap/session", { token });
  assert.equal((await get(ceremony)).status, 401);
  assert.equal((await get(server.token)).status, 200);
});

test("who signs out signs in with the passkey again", async () => {
  await page.leaveAuthenticator();
  await page.press("#out");
  await page.isAt("/sign-in");
  await page.picture("sign-in");
  const { cookies } = await page.ask("Network.getCookies");
  assert.deepEqual(cookies, []);
  // What was offered before is given up for it: one session comes of both.
  await page.pressAtAuthenticator("#passkey");
  await page.isAt("/");
  await page.until("document.querySelectorAll('#sessions li').length === 1");
  // What the browser offers in the field of the name does as well.
  await page.value("window.before = true");
  await page.press("#out");
  await page.until(
    "window.before === undefined && location.pathname === '/' && " +
      "document.querySelectorAll('#sessions li').length === 1",
  );
  assert.deepEqual(page.complaints, []);
});

test("a program is let in by the code that it shows", async () => {
  const child = chancery("login");
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) =>
    lines.push(line),
  );
  const ended = once(child, "close");
  const code = await eventually("the code", () => {
    return lines.join("\n").match(/code {2}(\S+)/)?.[1];
  });
  await page.goto(url("/approve"));
  await page.picture("approve");
  await page.type("asked", "0000-0000");
  await page.press("#find button");
  await page.isShown("wrong");
  await page.type("asked", code.toLowerCase().replace("-", " "));
  await page.press("#find button");
  await page.isShown("request");
  assert.equal(await page.text("shown-code"), code);
  assert.match(await page.text("shown-label"), /^chancery/);
  assert.equal(await page.text("shown-address"), "127.0.0.1");
  await page.picture("approve-request");
  await page.press("#passkey");
  await page.isShown("done");
  const [status] = await within("chancery login", ended);
  assert.equal(status, 0, lines.join("\n"));
  assert.match(lines.join("\n"), /as Anna Berg/);
  assert.equal(fs.statSync(sessionFile()).mode & 0o777, 0o600);
  assert.deepEqual(page.complaints, []);
});

test("another person enrols with a password and an app", async () => {
  const create = JSON.stringify({ kind: "person", name: "Ben", login: "ben" });
  const [made, person] = await run("api", "principal.create", create);
  assert.equal(made, 0, person);
  const [issued, invitation] = await run(
    "api",
    "invitation.issue",
    JSON.stringify({ principal: JSON.parse(person).id }),
  );
  assert.equal(issued, 0, invitation);

  const ben = await browser.page();
  await ben.goto(url(`/enrol#${JSON.parse(invitation).secret}`));
  await ben.isShown("choose");
  await ben.press("#other");
  await ben.isShown("password");
  await ben.type("password", "password123");
  await ben.press("#set button");
  await ben.isShown("wrong");
  await ben.picture("enrol-password");
  await ben.type("password", "nine blue kettles whistle");
  await ben.press("#set button");
  await ben.isShown("seed");
  const seed = (await ben.text("seed")).replaceAll(" ", "");
  assert.match(
    await ben.value("document.getElementById('otpauth').href"),
    /^otpauth:\/\/totp\//,
  );
  await ben.picture("enrol-app");
  await ben.type("code", codeOf(seed));
  await ben.press("#app button");
  await ben.isShown("next-code");
  await ben.type("next-code", codeOf(seed, 1));
  await ben.press("#sign-in button");
  await ben.isShown("codes");
  await ben.press("#kept");
  await ben.isAt("/");
  await ben.until("document.querySelectorAll('#sessions li').length === 1");
  assert.deepEqual(ben.complaints, []);

  // What is wrong isn't told, and nobody is locked out by it.
  await ben.press("#out");
  await ben.isAt("/sign-in");
  await ben.type("login", "ben");
  await ben.type("password", "another one");
  await ben.type("code", "000000");
  await ben.press("#form button");
  await ben.isShown("wrong");
  assert.match(await ben.text("wrong"), /isn't right/);
  await ben.picture("sign-in-wrong");
});

test("one's sessions are listed, and ended", async () => {
  await page.goto(url("/"));
  await page.until("document.querySelectorAll('#sessions li').length === 2");
  await page.picture("home");
  await page.press("#sessions button");
  await page.until("document.querySelectorAll('#sessions li').length === 1");
  const [status, out] = await run("ls");
  assert.equal(status, 1);
  assert.match(out, /chancery login/);
});

test("logout takes the file away", async () => {
  const [status, out] = await run("logout");
  assert.equal(status, 0, out);
  assert.equal(fs.existsSync(sessionFile()), false);
  const [again] = await run("logout");
  assert.equal(again, 1);
});
