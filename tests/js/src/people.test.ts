// A new administrator's first week on the command line: people, groups and units,
// who may use what, a part of the organisation with an administrator of its own,
// who does what they may and is refused what they may not; and why.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import {
  type Any,
  BIN,
  type Ended,
  type Person,
  runProgram,
  Server,
} from "./server.js";

const PROGRAM = path.join(BIN, "chancery");
const [DONE, REFUSED, WRONG] = [0, 1, 2] as const;

/** Somebody at a command line of their own. */
class Shell {
  readonly #options: string[];

  constructor(readonly person: Person) {
    const file = path.join(server.folder, `${person.login}.token`);
    fs.writeFileSync(file, person.token, { mode: 0o600 });
    this.#options = ["--url", server.url("/"), "--token-file", file];
  }

  run(...args: string[]): Promise<Ended> {
    return runProgram(PROGRAM, [...args, ...this.#options]);
  }

  async does(...args: string[]): Promise<string> {
    const ended = await this.run(...args);
    assert.equal(ended.status, DONE, `${args.join(" ")}: ${ended.stderr}`);
    return ended.stdout.trim();
  }

  async isRefused(says: RegExp, ...args: string[]): Promise<void> {
    const ended = await this.run(...args);
    assert.equal(ended.status, REFUSED, `${args.join(" ")}: ${ended.stdout}`);
    assert.match(ended.stderr, says);
  }

  async isWrong(says: RegExp, ...args: string[]): Promise<void> {
    const ended = await this.run(...args);
    assert.equal(ended.status, WRONG, `${args.join(" ")}: ${ended.stdout}`);
    assert.match(ended.stderr, says);
  }

  /** The rows of a list: piped, their cells are apart by tabs. */
  async lists(...args: string[]): Promise<string[][]> {
    const text = await this.does(...args);
    return text === "" ? [] : text.split("\n").map((row) => row.split("\t"));
  }

  async json(...args: string[]): Promise<Any[]> {
    const text = await this.does(...args, "--json");
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }
}

const DENIED = /you don.t have the right/;

let server: Server;
let admin: Shell;
let carl: Shell; // administers Sales
let doris: Person; // who is in a part of it

before(async () => {
  server = await Server.start("people");
  admin = new Shell(await server.administrator("admin@example.org"));
  doris = await server.enrol("doris@example.org");
});

after(() => server.stop());

const names = (rows: string[][]): (string | undefined)[] =>
  rows.map((row) => row.at(-1));

test("an administrator adds people, and sees them", async () => {
  const id = await admin.does("person", "add", "anna", "Anna Adler");
  assert.match(id, /^p/);
  await admin.isRefused(/ANNA: .*already there/, "person", "add", "ANNA", "Another");
  await admin.isRefused(/name/i, "person", "add", "a nna", "Another");
  await admin.isWrong(/LOGIN NAME/, "person", "add", "anna");
  const link = await admin.does("invite", "anna");
  assert.match(link, /\/enrol#/);
  assert.match(await admin.does("invite", "bob", "Bob Baker"), /\/enrol#/);

  const rows = await admin.lists("people");
  const anna = rows.find((row) => row[0] === id);
  assert.deepEqual(
    anna?.filter((_, i) => i !== 5),
    [id, "person", "anna", "", "", "Anna Adler"],
  );
  // People alone, and all of them: the service that installed it is none.
  assert(rows.every((row) => row[1] === "person"));
  assert(names(await admin.lists("principal", "list")).includes("Everyone"));
  const logins = (await admin.json("people")).map((one) => one.login);
  for (const login of ["admin@example.org", "anna", "bob", "doris@example.org"])
    assert(logins.includes(login), login);
});

test("people get other names", async () => {
  await admin.isWrong(/--name/, "person", "rename", "anna");
  await admin.does("person", "rename", "anna", "--name", "Anna Huber");
  await admin.does("person", "rename", "Anna Huber", "--login", "huber");
  assert.deepEqual(
    (await admin.lists("people")).find((row) => row[2] === "huber")?.at(-1),
    "Anna Huber",
  );
  await admin.isRefused(/no person is named 'anna'/, "person", "end", "anna");
  await admin.isRefused(/already there/, "person", "rename", "huber", "--login", "bob");
});

test("what a group has, its members have while they are in it", async () => {
  await admin.does("group", "add", "Accounting");
  await admin.does("group", "add", "Finance");
  await admin.does("group", "join", "Finance", "Accounting");
  await admin.does("group", "join", "Accounting", "huber", "bob");
  await admin.isRefused(
    /huber: .*already there/,
    ...["group", "join", "Accounting", "huber"],
  );
  await admin.isRefused(
    /no principal is named .zoe./,
    ...["group", "join", "Accounting", "zoe"],
  );
  await admin.isRefused(/group/, "group", "join", "huber", "bob");
  // A circle of them is none.
  await admin.isRefused(/Finance: /, "group", "join", "Accounting", "Finance");
  assert.deepEqual(names(await admin.lists("group", "members", "Accounting")), [
    "Anna Huber",
    "Bob Baker",
  ]);

  await admin.does("mkdir", "reports");
  await admin.does("share", "grant", "reports", "Finance", "read");
  const who = async (): Promise<(string | undefined)[]> =>
    names(await admin.lists("who-can", "read", "reports"));
  assert((await who()).includes("Anna Huber"));
  const why = await admin.does("why", "huber", "read", "reports");
  assert.match(why, /YES/);
  assert.match(why, /is in the group Accounting/);
  await admin.does("group", "leave", "Accounting", "huber");
  assert(!(await who()).includes("Anna Huber"));
  assert((await who()).includes("Bob Baker"));
  const no = await admin.run("why", "huber", "read", "reports");
  assert.equal(no.status, REFUSED);
  assert.match(no.stdout, /NO.*\n.*would need/s);
  await admin.does("group", "rename", "Accounting", "Bookkeeping");
  await admin.does("group", "end", "Finance");
  assert(!(await who()).includes("Bob Baker"));
  assert(!names(await admin.lists("group", "list")).includes("Finance"));
  assert(
    (await admin.json("group", "list", "--all")).some(
      (one) => one.name === "Finance" && one.ended,
    ),
  );
});

test("apps are for those who may use them", async () => {
  const users = async (): Promise<(string | undefined)[]> =>
    names(await admin.lists("who-can", "use", "mail"));
  assert((await users()).includes("Anna Huber"));
  await admin.isWrong(/no app 'post'.*mail/, "app", "grant", "post", "bob");
  await admin.does("app", "revoke", "mail", "Everyone");
  assert.deepEqual(await users(), []);
  await admin.does("app", "grant", "mail", "Bookkeeping");
  const grant = await admin.does("app", "grant", "mail", "huber");
  assert.deepEqual((await users()).sort(), ["Anna Huber", "Bob Baker"]);
  assert.match(await admin.does("why", "bob", "use", "mail"), /Bookkeeping/);
  assert.deepEqual(
    (await admin.lists("app", "list", "mail")).map((row) => row.at(-1)),
    ["Bookkeeping", "Anna Huber"],
  );
  assert.equal(
    (await admin.json("app", "list")).filter((one) => one.app === "mail").length,
    2,
  );
  await admin.does("app", "revoke", grant);
  await admin.isRefused(
    /huber hasn't been given mail/,
    ...["app", "revoke", "mail", "huber"],
  );
  assert.deepEqual(await users(), ["Bob Baker"]);
});

test("a part of the organisation has an administrator of its own", async () => {
  await admin.does("unit", "add", "Sales");
  await admin.does("unit", "add", "Export", "--in", "Sales");
  await admin.does("unit", "add", "Plant");
  const units = await admin.lists("unit", "list");
  assert.deepEqual(
    units.map((row) => [row[1], row.at(-1)]),
    [
      ["", "Sales"],
      ["Sales", "Export"],
      ["", "Plant"],
    ],
  );
  const person = await server.enrol("carl@example.org");
  carl = new Shell(person);
  await carl.isRefused(DENIED, "people");
  await carl.isRefused(DENIED, "unit", "list");
  await admin.does("person", "move", "carl@example.org", "Sales");
  await admin.does("person", "move", "doris@example.org", "Export");
  await admin.does("person", "move", "bob", "Plant");
  await admin.does(
    ...(["role", "grant", "carl@example.org"] as const),
    ...["user_admin", "--unit", "Sales"],
  );
  const roles = await admin.lists("role", "list", "carl@example.org");
  assert.deepEqual(
    roles.map((row) => [row[1], row[2]]),
    [["user_admin", "Sales"]],
  );
  // Their own they may list, without any right to others'.
  assert.deepEqual(await carl.lists("role", "list", person.id), roles);
  const why = await admin.does(
    ...(["why", "carl@example.org", "user_admin"] as const),
    ...["--unit", "Export"],
  );
  assert.match(why, /YES/);
  assert.match(why, /Export lies in Sales/);
});

test("they do what they may", async () => {
  assert.deepEqual(
    (await carl.lists("unit", "list")).map((row) => row.at(-1)),
    ["Sales", "Export"],
  );
  const people = await carl.lists("people");
  assert.deepEqual(
    people.map((row) => [row[2], row[3]]),
    [
      ["carl@example.org", "Sales"],
      ["doris@example.org", "Export"],
    ],
  );
  assert.equal((await carl.lists("people", "--unit", "Export")).length, 1);
  await carl.does("person", "add", "emil", "Emil", "--unit", "Export");
  assert.match(
    await carl.does("invite", "fritz", "Fritz", "--unit", "Sales"),
    /\/enrol#/,
  );
  await carl.does("person", "move", "emil", "Sales");
  await carl.does("person", "rename", "emil", "--name", "Emil Ernst");
  await carl.does("group", "add", "Sellers", "--unit", "Sales");
  await carl.does("group", "join", "Sellers", "emil", "fritz");
  await carl.does("suspend", "emil");
  assert.deepEqual(
    (await carl.lists("people")).find((row) => row[2] === "emil")?.[4],
    "suspended",
  );
  await carl.does("resume", "emil");
  await carl.does("unit", "add", "Shop", "--in", "Sales");
  await carl.does("unit", "rename", "Shop", "Outlet");
  await carl.does("unit", "end", "Outlet");
  await carl.does("role", "grant", "emil", "security_responder", "--unit", "Export");
  assert.deepEqual(
    (await carl.lists("role", "list", "--unit", "Export")).map((row) => row[2]),
    ["Export"],
  );
  await carl.does("role", "revoke", "emil", "security_responder", "--unit", "Export");
  await carl.does("person", "end", "emil");
  assert.equal((await carl.json("people", "--all")).length, 4);
  assert.equal((await carl.json("people")).length, 3);
});

test("and are refused what they may not", async () => {
  const [bob, huber] = await Promise.all(
    ["bob", "huber"].map(
      async (login) =>
        (await admin.json("people")).find((one) => one.login === login)
          ?.id as string,
    ),
  );
  assert(bob !== undefined && huber !== undefined);
  const plant = (await admin.json("unit", "list")).find(
    (one) => one.name === "Plant",
  )?.id as string;
  // By name others are nobody to them; by id they are out of reach.
  await carl.isRefused(/no person is named 'bob'/, "person", "end", "bob");
  await carl.isRefused(/no unit is named 'Plant'/, "people", "--unit", "Plant");
  for (const args of [
    ["people", "--unit", plant],
    ["person", "end", bob],
    ["person", "rename", bob, "--name", "Robert"],
    ["person", "move", bob, "Sales"],
    ["person", "move", "fritz", plant],
    ["person", "move", "fritz", "none"],
    ["suspend", huber],
    ["group", "join", "Sellers", bob],
    ["person", "add", "gustav", "Gustav", "--unit", plant],
    ["person", "add", "gustav", "Gustav"],
    ["role", "grant", "fritz", "user_admin"],
    ["role", "grant", "fritz", "user_admin", "--unit", plant],
    ["role", "list"],
    ["unit", "rename", plant, "Sales too"],
    ["app", "grant", "log", "fritz"],
    ["app", "list"],
  ])
    await carl.isRefused(DENIED, ...args);
});

test("who has moved out is out of reach, with all that comes of it", async () => {
  const responder = await server.enrol("rita@example.org");
  const asked = { token: responder.token };
  await admin.does("person", "move", "rita@example.org", "Sales");
  await admin.does(
    ...(["role", "grant", "rita@example.org"] as const),
    ...["security_responder", "--unit", "Sales"],
  );
  const theirs = { principal: doris.id };
  const { list } = await server.op("session.list", theirs, asked);
  assert.equal(list.length, 1);
  await server.op("credential.list", theirs, { token: carl.person.token });
  await admin.does("person", "move", doris.login, "Plant");
  const code = async (name: string, args: object, token: string) =>
    server.op(name, args, { token }).then(
      () => "done",
      (error: Any) => error.code as string,
    );
  const session = { session: list[0].id };
  assert.equal(await code("session.list", theirs, responder.token), "DENIED");
  assert.equal(await code("session.revoke", session, responder.token), "DENIED");
  assert.equal(
    await code("credential.list", theirs, carl.person.token),
    "DENIED",
  );
  // What she had open herself is as it was.
  await server.op("session.get", {}, { token: doris.token });
  await admin.does("person", "move", doris.login, "Export");
  const [passkey] = (
    await server.op("credential.list", theirs, { token: carl.person.token })
  ).list;
  assert.equal(await code("session.revoke", session, responder.token), "done");
  assert.notEqual(await code("session.get", {}, doris.token), "done");
  assert.equal(
    await code(
      "credential.end",
      { credential: passkey.id },
      carl.person.token,
    ),
    "done",
  );
});

test("a unit ends when nobody is in it", async () => {
  await admin.isRefused(
    /Plant: people, groups or units are in it/,
    ...["unit", "end", "Plant"],
  );
  await admin.isRefused(
    /bob: it is there already/,
    ...["person", "move", "bob", "Plant"],
  );
  await admin.does("person", "move", "bob", "none");
  await admin.does("unit", "end", "Plant");
  assert.deepEqual(
    (await admin.lists("unit", "list")).map((row) => row.at(-1)),
    ["Sales", "Export"],
  );
  assert.equal((await admin.json("unit", "list", "--all")).length, 4);
  await admin.does(
    ...(["role", "revoke", "carl@example.org"] as const),
    ...["user_admin", "--unit", "Sales"],
  );
  await carl.isRefused(DENIED, "people");
});

test("of many at once those are refused that a record has no room for", async () => {
  const many = Array.from({ length: 500 }, (_, i) => ({
    kind: "person",
    name: `Person ${i}`,
    login: `person-${i}`,
  }));
  const answers = await server.ops("principal.create", many);
  const refused = many.filter((_, i) => !answers[i]?.ok);
  assert(refused.length > 0 && refused.length <= 400, `${refused.length}`);
  for (const answer of answers) if (!answer.ok) assert.equal(answer.code, "LIMIT");
  // None of them is there: a hundred at a time they are made.
  for (let i = 0; i < refused.length; i += 100) {
    const made = await server.ops("principal.create", refused.slice(i, i + 100));
    assert.deepEqual(made.filter(({ ok }) => !ok), []);
  }
});

test("what an authenticator knows a passkey by is told to whose it is alone", async () => {
  const { id, passkey, token } = await server.enrol("nils@example.org");
  const handles = async (asked: object): Promise<Any[]> => {
    const { list } = await server.op("credential.list", { principal: id }, asked);
    return list
      .filter(({ kind }: Any) => kind === "passkey")
      .map(({ handle }: Any) => handle);
  };
  assert.deepEqual(await handles({ token }), [passkey.id.toString("base64")]);
  assert.deepEqual(await handles({}), [undefined]);
});
