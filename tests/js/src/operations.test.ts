// Every operation of the table, over a real server: denied to who has no right,
// then done by who has it, with the same arguments. The table itself says which
// operations there are: one without a scenario here fails.
import assert from "node:assert/strict";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { Passkey } from "./authenticator.js";
import { addCounts, type Counts, countOf, readCatalogue } from "./coverage.js";
import { checkLines, Ocsf } from "./ocsf.js";
import {
  type Any,
  BIN,
  eventually,
  type Person,
  Refused,
  Server,
} from "./server.js";
import { codeOf } from "./totp.js";

const RENDER = path.join(BIN, "render-events");

/** Somebody with a token. */
interface Somebody {
  id: string;
  home: string;
  token: string;
}

let server: Server;
let me: Any; // the installation's principal, which has all roles
let guest: Somebody; // who has none, and no part in the files of others
let narrow: string; // a token of the installation's, good for nothing here
let person: Person; // with a passkey, signed in
let first: Person; // an administrator, and another one
let second: Person;
let made = 0;

before(async () => {
  server = await Server.start("operations");
  me = await server.op("session.get");
  guest = await somebody();
  narrow = (
    await server.op("token.issue", { label: "narrow", families: ["log"] })
  ).secret;
  person = await server.enrol("ann@example.org");
  first = await server.administrator("first@example.org");
  second = await server.administrator("second@example.org");
  for (const { id } of [first, second])
    await server.op("role.grant", { principal: id, relation: "security_responder" });
});

after(() => server.stop());

/** A credential of the person's. */
async function appPassword(): Promise<Any> {
  const label = `app ${++made}`;
  const asked = { token: person.token };
  return server.op("app_password.issue", { label }, asked);
}

/** Somebody whose export the first administrator asks for. */
async function asked(): Promise<{ principal: string; request: string }> {
  const principal = (await somebody()).id;
  const call = { "export.open": { principal } };
  const asked = { token: first.token };
  const { id } = await server.op("approval.ask", { call }, asked);
  return { principal, request: id };
}

/** What the second one has let the first one do. */
async function approved(name: string, args: object): Promise<object> {
  await server.approve(first, second, name, args);
  return args;
}

function exception(principal: string): object {
  const expires = new Date(Date.now() + 60 * 60 * 1000).toISOString();
  return { principal, relation: "password_alone", expires };
}

async function newPasskey(): Promise<object> {
  const passkey = new Passkey(person.passkey.origin);
  const challenge = await server.challenge("register");
  return { label: "another", ...passkey.create(challenge) };
}

async function somebody(token: object = {}): Promise<Somebody> {
  const { id, home } = await server.op("principal.create", {
    kind: "service",
    name: `service ${++made}`,
  });
  const issued = await server.op("token.issue", {
    principal: id,
    label: "test",
    ...token,
  });
  return { id, home, token: issued.secret };
}

async function folder(parent: string = me.home): Promise<string> {
  const name = `folder ${++made}`;
  return (await server.op("folder.create", { parent, name })).id;
}

async function file(parent: string = me.home): Promise<Any> {
  const name = `file ${++made}`;
  const content = Buffer.from(name).toString("base64");
  return server.op("file.create", { parent, name, content });
}

async function trashed(): Promise<string> {
  const { id } = await file();
  await server.op("node.trash", { node: id });
  return id;
}

// The first version of a file that has two.
async function oldVersion(): Promise<string> {
  const { id, version } = await file();
  await server.op("file.write", { file: id, content: "QQ==" });
  return version;
}

async function share(
  node: string,
  principal: string,
  relation: string,
  more: object = {},
): Promise<string> {
  return (
    await server.op("share.grant", { node, principal, relation, ...more })
  ).id;
}

async function link(node: string, more: object = {}): Promise<Any> {
  return server.op("link.make", { node, relation: "read", ...more });
}

async function group(...members: string[]): Promise<string> {
  const { id } = await server.op("group.create", { name: `group ${++made}` });
  for (const principal of members)
    await server.op("member.add", { group: id, principal });
  return id;
}

async function unit(parent?: string): Promise<string> {
  const name = `unit ${++made}`;
  return (await server.op("unit.create", { name, unit: parent })).id;
}

async function inUnit(unit: string): Promise<Somebody> {
  const { id, home } = await server.op("principal.create", {
    kind: "service",
    name: `service ${++made}`,
    unit,
  });
  const issued = await server.op("token.issue", {
    principal: id,
    label: "test",
  });
  return { id, home, token: issued.secret };
}

/** What came of an operation: "done", or the type of its refusal. */
async function outcome(
  name: string,
  args: object,
  token: string | null,
): Promise<string> {
  try {
    await server.op(name, args, { token });
    return "done";
  } catch (error) {
    if (error instanceof Refused) return error.type;
    throw error;
  }
}

/** The same of a resource: "done", or the status of its refusal. */
async function fetched(
  where: string,
  token: string | null,
  body?: string,
): Promise<string> {
  const answer = await server.open(where, {
    token,
    ...(body === undefined ? {} : { body }),
  });
  const status = answer.statusCode ?? 0;
  answer.on("error", () => {}); // a stream has no end of its own
  answer.destroy();
  return status < 300 ? "done" : String(status);
}

interface Scenario {
  args?: () => object | Promise<object>;
  /** Of what is no JMAP method: the resource. */
  resource?: () => string | Promise<string>;
  body?: string;
  /** Who may not, where that isn't the guest; null: nobody is asked. */
  denied?: () => string | null;
  /** Who may, where that isn't the installation. */
  allowed?: () => string | null | Promise<string | null>;
  /** What is denied, where that isn't the same. */
  wrong?: () => object;
  /** What they are told: the type of an error, or an HTTP status. */
  told: string;
}

const theirs = (): string => person.token;

const canary = async (): Promise<Any> =>
  server.op("canary.plant", { name: `nobody ${++made}` });

/** An incident of the first responder's, about a stolen token. */
async function incident(): Promise<string> {
  const asked = { token: first.token };
  const { id } = await server.op("incident.open", { name: "a theft" }, asked);
  await server.op("incident.seed", { incident: id, ...(await stolen()) }, asked);
  return id;
}

async function stolen(): Promise<object> {
  const { id } = await server.op("token.issue", { principal: guest.id, label: "stolen" });
  return { credential: id };
}

const inIncident = {
  args: async () => ({ incident: await incident() }),
  allowed: () => first.token,
  told: "forbidden",
};

const begun = (): Promise<Any> =>
  server.op("login.begin", { label: "a program" }, { token: null });

const scenarios: { [operation: string]: Scenario } = {
  "principal.create": {
    args: () => ({ kind: "service", name: "another" }),
    told: "forbidden",
  },
  "principal.list": { told: "forbidden" },
  "principal.find": {
    args: () => ({ text: "a" }),
    denied: () => narrow,
    told: "forbidden",
  },
  "principal.end": {
    args: async () => ({ principal: (await somebody()).id }),
    told: "forbidden",
  },
  "token.issue": {
    args: () => ({ principal: guest.id, label: "another" }),
    told: "forbidden",
  },
  "token.list": { told: "forbidden" },
  "token.revoke": {
    args: async () => ({
      credential: (await server.op("token.issue", { label: "short" })).id,
    }),
    told: "forbidden",
  },
  "share.grant": {
    args: async () => ({
      node: await folder(),
      principal: guest.id,
      relation: "read",
    }),
    told: "notFound",
  },
  "share.revoke": {
    args: async () => ({
      grant: await share(await folder(), guest.id, "read"),
    }),
    told: "forbidden", // the guest may read it, so may know of it
  },
  "share.list": {
    args: async () => ({ node: await folder() }),
    told: "notFound",
  },
  "role.grant": {
    args: async () => ({
      principal: (await somebody()).id,
      relation: "operator",
    }),
    told: "forbidden",
  },
  "role.revoke": {
    args: async () => ({
      grant: (
        await server.op("role.grant", {
          principal: (await somebody()).id,
          relation: "log_reader",
        })
      ).id,
    }),
    told: "forbidden",
  },
  "role.list": { told: "forbidden" },
  "access.why": {
    args: async () => ({
      principal: guest.id,
      relation: "read",
      node: await folder(),
    }),
    told: "notFound",
  },
  "access.who_can": {
    args: async () => ({ relation: "read", node: await folder() }),
    told: "notFound",
  },
  "subject.erase": {
    args: async () => {
      const { id } = await somebody();
      await server.op("principal.end", { principal: id });
      return { principal: id };
    },
    told: "forbidden",
  },
  "group.create": {
    args: () => ({ name: `group ${++made}` }),
    told: "forbidden",
  },
  "group.list": { told: "forbidden" },
  "group.members": {
    args: async () => ({ group: await group() }),
    told: "forbidden",
  },
  "member.add": {
    args: async () => ({
      group: await group(),
      principal: (await somebody()).id,
    }),
    told: "forbidden",
  },
  "member.remove": {
    args: async () => {
      const { id } = await somebody();
      return { group: await group(id), principal: id };
    },
    told: "forbidden",
  },
  "group.end": {
    args: async () => ({ principal: await group() }),
    told: "forbidden",
  },
  "app.grant": {
    args: async () => ({ app: "log", principal: (await somebody()).id }),
    told: "forbidden",
  },
  "app.revoke": {
    args: async () => ({
      grant: (
        await server.op("app.grant", {
          app: "mail",
          principal: (await somebody()).id,
        })
      ).id,
    }),
    told: "forbidden",
  },
  "app.list": { args: () => ({ app: "files" }), told: "forbidden" },
  "unit.create": {
    args: () => ({ name: `unit ${++made}` }),
    told: "forbidden",
  },
  "unit.list": { told: "forbidden" },
  "unit.rename": {
    args: async () => ({ unit: await unit(), name: `unit ${++made}` }),
    told: "forbidden",
  },
  "principal.move": {
    args: async () => ({
      principal: (await somebody()).id,
      unit: await unit(),
    }),
    told: "forbidden",
  },
  "principal.rename": {
    args: async () => ({
      principal: (await somebody()).id,
      name: `renamed ${++made}`,
    }),
    told: "forbidden",
  },
  "unit.end": {
    args: async () => ({ unit: await unit() }),
    told: "forbidden",
  },
  "folder.create": {
    args: () => ({ parent: me.home, name: `folder ${++made}` }),
    told: "notFound",
  },
  "file.create": {
    args: () => ({ parent: me.home, name: `file ${++made}` }),
    told: "notFound",
  },
  "file.write": {
    args: async () => ({ file: (await file()).id, content: "QQ==" }),
    told: "notFound",
  },
  "node.get": {
    args: async () => ({ node: (await file()).id }),
    told: "notFound",
  },
  "folder.list": {
    args: async () => ({ folder: await folder() }),
    told: "notFound",
  },
  "file.read": {
    resource: async () =>
      `/jmap/download/${me.principal}/${(await file()).version}/x`,
    told: "404",
  },
  "node.rename": {
    args: async () => ({ node: await folder(), name: `folder ${++made}` }),
    told: "notFound",
  },
  "node.move": {
    args: async () => ({ node: await folder(), folder: await folder() }),
    told: "notFound",
  },
  "node.trash": {
    args: async () => ({ node: await folder() }),
    told: "notFound",
  },
  "node.restore": {
    args: async () => ({ node: await trashed() }),
    told: "notFound",
  },
  "node.purge": {
    args: async () => ({ node: await trashed() }),
    told: "notFound",
  },
  "version.list": {
    args: async () => ({ file: (await file()).id }),
    told: "notFound",
  },
  "file.changes": {
    args: async () => ({ since: (await server.op("session.get")).files }),
    denied: () => narrow,
    told: "forbidden",
  },
  "version.restore": {
    args: async () => ({ version: await oldVersion() }),
    told: "notFound",
  },
  "version.name": {
    args: async () => ({ version: await oldVersion(), label: "first" }),
    told: "notFound",
  },
  "node.copy": {
    args: async () => ({ node: await folder(), folder: await folder() }),
    told: "notFound",
  },
  "node.search": {
    args: () => ({ text: "file" }),
    denied: () => narrow,
    told: "forbidden",
  },
  "trash.list": { denied: () => narrow, told: "forbidden" },
  "share.with_me": { denied: () => narrow, told: "forbidden" },
  "node.star": {
    args: async () => ({ node: await folder(), starred: true }),
    told: "notFound",
  },
  "folder.watch": {
    resource: async () => `/jmap/events?folder=${await folder()}`,
    told: "404",
  },
  "star.list": { denied: () => narrow, told: "forbidden" },
  "recent.list": { denied: () => narrow, told: "forbidden" },
  "activity.list": {
    args: async () => ({ node: await folder() }),
    told: "notFound",
  },
  "quota.get": {
    args: () => ({ principal: me.principal }),
    told: "forbidden",
  },
  "quota.set": {
    args: async () => ({ principal: (await somebody()).id, limit: 1000 }),
    told: "forbidden",
  },
  "canary.plant": {
    args: async () => ({
      name: `nobody ${++made}`,
      login: `nobody.${made}`,
      file: "PINs.txt",
      reader: (await somebody()).id,
    }),
    told: "forbidden",
  },
  "canary.list": { told: "forbidden" },
  "canary.end": {
    args: async () => ({ principal: (await canary()).principal }),
    told: "forbidden",
  },
  "incident.open": {
    args: () => ({ name: "another theft" }),
    allowed: () => first.token,
    told: "forbidden",
  },
  "incident.seed": {
    ...inIncident,
    args: async () => ({ incident: await incident(), ...(await stolen()) }),
  },
  "incident.list": { allowed: () => first.token, told: "forbidden" },
  "incident.scope": inIncident,
  "incident.acts": inIncident,
  "incident.spare": {
    ...inIncident,
    args: async () => {
      const id = await incident();
      const asked = { token: first.token };
      // Where it is known where they came from, who else opened a session with
      // it may be its owner.
      const since = new Date(Date.now() - 60_000).toISOString();
      const { passkey } = await server.enrol(`spared${++made}@example.org`);
      const { id: session, principal } = await server.signIn(passkey);
      const { list } = await server.op("credential.list", { principal });
      const seeds = [{ credential: list[0].id }, { address: "203.0.113.7", since }];
      for (const seed of seeds)
        await server.op("incident.seed", { incident: id, ...seed }, asked);
      return { incident: id, id: session };
    },
  },
  "incident.contain": inIncident,
  "incident.propose": inIncident,
  "incident.evict": {
    ...inIncident,
    args: async () => {
      const args = { incident: await incident() };
      await server.op("incident.propose", args, { token: first.token });
      return args;
    },
    allowed: () => second.token,
  },
  "incident.certify": inIncident,
  "incident.revert": {
    ...inIncident,
    args: async () => {
      const { id } = await file();
      const thief = await somebody();
      const { list } = await server.op("token.list", { principal: thief.id });
      await share(id, thief.id, "edit");
      await server.op("file.write", { file: id, content: "QQ==" }, { token: thief.token });
      const asked = { token: first.token };
      const made = await server.op("incident.open", { name: "a change" }, asked);
      const seed = { incident: made.id, credential: list[0].id };
      await server.op("incident.seed", seed, asked);
      return { incident: made.id, file: id };
    },
  },
  "incident.close": inIncident,
  "export.open": {
    args: async () =>
      approved("export.open", { principal: (await somebody()).id }),
    allowed: () => first.token,
    told: "forbidden",
  },
  "approval.ask": {
    args: async () => ({
      call: { "export.open": { principal: (await somebody()).id } },
    }),
    told: "forbidden",
  },
  "approval.list": { told: "forbidden" },
  "approval.give": {
    args: async () => ({ request: (await asked()).request }),
    allowed: () => second.token,
    told: "forbidden",
  },
  "approval.refuse": {
    args: async () => ({ request: (await asked()).request }),
    told: "forbidden",
  },
  "approval.mine": { denied: () => narrow, told: "forbidden" },
  "policy.except": {
    args: () => approved("policy.except", exception(person.id)),
    allowed: () => first.token,
    told: "forbidden",
  },
  "policy.list": { told: "forbidden" },
  "policy.end": {
    args: async () => {
      const args = exception((await server.enrol(`except${++made}`)).id);
      await approved("policy.except", args);
      const asked = { token: first.token };
      return { grant: (await server.op("policy.except", args, asked)).id };
    },
    told: "forbidden",
  },
  "recovery.issue": {
    args: async () =>
      approved("recovery.issue", {
        principal: (await server.enrol(`lost${++made}`)).id,
      }),
    allowed: () => first.token,
    told: "forbidden",
  },
  "upload.begin": {
    resource: () => `/jmap/upload/${me.principal}/`,
    body: "a body of many bytes ".repeat(2000),
    denied: () => narrow,
    told: "403",
  },
  "upload.store": {
    args: () => ({ content: "QQ==" }),
    denied: () => narrow,
    told: "forbidden",
  },
  "log.tail": { resource: () => "/log/events", told: "403" },
  "log.search": { args: () => ({ limit: 1 }), told: "forbidden" },
  "log.show": { args: () => ({ sequence: 1 }), told: "forbidden" },
  "log.prove": { args: () => ({ sequence: 1 }), told: "forbidden" },
  "log.mirror": { resource: () => "/log/mirror", told: "403" },
  "log.export": { resource: () => "/log/export", told: "403" },
  "lineage.show": { args: () => ({ sequence: 4 }), told: "forbidden" },
  "authority.list": { args: () => ({ limit: 1 }), told: "forbidden" },
  "log.timeline": {
    args: () => ({
      since: new Date(Date.now() - 60 * 60 * 1000).toISOString(),
      until: new Date().toISOString(),
    }),
    told: "forbidden",
  },
  "log.status": { told: "forbidden" },
  "bar.report": {
    args: () => ({ list: [{ control: "clock", state: "green", text: "ok" }] }),
    told: "forbidden",
  },
  "bar.show": { told: "forbidden" },
  "setup.progress": { told: "forbidden" },
  "status.read": { told: "forbidden" },
  "session.get": { denied: () => narrow, told: "forbidden" },
  "core.echo": { denied: () => narrow, told: "forbidden" },
  "session.begin": {
    args: async () => person.passkey.get(await server.challenge("sign_in")),
    wrong: () => ({ login: "nobody", password: "secret", code: "123456" }),
    denied: () => null,
    allowed: () => null,
    told: "forbidden",
  },
  "session.end": {
    allowed: async () => (await server.signIn(person.passkey)).secret,
    denied: () => narrow,
    told: "forbidden",
  },
  "session.list": {
    args: () => ({ principal: me.principal }),
    told: "forbidden",
  },
  "session.revoke": {
    args: async () => ({ session: (await server.signIn(person.passkey)).id }),
    allowed: theirs,
    told: "forbidden",
  },
  "session.revoke_all": {
    args: () => ({ principal: person.id }),
    allowed: theirs,
    told: "forbidden",
  },
  "challenge.make": {
    args: () => ({ purpose: "sign_in" }),
    allowed: () => null,
    told: "never",
  },
  "session.stepup": {
    args: async () => person.passkey.get(await server.challenge("sign_in")),
    allowed: theirs,
    denied: () => narrow,
    told: "forbidden",
  },
  "credential.list": {
    args: () => ({ principal: person.id }),
    allowed: theirs,
    told: "forbidden",
  },
  "credential.end": {
    args: async () => ({ credential: (await appPassword()).id }),
    allowed: theirs,
    told: "forbidden",
  },
  "passkey.add": { args: newPasskey, allowed: theirs, told: "forbidden" },
  "password.set": {
    args: () => ({ password: "seven green bottles stand" }),
    allowed: theirs,
    told: "forbidden",
  },
  "totp.begin": { allowed: theirs, told: "forbidden" },
  "totp.confirm": {
    args: async () => {
      const asked = { token: person.token };
      const { secret } = await server.op("totp.begin", {}, asked);
      return { code: codeOf(secret) };
    },
    allowed: theirs,
    told: "forbidden",
  },
  "recovery.make": { allowed: theirs, told: "forbidden" },
  "app_password.issue": {
    args: () => ({ label: "the phone" }),
    allowed: theirs,
    told: "forbidden",
  },
  "invitation.issue": {
    args: async () => ({
      principal: (await server.invite(`person ${++made}`.replace(" ", "-"))).id,
    }),
    told: "forbidden",
  },
  "principal.suspend": {
    args: async () => ({ principal: (await somebody()).id }),
    told: "forbidden",
  },
  "principal.resume": {
    args: async () => {
      const { id } = await somebody();
      await server.op("principal.suspend", { principal: id });
      return { principal: id };
    },
    told: "forbidden",
  },
  "link.make": {
    args: async () => ({ node: (await file()).id, relation: "read", uses: 1 }),
    told: "notFound",
  },
  "link.list": { denied: () => narrow, told: "forbidden" },
  "link.open": {
    args: async () => ({ secret: (await link((await file()).id)).secret }),
    wrong: () => ({ secret: "chy_nobody" }),
    allowed: () => null,
    denied: () => null,
    told: "forbidden",
  },
  "login.begin": {
    args: () => ({ label: "a program" }),
    allowed: () => null,
    told: "never",
  },
  "login.show": {
    args: async () => ({ code: (await begun()).code }),
    allowed: theirs,
    denied: () => narrow,
    told: "forbidden",
  },
  "login.approve": {
    args: async () => ({ code: (await begun()).code }),
    allowed: theirs,
    denied: () => narrow,
    told: "forbidden",
  },
  "login.collect": {
    args: async () => {
      const { code, secret } = await begun();
      await server.op("login.approve", { code }, { token: person.token });
      return { secret };
    },
    wrong: () => ({ secret: "chy_nobody" }),
    allowed: () => null,
    denied: () => null,
    told: "forbidden",
  },
  "push.open": {
    resource: () => "/jmap/events?types=*&closeafter=no&ping=0",
    denied: () => narrow,
    told: "403",
  },
};

async function counts(): Promise<Counts> {
  return addCounts(new Map(), await server.metrics());
}

// Does it, and sees that the dispatcher has counted it as that.
async function counted(
  name: string,
  as: "allowed" | "denied",
  run: () => Promise<string>,
): Promise<string> {
  const one = name === "status.read" && as === "allowed" ? 2 : 1; // the look
  const before = countOf(await counts(), name, as);
  const told = await run();
  assert.equal(countOf(await counts(), name, as) - before, one, `${name} ${as}`);
  return told;
}

for (const [name, scenario] of Object.entries(scenarios))
  test(`${name} is denied to who has no right, and done by who has`, async () => {
    const resource = await scenario.resource?.();
    const args = (await scenario.args?.()) ?? {};
    const run = (token: string | null, what: object) => () =>
      resource === undefined
        ? outcome(name, what, token)
        : fetched(resource, token, scenario.body);
    const other = scenario.denied === undefined ? guest.token : scenario.denied();
    const wrong = scenario.wrong?.() ?? args;
    if (scenario.told !== "never")
      assert.equal(
        await counted(name, "denied", run(other, wrong)),
        scenario.told,
      );
    const who =
      scenario.allowed === undefined ? server.token : await scenario.allowed();
    assert.equal(await counted(name, "allowed", run(who, args)), "done");
  });

test("every operation that a client can name has its scenario", () => {
  const { table } = readCatalogue(path.join(server.state, "core", "log"));
  // Documents that are open want an engine: documents.test.ts does and denies these.
  const names = table.operations
    .filter((op) => op.effect !== "system" && !op.name.startsWith("document."))
    .map((op) => op.name);
  assert.deepEqual(Object.keys(scenarios).sort(), names.sort());
});

// ---- rights as they come and go: for the replay of the whole run --------------

test("a grant on a folder holds for what is in it, until it ends", async () => {
  const top = await folder();
  const { id } = await file(await folder(top));
  const get = () => outcome("node.get", { node: id }, guest.token);
  assert.equal(await get(), "notFound");
  const read = await share(top, guest.id, "read");
  const again = await share(id, guest.id, "read");
  assert.equal(await get(), "done");
  assert.equal(
    await outcome("file.write", { file: id, content: "QQ==" }, guest.token),
    "forbidden",
  );
  await server.op("share.revoke", { grant: again });
  assert.equal(await get(), "done");
  await server.op("share.revoke", { grant: read });
  assert.equal(await get(), "notFound");
});

test("what a group has, its members have, while they are in it", async () => {
  const friend = await somebody();
  const inner = await group(friend.id);
  const outer = await group(inner);
  const top = await folder();
  const { id } = await file(await folder(top));
  const get = () => outcome("node.get", { node: id }, friend.token);
  assert.equal(await get(), "notFound");
  await share(top, outer, "read");
  assert.equal(await get(), "done");
  await share(id, inner, "edit");
  const rename = (name: string) =>
    outcome("node.rename", { node: id, name }, friend.token);
  assert.equal(await rename("renamed"), "done");
  await server.op("member.remove", { group: outer, principal: inner });
  assert.equal(await rename("renamed again"), "done");
  await server.op("group.end", { principal: inner });
  assert.equal(await get(), "notFound");
  assert.equal(await rename("once more"), "notFound");
  // By another way it goes on.
  await server.op("member.add", { group: outer, principal: friend.id });
  assert.equal(await get(), "done");
  const nest = (group: string, principal: string) =>
    outcome("member.add", { group, principal }, server.token);
  const third = await group(outer);
  assert.equal(await nest(outer, third), "invalidProperties");
  assert.equal(await nest(third, third), "invalidProperties");
});

test("a membership that expires is over by itself", async () => {
  const friend = await somebody();
  const team = await group();
  const { id } = await file();
  await share(id, team, "read");
  const get = () => outcome("node.get", { node: id }, friend.token);
  // However slow this machine is: the next one lasts twice as long.
  for (let ms = 2000; (await get()) === "notFound"; ms *= 2) {
    const expires = new Date(Date.now() + ms).toISOString();
    const args = { group: team, principal: friend.id, expires };
    await server.op("member.add", args);
  }
  await eventually("the end of a membership", async () =>
    (await get()) === "notFound" ? true : undefined,
  );
});

test("a unit's administrator reaches its people, and no further", async () => {
  const outer = await unit();
  const inner = await unit(outer);
  const [carl, dora] = [await inUnit(outer), await inUnit(inner)];
  const other = await inUnit(await unit());
  const role = await server.op("role.grant", {
    principal: carl.id,
    relation: "user_admin",
    unit: outer,
  });
  const asCarl = (name: string, args: object) => outcome(name, args, carl.token);
  const issue = (who: Somebody) =>
    asCarl("token.issue", { principal: who.id, label: "carl's" });
  assert.equal(await issue(dora), "done");
  assert.equal(await issue(other), "forbidden");
  assert.equal(await issue(guest), "forbidden");
  assert.equal(
    await asCarl("role.grant", { principal: dora.id, relation: "user_admin" }),
    "forbidden",
  );
  const lead = { principal: dora.id, relation: "user_admin", unit: inner };
  assert.equal(await asCarl("role.grant", lead), "done");
  assert.equal(
    await asCarl("role.grant", {
      principal: carl.id,
      relation: "security_responder",
      unit: outer,
    }),
    "forbidden",
  );
  const { id: team } = await server.op(
    "group.create",
    { name: "team", unit: outer },
    { token: carl.token },
  );
  const join = (who: Somebody) =>
    asCarl("member.add", { group: team, principal: who.id });
  assert.equal(await join(dora), "done");
  assert.equal(await join(other), "forbidden");
  assert.equal(await join(carl), "forbidden");
  await server.op("role.grant", { principal: team, relation: "log_reader" });
  assert.equal(await issue(dora), "forbidden");
  assert.equal(await asCarl("principal.end", { principal: dora.id }), "forbidden");
  await server.op("group.end", { principal: team });
  assert.equal(
    await outcome("role.revoke", { grant: role.id }, dora.token),
    "forbidden",
  );
  assert.equal(await asCarl("principal.end", { principal: dora.id }), "done");
  assert.equal(await asCarl("unit.end", { unit: inner }), "done");
  // Who moves out is out of reach from then on, and who moves in is within it.
  const egon = await inUnit(outer);
  const elsewhere = await unit();
  const moves = (unit?: string) =>
    asCarl("principal.move", { principal: egon.id, unit });
  assert.equal(await issue(egon), "done");
  assert.equal(await moves(elsewhere), "forbidden");
  assert.equal(await moves(), "forbidden");
  await server.op("principal.move", { principal: egon.id, unit: elsewhere });
  assert.equal(await issue(egon), "forbidden");
  assert.equal(await moves(outer), "forbidden");
  await server.op("principal.move", { principal: egon.id });
  await server.op("principal.move", { principal: egon.id, unit: outer });
  assert.equal(await issue(egon), "done");
  const below = await unit(outer);
  assert.equal(await moves(below), "done");
  assert.equal(await asCarl("unit.list", { unit: outer }), "done");
  assert.equal(
    await asCarl("principal.rename", { principal: egon.id, name: "Egon" }),
    "done",
  );
  assert.equal(
    await asCarl("unit.rename", { unit: below, name: "below" }),
    "done",
  );
  await server.op("role.revoke", { grant: role.id });
  assert.equal(
    await asCarl("principal.list", { unit: outer }),
    "forbidden",
  );
});

test("a unit's responder ends its people's sessions, and no others", async () => {
  const outer = await unit();
  const rita = await inUnit(outer);
  const ann = await server.enrol("responder@example.org");
  const role = { principal: rita.id, relation: "security_responder" };
  await server.op("role.grant", { ...role, unit: outer });
  const asRita = (name: string, args: object) => outcome(name, args, rita.token);
  const hers = { principal: ann.id };
  const all = ["session.list", "session.revoke_all"];
  for (const name of all) assert.equal(await asRita(name, hers), "forbidden");
  await server.op("principal.move", { ...hers, unit: outer });
  const { id } = await server.signIn(ann.passkey);
  assert.equal(await asRita("session.list", hers), "done");
  assert.equal(await asRita("credential.list", hers), "forbidden");
  assert.equal(await asRita("session.revoke", { session: id }), "done");
  assert.equal(await asRita("session.revoke_all", hers), "done");
  assert.equal(
    await outcome("session.get", {}, ann.token),
    "forbidden",
  );
  const again = await server.signIn(ann.passkey);
  const above = await server.op("role.grant", { ...hers, relation: "operator" });
  for (const name of all) assert.equal(await asRita(name, hers), "forbidden");
  assert.equal(await asRita("session.revoke", { session: again.id }), "forbidden");
  await server.op("role.revoke", { grant: above.id });
  assert.equal(await asRita("session.revoke", { session: again.id }), "done");
  await server.op("principal.move", hers);
  assert.equal(await asRita("session.list", hers), "forbidden");
});

test("an app is for those who may use it, by a group or by name", async () => {
  const friend = await somebody();
  const { list } = await server.op("app.list", { app: "files" });
  const [{ id: all, name, principal: everyone }] = list;
  assert.equal(name, "Everyone");
  const mine = { app: "files", principal: me.principal };
  const asFirst = { token: first.token };
  await assert.rejects(server.op("app.grant", mine), Refused);
  await server.op("app.grant", mine, asFirst);
  const get = () => outcome("node.get", { node: friend.home }, friend.token);
  assert.equal(await get(), "done");
  await server.op("app.revoke", { grant: all });
  assert.equal(await get(), "forbidden");
  assert.equal(await outcome("session.get", {}, friend.token), "done");
  const team = await group(friend.id);
  await server.op("app.grant", { app: "files", principal: team });
  assert.equal(await get(), "done");
  await server.op("member.remove", { group: team, principal: friend.id });
  assert.equal(await get(), "forbidden");
  const back = { app: "files", principal: everyone };
  await approved("app.grant", back);
  await server.op("app.grant", back, asFirst);
  assert.equal(await get(), "done");
  // Who gives rights doesn't lock themselves out.
  const admin = await server.op("app.list", { app: "admin" });
  assert.equal(
    await outcome("app.revoke", { grant: admin.list[0].id }, server.token),
    "invalidProperties",
  );
});

test("what is moved follows the rights of where it goes", async () => {
  const [open, closed] = [await folder(), await folder()];
  const { id } = await file(open);
  await share(open, guest.id, "edit");
  const move = (to: string, token: string) =>
    outcome("node.move", { node: id, folder: to }, token);
  assert.equal(await move(closed, guest.token), "notFound");
  assert.equal(await move(await folder(open), guest.token), "done");
  assert.equal(await move(closed, server.token), "done");
  assert.equal(await outcome("node.get", { node: id }, guest.token), "notFound");
  assert.equal(await move(open, server.token), "done");
  assert.equal(await outcome("node.get", { node: id }, guest.token), "done");
});

test("in the trash a grant holds no more, and holds again outside", async () => {
  const parent = await folder();
  const { id } = await file(parent);
  await share(id, guest.id, "owner");
  await server.op("node.trash", { node: id });
  const restore = (token: string, more = {}) =>
    outcome("node.restore", { node: id, ...more }, token);
  assert.equal(await outcome("node.get", { node: id }, guest.token), "notFound");
  assert.equal(await restore(guest.token), "notFound");
  assert.equal(await restore(server.token, { folder: await folder() }), "done");
  assert.equal(await outcome("node.get", { node: id }, guest.token), "done");
});

test("to restore is to edit where it goes", async () => {
  const friend = await somebody();
  const { id } = await file();
  await server.op("node.trash", { node: id });
  const { trash } = me;
  // On the trash itself no grant can be made; one above it would hold.
  assert.equal(
    await outcome(
      "share.grant",
      { node: trash, principal: friend.id, relation: "owner" },
      server.token,
    ),
    "invalidProperties",
  );
  const scoped = await server.op("token.issue", {
    label: "the trash only",
    folder: trash,
  });
  assert.equal(
    await outcome("node.restore", { node: id }, scoped.secret),
    "notFound",
  );
  assert.equal(await outcome("node.purge", { node: id }, scoped.secret), "done");
});

test("a grant that expires is over by itself", async () => {
  const { id } = await file();
  const get = () => outcome("node.get", { node: id }, guest.token);
  // However slow this machine is: the next one lasts twice as long.
  for (let ms = 2000; (await get()) === "notFound"; ms *= 2) {
    const expires = new Date(Date.now() + ms).toISOString();
    await share(id, guest.id, "read", { expires });
  }
  await eventually("the end of a share", async () =>
    (await get()) === "notFound" ? true : undefined,
  );
});

// Each stands in one record: which came from which, and what lies where.
test("copies follow the rights of where they go", async () => {
  const [from, to] = [await folder(), await folder()];
  const inner = await folder(from);
  await file(inner);
  const { id } = await file(from);
  await share(from, guest.id, "read");
  const copy = (node: string, where: string, token: string) =>
    outcome("node.copy", { node, folder: where }, token);
  assert.equal(await copy(from, to, guest.token), "notFound");
  assert.equal(await copy(id, guest.home, guest.token), "done");
  assert.equal(await copy(from, guest.home, guest.token), "done");
  assert.equal(await copy(from, inner, server.token), "invalidProperties");
  assert.equal(await copy(from, to, server.token), "done");
  const { list } = await server.op("folder.list", { folder: to });
  const [top] = list;
  const there = await server.op("folder.list", { folder: top.id });
  assert.equal(there.list.length, 2);
  const get = () => outcome("node.get", { node: there.list[0].id }, guest.token);
  assert.equal(await get(), "notFound");
  await share(top.id, guest.id, "edit");
  assert.equal(await get(), "done");
  for (const node of there.list)
    assert.equal(
      await outcome("node.rename", { node: node.id, name: `${++made}` }, guest.token),
      "done",
    );
});

test("an old version is restored by who may edit, an export read while it is open", async () => {
  const parent = await folder();
  const { id, version } = await file(parent);
  await server.op("file.write", { file: id, content: "QQ==" });
  await share(parent, guest.id, "edit");
  assert.equal(
    await outcome("version.restore", { version }, guest.token),
    "done",
  );
  const owner = await somebody();
  const mine = (
    await server.op(
      "file.create",
      { parent: owner.home, name: "mine", content: "QQ==" },
      { token: owner.token },
    )
  ).id;
  const asked = { token: first.token };
  const export_ = () =>
    server.op("export.open", { principal: owner.id }, asked);
  await assert.rejects(export_, Refused);
  await approved("export.open", { principal: owner.id });
  const open = await export_();
  const read = () => outcome("node.get", { node: mine }, first.token);
  assert.equal(await read(), "done");
  const end = (grant: string) =>
    outcome("share.revoke", { grant }, owner.token);
  assert.equal(await end(open.home_grant), "done");
  assert.equal(await end(open.trash_grant), "done");
  assert.equal(await read(), "notFound");
  const usage = (token: string) =>
    outcome("quota.get", { principal: owner.id }, token);
  assert.equal(await usage(owner.token), "done");
  assert.equal(await usage(guest.token), "forbidden");
});

// What comes of each is a race; the replay tells whether it was right.
test("rights that come and go while they are used", async () => {
  const [open, closed] = [await folder(), await folder()];
  const files = await Promise.all([1, 2, 3, 4].map(() => file(open)));
  let over = false;
  const told = new Set<string>();
  const use = async (node: string): Promise<void> => {
    while (!over) {
      told.add(await outcome("node.get", { node }, guest.token));
      const where = `/files/${encodeURIComponent("not there")}`;
      await fetched(where, guest.token);
      await outcome("node.rename", { node, name: node }, guest.token);
    }
  };
  const users = files.map(({ id }) => use(id));
  for (let i = 0; i < 60; i++) {
    const grant = await share(open, guest.id, "edit");
    const [{ id }] = files;
    await server.op("node.move", { node: id, folder: closed });
    await server.op("share.revoke", { grant });
    await server.op("node.move", { node: id, folder: open });
  }
  over = true;
  await Promise.all(users);
  assert.deepEqual([...told].sort(), ["done", "notFound"]);
});

test("a credential's scope is narrower than its principal's rights", async () => {
  const [inside, outside] = [await folder(), await folder()];
  const { id } = await file(inside);
  const issue = async (args: object): Promise<string> =>
    (await server.op("token.issue", { label: "scoped", ...args })).secret;
  const scoped = await issue({ folder: inside });
  const reader = await issue({ read_only: true });
  assert.equal(await outcome("node.get", { node: id }, scoped), "done");
  assert.equal(await outcome("node.get", { node: outside }, scoped), "notFound");
  assert.equal(await outcome("principal.list", {}, scoped), "forbidden");
  const move = { node: id, folder: outside };
  assert.equal(await outcome("node.move", move, scoped), "notFound");
  assert.equal(await outcome("node.get", { node: id }, reader), "done");
  assert.equal(await outcome("node.move", move, reader), "forbidden");
  assert.equal(await outcome("node.get", { node: id }, narrow), "forbidden");
});

test("no token is wider than the one that issues it", async () => {
  const admin = await somebody({ families: ["access", "self"] });
  await server.op("role.grant", { principal: admin.id, relation: "user_admin" });
  const issue = (args: object) =>
    outcome("token.issue", { label: "x", ...args }, admin.token);
  assert.equal(await issue({ families: ["access"] }), "done");
  assert.equal(await issue({ families: ["files"] }), "forbidden");
  assert.equal(await issue({}), "forbidden");
  assert.equal(
    await issue({ principal: guest.id, families: ["access"] }),
    "done",
  );
  // The installation's principal is no service: its credentials are its own.
  assert.equal(
    await issue({ principal: me.principal, families: ["access"] }),
    "forbidden",
  );
});

test("a role does for access.why what a right on the file would", async () => {
  const asker = await somebody();
  const why = { principal: guest.id, relation: "read", node: await folder() };
  const ask = () => outcome("access.why", why, asker.token);
  assert.equal(await ask(), "notFound");
  const { id } = await server.op("role.grant", {
    principal: asker.id,
    relation: "user_admin",
  });
  assert.equal(await ask(), "done");
  assert.equal(
    await outcome("access.why", { ...why, node: undefined }, asker.token),
    "done",
  );
  await server.op("role.revoke", { grant: id });
  assert.equal(await ask(), "notFound");
});

test("what has ended gives nothing", async () => {
  const gone = await somebody();
  const { id } = await server.op("token.issue", {
    principal: gone.id,
    label: "second",
  });
  const get = (token: string | null) =>
    server.ask("/jmap/session", { token }).then((answer) => answer.status);
  assert.equal(await get(gone.token), 200);
  await server.op("token.revoke", { credential: id });
  assert.equal(await get(gone.token), 200);
  await server.op("principal.end", { principal: gone.id });
  assert.equal(await get(gone.token), 401);
  assert.equal(await get(null), 401);
  assert.equal(await get("chy_00000000000000000000000000"), 401);
});

test("objects of one call have outcomes of their own", async () => {
  const [mine, theirs] = [await folder(), await folder()];
  await share(theirs, guest.id, "edit");
  const results = await server.ops(
    "folder.create",
    [mine, theirs, me.home, theirs, theirs].map((parent, i) => ({
      parent,
      name: `part ${i % 4}`,
    })),
    { token: guest.token },
  );
  assert.deepEqual(
    results.map((result) => result.error?.type ?? "done"),
    ["notFound", "done", "notFound", "done", "done"],
  );
  // Each sees what those before it did.
  const deep = await server.ops("folder.create", [
    { path: "", name: "deep" },
    { path: "deep", name: "deeper" },
    { path: "deep/deeper", name: "deepest" },
    { path: "deep", name: "deeper" },
  ]);
  assert.deepEqual(
    deep.map((result) => result.error?.type ?? "done"),
    ["done", "done", "done", "alreadyExists"],
  );
  const many = Array.from({ length: 500 }, (_, i) => ({
    parent: i % 2 === 0 ? theirs : mine,
    name: `one of many ${i}`,
  }));
  const all = await server.ops("file.create", many);
  assert.equal(all.filter((result) => result.ok).length, 500);
  const some = await server.ops(
    "node.trash",
    all.map((result) => ({ node: result.id })),
    { token: guest.token },
  );
  assert.equal(some.filter((result) => result.ok).length, 250);
});

test("a repeat is decided anew", async () => {
  const { id } = await file();
  const grant = await share(id, guest.id, "edit");
  const trash = (key: string, token = server.token) =>
    server
      .ops("node.trash", [{ node: id }], {
        token,
        headers: { "idempotency-key": key },
      })
      .then(([result]) => result);
  const write = () =>
    server
      .ops("file.write", [{ file: id, content: "QUE=" }], {
        token: guest.token,
        headers: { "idempotency-key": "written-once" },
      })
      .then(([result]) => result.error?.type ?? result.version);
  const version = await write();
  assert.equal(await write(), version);
  await server.op("share.revoke", { grant });
  assert.equal(await write(), "notFound");
  assert.deepEqual(await trash("thrown-once"), await trash("thrown-once"));
  await server.op("node.purge", { node: id });
  assert.equal((await trash("thrown-once")).ok, true);
  assert.equal((await trash("thrown-again")).error.type, "notFound");
});

test("a repeat is told what the first one was", async () => {
  const { id } = await file();
  const write = () =>
    server
      .ops("file.write", [{ file: id, content: "QUE=" }], {
        token: guest.token,
        headers: { "idempotency-key": "denied-once" },
      })
      .then(([result]) => result.error?.type ?? "done");
  assert.equal(await write(), "notFound");
  await share(id, guest.id, "edit");
  assert.equal(await write(), "notFound");
});

test("what changed in all of one's files is not one folder's", async () => {
  const { secret } = await server.op("token.issue", {
    label: "one folder",
    folder: await folder(),
  });
  const since = { since: (await server.op("session.get")).files };
  assert.equal(await outcome("file.changes", since, secret), "forbidden");
});

test("bytes that come by an upload, and a version before the last", async () => {
  const answer = await server.ask(`/jmap/upload/${me.principal}/`, {
    body: Buffer.alloc(100_000, "x"),
  });
  assert.equal(answer.status, 201);
  const { blobId } = JSON.parse(answer.body.toString()) as Any;
  const make = (token: string) =>
    outcome(
      "file.create",
      { path: "", name: "uploaded", upload: blobId },
      token,
    );
  assert.equal(await make(guest.token), "notFound"); // another's
  assert.equal(await make(server.token), "done");
  assert.equal(await make(server.token), "alreadyExists");
  const { id, version } = await file();
  await server.op("file.write", { file: id, content: "QUJD" });
  const where = `/jmap/download/${me.principal}/${version}/old`;
  assert.equal(await fetched(where, server.token), "done");
  assert.equal(await fetched(where, guest.token), "404");
});

test("a link opens what it leads to, until it ends", async () => {
  const top = await folder();
  const { id } = await file(top);
  const other = await file();
  const opened = async (secret: string, password?: string) =>
    (await server.op("link.open", { secret, password }, { token: null })).secret;
  const closed = (secret: string, password?: string) =>
    outcome("link.open", { secret, password }, null);
  const read = await link(top, { uses: 2, password: "nine red kettles" });
  assert.equal(await closed(read.secret), "forbidden");
  assert.equal(await closed(read.secret, "nine red pots"), "forbidden");
  const token = await opened(read.secret, "nine red kettles");
  const get = (node: string, as = token) => outcome("node.get", { node }, as);
  assert.equal(await get(id), "done");
  assert.equal(await get(other.id), "notFound");
  const rename = (as: string) =>
    outcome("node.rename", { node: id, name: `file ${++made}` }, as);
  assert.equal(await rename(token), "forbidden");
  const edit = await link(top, { relation: "edit" });
  const editing = await opened(edit.secret);
  assert.equal(await rename(editing), "done");
  assert.equal(
    await outcome(
      "share.grant",
      { node: id, principal: guest.id, relation: "read" },
      editing,
    ),
    "forbidden",
  );
  // Once more, and it is used up.
  await opened(read.secret, "nine red kettles");
  assert.equal(await closed(read.secret, "nine red kettles"), "forbidden");
  assert.equal(await get(id), "done");
  // While it lies in the trash there is nothing.
  await server.op("node.trash", { node: top });
  assert.equal(await closed(edit.secret), "forbidden");
  assert.equal(await get(id, editing), "notFound");
  await server.op("node.restore", { node: top });
  assert.equal(await get(id, editing), "done");
  // All from outside may be shut out at once.
  const { list } = await server.op("app.list", { app: "files" });
  const guests = (list as Any[]).find((one) => one.name === "Guests");
  await server.op("app.revoke", { grant: guests.id });
  assert.equal(await closed(edit.secret), "forbidden");
  assert.equal(await get(id, editing), "forbidden");
  await server.op("app.grant", { app: "files", principal: guests.principal });
  assert.equal(await get(id, editing), "done");
  await server.op("principal.suspend", { principal: edit.id });
  assert.equal(await closed(edit.secret), "forbidden");
  assert.equal(await get(id, editing), "forbidden");
  await server.op("principal.resume", { principal: edit.id });
  await server.op("share.revoke", { grant: edit.grant });
  assert.equal(await get(id, editing), "forbidden");
  assert.equal(await closed(edit.secret), "forbidden");
});

test("a guest has what is shared with them, and no role", async () => {
  const gus = await server.enrol("gus@else.example", "guest");
  const { id } = await file();
  const as = gus.token;
  const get = () => outcome("node.get", { node: id }, as);
  assert.equal(await get(), "notFound");
  await share(id, gus.id, "read");
  assert.equal(await get(), "done");
  const own = await server.op(
    "file.create",
    { path: "", name: "own", content: "QQ==" },
    { token: as },
  );
  assert.equal(
    await outcome("link.make", { node: own.id, relation: "read" }, as),
    "invalidProperties",
  );
  assert.equal(await outcome("principal.list", {}, as), "forbidden");
  const team = await group(gus.id);
  await server.op("role.grant", { principal: team, relation: "user_admin" });
  await server.op("app.grant", { app: "admin", principal: gus.id });
  assert.equal(await outcome("principal.list", {}, as), "forbidden");
});

// ---- erasure ------------------------------------------------------------------

async function exported(): Promise<string> {
  const answer = await server.ask("/log/export");
  assert.equal(answer.status, 200);
  return answer.body.toString();
}

async function* lines(text: string): AsyncIterable<string> {
  yield* text.split("\n").filter(Boolean);
}

test("what is erased is gone from every event, and the log still renders", async () => {
  const name = "Philippa-Zuleika";
  const { id } = await server.op("principal.create", { kind: "service", name });
  const { secret } = await server.op("token.issue", {
    principal: id,
    label: `of ${name}`,
  });
  const token = { token: secret as string };
  await server.op("folder.create", { path: "", name: `${name}'s` }, token);
  await server.op("file.create", { path: `${name}'s`, name: "own" }, token);
  await server.op("principal.end", { principal: id });

  const ocsf = new Ocsf();
  const before = await exported();
  assert.match(before, new RegExp(name));
  await checkLines(ocsf, lines(before), { render: RENDER });

  await server.op("subject.erase", { principal: id });
  const after = await exported();
  assert.doesNotMatch(after, new RegExp(name));
  assert.doesNotMatch(decoded(after), new RegExp(name));
  const n = await checkLines(ocsf, lines(after), { render: RENDER });
  assert.ok(n > before.split("\n").length);

  // What was kept from before renders as it did: it has its texts with it.
  await checkLines(ocsf, lines(before), { render: RENDER });
});

// Every operation was done above: none has left anything that its record
// doesn't explain.
test("all that lets anybody do anything is what the log says", async () => {
  const found: Any[] = [];
  let looked = 0;
  for (let after: string | undefined, more = true; more; ) {
    const page = await server.op("authority.list", {
      orphans: true,
      limit: 500,
      ...(after === undefined ? {} : { after }),
    });
    found.push(...page.list);
    looked += page.looked_at;
    after = page.next;
    more = after !== undefined;
  }
  assert.deepEqual(found, []);
  assert.ok(looked > 100);
});

// What raw_data holds, too.
function decoded(events: string): string {
  return events
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as Any).raw_data as string | undefined)
    .map((raw) => Buffer.from(raw ?? "", "base64").toString("latin1"))
    .join("\n");
}
