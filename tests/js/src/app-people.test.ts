// Administration in the web app, in Debian's Chromium against the real server: people
// and what they may, by one administrator, by two, and by that of a unit.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { Browser, type Page } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let alma: User; // administers all
let page: Page; // hers
let bruno: User; // so does he

const PEOPLE = "/app/people";

before(async () => {
  server = await Server.start("app-people");
  browser = await Browser.start();
  // Each comes of the installation, and neither of the other one.
  alma = await enrol("alma");
  bruno = await enrol("bruno");
  await role(alma.id, "user_admin");
  await role(bruno.id, "user_admin");
  page = alma.page;
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const enrol = (login: string): Promise<User> => User.enrol(server, browser, login);

const role = (principal: string, relation: string, more = {}): Promise<Any> =>
  server.op("role.grant", { principal, relation, ...more });

async function everybody(): Promise<Any[]> {
  return (await server.op("principal.list", { limit: 500 })).list;
}

const idOf = async (name: string): Promise<string> =>
  (await everybody()).find((one) => one.name === name)?.id;

// ---- as a person finds things

const button = (name: string | RegExp, of = page) =>
  of.pw.getByRole("button", { name, exact: true });
const link = (name: string | RegExp, of = page) =>
  of.pw.getByRole("link", { name, exact: true });
const field = (name: string, of = page) =>
  of.pw.getByRole("textbox", { name, exact: true });
const choice = (name: string, of = page) => of.pw.getByLabel(name, { exact: true });
const dialog = (of = page) => of.pw.locator("#asking, #shown");
const answer = (name: string, of = page) =>
  dialog(of).getByRole("button", { name, exact: true });
const row = (name: string, of = page) => of.pw.getByRole("row").filter({ hasText: name });
const item = (name: string | RegExp, of = page) =>
  of.pw.getByRole("main").getByRole("listitem").filter({ hasText: name });
const says = (text: string | RegExp, of = page) =>
  of.pw.locator(".notices").getByText(text).waitFor();
const gone = (of = page) => dialog(of).waitFor({ state: "detached" });

const go = async (to: string, of = page): Promise<void> => {
  await of.goto(server.url(to));
  await of.pw.getByRole("main").waitFor();
};

/** The page of somebody, by their row in the list. */
async function visit(name: string, part?: string, of = page): Promise<void> {
  await go(PEOPLE, of);
  await row(name, of).getByRole("link").click();
  await of.pw.getByRole("heading", { level: 2, name }).waitFor();
  if (part !== undefined) await link(part, of).click();
}

/** Picks one of a field that finds people by name. */
async function pick(label: string, name: string, of = page): Promise<void> {
  await of.pw.getByRole("combobox", { name: label }).pressSequentially(name);
  await of.pw.getByRole("option", { name }).first().click();
}

// ---- people

test("a person is added and invited, and the link is shown once", async () => {
  await go("/app/files");
  await link("People").click();
  await row("alma").waitFor();
  await button("Add somebody").click();
  await page.picture("people-add");
  await field("Name").fill("Berta Braun");
  await field("Name to sign in by").fill("alma");
  await answer("Add and invite").click();
  await dialog().getByText("Somebody signs in by that name already.").waitFor();
  await field("Name to sign in by").fill("berta");
  await answer("Add and invite").click();
  const invitation = page.pw.locator("#invitation");
  await invitation.waitFor();
  assert.match(await invitation.inputValue(), /^http:\/\/localhost:\d+\/enrol#chy_/);
  await dialog().getByText(/It isn't shown again. It ends on/).waitFor();
  await page.picture("people-invited");
  await answer("Done").click();
  await row("Berta Braun").waitFor();
  await page.picture("people-list");
  assert.deepEqual(page.complaints, []);
});

test("people are found by name, and filtered by kind and state", async () => {
  for (const [kind, name, login] of [
    ["guest", "Gustav Gast", "gustav"],
    ["person", "Emil Ernst", "emil"],
  ])
    await server.op("principal.create", { kind, name, login });
  await go(PEOPLE);
  await row("Gustav Gast").waitFor();
  await page.pw.getByRole("searchbox", { name: "Find by name" }).fill("EMIL");
  await row("Berta Braun").waitFor({ state: "detached" });
  await row("Emil Ernst").waitFor();
  await page.pw.getByText("1 person", { exact: true }).waitFor();
  await page.pw.getByRole("searchbox", { name: "Find by name" }).fill("");
  await choice("Kind").selectOption("Guests");
  await row("Emil Ernst").waitFor({ state: "detached" });
  await row("Gustav Gast").waitFor();
  await choice("Kind").selectOption("Programs");
  await row("Gustav Gast").waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
});

test("somebody is suspended, resumed and ended, by the keyboard alone", async () => {
  await go(PEOPLE);
  await row("Emil Ernst").waitFor();
  const { keyboard } = page.pw;
  await page.pw.getByRole("searchbox", { name: "Find by name" }).fill("Emil");
  await row("Berta Braun").waitFor({ state: "detached" });
  await page.pw.getByRole("grid", { name: "People" }).focus();
  await keyboard.press("Space");
  await page.pw.getByText("1 selected").waitFor();
  await button("Suspend").focus();
  await keyboard.press("Enter");
  await dialog().getByText(/All that they have open is closed at once/).waitFor();
  await page.picture("people-suspend");
  await keyboard.press("Enter");
  await says("“Emil Ernst” is suspended");
  await gone();
  await row("Suspended").waitFor();
  await button("Resume").focus();
  await keyboard.press("Enter");
  await dialog().waitFor();
  await keyboard.press("Enter");
  await says("“Emil Ernst” may act again");
  await gone();
  await button("End").focus();
  await keyboard.press("Enter");
  await page.pw.getByRole("checkbox", { name: /can't be undone/ }).focus();
  assert.equal(await answer("End").isEnabled(), false);
  await keyboard.press("Space");
  await keyboard.press("Enter");
  await says("“Emil Ernst” is ended");
  await row("Emil Ernst").waitFor({ state: "detached" });
  await choice("State").selectOption("Ended");
  await row("Emil Ernst").waitFor();
  // Escape leaves a question, and nothing is done.
  await choice("State").selectOption("Active");
  await page.pw.getByRole("searchbox", { name: "Find by name" }).fill("Berta");
  await row("Berta Braun").waitFor();
  await page.pw.getByRole("grid", { name: "People" }).focus();
  await keyboard.press("Space");
  await button("Suspend").focus();
  await keyboard.press("Enter");
  await dialog().waitFor();
  await keyboard.press("Escape");
  await gone();
  await page.until(`document.activeElement?.textContent === "Suspend"`);
  const berta = (await everybody()).find((one) => one.login === "berta");
  assert.equal(berta.suspended, undefined);
  assert.deepEqual(page.complaints, []);
});

test("somebody gets another name, another unit, and another link", async () => {
  const sales = await server.op("unit.create", { name: "Sales" });
  await visit("Berta Braun");
  await button("Rename").click();
  await field("Name").fill("Berta Blau");
  await answer("Save").click();
  await page.pw.getByRole("heading", { level: 2, name: "Berta Blau" }).waitFor();
  await button("Move to a unit").click();
  await dialog().getByLabel("Unit").selectOption("Sales");
  await answer("Move to a unit").click();
  await says("“Berta Blau” is moved: Sales");
  await gone();
  await button("Invite again").click();
  await answer("Make a link").click();
  await page.pw.locator("#invitation").waitFor();
  await answer("Done").click();
  await page.picture("people-about");
  const berta = (await everybody()).find((one) => one.login === "berta");
  assert.deepEqual([berta.name, berta.unit], ["Berta Blau", sales.id]);
  assert.deepEqual(page.complaints, []);
});

test("many are added from a table, and what is wrong is told before", async () => {
  const odd = '<img src=x onerror="document.title=1">';
  const table = [
    "Name;Login;Unit;Kind",
    "Anna Adler;anna@example.org;Sales;person",
    `"${odd.replaceAll('"', '""')}";odd@example.org;;`,
    "turned \u202Efdp.exe;turned@example.org;;guest",
    "=HYPERLINK(1);formula@example.org;;",
    "Nobody;;;",
    "Twice;ANNA@example.org;;",
    "Taken;alma;;",
    "Spaces;a b;;",
    "Lost;lost;Nowhere;",
    "Robot;robot;;robot",
  ].join("\r\n");
  const file = path.join(server.folder, "people.csv");
  fs.writeFileSync(file, `\ufeff${table}`);
  await go(PEOPLE);
  await button("Add many").click();
  await page.pw.locator("#import-input").setInputFiles(file);
  await page.pw.getByText("4 can be added.").waitFor();
  await page.pw.getByText("6 rows have something wrong, and are left out.").waitFor();
  for (const [name, why] of [
    ["Nobody", "There is no name to sign in by."],
    ["Twice", "Line 2 has that name to sign in by, too."],
    ["Taken", "Somebody signs in by that name already."],
    ["Spaces", /has spaces or signs that can't be seen/],
    ["Lost", "There is no one unit named “Nowhere”."],
    ["Robot", "“robot” is no kind"],
  ] as const)
    await row(name).getByText(why).waitFor();
  await row(odd).waitFor();
  assert.equal(await page.value("document.querySelectorAll('main img').length"), 0);
  await page.picture("people-import");
  await button("Add 4 people").click();
  await page.pw.getByText("4 of 4 are added.").waitFor();
  await page.picture("people-imported");
  const links = await page.pw.locator("td code").allTextContents();
  assert.equal(new Set(links).size, 4);
  const [download] = await Promise.all([
    page.pw.waitForEvent("download"),
    button("Download with the links").click(),
  ]);
  const saved = fs.readFileSync(await download.path(), "utf8");
  for (const one of links) assert.ok(saved.includes(one));
  assert.ok(saved.includes(`"'=HYPERLINK(1)"`), saved);
  const all = await everybody();
  const turned = all.find((one) => one.login === "turned@example.org");
  assert.deepEqual([turned.name, turned.kind], ["turned \u202Efdp.exe", "guest"]);
  // Names are text, wherever they stand.
  await go(PEOPLE);
  await row(odd).waitFor();
  await row("turned \uFFFDfdp.exe").waitFor();
  await row(odd).getByRole("link").click();
  await page.pw.getByRole("heading", { level: 2, name: odd }).waitFor();
  await page.picture("people-odd");
  assert.equal(await page.value("document.querySelectorAll('main img').length"), 0);
  assert.deepEqual(page.complaints, []);
});

// ---- what they may

test("groups are made, nested, joined and left, and ended", async () => {
  await go(`${PEOPLE}/groups`);
  await button("Make a group").click();
  await field("Name").fill("Accounting");
  await answer("Make a group").click();
  await page.pw.getByRole("heading", { level: 2, name: "Accounting" }).waitFor();
  await button("Add a member").click();
  await pick("Person, program or group", "Anna Adler");
  await answer("Add").click();
  await says("“Anna Adler” is in “Accounting” now");
  await gone();
  await item("Anna Adler").waitFor();
  await server.op("group.create", { name: "Finance" });
  await go(`${PEOPLE}/groups`);
  await row("Finance").getByRole("link").click();
  await button("Add a member").click();
  await pick("Person, program or group", "Accounting");
  await answer("Add").click();
  await item("Accounting").waitFor();
  await page.picture("people-group");
  // A circle of them is none.
  await item("Accounting").getByRole("link").click();
  await page.pw.getByRole("heading", { level: 2, name: "Accounting" }).waitFor();
  await button("Add a member").click();
  await pick("Person, program or group", "Finance");
  await answer("Add").click();
  await dialog().getByText("That group is in this one already").waitFor();
  await page.pw.keyboard.press("Escape");
  await gone();
  await visit("Anna Adler", "Groups, roles, apps");
  await item("Accounting").waitFor();
  await page.picture("people-rights");
  assert.deepEqual(page.complaints, []);
});

test("roles are given and taken away, in the organisation and in a unit", async () => {
  await visit("Berta Blau", "Groups, roles, apps");
  await button("Give a role").click();
  await choice("Where").selectOption("Sales");
  await page.picture("people-role");
  await answer("Give a role").click();
  await says("“Berta Blau” has it now: Administrator of people");
  await item("Administrator of people in Sales").waitFor();
  await button("Give a role").click();
  await choice("Role").selectOption("Reader of the log");
  assert.equal(await choice("Where").isDisabled(), true);
  await answer("Give a role").click();
  const reader = item("Reader of the log in the whole organisation");
  await reader.waitFor();
  await reader.getByRole("button").click();
  await reader.waitFor({ state: "detached" });
  const { list } = await server.op("role.list", { principal: await idOf("Berta Blau") });
  assert.deepEqual(
    list.map((one: Any) => [one.relation, one.object_name]),
    [["user_admin", "Sales"]],
  );
  assert.deepEqual(page.complaints, []);
});

test("apps are for those whom they were given to, and it is told who can", async () => {
  await go(`${PEOPLE}/apps`);
  await page.picture("people-apps");
  await link(/^Mail/).click();
  await item("Everyone").getByRole("button").click();
  await page.pw.getByText("It is given to nobody.").waitFor();
  await button("Give").click();
  await pick("Person, program or group", "Finance");
  await answer("Give").click();
  await item("Finance").waitFor();
  await button("Show them").click();
  await item("Anna Adler").getByText("through Accounting").waitFor();
  await page.picture("people-app");
  await visit("Berta Blau", "Groups, roles, apps");
  await item("Mail").getByText("may not use it").waitFor();
  await button("Give Mail").click();
  await item("Mail").getByText("given to them").waitFor();
  await button("Take away Mail").click();
  await item("Mail").getByText("may not use it").waitFor();
  await go(`${PEOPLE}/roles`);
  await link(/^Administrator of people/).click();
  await item("bruno").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("why somebody may do something is told and drawn, step by step", async () => {
  const { home } = await alma.op("session.get", {});
  const folder = await alma.op("folder.create", { parent: home, name: "Reports" });
  const file = await alma.op("file.create", {
    parent: folder.id,
    name: "Plan <b>.txt",
    content: "",
  });
  assert.equal(file.ok, true);
  await alma.op("share.grant", {
    node: folder.id,
    principal: await idOf("Finance"),
    relation: "edit",
  });
  await visit("Anna Adler", "Why");
  await choice("May they use").selectOption("Mail");
  await button("Ask").click();
  await page.pw.getByText("Anna Adler may use Mail.").waitFor();
  const way = page.pw.getByRole("list", { name: /The way/ });
  await way.waitFor();
  await choice("A file or folder").check();
  await pick("File or folder", "Plan");
  await choice("May they").selectOption("edit");
  await button("Ask").click();
  await page.pw
    .getByText(
      "Anna Adler may edit “Plan <b>.txt”. “edit” was given on Reports to the group “Finance”",
    )
    .waitFor();
  const steps = await way.getByRole("listitem").locator(".p-stop").allTextContents();
  assert.deepEqual(steps, ["Anna Adler", "Accounting", "Finance", "Reports", "Plan <b>.txt"]);
  await page.picture("people-why");
  await choice("May they").selectOption("own");
  await button("Ask").click();
  await page.pw.getByText("Anna Adler may not own “Plan <b>.txt”.").waitFor();
  await page.pw.getByText(/would need owner/).waitFor();
  await choice("A role").check();
  await button("Ask").click();
  await page.pw.getByText(/Anna Adler may not act as “Administrator of people”/).waitFor();
  assert.deepEqual(page.complaints, []);
});

// ---- what they sign in with

test("sessions and what one signs in with are seen and ended", async () => {
  const carla = await enrol("carla");
  await visit("carla", "Sign-in");
  await page.pw.getByText(/Who responds to security incidents/).waitFor();
  await item("Passkey").first().waitFor();
  await role(alma.id, "security_responder");
  await visit("carla", "Sign-in");
  await item(/Chrome \d+, Linux/).waitFor();
  await page.picture("people-sign-in");
  await button(/^End the session of Chrome/).click();
  await page.pw.getByText("Nowhere.").waitFor();
  assert.equal((await carla.op("session.get", {}).catch(() => ({ ok: false }))).ok, false);
  await item("10 recovery codes").getByRole("button").click();
  await dialog().getByText(/nobody can sign in with it any more/).waitFor();
  await answer("End").click();
  await says("It is ended");
  assert.deepEqual(page.complaints, []);
});

test("a program gets a token, which is shown once, and loses it", async () => {
  await go(PEOPLE);
  await button("Add somebody").click();
  await page.pw.getByRole("radio", { name: /^A program/ }).check();
  await field("Name").fill("Nightly backup");
  await answer("Add").click();
  await page.pw.getByRole("heading", { level: 2, name: "Nightly backup" }).waitFor();
  await link("Tokens").click();
  await button("Make a token").click();
  await field("What is it for?").fill("Each night");
  await page.picture("people-token");
  await answer("Make a token").click();
  const token = await page.pw.locator("#token").inputValue();
  const { name } = await server.op("session.get", {}, { token });
  assert.equal(name, "Nightly backup");
  await answer("Done").click();
  await item("Each night").getByRole("button").click();
  await page.pw.getByText("None yet.").waitFor();
  await assert.rejects(server.op("session.get", {}, { token }));
  assert.deepEqual(page.complaints, []);
});

// ---- two people

test("what takes two is asked for, approved by the other one, and done", async () => {
  await visit("Berta Blau");
  await button("Let them enrol anew").click();
  await answer("Let them enrol anew").click();
  await dialog().getByText("They have never enrolled. Invite them again instead.").waitFor();
  await page.pw.keyboard.press("Escape");
  await gone();
  const carla = await idOf("carla");
  await visit("carla");
  await button("Let them enrol anew").click();
  await dialog().getByText(/A second administrator has to approve it/).waitFor();
  await answer("Let them enrol anew").click();
  await says(/A second person has to approve this, or nobody to refuse it until/);
  await link("Waiting for two").click();
  const asked = item("You would let carla enrol anew");
  await asked.waitFor();
  assert.equal(await asked.getByRole("button", { name: /^Do it now/ }).count(), 0);

  await go(`${PEOPLE}/waiting`, bruno.page);
  const his = item("alma would let carla enrol anew", bruno.page);
  await his.waitFor();
  await bruno.page.picture("people-waiting");
  await his.getByRole("button", { name: /^Approve/ }).click();
  await says("Approved: alma may do it now", bruno.page);

  await go(`${PEOPLE}/waiting`);
  await asked.getByText("approved by bruno").waitFor();
  await asked.getByRole("button", { name: /^Do it now/ }).click();
  await page.pw.locator("#invitation").waitFor();
  await page.picture("people-recovered");
  await answer("Done").click();
  await asked.waitFor({ state: "detached" });
  const { list } = await server.op("credential.list", { principal: carla });
  assert.ok(list.some((one: Any) => one.kind === "reissue" && !one.ended));
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(bruno.page.complaints, []);
});

test("an exception takes two, shows while it stands, and is ended", async () => {
  await go(`${PEOPLE}/policy`);
  await page.pw.getByText("None stands.").waitFor();
  await button("Ask for an exception").click();
  await pick("Person", "Anna Adler");
  const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  await page.pw.getByLabel(/^Until/).fill(day);
  await page.picture("people-exception");
  await answer("Ask for it").click();
  await says(/A second person has to approve this/);
  await go(`${PEOPLE}/waiting`, bruno.page);
  const what = /would let Anna Adler sign in by a password alone/;
  await item(what, bruno.page).getByRole("button", { name: /^Approve/ }).click();
  await says(/Approved/, bruno.page);
  await go(`${PEOPLE}/waiting`);
  await item(what).getByRole("button", { name: /^Do it now/ }).click();
  await says("It is done");
  await link("Policy").click();
  const stands = item("a password alone suffices");
  await stands.waitFor();
  await page.picture("people-policy");
  await stands.getByRole("button").click();
  await answer("End").click();
  await page.pw.getByText("None stands.").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("what is asked about oneself is told, also to who administers nothing", async () => {
  const dora = await enrol("dora");
  await visit("dora");
  await button("Let them enrol anew").click();
  await answer("Let them enrol anew").click();
  await says(/A second person has to approve this/);
  await go("/app/files", dora.page);
  const waits = dora.page.pw.getByRole("navigation").getByRole("link", { name: /Waiting/ });
  await waits.getByLabel("1 waits for you").waitFor();
  await waits.click();
  const hers = item("alma would let you enrol anew", dora.page);
  await hers.waitFor();
  await dora.page.picture("people-about-me");
  await hers.getByRole("button", { name: /^Refuse/ }).click();
  await answer("Refuse", dora.page).click();
  await dora.page.pw.getByText("Nothing waits.").first().waitFor();
  assert.deepEqual(dora.page.complaints, []);
});

test("a canary is planted, tells who touched it, and is ended", async () => {
  await go(`${PEOPLE}/policy`);
  await button("Plant a canary").click();
  await field("Name").fill("Tax Archive");
  await field("Name to sign in by").fill("tax-archive");
  await answer("Plant it").click();
  await says("“Tax Archive” is planted");
  await gone();
  const canary = item("Tax Archive");
  await canary.getByText("untouched").waitFor();
  const principal = await idOf("Tax Archive");
  await server.op("group.create", { name: "Archive" });
  await server.op("member.add", { group: await idOf("Archive"), principal });
  await go(`${PEOPLE}/policy`);
  await canary.getByText(/^touched/).waitFor();
  await page.picture("people-canaries");
  await canary.getByRole("button").click();
  await answer("End").click();
  await canary.waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
});

// ---- who may not

test("a unit's administrator sees and does what is theirs, and nothing else", async () => {
  const carl = await enrol("carl");
  const sales = (await server.op("unit.list", {})).list.find((one: Any) => one.name === "Sales");
  await server.op("unit.create", { name: "Export", unit: sales.id });
  await server.op("principal.move", { principal: carl.id, unit: sales.id });
  await role(carl.id, "user_admin", { unit: sales.id });
  await go("/app/files", carl.page);
  await link("People", carl.page).click();
  await row("Berta Blau", carl.page).waitFor();
  await row("Anna Adler", carl.page).waitFor();
  await carl.page.pw.getByText("3 people", { exact: true }).waitFor();
  assert.equal(await row("bruno", carl.page).count(), 0);
  assert.equal(await link("Apps", carl.page).count(), 0);
  await button("Add somebody", carl.page).click();
  await dialog(carl.page).getByLabel("Unit").selectOption("Sales / Export");
  await field("Name", carl.page).fill("Elsa");
  await field("Name to sign in by", carl.page).fill("elsa");
  await answer("Add and invite", carl.page).click();
  await carl.page.pw.locator("#invitation").waitFor();
  await answer("Done", carl.page).click();
  await row("Elsa", carl.page).waitFor();
  await carl.page.picture("people-unit-admin");
  await link("Units", carl.page).click();
  await row("Export", carl.page).getByRole("link").click();
  await item("Elsa", carl.page).waitFor();
  await button("Rename", carl.page).click();
  await field("Name", carl.page).fill("Outlets");
  await answer("Save", carl.page).click();
  await carl.page.pw.getByRole("heading", { level: 2, name: "Outlets" }).waitFor();
  await button("End", carl.page).click();
  await answer("End", carl.page).click();
  await dialog(carl.page).getByText(/are still in it/).waitFor();
  await carl.page.pw.keyboard.press("Escape");
  await go(`${PEOPLE}/${bruno.id}`, carl.page);
  await carl.page.pw.getByText("There is nobody of that address, or not for you.").waitFor();
  assert.deepEqual(carl.page.complaints, []);
});

test("units are made, get administrators, and are ended", async () => {
  await go(`${PEOPLE}/units`);
  await button("Make a unit").click();
  await field("Name").fill("Plant");
  await answer("Make a unit").click();
  await page.pw.getByRole("heading", { level: 2, name: "Plant" }).waitFor();
  await button("Add an administrator").click();
  await pick("Person or group", "bruno");
  await answer("Give").click();
  await item("bruno").getByText(/Administrator of people/).waitFor();
  await page.picture("people-unit");
  await button("End").click();
  await answer("End").click();
  await says("“Plant” is ended");
  await page.picture("people-units");
  assert.equal(await row("Plant").count(), 0);
  assert.deepEqual(page.complaints, []);
});

test("who has no role is shown no way in, and refused by address", async () => {
  const nora = await enrol("nora");
  await go("/app/files", nora.page);
  await nora.page.pw.getByRole("navigation").getByRole("link", { name: "Security" }).waitFor();
  assert.equal(await link("People", nora.page).count(), 0);
  await go(PEOPLE, nora.page);
  await nora.page.pw.getByRole("heading", { name: "This isn't for you" }).waitFor();
  await nora.page.picture("people-refused");
  assert.equal(await nora.page.pw.getByText("Berta Blau").count(), 0);
  assert.deepEqual(nora.page.complaints, []);
});

test("who only responds to incidents finds somebody, and ends their sessions", async () => {
  const rita = await enrol("rita");
  const otto = await enrol("otto");
  await role(rita.id, "security_responder");
  await go("/app/files", rita.page);
  await link("People", rita.page).click();
  await pick("Whose sessions?", "otto", rita.page);
  await item(/Chrome \d+, Linux/, rita.page).waitFor();
  await button("End all sessions", rita.page).click();
  await answer("End all sessions", rita.page).click();
  await says("1 session ended", rita.page);
  await rita.page.picture("people-responder");
  await link("Policy", rita.page).click();
  await rita.page.pw.getByText("untouched").first().waitFor();
  assert.equal(await link("Groups", rita.page).count(), 0);
  await otto.page.goto(server.url("/app/files"));
  await otto.page.isAt("/app/sign-in");
  assert.deepEqual(rita.page.complaints, []);
});

// ---- the bar

test("the bar tells how each control came out, when, by whom, and what proves it", async () => {
  const oskar = await server.administrator("oskar");
  for (const relation of ["log_reader", "security_responder", "operator"])
    await role(oskar.id, relation);
  await go("/app/files");
  await link("Bar").click();
  await page.pw.getByText("The bar has never been tried", { exact: true }).waitFor();
  assert.equal(await page.pw.locator(".bar-control").count(), 10);
  await page.pw.getByText(/Who reads the log sees this/).waitFor();
  await page.picture("bar-never");
  const file = path.join(server.folder, "oskar.session");
  const { secret } = await server.signIn(oskar.passkey);
  fs.writeFileSync(file, secret, { mode: 0o600 });
  const { told } = await server.cli("bar", "--json", "--token-file", file).then(
    ({ stdout, stderr }) => ({ told: JSON.parse(stdout || `{"wrong": ${JSON.stringify(stderr)}}`) }),
  );
  assert.equal(told.wrong, undefined);
  await role(alma.id, "log_reader");
  await go("/app/bar");
  await page.pw.getByText(/^Tried .*, by oskar/).waitFor();
  for (const { title, state } of told.controls) {
    const text = { green: "Holds", red: "Doesn't hold", inconclusive: "Couldn't be told" };
    await page.pw
      .getByRole("heading", { level: 2, name: new RegExp(title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i") })
      .getByText(text[state as keyof typeof text], { exact: true })
      .waitFor();
  }
  const first = page.pw.locator(".bar-control").first();
  await first.getByText("Answers NIST SP 800-53 IA-2(1), IA-2(2)").waitFor();
  await first.getByText("Records that prove it").click();
  const href = await first.getByRole("link").first().getAttribute("href");
  assert.equal(href, `/app/log/${told.controls[0].records[0]}`);
  await page.picture("bar");
  await button("Look at all of it").click();
  await page.pw.getByText(/looked at, and all of them are sound\.$/).waitFor();
  await page.picture("bar-open");
  await visit("bruno", "Why");
  await button("Look at all of it").click();
  await item("A right: Administrator of people").first().waitFor();
  await page.picture("people-authority");
  assert.deepEqual(page.complaints, []);
});

test("of thousands only those in sight are drawn", async () => {
  const many = Array.from({ length: 1200 }, (_, i) => ({
    kind: "person",
    name: `Person ${i}`,
    login: `person-${i}`,
  }));
  for (let i = 0; i < many.length; i += 200) {
    const made = await server.ops("principal.create", many.slice(i, i + 200));
    assert.deepEqual(made.filter((one) => !one.ok).slice(0, 3), []);
  }
  await go(PEOPLE);
  await page.pw.getByText(/^1,2\d\d people$/).waitFor();
  assert.ok((await page.pw.getByRole("row").count()) < 60);
  await page.pw.getByRole("searchbox", { name: "Find by name" }).fill("Person 1199");
  await row("Person 1199").waitFor();
  await page.pw.getByText("1 person", { exact: true }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("who has ended is erased from the log, after a word is typed", async () => {
  await go(PEOPLE);
  await choice("State").selectOption("Ended");
  await row("Emil Ernst").getByRole("link").click();
  await button("Erase").click();
  assert.equal(await answer("Erase").isEnabled(), false);
  await field("Type “erase” to go on").fill("erase");
  await page.picture("people-erase");
  await answer("Erase").click();
  await says(/What the log said of “Emil Ernst” is erased/);
  await eventually("the record of it", async () => {
    const found = await server.search({ operation: "subject.erase" });
    return found.length === 1 || undefined;
  });
  assert.deepEqual(page.complaints, []);
});
