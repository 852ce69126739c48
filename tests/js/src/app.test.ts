// The web app, in Debian's Chromium against the real server. The harness is the one
// of the plain pages: the DevTools protocol over a pipe, which brings the virtual
// authenticator and the keyboard, and needs no browser or driver of npm's.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { serveApp } from "./app.js";
import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";

let server: Server;
let browser: Browser;
let page: Page;
let anna: { id: string; home: string };

/** A person with a passkey in a browser of their own, signed in. */
async function enrol(login: string): Promise<{ page: Page; id: string }> {
  const invited = await server.invite(login);
  const own = await browser.page();
  await own.addAuthenticator();
  await serveApp(own);
  await own.goto(server.url(`/enrol#${invited.invitation}`));
  await own.isShown("choose");
  await own.press("#passkey");
  await own.isShown("sign-in-passkey");
  await own.press("#sign-in-passkey");
  await own.isShown("codes");
  return { page: own, id: invited.id };
}

before(async () => {
  server = await Server.start("app");
  browser = await Browser.start();
  const made = await enrol("anna");
  page = made.page;
  await page.goto(server.url("/app/files"));
  await page.isShown("new");
  const home = await page.value(`${CALL}("session.get", {}).then((me) => me.home)`);
  anna = { id: made.id, home };
});
after(async () => {
  await browser.stop();
  await server.stop();
});

// An operation, as the page's own session.
const CALL = `(async (name, args) => {
  const answer = await fetch("/jmap/api", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      using: ["urn:chancery:operations"],
      methodCalls: [[name, args, "0"]],
    }),
  });
  return (await answer.json()).methodResponses[0][1].results[0];
})`;

const op = (name: string, args: object): Promise<Any> =>
  page.value(`${CALL}(${JSON.stringify(name)}, ${JSON.stringify(args)})`);

const has = (text: string) => `document.body.innerText.includes(${JSON.stringify(text)})`;

/** The names in the list, from the top. */
const names = (of = page): Promise<string[]> =>
  of.value("[...document.querySelectorAll('.item .link')].map((a) => a.textContent)");

const listIs = (expected: string[], of = page): Promise<unknown> =>
  eventually(`the list ${expected.join(", ")}`, async () => {
    const is = await names(of);
    return JSON.stringify(is) === JSON.stringify(expected) || undefined;
  });

/** Presses the button, or other element, of that text. */
export async function pressText(text: string, selector = "button, [role=menuitem], a"): Promise<void> {
  const found = `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .find((one) => one.textContent.trim() === ${JSON.stringify(text)} && one.offsetParent !== null)`;
  await page.until(`${found} !== undefined`, text);
  await page.value(`${found}.setAttribute("data-pressed", "")`);
  await page.press("[data-pressed]");
  await page.value(`document.querySelectorAll("[data-pressed]").forEach((one) => one.removeAttribute("data-pressed"))`);
}

const MODIFIERS = { Alt: 1, Control: 2, Shift: 8 } as const;

export async function key(name: string, ...held: (keyof typeof MODIFIERS)[]): Promise<void> {
  const codes: { [key: string]: number } = {
    Enter: 13, Escape: 27, Backspace: 8, Delete: 46, F2: 113, Home: 36, End: 35,
    ArrowDown: 40, ArrowUp: 38, Tab: 9, a: 65,
  };
  const event = {
    key: name,
    code: name.length === 1 ? `Key${name.toUpperCase()}` : name,
    windowsVirtualKeyCode: codes[name] ?? name.toUpperCase().charCodeAt(0),
    modifiers: held.reduce((sum, one) => sum + MODIFIERS[one], 0),
    ...(name === "Enter" ? { text: "\r" } : {}),
    ...(name.length === 1 && held.length === 0 ? { text: name } : {}),
  };
  await page.ask("Input.dispatchKeyEvent", { type: "keyDown", ...event });
  await page.ask("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}

/** Files of the disk, as chosen in the dialog that a button opens. */
async function choose(...files: string[]): Promise<void> {
  const { root } = await page.ask("DOM.getDocument");
  const { nodeId } = await page.ask("DOM.querySelector", {
    nodeId: root.nodeId,
    selector: "#upload-files",
  });
  await page.ask("DOM.setFileInputFiles", { nodeId, files });
}

function file(name: string, text: string): string {
  const where = path.join(server.folder, name);
  fs.writeFileSync(where, text);
  return where;
}

test("who isn't signed in is led to sign in, and then to where they were", async () => {
  await page.press("#me");
  await page.isShown("sign-out");
  await page.press("#sign-out");
  await page.isAt("/app/sign-in");
  await page.setPresence(false);
  await page.goto(server.url("/app/trash"));
  await page.isAt("/app/sign-in");
  await page.isShown("passkey");
  await page.picture("app-sign-in");
  await page.press("#passkey");
  await page.setPresence(true);
  await page.isAt("/app/trash");
  await page.until(has("The trash is empty."));
  assert.deepEqual(page.complaints, []);
});

test("a file is uploaded, listed and downloaded", async () => {
  await page.goto(server.url("/app/files"));
  await page.isShown("new");
  await choose(file("Minutes.txt", "All is well.\n"));
  await listIs(["Minutes.txt"]);
  const [node] = (await op("folder.list", { folder: anna.home })).list;
  const text = await page.value(
    `fetch("/jmap/download/${anna.id}/${node.version}/Minutes.txt").then((answer) => answer.text())`,
  );
  assert.equal(text, "All is well.\n");
  await page.until("document.querySelector('.uploads .good') !== null");
  await page.press("#uploads-clear");
  assert.deepEqual(page.complaints, []);
});
