// JMAP as RFC 8620 has it, and by a client of others: npm's jmap-jam.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { type Any, CORE, FILES, OPERATIONS, Server, within } from "./server.js";

let server: Server;
let accountId = "";
let homeId = "";

before(async () => {
  server = await Server.start("jmap");
  const session = await sessionObject(false);
  accountId = session.primaryAccounts[FILES];
  homeId = session.accounts[accountId].accountCapabilities[FILES].homeId;
});
after(async () => server.stop());

async function sessionObject(tls: boolean): Promise<Any> {
  const answer = await server.ask("/.well-known/jmap", { tls });
  assert.equal(answer.status, 200);
  return JSON.parse(answer.body.toString());
}

// One method: its name and what it answered.
async function method(name: string, args: object): Promise<[string, Any]> {
  const [response] = await server.jmap([[name, { accountId, ...args }, "c"]]);
  assert(response !== undefined);
  assert.equal(response[2], "c");
  return [response[0], response[1]];
}

async function good(name: string, args: object): Promise<Any> {
  const [answered, body] = await method(name, args);
  assert.equal(answered, name, JSON.stringify(body));
  return body;
}

async function bad(name: string, args: object): Promise<string> {
  const [answered, body] = await method(name, args);
  assert.equal(answered, "error", JSON.stringify(body));
  return body.type;
}

async function upload(bytes: string | Uint8Array, type?: string): Promise<Any> {
  const answer = await server.ask(`/jmap/upload/${accountId}/`, {
    method: "POST",
    body: bytes,
    headers: type === undefined ? {} : { "content-type": type },
  });
  assert.equal(answer.status, 201);
  return JSON.parse(answer.body.toString());
}

async function makeFile(name: string, bytes = name): Promise<Any> {
  const { blobId } = await upload(bytes);
  const set = await good("FileNode/set", {
    create: { f: { name, parentId: homeId, blobId, type: "text/plain" } },
  });
  assert(set.created.f !== undefined, JSON.stringify(set.notCreated));
  return set.created.f;
}

const stateNow = async (): Promise<string> =>
  (await good("FileNode/get", { ids: [homeId] })).state;

// ---- the session

for (const tls of [false, true])
  test(`the session object over ${tls ? "TLS" : "plain HTTP"}`, async () => {
    const session = await sessionObject(tls);
    const own = server.url("", tls);
    for (const url of ["apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"])
      assert(session[url].startsWith(`${own}/`), session[url]);
    for (const name of ["accountId", "blobId", "name", "type"])
      assert(session.downloadUrl.includes(`{${name}}`));
    assert(session.uploadUrl.includes("{accountId}"));
    for (const name of ["types", "closeafter", "ping"])
      assert(session.eventSourceUrl.includes(`{${name}}`));
    const core = session.capabilities[CORE];
    for (const limit of [
      ...["maxSizeUpload", "maxConcurrentUpload", "maxSizeRequest"],
      ...["maxConcurrentRequests", "maxCallsInRequest"],
      ...["maxObjectsInGet", "maxObjectsInSet"],
    ])
      assert(Number.isSafeInteger(core[limit]) && core[limit] > 0, limit);
    assert(Array.isArray(core.collationAlgorithms));
    assert.deepEqual(Object.keys(session.accounts), [accountId]);
    assert.equal(typeof session.state, "string");
    assert.equal(typeof session.username, "string");
  });

test("the session's state stands in each response", async () => {
  const { state } = await sessionObject(false);
  const answer = await server.ask("/jmap/api", {
    body: JSON.stringify({ using: [CORE], methodCalls: [] }),
  });
  const body = JSON.parse(answer.body.toString());
  assert.deepEqual(body, { methodResponses: [], sessionState: state });
});

// ---- requests

test("Core/echo gives back what it got", async () => {
  const args = { a: [1, null, { b: "ü\u2028" }], c: true, d: 1.5, accountId };
  assert.deepEqual(await good("Core/echo", args), args);
});

test("calls are done in order, and each is answered under its id", async () => {
  const calls = Array.from({ length: 32 }, (_, i): [string, object, string] => [
    "Core/echo",
    { i },
    `call ${i}`,
  ]);
  assert.deepEqual(await server.jmap(calls), calls);
});

test("a call refers to the results of those before it", async () => {
  await makeFile("referred-1");
  await makeFile("referred-2");
  const [query, get] = (await server.jmap([
    ["FileNode/query", { accountId, filter: { parentId: homeId } }, "q"],
    [
      "FileNode/get",
      {
        accountId,
        "#ids": { resultOf: "q", name: "FileNode/query", path: "/ids" },
        properties: ["name"],
      },
      "g",
    ],
  ])) as Any[];
  assert.deepEqual(
    get[1].list.map((node: Any) => node.id),
    query[1].ids,
  );
  assert(get[1].list.some((node: Any) => node.name === "referred-1"));
  assert.deepEqual(Object.keys(get[1].list[0]).sort(), ["id", "name"]);

  const echoed = { list: [{ ids: ["a", "b"] }, { ids: ["c"] }], "x/~": 1 };
  for (const [path, value] of [
    ["/list/*/ids", ["a", "b", "c"]],
    ["/list/1/ids/0", "c"],
    ["/x~1~0", 1],
  ] as const) {
    const [, second] = (await server.jmap([
      ["Core/echo", echoed, "0"],
      ["Core/echo", { "#v": { resultOf: "0", name: "Core/echo", path } }, "1"],
    ])) as Any[];
    assert.deepEqual(second, ["Core/echo", { v: value }, "1"]);
  }
});

for (const [what, reference] of [
  ["an unknown call", { resultOf: "x", name: "Core/echo", path: "/a" }],
  ["another method's", { resultOf: "0", name: "FileNode/get", path: "/a" }],
  ["nowhere", { resultOf: "0", name: "Core/echo", path: "/none" }],
  ["no pointer", { resultOf: "0", name: "Core/echo", path: "a" }],
  ["nothing", {}],
  ["no object", "x"],
] as const)
  test(`a reference to ${what} is refused`, async () => {
    const [, second, third] = (await server.jmap([
      ["Core/echo", { a: 1 }, "0"],
      ["Core/echo", { "#v": reference }, "1"],
      ["Core/echo", { a: 2 }, "2"],
    ])) as Any[];
    assert.equal(second[0], "error");
    assert.equal(second[1].type, "invalidResultReference");
    // The rest goes on.
    assert.deepEqual(third, ["Core/echo", { a: 2 }, "2"]);
  });

test("an argument both given and referred to is refused", async () => {
  const [, second] = (await server.jmap([
    ["Core/echo", { a: 1 }, "0"],
    [
      "Core/echo",
      { v: 1, "#v": { resultOf: "0", name: "Core/echo", path: "/a" } },
      "1",
    ],
  ])) as Any[];
  assert.equal(second[1].type, "invalidArguments");
});

test("ids made in a request are known to what follows", async () => {
  const [first, second] = (await server.jmap([
    [
      "FileNode/set",
      { accountId, create: { outer: { name: "outer", parentId: homeId } } },
      "0",
    ],
    [
      "FileNode/set",
      { accountId, create: { inner: { name: "inner", parentId: "#outer" } } },
      "1",
    ],
  ])) as Any[];
  const inner = second[1].created.inner.id;
  const got = await good("FileNode/get", { ids: [inner] });
  assert.equal(got.list[0].parentId, first[1].created.outer.id);
});

test("createdIds come and go with the request", async () => {
  const answer = await server.ask("/jmap/api", {
    body: JSON.stringify({
      using: [CORE, FILES],
      createdIds: { home: homeId },
      methodCalls: [
        [
          "FileNode/set",
          {
            accountId,
            create: { n: { name: "created-ids", parentId: "#home" } },
          },
          "0",
        ],
      ],
    }),
  });
  const body = JSON.parse(answer.body.toString());
  const made = body.methodResponses[0][1].created.n.id;
  assert.deepEqual(body.createdIds, { home: homeId, n: made });
});

// ---- errors of methods

test("what there is not, and what is not asked for by `using`", async () => {
  assert.equal(await bad("Email/get", {}), "unknownMethod");
  assert.equal(await bad("system.start", {}), "unknownMethod");
  const [without] = (await server.jmap([["FileNode/get", { accountId }, "0"]], {
    using: [CORE],
  })) as Any[];
  assert.equal(without[1].type, "unknownMethod");
  const [operation] = (await server.jmap([["status.read", {}, "0"]], {
    using: [CORE, FILES],
  })) as Any[];
  assert.equal(operation[1].type, "unknownMethod");
});

test("accounts that aren't the caller's", async () => {
  for (const other of ["p0000000000000", "x", "", null, 5])
    assert.equal(
      await bad("FileNode/get", { accountId: other, ids: [] }),
      "accountNotFound",
    );
});

test("more objects than are allowed", async () => {
  const ids = Array(501).fill(homeId);
  assert.equal(await bad("FileNode/get", { ids }), "requestTooLarge");
  assert.equal(await bad("FileNode/get", { ids: null }), "requestTooLarge");
  assert.equal(await bad("FileNode/set", { destroy: ids }), "requestTooLarge");
  assert.equal(
    await bad("node.get", { objects: Array(501).fill({ node: homeId }) }),
    "requestTooLarge",
  );
  const most = await good("FileNode/get", { ids: Array(500).fill(homeId) });
  assert.equal(most.list.length, 500);
});

test("queries that can't be answered", async () => {
  for (const filter of [undefined, {}, { parentId: "x" }, { name: "a" }])
    assert.equal(await bad("FileNode/query", { filter }), "unsupportedFilter");
  const filter = { parentId: homeId };
  assert.equal(
    await bad("FileNode/query", { filter, position: 1 }),
    "invalidArguments",
  );
});

test("a call for one state is done in it alone", async () => {
  const before = await stateNow();
  const folder = (name: string) => ({ name, parentId: homeId });
  const set = (ifInState: unknown, args: object) =>
    method("FileNode/set", { ifInState, ...args });
  const two = { a: folder("in-state a"), b: folder("in-state b") };

  const [name, made] = await set(before, { create: two });
  assert.equal(name, "FileNode/set", JSON.stringify(made));
  assert.deepEqual(Object.keys(made.created), ["a", "b"]);
  assert.equal(made.oldState, before);
  assert.equal(made.newState, await stateNow());

  // All kinds of what it may do, and nothing at all.
  const { id } = made.created.a;
  for (const ifInState of [before, "1", "", "-1", `${made.newState}0`, "x"])
    for (const args of [
      { create: { c: folder("in-state c") } },
      { update: { [id]: { name: "other" } }, destroy: [id] },
      { destroy: ["no id"] },
      {},
    ]) {
      const [error, told] = await set(ifInState, args);
      assert.equal(error, "error", JSON.stringify([ifInState, args, told]));
      assert.equal(told.type, "stateMismatch");
    }
  assert.equal(await stateNow(), made.newState);
  assert.equal((await set(5, {}))[1].type, "invalidArguments");

  for (const args of [{}, { destroy: ["no id"] }]) {
    const [, none] = await set(made.newState, args);
    assert.deepEqual([none.oldState, none.newState], Array(2).fill(made.newState));
  }
  const [, ended] = await set(made.newState, { destroy: [id] });
  assert.deepEqual(ended.destroyed, [id]);
  const [, any] = await set(null, { destroy: [made.created.b.id] });
  assert.deepEqual(any.destroyed, [made.created.b.id]);
});

test("of those who saw the same state, one wins", async () => {
  const ifInState = await stateNow();
  const answers = await Promise.all(
    ["e", "f", "g", "h"].map((n) =>
      method("FileNode/set", {
        ifInState,
        create: { n: { name: `in-state ${n}`, parentId: homeId } },
      }),
    ),
  );
  assert.deepEqual(
    answers.map(([name, body]) => body.type ?? name).sort(),
    ["FileNode/set", ...Array(3).fill("stateMismatch")],
  );
  const refused = await server.search({ operation: "folder.create" });
  assert(refused.some((event) => event.status_code === "CONFLICT"));
});

test("what a query's list was is not kept", async () => {
  const filter = { parentId: homeId };
  const { queryState } = await good("FileNode/query", { filter });
  for (const sinceQueryState of [queryState, "1", "x"])
    assert.equal(
      await bad("FileNode/queryChanges", { filter, sinceQueryState }),
      "cannotCalculateChanges",
    );
});

test("arguments that no operation takes", async () => {
  for (const args of [
    { node: 5 },
    { node: "x" },
    { unknown: 1 },
    { path: "a".repeat(5000) },
    { objects: [] },
    { objects: [{}, 5] },
  ])
    assert.match(
      ((await server.jmap([["node.get", args, "0"]])) as Any[])[0][1].type,
      /^(invalidArguments|requestTooLarge)$/,
      JSON.stringify(args),
    );
});

// ---- FileNode

test("a file's life: upload, create, get, rename, move, write, destroy", async () => {
  const bytes = randomBytes(100_000);
  const blob = await upload(bytes, "image/png");
  assert.deepEqual(blob, {
    accountId,
    blobId: blob.blobId,
    type: "image/png",
    size: bytes.length,
  });
  const before = await stateNow();
  const made = await good("FileNode/set", {
    create: {
      folder: { name: "life", parentId: homeId },
      file: {
        name: "picture.png",
        parentId: homeId,
        blobId: blob.blobId,
        type: "image/png",
        modified: "2020-02-29T12:00:00Z",
      },
    },
  });
  const id = made.created.file.id;
  const folder = made.created.folder.id;
  assert.deepEqual(made.notCreated, {});

  const [node] = (await good("FileNode/get", { ids: [id] })).list;
  assert.deepEqual(
    { ...node, blobId: "", created: "" },
    {
      id,
      parentId: homeId,
      name: "picture.png",
      blobId: "",
      type: "image/png",
      size: bytes.length,
      created: "",
      modified: node.modified,
      trashed: false,
    },
  );
  assert.match(node.modified, /^2020-02-29T12:00:00(\.000)?Z$/);
  const down = await server.ask(
    `/jmap/download/${accountId}/${node.blobId}/a%20name.png?type=image%2Fpng`,
  );
  assert.equal(down.status, 200);
  assert.deepEqual(down.body, bytes);
  assert.equal(down.headers["content-type"], "image/png");
  assert.match(down.headers["content-disposition"] ?? "", /a%20name\.png/);

  const second = await upload("other bytes");
  for (const update of [
    { name: "renamed.png" },
    { parentId: folder },
    { blobId: second.blobId },
  ]) {
    const set = await good("FileNode/set", { update: { [id]: update } });
    assert.deepEqual(set.notUpdated, {});
    assert.deepEqual(set.updated, { [id]: null });
  }
  const [now] = (await good("FileNode/get", { ids: [id] })).list;
  assert.equal(now.name, "renamed.png");
  assert.equal(now.parentId, folder);
  assert.equal(now.size, "other bytes".length);

  const gone = await good("FileNode/set", { destroy: [id] });
  assert.deepEqual(gone.destroyed, [id]);
  const changes = await good("FileNode/changes", { sinceState: before });
  assert.equal(changes.oldState, before);
  assert.equal(changes.newState, await stateNow());
  assert.equal(changes.hasMoreChanges, false);
  assert(changes.created.includes(id) && changes.created.includes(folder));
});

test("what can't be set is told object by object", async () => {
  const { blobId } = await upload("x");
  await makeFile("taken");
  const set = await good("FileNode/set", {
    create: {
      good: { name: "set-good", parentId: homeId },
      taken: { name: "taken", parentId: homeId },
      nowhere: { name: "a", parentId: "d0000000000000" },
      nameless: { parentId: homeId },
      slash: { name: "a/b", parentId: homeId },
      long: { name: "a".repeat(256), parentId: homeId },
      used: { name: "set-used-1", parentId: homeId, blobId },
      twice: { name: "set-used-2", parentId: homeId, blobId },
      blobless: { name: "a", parentId: homeId, blobId: "u0000000000000" },
    },
    update: { x: { name: "a" }, [homeId]: {} },
    destroy: ["x", "f0000000000000"],
  });
  assert.deepEqual(Object.keys(set.created).sort(), ["good", "used"]);
  const types = Object.fromEntries(
    Object.entries(set.notCreated).map(([key, error]: Any) => [
      key,
      error.type,
    ]),
  );
  assert.equal(types.taken, "alreadyExists");
  assert.equal(types.nowhere, "notFound");
  assert.equal(types.blobless, "notFound");
  assert.equal(types.long, "tooLarge");
  for (const key of ["twice", "nameless", "slash"])
    assert.equal(types[key], "invalidProperties", key);
  assert.equal(set.notUpdated.x.type, "notFound");
  assert.equal(set.notUpdated[homeId].type, "invalidProperties");
  assert.deepEqual(Object.keys(set.notDestroyed).sort(), [
    "f0000000000000",
    "x",
  ]);
});

// ---- uploads and downloads

for (const size of [0, 1, 32_768, 32_769])
  for (const chunked of [false, true])
    test(`a blob of ${size} bytes${chunked ? ", of unknown length" : ""}`, async () => {
      const bytes = randomBytes(size);
      const { sequence } = await server.op("status.read");
      const answer = await server.ask(`/jmap/upload/${accountId}/`, {
        method: "POST",
        body: bytes,
        headers: {
          "content-type": "text/plain",
          ...(chunked ? { "transfer-encoding": "chunked" } : {}),
        },
      });
      assert.equal(answer.status, 201);
      const blob = JSON.parse(answer.body.toString());
      assert.deepEqual(blob, {
        accountId,
        blobId: blob.blobId,
        type: "text/plain",
        size,
      });
      const [many, few] = await Promise.all(
        ["upload.begin", "upload.store"].map((operation) =>
          server.search({ from: sequence, operation }),
        ),
      );
      assert.deepEqual(
        [many?.length, few?.length],
        size > 32_768 ? [1, 0] : [0, 1],
      );
      const name = `blob-${size}-${chunked}`;
      const { blobId } = blob;
      const create = { f: { name, parentId: homeId, blobId } };
      const set = await good("FileNode/set", { create });
      assert.equal(set.created.f.size, size);
      assert.deepEqual((await server.ask(`/files/${name}`)).body, bytes);
    });

test("another's account takes no blob, however few its bytes", async () => {
  const other = await server.principal("other");
  for (const size of [1, 100_000]) {
    const answer = await server.ask(`/jmap/upload/${accountId}/`, {
      method: "POST",
      body: Buffer.alloc(size),
      token: other.token,
    });
    assert.equal(answer.status, 404);
  }
  const { blobId } = await upload("mine");
  const [result] = await server.ops(
    "file.create",
    [{ path: "", name: "theirs", upload: blobId }],
    { token: other.token },
  );
  assert.equal(result.error.type, "notFound");
});

test("uploads and downloads that can't be", async () => {
  for (const [where, status] of [
    ["/jmap/upload/p0000000000000/", 404],
    ["/jmap/upload/x/", 404],
    ["/jmap/upload//", 404],
    [`/jmap/upload/${accountId}/more`, 404],
  ] as const) {
    const answer = await server.ask(where, { method: "POST", body: "x" });
    assert.equal(answer.status, status, where);
  }
  const made = await makeFile("downloaded");
  const { blobId } = (await good("FileNode/get", { ids: [made.id] })).list[0];
  for (const [rest, status] of [
    [`${blobId}/a?type=text/plain`, 200],
    [`${blobId}/a?type=no%0atype`, 400],
    [`${blobId}/%ff?type=text/plain`, 400],
    ["v0000000000000/a", 404],
    ["x/a", 404],
    ["", 404],
  ] as const) {
    const answer = await server.ask(`/jmap/download/${accountId}/${rest}`);
    assert.equal(answer.status, status, rest);
  }
});

// ---- changes

test("changes come a page at a time, each object once", async () => {
  const start = await stateNow();
  const ids: string[] = [];
  for (let i = 0; i < 20; i++) ids.push((await makeFile(`paged-${i}`)).id);
  const seen: string[] = [];
  let state = start;
  for (let more = true; more;) {
    const page = await good("FileNode/changes", {
      sinceState: state,
      maxChanges: 6,
    });
    const all = [...page.created, ...page.updated, ...page.destroyed];
    assert(all.length <= 6);
    assert.notEqual(page.newState, state);
    seen.push(...page.created);
    state = page.newState;
    more = page.hasMoreChanges;
  }
  assert.deepEqual(seen.sort(), ids.sort());
  assert.equal(state, await stateNow());
});

test("reads change no state", async () => {
  const state = await stateNow();
  await server.ask("/files/");
  await server.op("status.read");
  assert.equal(await stateNow(), state);
  const none = await good("FileNode/changes", { sinceState: state });
  assert.deepEqual(
    [none.created, none.updated, none.destroyed, none.newState],
    [[], [], [], state],
  );
});

test("a state that never was can't be gone on from", async () => {
  for (const sinceState of ["x", "", "999999999", "-1", "1.5"])
    assert.equal(
      await bad("FileNode/changes", { sinceState }),
      "cannotCalculateChanges",
      sinceState,
    );
});

// ---- push

test("a change is pushed, resumed from, and closes where asked", async () => {
  const where = "/jmap/events?types=*&closeafter=no&ping=0";
  const push = await server.events(where);
  await makeFile("pushed");
  const event = await within("a state", push.next());
  assert.equal(event?.event, "state");
  const change = JSON.parse(event?.data[0] ?? "");
  assert.equal(change["@type"], "StateChange");
  assert.equal(change.changed[accountId].FileNode, await stateNow());
  push.close();

  // What happens while nobody listens is told at once.
  await makeFile("missed");
  const again = await server.events(
    "/jmap/events?types=*&closeafter=state&ping=0",
    { headers: { "last-event-id": event?.id ?? "" } },
  );
  const missed = await within("a state", again.next());
  const { changed } = JSON.parse(missed?.data[0] ?? "");
  assert.equal(changed[accountId].FileNode, await stateNow());
  await within("the end of the stream", again.closed);
});

test("only the types that are asked for are pushed", async () => {
  const open = (types: string) =>
    server.events(`/jmap/events?types=${types}&closeafter=no&ping=5`, {
      headers: { "last-event-id": "1" },
    });
  const [others, mixed] = await Promise.all([
    open("Mailbox,FileNodes,filenode"),
    open("Mailbox%2CFileNode"),
  ]);
  for (const name of ["what was missed", "what comes"]) {
    await makeFile(name);
    const state = await stateNow();
    await within(
      name,
      mixed.find((e) => e.event === "state" && e.id === state),
    );
  }
  // By now it would have had both.
  assert.equal((await within("a ping", others.next()))?.event, "ping");
  others.close();
  mixed.close();
});

test("a folder of somebody else's is followed for as long as it is shared", async () => {
  const reader = await server.principal("follower");
  const asked = { token: reader.token };
  const parent = (
    await server.op("folder.create", { parent: homeId, name: "followed" })
  ).id;
  const where = `/jmap/events?folder=${parent}&ping=0`;
  assert.equal((await server.ask(where, asked)).status, 404);
  for (const wrong of ["x", homeId.replace("d", "f"), accountId])
    assert.equal(
      (await server.ask(`/jmap/events?folder=${wrong}`)).status,
      400,
      wrong,
    );
  const grant = await server.op("share.grant", {
    node: parent,
    principal: reader.id,
    relation: "read",
  });
  const events = await server.events(where, asked);
  const made = await server.op("file.create", {
    parent,
    name: "a",
    content: "YQ==",
  });
  const event = await within("a change", events.next());
  assert.equal(event?.event, "folder");
  assert.deepEqual(JSON.parse(event?.data[0] ?? ""), {
    "@type": "FolderChange",
    folder: parent,
    changed: made.state,
  });
  await server.op("share.revoke", { grant: grant.id });
  await within("the end of the stream", events.closed);
});

test("what follows is on the record as nobody's act, unless its client says so", async () => {
  const { sequence } = await server.op("status.read");
  const follow = async (where: string, headers = {}) => {
    const stream = await server.events(where, { headers });
    assert.equal(stream.answer.statusCode, 200);
    stream.close();
  };
  await follow("/jmap/events?types=*&closeafter=no&ping=0");
  await follow(`/jmap/events?folder=${homeId}&ping=0`);
  await follow("/jmap/events?types=*&closeafter=no&ping=0", { "chancery-cause": "user" });
  await server.op("core.echo", {});
  const found = await server.search({ from: sequence + 1 });
  const causes = found
    .map(({ metadata, unmapped }) => [metadata.event_code, unmapped.cause])
    .filter(([operation]) => /^(push|folder|core)/.test(operation));
  assert.deepEqual(causes, [
    ["push.open", "push"],
    ["folder.watch", "push"],
    ["push.open", "user"],
    ["core.echo", "user"],
  ]);
});

test("a ping comes as often as asked, but not too often", async () => {
  const push = await server.events("/jmap/events?types=*&closeafter=no&ping=1");
  const ping = await within(
    "a ping",
    push.find((e) => e.event === "ping"),
  );
  assert.equal(JSON.parse(ping.data[0] ?? "").interval, 5);
  push.close();
});

// ---- a client of others

test("a key stands for all that a request does", async () => {
  const key = randomBytes(16).toString("hex");
  const made = () =>
    server.jmap(
      ["a", "b"].map((name) => [
        "folder.create",
        { objects: [{ parent: homeId, name: `by key ${name}` }] },
        name,
      ]),
      { headers: { "idempotency-key": key } },
    );
  const first = await made();
  const ids = first.map(([, body]) => (body as Any).results[0].id);
  assert.equal(new Set(ids).size, 2, JSON.stringify(first));
  const again = await made();
  assert.deepEqual(
    again.map(([, body]) => (body as Any).results[0].id),
    ids,
  );
});

test("jmap-jam works as it is", async () => {
  // Its types are for a browser's.
  const { JamClient } = (await import("jmap-jam" as string)) as Any;
  const jam = new JamClient({
    sessionUrl: server.url("/.well-known/jmap"),
    bearerToken: server.token,
    customCapabilities: { FileNode: FILES },
  });
  const session = await jam.session;
  const account = session.primaryAccounts[FILES];

  const [echo] = await jam.request(["Core/echo", { hello: true }]);
  assert.deepEqual(echo, { hello: true });

  const bytes = new Blob([new Uint8Array(randomBytes(50_000))]);
  const blob = await jam.uploadBlob(account, bytes);
  assert.equal(blob.size, bytes.size);
  const using = [FILES, OPERATIONS];
  const [made] = await jam.request(
    [
      "FileNode/set",
      {
        accountId: account,
        create: { f: { name: "jam", parentId: homeId, blobId: blob.blobId } },
      },
    ],
    { using },
  );
  const [results] = await jam.requestMany(
    (t: Any) => {
      const query = t.FileNode.query({
        accountId: account,
        filter: { parentId: homeId },
      });
      const nodes = t.FileNode.get({
        accountId: account,
        ids: query.$ref("/ids"),
      });
      return { query, nodes };
    },
    { using },
  );
  const node = results.nodes.list.find((one: Any) => one.name === "jam");
  assert.equal(node.id, made.created.f.id);
  const down = await jam.downloadBlob({
    accountId: account,
    blobId: node.blobId,
    mimeType: "application/octet-stream",
    fileName: "jam",
  });
  assert.deepEqual(
    Buffer.from(await down.arrayBuffer()),
    Buffer.from(await bytes.arrayBuffer()),
  );
  await assert.rejects(
    jam.request(["FileNode/get", { accountId: "x", ids: [] }], { using }),
    (error: Any) => error.type === "accountNotFound",
  );
});
