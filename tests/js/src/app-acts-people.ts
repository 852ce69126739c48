// Acts on people and on what they may, by who administers all.
import * as fs from "node:fs";
import * as path from "node:path";

import type { Page as Driven } from "playwright-core";

import {
  type Act,
  answer,
  button,
  item,
  link,
  place,
  press,
  says,
  shows,
  type Stage,
  told,
} from "./app-acts.js";
import type { Person } from "./server.js";

const PEOPLE = "/app/people";

const field = (page: Driven, name: string) =>
  page.getByRole("textbox", { name, exact: true });
const row = (page: Driven, name: string) => page.getByRole("row").filter({ hasText: name });
const closed = (page: Driven): Promise<void> =>
  page.locator("#asking, #shown").waitFor({ state: "detached" });
const titled = (page: Driven, name: string): Promise<void> =>
  page.getByRole("heading", { level: 2, name }).waitFor();

/** By a link of the page, so that the app isn't begun anew. */
async function to(page: Driven, tab: string, name?: string): Promise<void> {
  await page.getByRole("link", { name: tab, exact: true }).last().click();
  if (name === undefined) return;
  await row(page, name).getByRole("link").click();
  await titled(page, name);
}

async function pick(page: Driven, name: string): Promise<void> {
  await page.locator("#who").pressSequentially(name);
  await page.getByRole("option", { name }).first().click();
}

/** What isn't among the first four. */
async function more(page: Driven, act: string): Promise<void> {
  await press(page, "#more");
  await page.getByRole("menuitem", { name: act, exact: true }).click();
}

let carla: Person; // signed in twice, and in no browser
let bruno: Person; // administers all, too

/** Somebody asks for what takes two. */
const asks = async ({ server }: Stage, operation: string, args: object): Promise<void> => {
  await server.op("approval.ask", { call: { [operation]: args } }, { token: bruno.token });
};

/** Of what Anna asked for, Bruno approves all. */
async function approves({ server }: Stage): Promise<void> {
  const { list } = await server.op("approval.list", {}, { token: bruno.token });
  for (const { id, approved_by, by } of list)
    if (approved_by === undefined && by !== bruno.id)
      await server.op("approval.give", { request: id }, { token: bruno.token });
}

async function goesOn(page: Driven): Promise<void> {
  await page.getByRole("button", { name: /^Do it now/ }).click();
}

const LIST: readonly Act[] = [
  {
    name: "people",
    ready: async ({ server, anna }) => {
      await anna.page.goto(server.url("/app/files"));
      await shows(anna.page.pw, ".item");
      carla = await server.enrol("carla");
      bruno = await server.administrator("bruno");
      await server.enrol("dora");
      await server.signIn(carla.passkey);
    },
    does: async (page) => {
      await place(page, "People");
      await row(page, "carla").waitFor();
    },
    leaves: ["principal.list"],
  },
  {
    name: "adding somebody",
    does: async (page) => {
      await press(page, "#add");
      await field(page, "Name").fill("Berta Braun");
      await field(page, "Name to sign in by").fill("berta");
      await answer(page, "Add and invite");
      await shows(page, "#invitation");
      await answer(page, "Done");
      await closed(page);
    },
    leaves: ["invitation.issue", "principal.create"],
  },
  {
    name: "a name to sign in by that is taken",
    does: async (page) => {
      await press(page, "#add");
      await field(page, "Name").fill("Berta Blau");
      await field(page, "Name to sign in by").fill("berta");
      await answer(page, "Add and invite");
      await says(page, "Somebody signs in by that name already.");
      await page.keyboard.press("Escape");
      await closed(page);
    },
    leaves: ["principal.create EXISTS"],
  },
  {
    name: "adding a guest",
    does: async (page) => {
      await press(page, "#add");
      await page.getByRole("radio", { name: /guest/i }).check();
      await field(page, "Name").fill("Gustav Gast");
      await field(page, "Name to sign in by").fill("gustav@else.example");
      await answer(page, "Add and invite");
      await shows(page, "#invitation");
      await answer(page, "Done");
      await closed(page);
    },
    leaves: ["invitation.issue", "principal.create"],
  },
  {
    name: "finding people by name",
    does: async (page) => {
      await page.locator("#find").fill("carla");
      await row(page, "Berta Braun").waitFor({ state: "detached" });
      await page.locator("#find").fill("");
      await row(page, "Berta Braun").waitFor();
    },
    leaves: [],
  },
  {
    name: "suspending two at once",
    does: async (page) => {
      for (const name of ["Berta Braun", "Gustav Gast"])
        await row(page, name).getByRole("checkbox").check();
      await button(page, "Suspend").click();
      await answer(page, "Suspend");
      await told(page, "2 people are suspended");
      await closed(page);
    },
    leaves: ["principal.suspend"],
  },
  {
    name: "resuming them",
    does: async (page) => {
      await button(page, "Resume").click();
      await answer(page, "Resume");
      await told(page, "2 people may act again");
      await closed(page);
    },
    leaves: ["principal.resume"],
  },
  {
    name: "somebody's page",
    does: async (page) => {
      await row(page, "Berta Braun").getByRole("link").click();
      await shows(page, "#storage .hint");
    },
    leaves: ["quota.get"],
  },
  {
    name: "another name",
    does: async (page) => {
      await button(page, "Rename").click();
      await field(page, "Name").fill("Berta Blau");
      await answer(page, "Save");
      await titled(page, "Berta Blau");
      await closed(page);
    },
    leaves: ["principal.rename"],
  },
  {
    name: "another unit",
    does: async (page) => {
      await button(page, "Move to a unit").click();
      await page.locator("#asking").getByLabel("Unit").selectOption("Harbour office");
      await answer(page, "Move to a unit");
      await told(page, "is moved");
      await closed(page);
    },
    leaves: ["principal.move"],
  },
  {
    name: "inviting again",
    does: async (page) => {
      await button(page, "Invite again").click();
      await answer(page, "Make a link");
      await shows(page, "#invitation");
      await answer(page, "Done");
      await closed(page);
    },
    leaves: ["invitation.issue"],
  },
  {
    name: "a limit of storage",
    does: async (page) => {
      await press(page, "#quota-set");
      await page.locator("#asking input[name=limit]").fill("5");
      await answer(page, "Save");
      await told(page, "The limit is set");
      await closed(page);
    },
    leaves: ["quota.set"],
  },
];

const RIGHTS: readonly Act[] = [
  {
    // Which groups she is in and which apps are hers is looked up along with it.
    name: "what somebody may",
    does: async (page) => {
      await link(page, "Groups, roles, apps").click();
      await shows(page, "#apps li");
    },
    leaves: ["role.list"],
  },
  {
    name: "joining a group",
    does: async (page) => {
      await press(page, "#join");
      await pick(page, "Editors");
      await answer(page, "Add");
      await item(page, "Editors").first().waitFor();
      await closed(page);
    },
    leaves: ["member.add"],
  },
  {
    name: "leaving it",
    does: async (page) => {
      await page.locator("#groups").getByRole("button", { name: /Editors/ }).click();
      await page.locator("#groups li").filter({ hasText: "Editors" }).waitFor({ state: "detached" });
    },
    leaves: ["member.remove"],
  },
  {
    name: "giving a role",
    does: async (page) => {
      await press(page, "#role-give");
      await page.getByLabel("Role", { exact: true }).selectOption("Reader of the log");
      await answer(page, "Give a role");
      await shows(page, "#roles li");
      await closed(page);
    },
    leaves: ["role.grant"],
  },
  {
    name: "taking it away",
    does: async (page) => {
      await page.locator("#roles li").getByRole("button").click();
      await page.locator("#roles li").waitFor({ state: "detached" });
    },
    leaves: ["role.revoke"],
  },
  {
    name: "whether and why somebody may",
    does: async (page) => {
      await link(page, "Why").click();
      await press(page, "#why-ask");
      await shows(page, ".p-path");
    },
    leaves: ["access.why"],
  },
  {
    // Found as one types, and asked about once.
    name: "the same of a file",
    does: async (page) => {
      await page.getByRole("radio", { name: /file/i }).check();
      await page.locator("#why-node").pressSequentially("Minutes");
      await page.getByRole("option", { name: "Minutes.txt" }).first().click();
      await press(page, "#why-ask");
      await page.locator("#why").getByRole("status").getByText("Minutes.txt").first().waitFor();
    },
    leaves: ["access.why"],
  },
  {
    name: "all that lets somebody do anything",
    does: async (page) => {
      await press(page, "#authority-look");
      await page.locator("#authority").getByRole("status").waitFor();
    },
    leaves: ["authority.list"],
  },
];

const SIGN_IN: readonly Act[] = [
  {
    name: "what somebody signs in with",
    does: async (page) => {
      await to(page, "People", "carla");
      await link(page, "Sign-in").click();
      await shows(page, "#sessions li");
      await shows(page, "#credentials li");
    },
    leaves: ["credential.list", "quota.get", "session.list"],
  },
  {
    name: "ending a session of theirs",
    does: async (page) => {
      await page.locator("#sessions li").first().getByRole("button").click();
      await told(page, "The session is ended");
    },
    leaves: ["session.revoke"],
  },
  {
    name: "ending all of them",
    ready: async ({ server }) => server.signIn(carla.passkey),
    does: async (page) => {
      await press(page, "#end-all");
      await answer(page, "End all sessions");
      await told(page, /sessions? ended/);
      await closed(page);
    },
    leaves: ["session.revoke_all"],
  },
  {
    name: "ending what they sign in with",
    does: async (page) => {
      await page.locator("#credentials li").first().getByRole("button").click();
      await answer(page, "End");
      await told(page, "It is ended");
      await closed(page);
    },
    leaves: ["credential.end"],
  },
  {
    name: "adding a program",
    does: async (page) => {
      await to(page, "People");
      await press(page, "#add");
      await page.getByRole("radio", { name: /^A program/ }).check();
      await field(page, "Name").fill("Nightly backup");
      await answer(page, "Add");
      await titled(page, "Nightly backup");
      await shows(page, "#storage .hint");
    },
    leaves: ["principal.create", "quota.get"],
  },
  {
    name: "its tokens",
    does: async (page) => {
      await link(page, "Tokens").click();
      await says(page, "None yet.");
    },
    leaves: ["token.list"],
  },
  {
    name: "a token",
    does: async (page) => {
      await press(page, "#token-make");
      await field(page, "What is it for?").fill("Each night");
      await answer(page, "Make a token");
      await shows(page, "#token");
      await answer(page, "Done");
      await item(page, "Each night").waitFor();
    },
    leaves: ["token.issue"],
  },
  {
    name: "its end",
    does: async (page) => {
      await item(page, "Each night").getByRole("button").click();
      await says(page, "None yet.");
    },
    leaves: ["token.revoke"],
  },
  {
    name: "ending somebody",
    does: async (page) => {
      await more(page, "End");
      await page.getByRole("checkbox", { name: /can't be undone/ }).check();
      await answer(page, "End");
      await told(page, "“Nightly backup” is ended");
      await closed(page);
    },
    leaves: ["principal.end"],
  },
  {
    name: "erasing somebody",
    does: async (page) => {
      await button(page, "Erase").click();
      await field(page, "Type “erase” to go on").fill("erase");
      await answer(page, "Erase");
      await told(page, /is erased/);
      await closed(page);
    },
    leaves: ["subject.erase"],
  },
];

const GROUPS: readonly Act[] = [
  {
    name: "groups",
    does: async (page) => {
      await to(page, "Groups");
      await row(page, "Editors").waitFor();
    },
    leaves: [],
  },
  {
    name: "making a group",
    does: async (page) => {
      await press(page, "#group-make");
      await field(page, "Name").fill("Accounting");
      await answer(page, "Make a group");
      await titled(page, "Accounting");
      await shows(page, "#members .hint");
    },
    leaves: ["group.create", "group.members"],
  },
  {
    name: "adding a member",
    does: async (page) => {
      await press(page, "#member-add");
      await pick(page, "Ben Okafor");
      await answer(page, "Add");
      await item(page, "Ben Okafor").waitFor();
      await closed(page);
    },
    leaves: ["member.add"],
  },
  {
    name: "removing them",
    does: async (page) => {
      await item(page, "Ben Okafor").getByRole("button").click();
      await item(page, "Ben Okafor").waitFor({ state: "detached" });
    },
    leaves: ["member.remove"],
  },
  {
    name: "ending a group",
    does: async (page) => {
      await button(page, "End").click();
      await page.getByRole("checkbox", { name: /can't be undone/ }).check();
      await answer(page, "End");
      await told(page, "“Accounting” is ended");
      await closed(page);
    },
    leaves: ["group.end"],
  },
  {
    name: "making a unit",
    does: async (page) => {
      await to(page, "Units");
      await press(page, "#unit-make");
      await field(page, "Name").fill("Plant");
      await answer(page, "Make a unit");
      await titled(page, "Plant");
      await shows(page, "#administrators .hint");
    },
    leaves: ["role.list", "unit.create"],
  },
  {
    name: "another name for it",
    does: async (page) => {
      await button(page, "Rename").click();
      await field(page, "Name").fill("Works");
      await answer(page, "Save");
      await titled(page, "Works");
      await closed(page);
    },
    leaves: ["unit.rename"],
  },
  {
    name: "an administrator of it",
    does: async (page) => {
      await press(page, "#administrator-add");
      await pick(page, "Ben Okafor");
      await answer(page, "Give");
      await item(page, "Ben Okafor").waitFor();
      await closed(page);
    },
    leaves: ["role.grant"],
  },
  {
    name: "and none any more",
    does: async (page) => {
      await item(page, "Ben Okafor").getByRole("button").click();
      await page.locator("#administrators li").waitFor({ state: "detached" });
    },
    leaves: ["role.revoke"],
  },
  {
    name: "ending a unit",
    does: async (page) => {
      await button(page, "End").click();
      await answer(page, "End");
      await told(page, "“Works” is ended");
      await closed(page);
    },
    leaves: ["unit.end"],
  },
];

const APPS: readonly Act[] = [
  {
    name: "an app",
    does: async (page) => {
      await to(page, "Apps");
      await link(page, /^Mail/).click();
      await shows(page, "#given li");
    },
    leaves: ["app.list"],
  },
  {
    name: "who can use it",
    does: async (page) => {
      await press(page, "#who-can-ask");
      await shows(page, "#who-can li");
    },
    leaves: ["access.who_can"],
  },
  {
    name: "giving it",
    does: async (page) => {
      await press(page, "#thing-give");
      await pick(page, "Editors");
      await answer(page, "Give");
      await item(page, "Editors").first().waitFor();
      await closed(page);
    },
    leaves: ["app.grant"],
  },
  {
    name: "taking it away again",
    does: async (page) => {
      await page.locator("#given li").filter({ hasText: "Editors" }).getByRole("button").click();
      await page.locator("#given li").filter({ hasText: "Editors" }).waitFor({ state: "detached" });
    },
    leaves: ["app.revoke"],
  },
  {
    name: "a role",
    does: async (page) => {
      await to(page, "Roles");
      await link(page, /^Administrator of people/).click();
      await shows(page, "#given li");
    },
    leaves: ["role.list"],
  },
];

const POLICY: readonly Act[] = [
  {
    name: "the policy",
    does: async (page) => {
      await to(page, "Policy");
      await says(page, "None stands.");
      await shows(page, "#canaries li");
    },
    leaves: ["canary.list", "policy.list"],
  },
  {
    name: "planting a canary",
    does: async (page) => {
      await press(page, "#canary-plant");
      await field(page, "Name").fill("Tax Archive");
      await answer(page, "Plant it");
      await told(page, "is planted");
      await closed(page);
    },
    leaves: ["canary.plant"],
  },
  {
    name: "ending a canary",
    does: async (page) => {
      await item(page, "Tax Archive").getByRole("button").click();
      await answer(page, "End");
      await item(page, "Tax Archive").waitFor({ state: "detached" });
    },
    leaves: ["canary.end"],
  },
  {
    // It is tried first: somebody may have approved it by now.
    name: "asking for an exception",
    does: async (page) => {
      await press(page, "#except");
      await pick(page, "carla");
      const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
      await page.getByLabel(/^Until/).fill(day);
      await answer(page, "Ask for it");
      await told(page, /A second person has to approve this/);
      await closed(page);
    },
    leaves: ["approval.ask", "policy.except APPROVAL"],
  },
  {
    name: "what waits for two",
    ready: async (stage) => {
      await asks(stage, "recovery.issue", { principal: stage.ben.id });
      await approves(stage);
    },
    does: async (page) => {
      await page.getByRole("link", { name: /^Waiting for two/ }).click();
      await item(page, /would let carla sign in by a password alone/).waitFor();
    },
    leaves: ["approval.list", "approval.mine"],
  },
  {
    name: "doing what was approved",
    does: async (page) => {
      await goesOn(page);
      await told(page, "It is done");
    },
    leaves: ["policy.except"],
  },
  {
    name: "approving for another",
    does: async (page) => {
      await page.getByRole("button", { name: /^Approve/ }).click();
      await told(page, /^Approved/);
    },
    leaves: ["approval.give"],
  },
  {
    name: "refusing it",
    does: async (page) => {
      await page.getByRole("button", { name: /^Refuse/ }).click();
      await answer(page, "Refuse");
      await told(page, "It no longer waits");
      await closed(page);
    },
    leaves: ["approval.refuse"],
  },
  {
    name: "ending the exception",
    does: async (page) => {
      await to(page, "Policy");
      await item(page, "a password alone suffices").getByRole("button").click();
      await answer(page, "End");
      await says(page, "None stands.");
      await closed(page);
    },
    leaves: ["canary.list", "policy.end", "policy.list"],
  },
  {
    name: "asking for a recovery",
    does: async (page) => {
      await to(page, "People", "dora");
      await button(page, "Let them enrol anew").click();
      await answer(page, "Let them enrol anew");
      await told(page, /A second person has to approve this/);
      await closed(page);
    },
    leaves: ["approval.ask", "quota.get", "recovery.issue APPROVAL"],
  },
  {
    name: "the recovery, now that it is approved",
    ready: approves,
    does: async (page) => {
      await page.getByRole("link", { name: /^Waiting for two/ }).click();
      await goesOn(page);
      await shows(page, "#invitation");
      await answer(page, "Done");
      await closed(page);
    },
    leaves: ["approval.list", "approval.mine", "recovery.issue"],
  },
  {
    name: "asking for somebody's files",
    does: async (page) => {
      await to(page, "People", "dora");
      await more(page, "Export their files");
      await answer(page, "Export their files");
      await told(page, /A second person has to approve this/);
      await closed(page);
    },
    leaves: ["approval.ask", "export.open APPROVAL", "quota.get"],
  },
  {
    name: "opening them, now that it is approved",
    ready: approves,
    does: async (page) => {
      await page.getByRole("link", { name: /^Waiting for two/ }).click();
      await goesOn(page);
      await page.waitForURL(/\/app\/files\/d/);
      await shows(page, ".empty");
    },
    leaves: ["approval.list", "approval.mine", "export.open", "folder.list"],
  },
];

const MANY: readonly Act[] = [
  {
    name: "adding many, from a table",
    does: async (page, { server }) => {
      const file = path.join(server.folder, "people.csv");
      fs.writeFileSync(file, "name,login\nEmil Ernst,emil\nElsa Ernst,elsa\n");
      await page.goto(server.url(`${PEOPLE}/import`));
      await page.locator("#import-input").setInputFiles(file);
      await button(page, "Add 2 people").click();
      await says(page, /2 of 2 are added/);
    },
    leaves: ["invitation.issue", "invitation.issue", "principal.create", "principal.list"],
  },
];

export const PEOPLE_ACTS: readonly Act[] = [
  ...LIST,
  ...RIGHTS,
  ...SIGN_IN,
  ...GROUPS,
  ...APPS,
  ...POLICY,
  ...MANY,
];
