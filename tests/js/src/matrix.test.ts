// One authenticate, one decide, for all: every credential over every way in, for
// something of every kind that can be asked. What comes of it follows from one
// small rule, whatever the way; the record says the same, of the same session.
//
// A new way in is a row of `carriers`; a new kind of credential, of `credentials`;
// a new policy, a line of `rule` and a row of `asks` that it is about.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { Passkey } from "./authenticator.js";
import {
  type Headers,
  overHttp1,
  overHttp2,
  type Reply,
  type Sent,
  toldBy,
} from "./carriers.js";
import {
  type Any,
  BIN,
  type Call,
  CORE,
  FILES,
  OPERATIONS,
  type Person,
  runProgram,
  Server,
} from "./server.js";
import { codeOf } from "./totp.js";

let server: Server;

// ---- the rule -----------------------------------------------------------------

type Family = "self" | "files" | "access" | "log" | "system" | "enrol";
type Role = "log_reader" | "operator" | "user_admin" | "security_responder";

/** What a credential is. */
interface Credential {
  secret: string;
  /** Whose: "" where nobody knows it. */
  whose: Whose;
  /** Why it is none (any more). */
  dead?: "UNAUTHENTICATED" | "EXPIRED" | "SUSPENDED";
  families: Family[];
  readOnly?: boolean;
  /** Good for what is in the folder "inside" alone. */
  folder?: boolean;
  /** Opened by a passkey. */
  passkey?: boolean;
  /** Its owner was there for certain, just now. */
  confirmed?: boolean;
}

/** Whose a credential is, and what they have. */
interface Whose {
  id: string;
  person: boolean;
  roles: Role[];
  /** The apps that they may use, where these aren't all. */
  apps?: string[];
  inside: string;
  file: string;
  version: string;
}

/** What is asked for, and over which resources it can be. */
interface Ask {
  family: Family;
  app?: string;
  role?: Role;
  writes?: boolean;
  stepup?: boolean;
  /** On what: oneself, the organisation, or a node in the folder or elsewhere. */
  on: "self" | "org" | "inside" | "elsewhere";
  ways: Way[];
}

/** All rules there are, in their order. */
function rule(c: Credential, a: Ask, apps: Set<string>): string {
  const { person, roles } = c.whose;
  const used = c.whose.apps ?? [...APPS];
  if (c.dead !== undefined) return c.dead;
  if (!c.families.includes(a.family)) return "SCOPE";
  if (c.readOnly && a.writes) return "SCOPE";
  if (a.stepup && person && !c.confirmed) return "STEPUP";
  if (a.app !== undefined && !(apps.has(a.app) && used.includes(a.app)))
    return "DENIED";
  if (a.role !== undefined && !roles.includes(a.role)) return "DENIED";
  if (a.role !== undefined && person && !c.passkey) return "ASSURANCE";
  if (c.folder && (a.on === "org" || a.on === "elsewhere")) return "SCOPE";
  return "done";
}

/** What is told of it: no more than they may know. */
function telling(outcome: string, c: Credential, a: Ask): string {
  const hidden = c.folder && a.on === "elsewhere" && outcome === "SCOPE";
  const inScope = c.families.includes(a.family) && !(c.readOnly && a.writes);
  return hidden && inScope ? "NOT_FOUND" : outcome;
}

/** What is asked first by some: who one is. */
const WHO: Ask = { family: "self", on: "self", ways: [] };

const APPS = new Set(["files", "log", "admin"]);

// ---- what can be asked --------------------------------------------------------

/** A resource, and the operation that it becomes. */
interface Way {
  operation: string;
  /** Its arguments, where it is called by its own name. */
  args?: object;
  /** It asks who one is before. */
  asksFirst?: boolean;
  sent: Sent;
}

const jmap = (...call: Call): Sent => ({
  method: "POST",
  where: "/jmap/api",
  body: JSON.stringify({
    using: [CORE, FILES, OPERATIONS],
    methodCalls: [call],
  }),
});

const op = (operation: string, args: object = {}): Way => ({
  operation,
  args,
  sent: jmap(operation, args, "0"),
});

const get = (operation: string, where: string): Way => ({
  operation,
  sent: { method: "GET", where },
});

const put = (operation: string, where: string): Way => ({
  operation,
  sent: { method: "PUT", where, body: "new" },
});

const content = Buffer.from("new").toString("base64");
let helper = ""; // a service that tokens are issued for

const asks = (
  who: Whose,
  account = who.id || ann.id,
): { [what: string]: Ask } => ({
  "who one is": {
    family: "self",
    on: "self",
    ways: [op("session.get"), get("session.get", "/jmap/session")],
  },
  "what changes": {
    family: "self",
    on: "self",
    ways: [get("push.open", "/jmap/events?types=*&closeafter=no&ping=0")],
  },
  "a folder": {
    family: "files",
    app: "files",
    on: "elsewhere",
    ways: [get("folder.list", "/files/"), op("folder.list", { path: "" })],
  },
  "a file": {
    family: "files",
    app: "files",
    on: "inside",
    ways: [
      get("file.read", "/files/inside/r"),
      get("file.read", `/jmap/download/${account}/${who.version}/r`),
      op("node.get", { path: "inside/r" }),
      {
        operation: "node.get",
        asksFirst: true,
        sent: jmap("FileNode/get", { accountId: account, ids: [who.file] }, "0"),
      },
    ],
  },
  "a file that lies elsewhere": {
    family: "files",
    app: "files",
    on: "elsewhere",
    ways: [get("file.read", "/files/r"), op("node.get", { path: "r" })],
  },
  "to store a file": {
    family: "files",
    app: "files",
    writes: true,
    on: "inside",
    ways: [
      put("file.create", "/files/inside/w"),
      op("file.write", { path: "inside/w", content }),
    ],
  },
  "to store a file elsewhere": {
    family: "files",
    app: "files",
    writes: true,
    on: "elsewhere",
    ways: [
      put("file.create", "/files/w"),
      op("file.write", { path: "w", content }),
    ],
  },
  "to upload": {
    family: "files",
    app: "files",
    writes: true,
    on: "self",
    ways: [
      {
        operation: "upload.store",
        sent: { method: "POST", where: `/jmap/upload/${account}/`, body: "new" },
      },
      op("upload.store", { content }),
    ],
  },
  "the log": {
    family: "log",
    app: "log",
    role: "log_reader",
    on: "org",
    ways: [
      get("log.tail", "/log/events"),
      get("log.export", "/log/export?from=1&until=1970-01-02T00:00:00Z"),
      get("log.mirror", "/log/mirror"),
      op("log.search", { limit: 1 }),
    ],
  },
  "how the server is": {
    family: "system",
    app: "admin",
    role: "operator",
    on: "org",
    ways: [get("status.read", "/metrics"), op("status.read")],
  },
  "who there is": {
    family: "access",
    app: "admin",
    role: "user_admin",
    on: "org",
    ways: [op("principal.list", { limit: 1 })],
  },
  "to issue a token": {
    family: "access",
    app: "admin",
    role: "user_admin",
    writes: true,
    stepup: true,
    on: "org",
    ways: [
      op("token.issue", { principal: helper, label: "x", families: ["self"] }),
    ],
  },
  "to enrol": {
    family: "enrol",
    writes: true,
    stepup: true,
    on: "self",
    ways: [op("totp.begin")],
  },
});

// ---- the ways in --------------------------------------------------------------

const bearer = (secret: string): Headers => ({
  authorization: `Bearer ${secret}`,
});

const cookie = (secret: string, tls: boolean): Headers => ({
  cookie: `${tls ? "__Host-chancery" : "chancery-local"}=${secret}`,
  origin: new URL(server.url("/", tls)).origin,
});

const carriers: {
  [name: string]: (c: string, sent: Sent, agent: Headers) => Promise<Reply>;
} = {
  "a token over loopback": (secret, sent, agent) =>
    overHttp1(server, false, sent, { ...bearer(secret), ...agent }),
  "a token over TLS": (secret, sent, agent) =>
    overHttp1(server, true, sent, { ...bearer(secret), ...agent }),
  "a token over HTTP/2": (secret, sent, agent) =>
    overHttp2(server, sent, { ...bearer(secret), ...agent }),
  "a cookie over loopback": (secret, sent, agent) =>
    overHttp1(server, false, sent, { ...cookie(secret, false), ...agent }),
  "a cookie over TLS": (secret, sent, agent) =>
    overHttp1(server, true, sent, { ...cookie(secret, true), ...agent }),
  "a cookie over HTTP/2": (secret, sent, agent) =>
    overHttp2(server, sent, { ...cookie(secret, true), ...agent }),
};

// ---- the credentials ----------------------------------------------------------

const ALL: Role[] = [
  "log_reader",
  "operator",
  "user_admin",
  "security_responder",
];
const SIGNED_IN: Family[] = [
  ...(["self", "files", "access", "log", "system", "enrol"] as const),
];
const OF_TOKENS = SIGNED_IN.filter((family) => family !== "enrol");
const PASSWORD = "seven-green-bottles-stand";

// Who they are: an administrator, one by password, a person, a service of either.
let ann: Whose & { key: Person };
let bob: Whose & { session: string; seed: string };
let carl: Whose & { key: Person };
let service: Whose;
let links = 0;
let administrators: [Person, Person]; // for what two people do
let plain: Whose;

async function equip(
  id: string,
  person: boolean,
  token: string,
  roles: Role[],
): Promise<Whose> {
  const asked = { token };
  for (const relation of roles)
    await server.op("role.grant", { principal: id, relation });
  const { home } = await server.op("session.get", {}, asked);
  return { id, person, roles, ...(await fillFolder(home, asked)) };
}

/** A file to read and one to write, and the same in a folder. */
async function fillFolder(
  parent: string,
  asked: { token: string },
): Promise<{ inside: string; file: string; version: string }> {
  const made = await server.op(
    "folder.create",
    { parent, name: "inside" },
    asked,
  );
  const inside: string = made.id;
  const create = (folder: string, name: string): Promise<Any> =>
    server.op("file.create", { parent: folder, name, content }, asked);
  for (const folder of [parent, inside]) await create(folder, "w");
  await create(parent, "r");
  const { id: file, version } = await create(inside, "r");
  return { inside, file, version };
}

/** A person with a passkey, signed in, and what they have. */
async function enrol(
  login: string,
  roles: Role[],
): Promise<Whose & { key: Person }> {
  const key = await server.enrol(login);
  return { ...(await equip(key.id, true, key.token, roles)), key };
}

/** Who has a password and an authenticator app. */
interface Knows {
  id: string;
  login: string;
  seed: string;
}

async function enrolByPassword(login: string): Promise<Knows> {
  const { id, invitation } = await server.invite(login);
  const asked = { token: invitation };
  await server.op("password.set", { password: PASSWORD }, asked);
  const { secret: seed } = await server.op("totp.begin", {}, asked);
  await server.op("totp.confirm", { code: codeOf(seed) }, asked);
  return { id, login, seed };
}

/** Signs them in, by the code if they have it, and gives them what is needed. */
async function open(who: Knows, code?: string): Promise<typeof bob> {
  const { secret } = await server.op(
    "session.begin",
    { login: who.login, password: PASSWORD, code },
    { token: null },
  );
  const whose = await equip(who.id, true, secret, ALL);
  return { ...whose, session: secret, seed: who.seed };
}

/** Does what two people do. */
async function twice(name: string, args: object): Promise<Any> {
  const [first, second] = administrators;
  await server.approve(first, second, name, args);
  return server.op(name, args, { token: first.token });
}

/** Lets somebody in by a password alone: the exception. */
async function except(who: Knows): Promise<string> {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const args = { principal: who.id, relation: "password_alone", expires };
  return (await twice("policy.except", args)).id;
}

async function byPasswordAlone(who: Knows): Promise<Credential> {
  const whose = await open(who);
  return {
    ...{ secret: whose.session, whose, families: SIGNED_IN },
    confirmed: true,
  };
}

async function serviceWith(name: string, roles: Role[]): Promise<Whose> {
  const { id, token } = await server.principal(name);
  return equip(id, false, token, roles);
}

async function inviteGuest(login: string): Promise<Any> {
  const args = { kind: "guest", name: login, login };
  const { id } = await server.op("principal.create", args);
  const issued = await server.op("invitation.issue", { principal: id });
  return { id, invitation: issued.secret };
}

/** A link to a folder of ann's that somebody has opened. */
async function openLink(
  relation: "read" | "edit" = "read",
  password?: string,
): Promise<{
  link: string;
  grant: string;
  session: Credential;
}> {
  const asked = { token: ann.key.token };
  const { home } = await server.op("session.get", {}, asked);
  const name = `linked ${++links}`;
  const { id: node } = await server.op(
    "folder.create",
    { parent: home, name },
    asked,
  );
  const tree = await fillFolder(node, asked);
  const made = await server.op(
    "link.make",
    { node, relation, password },
    asked,
  );
  const { secret } = await server.op(
    "link.open",
    { secret: made.secret, password },
    { token: null },
  );
  const whose: Whose = {
    ...{ id: made.id, person: false, roles: [] },
    ...{ apps: ["files"], ...tree },
  };
  const session: Credential = {
    ...{ secret, whose, families: ["files"] },
    readOnly: relation === "read",
  };
  return { link: made.secret, grant: made.grant, session };
}

const issue = async (who: Whose, how: object = {}): Promise<Any> =>
  server.op("token.issue", { principal: who.id, label: "x", ...how });

async function appPassword(how: object = {}): Promise<Any> {
  const asked = { token: ann.key.token };
  return server.op("app_password.issue", { label: "x", ...how }, asked);
}

const token = async (
  who: Whose,
  how: { families?: Family[]; read_only?: boolean; folder?: string } = {},
): Promise<Credential> => ({
  secret: (await issue(who, how)).secret,
  whose: who,
  families: how.families ?? OF_TOKENS,
  readOnly: how.read_only === true,
  folder: how.folder !== undefined,
});

const signedIn = (whose: Whose, secret: string): Credential => ({
  ...{ secret, whose, families: SIGNED_IN },
  ...{ passkey: true, confirmed: true },
});

const dead = (
  whose: Whose,
  secret: string,
  why: "UNAUTHENTICATED" | "EXPIRED" | "SUSPENDED" = "UNAUTHENTICATED",
): Credential => ({ secret, whose, families: [], dead: why });

/** Nobody's: it opens nothing, whatever else it is. */
const unknown = (secret: string): Credential => dead({ ...ann, id: "" }, secret);

const credentials: { [name: string]: () => Promise<Credential> } = {
  // who signed in
  "an administrator's session by passkey": async () =>
    signedIn(ann, ann.key.token),
  "an administrator's session by password and code": async () => ({
    ...{ secret: bob.session, whose: bob, families: SIGNED_IN },
    confirmed: true,
  }),
  "a person's session": async () => signedIn(carl, carl.key.token),
  "a session that the command line was given": async () => {
    const { code, secret } = await server.op(
      "login.begin",
      { label: "x" },
      { token: null },
    );
    await server.op("login.approve", { code }, { token: ann.key.token });
    const session = await server.op(
      "login.collect",
      { secret },
      { token: null },
    );
    return signedIn(ann, session.secret);
  },

  "a session by password alone, which two people have excepted": async () => {
    const liz = await enrolByPassword("liz");
    await except(liz);
    return byPasswordAlone(liz);
  },

  // what programs have
  "a service's token": () => token(service),
  "a token of a service without roles": () => token(plain),
  "a token for files": () => token(service, { families: ["files"] }),
  "a token for the log": () => token(service, { families: ["log"] }),
  "a token for reading": () => token(service, { read_only: true }),
  "a token for one folder": () => token(service, { folder: service.inside }),
  "a person's token": async () => {
    const args = { label: "x" };
    const asked = { token: ann.key.token };
    const { secret } = await server.op("token.issue", args, asked);
    return { secret, whose: ann, families: OF_TOKENS };
  },
  "an app password": async () => ({
    ...{ secret: (await appPassword()).secret, whose: ann },
    families: ["self", "files"],
  }),
  "an app password for the log": async () => ({
    secret: (await appPassword({ families: ["log"] })).secret,
    ...{ whose: ann, families: ["log"] },
  }),
  "an app password for reading one folder": async () => {
    const how = { folder: ann.inside, read_only: true };
    return {
      ...{ secret: (await appPassword(how)).secret, whose: ann },
      families: ["self", "files"],
      ...{ folder: true, readOnly: true },
    };
  },

  // from outside
  "a guest's session": async () => {
    const { id, invitation } = await inviteGuest("olga");
    const passkey = new Passkey(new URL(server.url("/")).origin);
    const made = passkey.create(await server.challenge("register"));
    const asked = { token: invitation };
    await server.op("passkey.add", { label: "x", ...made }, asked);
    const { secret } = await server.signIn(passkey);
    const whose = await equip(id, true, secret, []);
    return signedIn({ ...whose, apps: ["files"] }, secret);
  },
  "a session of a link to read": async () => (await openLink()).session,
  "a session of a link to edit, with a password": async () =>
    (await openLink("edit", PASSWORD)).session,

  // what opens enrolment
  "an invitation": async () => {
    const { id, invitation } = await server.invite("dora");
    const whose = { ...ann, id, roles: [] };
    const families: Family[] = ["self", "enrol"];
    return { secret: invitation, whose, families, confirmed: true };
  },
  "a recovery code": async () => {
    const asked = { token: carl.key.token };
    const { codes } = await server.op("recovery.make", {}, asked);
    const families: Family[] = ["self", "enrol"];
    const [secret] = codes.split("\n");
    return { secret, whose: carl, families, confirmed: true };
  },

  "what lets somebody enrol anew who has lost all": async () => {
    const mia = await enrol("mia", ALL);
    const secret = (await twice("recovery.issue", { principal: mia.id })).secret;
    return { secret, whose: mia, families: ["self", "enrol"], confirmed: true };
  },

  // what was one
  "a token that was revoked": async () => {
    const { id, secret } = await issue(service);
    await server.op("token.revoke", { credential: id });
    return dead(service, secret);
  },
  "a token that has run out": async () => {
    const expires = new Date(Date.now() + 1000);
    const { secret } = await issue(service, { expires });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    return dead(service, secret, "EXPIRED");
  },
  "an app password that was ended": async () => {
    const { id, secret } = await appPassword();
    const asked = { token: ann.key.token };
    await server.op("credential.end", { credential: id }, asked);
    return dead(ann, secret);
  },
  "a session that was ended": async () => {
    const { id, secret } = await server.signIn(carl.key.passkey);
    await server.op("session.revoke", { session: id });
    return dead(carl, secret);
  },
  "a session that was signed out": async () => {
    const { secret } = await server.signIn(carl.key.passkey);
    await server.op("session.end", {}, { token: secret });
    return dead(carl, secret);
  },
  "a session by an exception that was ended": async () => {
    const ned = await enrolByPassword("ned");
    const grant = await except(ned);
    const { whose, secret } = await byPasswordAlone(ned);
    await server.op("policy.end", { grant });
    return dead(whose, secret);
  },
  "a session of a passkey that was ended": async () => {
    const fay = await enrol("fay", []);
    const { list } = await server.op("credential.list", { principal: fay.id });
    const { id } = list.find((one: Any) => one.kind === "passkey");
    const asked = { token: ann.key.token };
    await server.op("credential.end", { credential: id }, asked);
    return dead(fay, fay.key.token);
  },
  "a session of somebody suspended": async () => {
    const gus = await enrol("gus", ALL);
    await server.op("principal.suspend", { principal: gus.id });
    return dead(gus, gus.key.token, "SUSPENDED");
  },
  "an app password of somebody suspended": async () => {
    const hal = await enrol("hal", []);
    const { secret } = await server.op(
      "app_password.issue",
      { label: "x" },
      { token: hal.key.token },
    );
    await server.op("principal.suspend", { principal: hal.id });
    return dead(hal, secret, "SUSPENDED");
  },
  "a session of somebody who was ended": async () => {
    const ida = await enrol("ida", []);
    await server.op("principal.end", { principal: ida.id });
    return dead(ida, ida.key.token);
  },
  "a token of a service that was ended": async () => {
    const gone = await serviceWith("gone", ALL);
    const { secret } = await issue(gone);
    await server.op("principal.end", { principal: gone.id });
    return dead(gone, secret);
  },
  "an invitation that was used": async () => {
    const { id, invitation } = await server.invite("jim");
    const passkey = new Passkey(new URL(server.url("/")).origin);
    const made = passkey.create(await server.challenge("register"));
    const asked = { token: invitation };
    await server.op("passkey.add", { label: "x", ...made }, asked);
    return dead({ ...ann, id }, invitation);
  },

  "a session of a link that was ended": async () => {
    const { grant, session } = await openLink();
    await server.op("share.revoke", { grant }, { token: ann.key.token });
    return dead(session.whose, session.secret);
  },

  // what never was one
  "a link itself": async () => unknown((await openLink()).link),
  "a secret that nobody was given": async () =>
    unknown("chy_0123456789abcdefghjkmnpqrs"),
  "half a secret": async () => unknown(ann.key.token.slice(0, 15)),
  "a login that nobody approved": async () => {
    const args = { label: "x" };
    const asked = { token: null };
    return unknown((await server.op("login.begin", args, asked)).secret);
  },
  "a password alone": async () => unknown(PASSWORD),
  "a code of an app alone": async () => unknown(codeOf(bob.seed, 1)),
  "a person's name": async () => unknown("ann"),
  "an id": async () => unknown(ann.id),
};

// ---- all of it ----------------------------------------------------------------

/** One credential over one way in, for one thing. */
interface Cell {
  what: string;
  who: string;
  credential: string;
  /** The operation, and before it another where the front doesn't know yet. */
  operation: string;
  first?: string;
  /** What the record says came of it. */
  outcome: string;
  told: string;
  was?: string;
}

const made = new Map<string, Credential>();
const cells: Cell[] = []; // by number, which is their User-Agent
const ofProgram: Cell[] = []; // of the command line, in their order
const AT_ONCE = 12;

before(async () => {
  server = await Server.start("matrix", {
    config: { max_tries_address: 100000, max_tries_account: 100000 },
  });
  helper = (await server.principal("helper")).id;
  ann = await enrol("ann", ALL);
  const knows = await enrolByPassword("bob");
  bob = await open(knows, codeOf(knows.seed, 1));
  administrators = [
    await server.administrator("first"),
    await server.administrator("second"),
  ];
  carl = await enrol("carl", []);
  service = await serviceWith("service", ALL);
  plain = await serviceWith("plain", []);
  for (const [name, make] of Object.entries(credentials))
    made.set(name, await make());
});

after(() => server.stop());

/** What is to come of it. */
function cellOf(
  credential: string,
  c: Credential,
  carrier: string,
  [what, ask]: [string, Ask],
  way: Way,
  apps: Set<string>,
): Cell {
  const first = way.asksFirst ? rule(c, WHO, apps) : "done";
  const outcome = first !== "done" ? first : rule(c, ask, apps);
  return {
    what: `${credential}, ${carrier}: ${what} (${way.sent.where})`,
    ...{ who: c.whose.id, credential },
    operation: way.operation,
    ...(way.asksFirst ? { first: "session.get" } : {}),
    outcome,
    told: telling(outcome, c, ask),
  };
}

/** Does all that there is to do, so many at once. */
async function doAll(work: (() => Promise<void>)[]): Promise<void> {
  const rest = work.values();
  const worker = async () => {
    for (const one of rest) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A resource says of a dead credential no more than that it is none. */
const isTold = ({ was, told }: Cell): boolean =>
  was === told ||
  (was === "401" && (told === "UNAUTHENTICATED" || told === "EXPIRED"));

/** Every way in and everything to ask for, with one credential. */
async function fill(
  name: string,
  apps: Set<string>,
  fits = (_: Ask): boolean => true,
): Promise<void> {
  const c = made.get(name);
  const own: Cell[] = [];
  const work: (() => Promise<void>)[] = [];
  assert(c !== undefined);
  const all = Object.entries(asks(c.whose));
  for (const ask of all.filter(([, one]) => fits(one)))
    for (const way of ask[1].ways)
      for (const [carrier, send] of Object.entries(carriers)) {
        const cell = cellOf(name, c, carrier, ask, way, apps);
        const agent = { "user-agent": `cell/${cells.push(cell) - 1}` };
        own.push(cell);
        work.push(async () => {
          cell.was = toldBy(await send(c.secret, way.sent, agent));
        });
      }
  await doAll(work);
  const wrong = own.filter((cell) => !isTold(cell));
  assert.deepEqual(wrong, []);
}

for (const name of Object.keys(credentials))
  test(`${name} gets the same by every way in`, () => fill(name, APPS));

test("and so it is at the command line", async () => {
  const file = path.join(server.folder, "secret");
  for (const [name, c] of made)
    for (const ask of Object.entries(asks(c.whose)))
      for (const way of ask[1].ways) {
        if (way.args === undefined) continue;
        const cell = cellOf(name, c, "the command line", ask, way, APPS);
        fs.writeFileSync(file, `${c.secret}\n`);
        const { status, stderr } = await runProgram(path.join(BIN, "chancery"), [
          ...["--url", server.url("", true), "--token-file", file],
          ...["--ca", path.join(server.state, "keeper", "tls.crt")],
          ...["api", way.operation, JSON.stringify(way.args)],
        ]);
        ofProgram.push(cell);
        assert.equal(status, cell.told === "done" ? 0 : 1, cell.what + stderr);
      }
});

test("an app that is withdrawn is so for everybody, by every way in", async () => {
  const { list } = await server.op("app.list", { app: "files" });
  for (const { id } of list) await server.op("app.revoke", { grant: id });
  const left = new Set([...APPS].filter((app) => app !== "files"));
  for (const name of made.keys())
    await fill(name, left, ({ app }) => app === "files");
});

test("who may act again may do what they could, by every way in", async () => {
  const name = "a session of somebody suspended";
  const { whose, secret } = made.get(name) as Credential;
  await server.op("principal.resume", { principal: whose.id });
  made.set(name, signedIn(whose, secret));
  await fill(name, new Set(["log", "admin"]));
});

test("who comes with a name and a password in each request is nobody", async () => {
  const c = made.get("an administrator's session by passkey") as Credential;
  for (const user of [`bob:${PASSWORD}`, `ann:${c.secret}`, `:${c.secret}`]) {
    const basic = Buffer.from(user).toString("base64");
    const headers = {
      authorization: `Basic ${basic}`,
      "user-agent": "cell/basic",
    };
    for (const { ways } of Object.values(asks(c.whose)))
      for (const { sent } of ways)
        for (const tls of [false, true]) {
          const { status } = await overHttp1(server, tls, sent, headers);
          assert.equal(status, 401, sent.where);
        }
  }
});

// ---- the record ---------------------------------------------------------------

interface Recorded {
  operation: string;
  outcome: string;
  who: string; // whose secret it was, its session, its credential
}

test("each stands in the record with the same outcome, of the same session", async () => {
  const found = new Map<string, Recorded[]>();
  for (const event of await server.search({})) {
    const agent = event.http_request?.user_agent ?? "";
    const operation = event.metadata.event_code;
    if (operation === "context" || operation === "stream.end") continue;
    const { user, session } = event.actor ?? {};
    const key = /^chancery\//.test(agent) ? "program" : agent;
    const records = found.get(key) ?? [];
    found.set(key, records);
    records.push({
      operation,
      outcome: event.status_code ?? "done",
      who: [user?.uid, session?.uid, session?.credential_uid].join(" "),
    });
  }
  const sessions = new Map<string, Set<string>>();
  const wrong: object[] = [];
  const check = (cell: Cell, records: Recorded[]) => {
    const had = records.map((one) => `${one.operation} ${one.outcome}`);
    const wanted = [
      [`${cell.operation} ${cell.outcome}`],
      [`${cell.first} ${cell.outcome}`],
      [`${cell.first} done`, `${cell.operation} ${cell.outcome}`],
    ];
    if (!wanted.some((one) => String(one) === String(had)))
      wrong.push({ what: cell.what, had, wanted });
    const own = sessions.get(cell.credential) ?? new Set();
    sessions.set(cell.credential, own);
    for (const { who } of records) own.add(who);
    for (const { who } of records)
      if (!who.startsWith(cell.who === "" ? " " : cell.who))
        wrong.push({ what: cell.what, who });
  };

  cells.forEach((cell, i) => check(cell, found.get(`cell/${i}`) ?? []));
  const program = found.get("program") ?? [];
  for (const cell of ofProgram) check(cell, program.splice(0, 1));
  assert.deepEqual(wrong, []);
  for (const [credential, own] of sessions)
    assert.equal(own.size, 1, `${credential}: ${[...own].join(", ")}`);
  assert.equal(found.get("cell/basic"), undefined);
});
