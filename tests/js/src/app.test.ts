// The web app, in Debian's Chromium against the real server: signing in, files and
// one's own security.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let user: User;
let page: Page; // of the user
let anna: { id: string; home: string };

before(async () => {
  server = await Server.start("app");
  browser = await Browser.start();
  user = await User.enrol(server, browser, "anna");
  page = user.page;
  await page.goto(server.url("/app/files"));
  await page.isShown("new");
  const { home } = await op("session.get", {});
  anna = { id: user.id, home };
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const op = (name: string, args: object): Promise<Any> => user.op(name, args);

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
async function pressText(text: string, selector = "button, [role=menuitem], a"): Promise<void> {
  const found = `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .find((one) => one.textContent.trim() === ${JSON.stringify(text)} && one.checkVisibility())`;
  await page.until(`${found} !== undefined`, text);
  await page.value(`${found}.setAttribute("data-pressed", "")`);
  await page.press("[data-pressed]");
  await page.value(`document.querySelectorAll("[data-pressed]").forEach((one) => one.removeAttribute("data-pressed"))`);
}

/** A dialog, which has no offset parent. */
const isOpen = (id: string): Promise<void> =>
  page.until(`document.getElementById("${id}") !== null`, id);

const key = (name: string, ...held: ("Alt" | "Control" | "Shift")[]): Promise<void> =>
  page.pw.keyboard.press([...held, name].join("+"));

/** Files of the disk, as chosen in the dialog that a button opens. */
const choose = (...files: string[]): Promise<void> =>
  page.pw.locator("#upload-files").setInputFiles(files);

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
  await page.leaveAuthenticator();
  await page.goto(server.url("/app/trash"));
  await page.isAt("/app/sign-in");
  await page.isShown("passkey");
  await page.picture("app-sign-in");
  await page.pressAtAuthenticator("#passkey");
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

test("a folder is made, gone into, and left by the keyboard", async () => {
  await page.press("#new");
  await page.isShown("new-folder");
  await page.press("#new-folder");
  await page.isShown("name");
  await page.type("name", "Reports");
  await key("Enter");
  await listIs(["Reports", "Minutes.txt"]);
  await page.value("document.getElementById('list').focus()");
  await key("r");
  await page.until("document.querySelector('.item.chosen .link')?.textContent === 'Reports'");
  await key("Enter");
  await page.until("document.querySelector('h1').textContent === 'Reports'");
  assert.match(await page.value("location.pathname"), /^\/app\/files\/d\w{13}$/);
  await page.until(has("Nothing here yet."));
  await page.value("document.getElementById('list').focus()");
  await key("Backspace");
  await page.isAt("/app/files");
  await listIs(["Reports", "Minutes.txt"]);
  assert.deepEqual(page.complaints, []);
});

test("names are changed in place, and things deleted and brought back", async () => {
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await key("F2");
  await page.isShown("rename");
  assert.equal(
    await page.value("document.getElementById('rename').selectionEnd"),
    "Minutes".length,
  );
  await page.type("rename", "Minutes of May.txt");
  await key("Enter");
  await listIs(["Reports", "Minutes of May.txt"]);
  await eventually("the new name on the server", async () => {
    const { list } = await op("folder.list", { folder: anna.home });
    return list.some((one: Any) => one.name === "Minutes of May.txt") || undefined;
  });
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await key("Delete");
  await listIs(["Reports"]);
  await pressText("Undo");
  await listIs(["Reports", "Minutes of May.txt"]);
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await key("Delete");
  await listIs(["Reports"]);
  await page.goto(server.url("/app/trash"));
  await listIs(["Minutes of May.txt"]);
  await page.picture("app-trash");
  await page.value("document.getElementById('list').focus()");
  await key("Home");
  await page.press("#restore");
  await page.until(has("The trash is empty."));
  await page.goto(server.url("/app/files"));
  await listIs(["Reports", "Minutes of May.txt"]);
  assert.deepEqual(page.complaints, []);
});

test("what else changes the files shows by itself", async () => {
  const made = await op("folder.create", { parent: anna.home, name: "From afar" });
  await listIs(["From afar", "Reports", "Minutes of May.txt"]);
  await op("node.rename", { node: made.id, name: "Afar" });
  await listIs(["Afar", "Reports", "Minutes of May.txt"]);
  await op("node.trash", { node: made.id });
  await listIs(["Reports", "Minutes of May.txt"]);
});

test("a name that is taken is asked about", async () => {
  const again = file("Minutes of May.txt", "All is better.\n");
  await choose(again);
  await isOpen("ask-conflict");
  await page.picture("app-conflict");
  await pressText("Go on");
  await page.until("document.querySelector('.uploads .good') !== null");
  await page.press("#uploads-clear");
  await listIs(["Reports", "Minutes of May.txt"]);
  await choose(again);
  await isOpen("ask-conflict");
  await pressText("Keep both: this one under another name", "label");
  await pressText("Go on");
  await listIs(["Reports", "Minutes of May (2).txt", "Minutes of May.txt"]);
  await page.until("document.querySelector('.uploads .good') !== null");
  await page.press("#uploads-clear");
  assert.deepEqual(page.complaints, []);
});

test("things are moved and copied to a folder", async () => {
  await page.value("document.getElementById('list').focus()");
  await key("Home");
  await key("ArrowDown");
  await page.press("#move");
  await isOpen("ask-folder");
  await pressText("Reports", "#ask-folder button");
  await page.until(has("No folders in here"));
  await page.picture("app-move");
  await pressText("Move here");
  await listIs(["Reports", "Minutes of May.txt"]);
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await page.press("#copy");
  await isOpen("ask-folder");
  await pressText("Reports", "#ask-folder button");
  await page.until(has("No folders in here"));
  await pressText("Copy here");
  await page.until(has("“Minutes of May.txt” copied"));
  await pressText("Reports", ".link");
  await listIs(["Minutes of May (2).txt", "Minutes of May.txt"]);
  await page.press(".crumbs a");
  await page.isAt("/app/files");
  assert.deepEqual(page.complaints, []);
});

test("the versions, access and activity of a file stand beside it", async () => {
  await page.press("#details-toggle");
  await page.isShown("details");
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await page.until("document.querySelector('#details h2').textContent === 'Minutes of May.txt'");
  await page.until(has("TXT file"));
  await page.picture("app-details");
  await page.press("#tab-versions");
  await page.until("document.querySelectorAll('#versions li').length === 2");
  await page.picture("app-versions");
  await pressText("Restore");
  await page.until("document.querySelectorAll('#versions li').length === 3");
  const { list } = await op("folder.list", { folder: anna.home });
  const node = list.find((one: Any) => one.kind === "file");
  const text = await page.value(
    `fetch("/jmap/download/${anna.id}/${node.version}/x").then((answer) => answer.text())`,
  );
  assert.equal(text, "All is well.\n");
  await page.press("#tab-activity");
  await page.until("document.querySelectorAll('#activity li').length > 3");
  await page.until(has("restored a version"));
  await page.picture("app-activity");
  await page.press("#tab-access");
  await page.until("document.querySelectorAll('#who li').length === 1");
  await page.picture("app-access");
  await page.press("#details-toggle");
  assert.deepEqual(page.complaints, []);
});

test("a file is shared with somebody, who finds it", async () => {
  const ben = await User.enrol(server, browser, "ben");
  await server.op("group.create", { name: "Benefits <b>team" });
  await server.op("principal.create", {
    kind: "person",
    name: "Benno Newcomer",
    login: "benno",
  });
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await page.press("#share");
  await isOpen("share-dialog");
  await page.isShown("share-who");
  await page.press("#share-who");
  await page.ask("Input.insertText", { text: "Ben" });
  await page.until("document.querySelectorAll('[role=option]').length === 2");
  await page.until(
    "document.querySelector('[role=listbox]').textContent.includes('<b>team')",
  );
  await page.picture("app-share-found");
  await page.pw.getByRole("option", { name: /^ben/ }).click();
  await page.until("!document.getElementById('share-give').disabled");
  await page.picture("app-share");
  await page.press("#share-give");
  await page.until("document.querySelectorAll('#who li').length === 2");
  await page.picture("app-shared");
  await ben.page.goto(server.url("/app/shared"));
  await listIs(["Minutes of May.txt"], ben.page);
  await ben.page.picture("app-shared-with-me");
  await page.press("#who li button");
  await page.until("document.querySelectorAll('#who li').length === 1");
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(ben.page.complaints, []);
});

test("a link is made after a confirmation, shown once, and ended", async () => {
  // A session that was confirmed less than five minutes ago needs no confirmation:
  // the server's refusal is stood in for, once; all else is the server's.
  await page.value(`(() => {
    const real = window.fetch;
    window.fetch = async (where, how) => {
      if (!String(how?.body).includes("link.make")) return real(where, how);
      window.fetch = real;
      const error = { type: "forbidden", description: "" };
      return Response.json({
        methodResponses: [
          ["link.make", { results: [{ ok: false, code: "STEPUP", error }] }, "0"],
        ],
      });
    };
  })()`);
  await page.press("#link-make");
  await page.until("document.getElementById('step-up') !== null");
  await page.picture("app-step-up");
  await page.press("#step-up-passkey");
  await page.isShown("link-secret");
  assert.match(
    await page.value("document.getElementById('link-secret').value"),
    /^http:\/\/localhost:\d+\/link#chy_/,
  );
  await page.until("document.querySelectorAll('#links li').length === 1");
  await page.picture("app-link");
  await page.press("#links li button");
  await page.until("document.querySelectorAll('#links li').length === 0");
  await key("Escape");
  assert.deepEqual(page.complaints, []);
});

test("names are found, and names of HTML, turned or long are text", async () => {
  const odd = [
    '<img src=x onerror="document.title=1">.txt',
    "</a><script>document.title=2</script>".replaceAll("/", "∕"),
    "invoice\u202Efdp.exe", // would read as invoiceexe.pdf
    "🧾".repeat(63),
    "&amp;&lt;b&gt;",
  ];
  const folder = await op("folder.create", { parent: anna.home, name: odd[0] });
  assert.equal(folder.ok, true);
  for (const name of odd)
    assert.equal(
      (await op("file.create", { parent: folder.id, name, content: "", type: "text/plain" })).ok,
      true,
    );
  await page.goto(server.url(`/app/files/${folder.id}`));
  await page.until("document.querySelectorAll('.item').length === 5");
  const shown = odd.map((name) => name.replace("\u202E", "\uFFFD"));
  assert.deepEqual((await names()).sort(), shown.sort());
  await page.until(`document.querySelector("h1").textContent === ${JSON.stringify(odd[0])}`);
  assert.equal(await page.value("document.querySelectorAll('main img').length"), 0);
  await page.picture("app-odd");
  await page.type("search", "minutes");
  await key("Enter");
  await page.isAt("/app/search");
  await page.until("document.querySelectorAll('.item').length === 3");
  await page.picture("app-search");
  assert.deepEqual(page.complaints, []);
});

test("of thousands only those in sight are drawn", async () => {
  const { id } = await op("folder.create", { parent: anna.home, name: "Many" });
  const many = Array.from({ length: 1200 }, (_, i) => ({
    parent: id,
    name: `File ${i}`,
    exist_ok: false,
  }));
  // By somebody else, whose share of the server it is.
  const seeder = await server.principal("seeder");
  await op("share.grant", { node: id, principal: seeder.id, relation: "edit" });
  for (let i = 0; i < many.length; i += 400)
    await server.ops("folder.create", many.slice(i, i + 400), {
      token: seeder.token,
    });
  await page.goto(server.url(`/app/files/${id}`));
  await page.until(has("1,200 items"));
  assert.ok((await page.value("document.querySelectorAll('.item').length")) < 60);
  await page.value("document.getElementById('list').focus()");
  await key("End");
  await page.until("[...document.querySelectorAll('.item .link')].at(-1).textContent === 'File 1199'");
  await key("Home", "Shift");
  await page.until(has("1,200 selected"));
  await page.picture("app-many");
  assert.deepEqual(page.complaints, []);
});

test("my security shows sessions and what one signs in with", async () => {
  await page.goto(server.url("/app/security"));
  await page.until("document.querySelectorAll('#sessions li').length >= 1");
  await page.until("document.querySelectorAll('#passkeys li').length === 1");
  await page.picture("app-security");
  await page.press("#app-add");
  await isOpen("asking");
  await page.value("document.querySelector('#asking input').focus()");
  await page.ask("Input.insertText", { text: "Mail on the phone" });
  await key("Enter");
  await page.until(
    "document.getElementById('app-secret') !== null || document.getElementById('step-up') !== null",
  );
  if (await page.value("document.getElementById('step-up') !== null"))
    await page.press("#step-up-passkey");
  await page.until("document.querySelectorAll('#app-passwords li').length === 1");
  await page.picture("app-password");
  assert.deepEqual(page.complaints, []);
});
