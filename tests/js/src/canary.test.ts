// Canaries, as those see them who come across one, and as those do who wait for
// that: the first are told nothing, the others at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { EventStream } from "./events.js";
import { type Any, Refused, Server, within } from "./server.js";

let server: Server;

before(async () => {
  server = await Server.start("canary");
});

after(() => server.stop());

async function canaries(): Promise<Any[]> {
  return (await server.op("canary.list")).list;
}

async function answerTo(login: string): Promise<string> {
  const { status, headers, body } = await server.ask("/session", {
    method: "POST",
    token: null,
    headers: {
      "content-type": "application/json",
      origin: new URL(server.url("/")).origin,
    },
    body: JSON.stringify({ login, password: "a password", code: "123456" }),
  });
  // A request's number tells nothing but that it is another request.
  const { date: _, "chancery-request": __, ...rest } = headers;
  const text = body.toString().replace(/"request":"[^"]*"/, '"request":"x"');
  return JSON.stringify([status, rest, text]);
}

/** The next alert that a stream brings, with the record before it. */
async function nextAlert(stream: EventStream): Promise<[Any, Any]> {
  let before: Any;
  for (;;) {
    const event = await within("an alert", stream.next());
    assert(event !== undefined, "the stream ended before");
    if (event.data.length === 0) continue;
    const record = JSON.parse(event.data[0] as string) as Any;
    if (record.metadata.event_code === "alert.raise") return [record, before];
    before = record;
  }
}

async function told(name: string, args: object, token: string): Promise<string> {
  try {
    await server.op(name, args, { token });
    return "done";
  } catch (error) {
    if (error instanceof Refused) return error.type;
    throw error;
  }
}

test("who signs in by the name of one is told what a stranger is", async () => {
  const { login } = (await canaries())[0];
  const stream = await server.events();
  const asStranger = await answerTo("nobody.at.all");
  assert.equal(await answerTo(login), asStranger);
  const [alert, before] = await nextAlert(stream);
  stream.close();
  assert.equal(before.metadata.event_code, "session.begin");
  assert.equal(before.status_code, "UNAUTHENTICATED");
  assert.equal(alert.metadata.sequence, before.metadata.sequence + 1);
  assert.equal(alert.metadata.correlation_uid, `${before.metadata.sequence}`);
  assert.equal(alert.class_name, "Detection Finding");
  assert.equal(alert.severity, "High");
  assert.deepEqual(alert.finding_info.types, ["canary_name"]);
  assert.deepEqual(
    alert.evidences[0].src_endpoint,
    before.src_endpoint,
    "it says from where",
  );
});

test("who finds a file by search, and reads it, has touched it", async () => {
  const eve = await server.principal("eve");
  const { principal, file } = await server.op("canary.plant", {
    name: "Doris Pemberton",
    login: "pemberton",
    file: "Vault keys.txt",
    reader: eve.id,
  });
  const asked = { token: eve.token };
  const alerts = () => server.metric("chancery_alerts_total");
  const before = await alerts();
  const { list } = await server.op("node.search", { text: "vault" }, asked);
  assert.deepEqual(
    list.map((found: Any) => [found.id, found.owner]),
    [[file, principal]],
  );
  const shared = (await server.op("share.with_me", {}, asked)).list[0];
  assert.equal(shared.by, principal);
  assert.equal(await alerts(), before, "to come across it is no touch");
  const stream = await server.events();
  const { version } = await server.op("node.get", { node: file }, asked);
  const looked = await nextAlert(stream);
  assert.equal(looked[1].metadata.event_code, "node.get");
  const where = `/jmap/download/${eve.id}/${version}/x?type=text/plain`;
  const { body } = await server.ask(where, asked);
  assert.match(body.toString(), /password/);
  const [alert, read] = await nextAlert(stream);
  stream.close();
  assert.equal(read.metadata.event_code, "file.read");
  assert.equal(alert.actor.user.uid, eve.id);
  assert.equal(alert.actor.session.uid, read.actor.session.uid);
  assert.deepEqual(
    alert.resources.map((resource: Any) => resource.uid),
    [file, principal],
  );
  assert.match(alert.message, /^eve touched the file “Vault keys.txt”/);
  assert.equal(await alerts(), before + 2);
  const one = (await canaries()).find((c) => c.principal === principal);
  assert.equal(one.alert, alert.metadata.sequence);
  // Nobody else may look, and whoever may not is told as of anything.
  assert.equal(await told("canary.list", {}, eve.token), "forbidden");
  assert.equal(await told("canary.end", { principal }, eve.token), "forbidden");
});

test("nobody can ever be invited to be one", async () => {
  const { principal } = (await canaries())[0];
  assert.equal(
    await told("invitation.issue", { principal }, server.token),
    "invalidProperties",
  );
});

test("the commands", async () => {
  const cli = async (...args: string[]): Promise<string> => {
    const ended = await server.cli(...args);
    assert.equal(ended.status, 0, ended.stderr);
    return ended.stdout;
  };
  const name = "Old Archive";
  const id = (
    await cli("canary", "plant", name, "--login", "old-archive")
  ).trim();
  assert.match(await cli("canary", "list"), /old-archive\t.*Old Archive/);
  await cli("quota", id);
  const { alert } = (await canaries()).find((c) => c.principal === id);
  assert.match(await cli("canary", "list"), new RegExp(`${id}\\t.*\\t${alert}\\t`));
  assert.match(
    await cli("log", "search", "--operation", "alert.raise"),
    /touched the principal “Old Archive”, which nobody uses: by quota.get/,
  );
  await cli("canary", "end", name);
  assert.doesNotMatch(await cli("canary", "list"), /Old Archive/);
  const wrong = await server.cli("canary", "plant", "X", "--reader", "eve");
  assert.equal(wrong.status, 2);
  const none = await server.cli("canary", "end", name);
  assert.match(none.stderr, /0 canaries are named/);
  assert.match(await cli("canary", "plant", "--help"), /can never be invited/);
});
