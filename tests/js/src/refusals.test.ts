// What can't be done, and what one may not do: refused with its reason, on the
// record with the same one, and nothing has changed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type Any, type Person, Refused, Server } from "./server.js";

let server: Server;
let ann: Person;
let bob: Person; // who may read one of ann's files
let eve: Person; // who may nothing of hers
let folder = "";
let below = "";
let file = "";
let outer = ""; // a group, in which inner is, in which ann is
let inner = "";

const as = (person: Person) => ({ token: person.token });

async function folderIn(parent: string, name: string): Promise<string> {
  const args = { parent, name };
  return (await server.op("folder.create", args, as(ann))).id;
}

async function fileIn(parent: string, name: string): Promise<string> {
  const args = { parent, name, content: "QQ==" };
  return (await server.op("file.create", args, as(ann))).id;
}

before(async () => {
  server = await Server.start("refusals");
  ann = await server.enrol("ann");
  bob = await server.enrol("bob");
  eve = await server.enrol("eve");
  const { home } = await server.op("session.get", {}, as(ann));
  folder = await folderIn(home, "a folder");
  below = await folderIn(folder, "below");
  file = await fileIn(folder, "a file");
  const share = { node: file, principal: bob.id, relation: "read" };
  await server.op("share.grant", share, as(ann));
  [outer, inner] = [await group("outer"), await group("inner")];
  for (const [in_, principal] of [
    [outer, inner],
    [inner, ann.id],
  ])
    await server.op("member.add", { group: in_, principal });
});

after(() => server.stop());

const group = async (name: string): Promise<string> =>
  (await server.op("group.create", { name })).id;

/** Rights but for when they were used last: to look is to use some. */
const unused = (list: Any[]): Any[] =>
  list.map(({ used: _, ...rest }) => rest as Any);

const sharing = (principal: string, relation = "read"): object => ({
  node: file,
  ...{ principal, relation },
});

const role = (principal: string): object => ({
  principal,
  relation: "security_responder",
});

interface Wrong {
  operation: string;
  args: () => object;
  by?: () => Person;
  told: string;
  /** What the record says, where that is more. */
  recorded?: string;
}

const wrongs: { [what: string]: Wrong } = {
  // circles
  "a group in itself": {
    operation: "member.add",
    args: () => ({ group: inner, principal: inner }),
    told: "LOOP",
  },
  "a group in one that it holds": {
    operation: "member.add",
    args: () => ({ group: inner, principal: outer }),
    told: "LOOP",
  },
  "a folder into itself": {
    operation: "node.move",
    args: () => ({ node: folder, folder }),
    by: () => ann,
    told: "LOOP",
  },
  "a folder into what is in it": {
    operation: "node.move",
    args: () => ({ node: folder, folder: below }),
    by: () => ann,
    told: "LOOP",
  },
  "a copy of a folder in itself": {
    operation: "node.copy",
    args: () => ({ node: folder, folder: below }),
    by: () => ann,
    told: "LOOP",
  },

  // shares by those who may not
  "a share of what one may only read": {
    operation: "share.grant",
    args: () => sharing(eve.id),
    by: () => bob,
    told: "DENIED",
  },
  "more for oneself than to read": {
    operation: "share.grant",
    args: () => sharing(bob.id, "owner"),
    by: () => bob,
    told: "DENIED",
  },
  "a share of what one can't see": {
    operation: "share.grant",
    args: () => sharing(eve.id),
    by: () => eve,
    told: "NOT_FOUND",
    recorded: "DENIED",
  },
  "a share of another's home": {
    operation: "share.grant",
    args: () => ({ ...sharing(bob.id), node: folder }),
    by: () => bob,
    told: "NOT_FOUND",
    recorded: "DENIED",
  },
  "a share with nobody": {
    operation: "share.grant",
    args: () => sharing("p0000000000000"),
    by: () => ann,
    told: "NOT_FOUND",
  },

  // rights of one's own making
  "a role for oneself": {
    operation: "role.grant",
    args: () => role(bob.id),
    by: () => bob,
    told: "DENIED",
  },
  "a group for oneself": {
    operation: "member.add",
    args: () => ({ group: inner, principal: eve.id }),
    by: () => eve,
    told: "DENIED",
  },
  "another's session": {
    operation: "session.revoke_all",
    args: () => ({ principal: ann.id }),
    by: () => eve,
    told: "DENIED",
  },
  "a way in as another": {
    operation: "invitation.issue",
    args: () => ({ principal: ann.id }),
    by: () => eve,
    told: "DENIED",
  },
};

/** All that such things could have changed. */
async function everything(): Promise<Any> {
  return {
    shares: unused((await server.op("share.list", { node: file }, as(ann))).list),
    folder: (await server.op("folder.list", { folder }, as(ann))).list,
    below: (await server.op("folder.list", { folder: below }, as(ann))).list,
    roles: unused((await server.op("role.list")).list),
    inner: (await server.op("group.members", { group: inner })).list,
    outer: (await server.op("group.members", { group: outer })).list,
  };
}

for (const [what, wrong] of Object.entries(wrongs))
  test(`${what}: refused, recorded, and nothing changes`, async () => {
    const before = await everything();
    const by = wrong.by?.();
    const headers = { "user-agent": what };
    const token = by?.token ?? server.token;
    const [result] = await server.ops(wrong.operation, [wrong.args()], {
      ...{ token, headers },
    });
    assert.equal(result.code, wrong.told);
    const [record, ...more] = (
      await server.search({ operation: wrong.operation })
    ).filter((event) => event.http_request?.user_agent === what);
    assert.equal(record.status_code, wrong.recorded ?? wrong.told);
    assert.equal(record.status, "Failure");
    if (by !== undefined) assert.equal(record.actor.user.uid, by.id);
    assert.deepEqual(more, []);
    assert.deepEqual(await everything(), before);
  });

// ---- names --------------------------------------------------------------------

const LATIN = "paypal";
const CYRILLIC = "p\u0430yp\u0430l"; // with two letters of another alphabet
const WIDE = "\uff50\uff41\uff59\uff50\uff41\uff4c";
const COMPOSED = "Caf\u00e9";
const DECOMPOSED = "Cafe\u0301";

test("names that only look alike are two, and each leads to its own", async () => {
  const latin = await fileIn(below, LATIN);
  const other = await fileIn(below, CYRILLIC);
  assert.notEqual(latin, other);
  for (const [name, id] of [
    [LATIN, latin],
    [CYRILLIC, other],
  ] as const) {
    const path = `a folder/below/${name}`;
    assert.equal((await server.op("node.get", { path }, as(ann))).id, id);
  }
  // A right on the one is none on the other.
  const share = { node: other, principal: eve.id, relation: "read" };
  await server.op("share.grant", share, as(ann));
  await server.op("node.get", { node: other }, as(eve));
  await assert.rejects(server.op("node.get", { node: latin }, as(eve)), Refused);
});

test("names that are the same by Unicode are one", async () => {
  const id = await fileIn(below, COMPOSED);
  const [again] = await server.ops(
    "file.create",
    [{ parent: below, name: DECOMPOSED, content: "QQ==" }],
    as(ann),
  );
  assert.equal(again.code, "EXISTS");
  const path = `a folder/below/${DECOMPOSED}`;
  assert.equal((await server.op("node.get", { path }, as(ann))).id, id);
});

test("who only looks like somebody is somebody else", async () => {
  await server.invite(LATIN);
  await server.invite(CYRILLIC);
  for (const login of ["PayPal", WIDE, " paypal", "pay\u200bpal"]) {
    const args = { kind: "person", name: login, login };
    const [result] = await server.ops("principal.create", [args]);
    assert.match(result.code, /^(EXISTS|NAME)$/, login);
  }
});
