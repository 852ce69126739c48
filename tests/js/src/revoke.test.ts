// What is withdrawn ends: open streams within a second of the answer (that is
// the promise, so a deadline stands here), and the next thing asked is denied.
import assert from "node:assert/strict";
import { once } from "node:events";
import type * as http from "node:http";
import { after, before, test } from "node:test";

import {
  type Any,
  type Principal,
  Refused,
  Server,
  eventually,
  within,
} from "./server.js";

const PROMISE_MS = 1000;
const SIZE = 64 << 20;

let server: Server;

before(async () => {
  server = await Server.start("revoke");
});
after(async () => server.stop());

const closeOf = (answer: http.IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    answer.on("error", () => {}); // cut off
    answer.once("close", resolve);
  });

// A download that is under way, and goes on slowly until it is let go.
class Download {
  bytes = 0;
  readonly closed: Promise<unknown>;
  #answer: http.IncomingMessage;
  #slow = true;

  private constructor(answer: http.IncomingMessage) {
    this.#answer = answer;
    this.closed = closeOf(answer);
    answer.on("data", (part: Buffer) => {
      this.bytes += part.length;
      if (!this.#slow) return;
      answer.pause();
      setTimeout(() => answer.resume(), 50);
    });
  }

  static async begin(where: string, token: string): Promise<Download> {
    const answer = await server.open(where, { token });
    assert.equal(answer.statusCode, 200);
    const download = new Download(answer);
    await once(answer, "data");
    return download;
  }

  letGo(): void {
    this.#slow = false;
    this.#answer.resume();
  }
}

// An upload under way: its answer is yet to come.
async function beginUpload(
  token: string,
): Promise<{ closed: Promise<unknown> }> {
  const raw = await server.raw();
  raw.write(
    `PUT /files/upload HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Length: ${SIZE}\r\n\r\n`,
  );
  raw.write(Buffer.alloc(1 << 20));
  await opened("upload.begin", token);
  return {
    closed: raw.response().then((response) => {
      assert(
        response === undefined ||
          response.status === 403 ||
          response.status === 401,
      );
    }),
  };
}

const opened = (operation: string, token: string): Promise<Any> =>
  eventually(operation, async () =>
    (await server.search({ operation })).find(
      (event) => event.actor.user.uid === whose.get(token)?.id,
    ),
  );

const whose = new Map<string, Principal>();

async function someone(name: string): Promise<Principal> {
  const principal = await server.principal(name);
  whose.set(principal.token, principal);
  return principal;
}

// Does something that withdraws; all of that is over a second after its answer.
async function ends(
  act: () => Promise<unknown>,
  open: Promise<unknown>[],
  downloads: Download[] = [],
): Promise<void> {
  await act();
  for (const download of downloads) download.letGo();
  await within(
    "the end of all streams",
    Promise.all([...open, ...downloads.map((download) => download.closed)]),
    PROMISE_MS,
  );
  for (const download of downloads) assert(download.bytes < SIZE);
}

// The records of the ends of somebody's streams.
async function endsOf(principal: Principal, n: number): Promise<Any[]> {
  return eventually(`${n} ends on the record`, async () => {
    const all = (await server.search({ operation: "stream.end" })).filter(
      (event) => event.actor.user?.uid === principal.id,
    );
    return all.length >= n ? all : undefined;
  });
}

const storeLarge = async (where: string, token?: string) => {
  const answer = await server.ask(where, {
    method: "PUT",
    body: Buffer.alloc(SIZE, 7),
    ...(token === undefined ? {} : { token }),
  });
  assert.equal(answer.status, 201);
  return JSON.parse(answer.body.toString()).id as string;
};

for (const [what, withdraw] of [
  [
    "its token is revoked",
    (who: Principal) =>
      server.op("token.revoke", { credential: who.credential }),
  ],
  [
    "its principal is ended",
    (who: Principal) => server.op("principal.end", { principal: who.id }),
  ],
] as const)
  test(`all that somebody has open ends when ${what}`, async () => {
    const who = await someone(what);
    await server.op("role.grant", {
      principal: who.id,
      relation: "log_reader",
    });
    await storeLarge("/files/large", who.token);
    const asked = { token: who.token };
    const download = await Download.begin("/files/large", who.token);
    const tail = await server.events("/log/events", asked);
    const push = await server.events(
      "/jmap/events?types=*&closeafter=no&ping=0",
      asked,
    );
    const mirror = await server.open("/log/mirror", asked);
    const mirrored = closeOf(mirror.resume());
    const upload = await beginUpload(who.token);
    const other = await server.events("/log/events");

    await ends(
      () => withdraw(who),
      [tail.closed, push.closed, mirrored, upload.closed],
      [download],
    );

    // Each end is on the record, as what it was.
    const all = await endsOf(who, 6);
    const revoked = all.filter(
      (event) => event.unmapped.facts.status === "revoked",
    );
    assert.deepEqual(
      revoked
        .map((event) => /^The stream of (\S+) /.exec(event.message)?.[1])
        .sort(),
      ["file.read", "log.mirror", "log.tail", "push.open", "upload.begin"],
    );
    for (const where of ["/files/", "/log/events", "/jmap/session", "/metrics"])
      assert.equal((await server.ask(where, asked)).status, 401, where);
    assert.equal(
      (
        await server.ask("/files/upload", {
          method: "PUT",
          body: "x",
          ...asked,
        })
      ).status,
      401,
    );
    // Nobody else's are touched.
    assert.equal(other.answer.destroyed, false);
    other.close();
  });

test("a right on a file that is withdrawn ends its download and the next one", async () => {
  const who = await someone("a guest");
  const id = await storeLarge("/files/shared");
  const account = who.id;
  const [version] = (await server.op("version.list", { file: id })).list;
  const where = `/jmap/download/${account}/${version.id}/shared`;
  const denied = await server.ask(where, { token: who.token });
  assert.equal(denied.status, 404);

  const grant = await server.op("share.grant", {
    node: id,
    principal: who.id,
    relation: "read",
  });
  const download = await Download.begin(where, who.token);
  const own = await server.events("/jmap/events?types=*&closeafter=no&ping=0", {
    token: who.token,
  });
  await ends(
    () => server.op("share.revoke", { grant: grant.id }),
    [],
    [download],
  );
  assert.equal((await server.ask(where, { token: who.token })).status, 404);
  await assert.rejects(
    server.op("node.get", { node: id }, { token: who.token }),
    Refused,
  );
  // What doesn't rest on that right goes on.
  assert.equal(own.answer.destroyed, false);
  own.close();
  const [end] = await endsOf(who, 1);
  assert.equal(end.unmapped.facts.status, "revoked");
});

test("a role that is withdrawn ends the tail that rests on it", async () => {
  const who = await someone("a reader of the log");
  const role = await server.op("role.grant", {
    principal: who.id,
    relation: "log_reader",
  });
  const tail = await server.events("/log/events", { token: who.token });
  await ends(() => server.op("role.revoke", { grant: role.id }), [tail.closed]);
  assert.equal(
    (await server.ask("/log/events", { token: who.token })).status,
    403,
  );
});

test("a file that leaves the folder of a right leaves the right", async () => {
  const who = await someone("a visitor");
  const home = (await server.op("session.get")).home;
  const folder = await server.op("folder.create", {
    parent: home,
    name: "open house",
  });
  const id = await storeLarge("/files/open%20house/x");
  await server.op("share.grant", {
    node: folder.id,
    principal: who.id,
    relation: "read",
  });
  const [version] = (await server.op("version.list", { file: id })).list;
  const where = `/jmap/download/${who.id}/${version.id}/x`;
  const download = await Download.begin(where, who.token);
  await ends(
    () => server.op("node.move", { node: id, folder: home, name: "moved" }),
    [],
    [download],
  );
  assert.equal((await server.ask(where, { token: who.token })).status, 404);
});

test("a token that runs out ends what it has open", async () => {
  const principal = await server.op("principal.create", {
    kind: "service",
    name: "short-lived",
  });
  const expires = new Date(Date.now() + 1500);
  const token = await server.op("token.issue", {
    principal: principal.id,
    label: "short",
    expires: expires.toISOString(),
  });
  const push = await server.events(
    "/jmap/events?types=*&closeafter=no&ping=0",
    { token: token.secret },
  );
  await within("the end of the stream", push.closed);
  assert(Date.now() >= expires.getTime());
  assert.equal(
    (await server.ask("/files/", { token: token.secret })).status,
    401,
  );
});

test("no read that is asked for after a withdrawal's answer succeeds", async () => {
  const who = await someone("a racer");
  await server.ask("/files/raced", {
    method: "PUT",
    body: "x",
    token: who.token,
  });
  let revoked = false;
  let served = 0;
  const racer = async () => {
    for (;;) {
      const late = revoked;
      const { status } = await server.ask("/files/raced", { token: who.token });
      if (status === 200) {
        assert.equal(late, false);
        served++;
      } else {
        assert.equal(status, 401);
        return;
      }
    }
  };
  const racers = Array.from({ length: 8 }, racer);
  await eventually("some reads", () => served > 100 || undefined);
  await server.op("token.revoke", { credential: who.credential });
  revoked = true;
  await within("all racers", Promise.all(racers));
});
