// More than is taken on: what is too much is turned away in the protocol's own
// terms and counted exactly, what was admitted is done, and others are served.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { after, before, describe, test } from "node:test";

import { checkCounts, count } from "./counts.js";
import { Server, eventually, within } from "./server.js";

const BUSY = "requests turned away while core was busy or away";

interface Request {
  method: string;
  path: string;
  token: string;
  body?: string;
}

interface Response {
  status: number;
  body: string;
}

const limitMet = (server: Server, limit: string): Promise<number> =>
  server.metric(`chancery_limit_met_total{limit="${limit}",process="core"}`);

async function answerOf(stream: http2.ClientHttp2Stream): Promise<Response> {
  const [headers] = (await within("an answer", once(stream, "response"))) as [
    http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader,
  ];
  let body = "";
  stream.setEncoding("utf8");
  for await (const part of stream) body += part;
  return { status: headers[":status"] ?? 0, body };
}

// One connection, on which the front gets all requests while core is stopped;
// then something happens to core, and the answers come.
async function burst(
  server: Server,
  requests: Request[],
  then: (core: number) => void = (core) => process.kill(core, "SIGCONT"),
): Promise<Response[]> {
  const [core] = server.children("core");
  assert(core !== undefined);
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
  });
  // What comes first on it makes itself known to core.
  await within("the settings", once(session, "remoteSettings"));
  process.kill(core, "SIGSTOP");
  const streams = requests.map(({ method, path, token, body }) => {
    const stream = session.request(
      {
        ":method": method,
        ":path": path,
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    return stream;
  });
  const answers = Promise.all(streams.map(answerOf));
  // A ping may overtake what is still to be written, but the next one doesn't;
  // and what the front had read by then it has sent on when it reads the third.
  for (let i = 0; i < 3; i++)
    await within(
      "a ping",
      new Promise<void>((resolve, reject) =>
        session.ping((error) => (error ? reject(error) : resolve())),
      ),
    );
  then(core);
  const all = await answers;
  session.close();
  return all;
}

const makeFolder = (server: Server, name: string): Request => ({
  method: "PUT",
  path: `/files/${name}/`,
  token: server.token,
});

function makeByJmap(server: Server, name: string): Request {
  const create = [
    "folder.create",
    { objects: [{ path: "", name }] },
    "0",
  ] as const;
  return {
    method: "POST",
    path: "/jmap/api",
    token: server.token,
    body: JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:chancery:operations"],
      methodCalls: [create],
    }),
  };
}

const names = (kind: string, n: number): string[] =>
  Array.from({ length: n }, (_, i) => `${kind}-${i}`);

// Whether it was done; false where it was turned away, as such.
function wasDone({ status, body }: Response): boolean {
  if (status === 201) return true;
  if (status === 200) {
    const [[answered, { type, results }]] = JSON.parse(body).methodResponses;
    if (answered === "error") {
      assert.equal(type, "serverUnavailable");
      return false;
    }
    assert.equal(results[0].ok, true);
    return true;
  }
  assert.equal(status, 503);
  assert.match(body, /too much is under way/);
  return false;
}

// All that was admitted is there and on the record, and nothing else is.
async function checkMade(
  server: Server,
  made: [string, boolean][],
): Promise<void> {
  const events = await server.search({ operation: "folder.create" });
  assert.equal(events.length, made.filter(([, done]) => done).length);
  for (const [name, done] of made)
    assert.equal(
      (await server.ask(`/files/${name}/`)).status,
      done ? 200 : 404,
      name,
    );
}

describe("calls of one session", () => {
  const MOST = 8;
  let server: Server;
  const made: [string, boolean][] = [];
  let refused = 0;

  before(async () => {
    server = await Server.start("overload-session", {
      config: { fronts: 1, max_session_calls: MOST },
    });
  });
  after(async () => server.stop());

  for (const [protocol, request] of [
    ["HTTP", makeFolder],
    ["JMAP", makeByJmap],
  ] as const)
    test(`those beyond the limit are turned away: ${protocol}`, async () => {
      const bob = await server.principal(`bob-${protocol}`);
      const list = names(protocol, 40);
      const answers = await burst(server, [
        ...list.map((name) => request(server, name)),
        { method: "GET", path: "/files/", token: bob.token },
      ]);
      // Another's call at the very end is none of theirs.
      assert.equal(answers.pop()?.status, 200);
      const done = answers.map(wasDone);
      assert.deepEqual(done.slice(0, MOST), Array(MOST).fill(true));
      assert.deepEqual(done.slice(MOST), Array(40 - MOST).fill(false));
      list.forEach((name, i) => made.push([name, done[i] === true]));
      refused += 40 - MOST;
      assert.equal(await limitMet(server, "max_session_calls"), refused);
      assert.equal(await count(server, BUSY), refused);
    });

  test("what was admitted is done, and the next is taken", async () => {
    await checkMade(server, made);
    const [answer] = await burst(server, [makeFolder(server, "HTTP-39")]);
    assert.equal(answer?.status, 201);
  });

  test("the exact count stands in the log", () => checkCounts(server));
});

describe("calls that wait in all", () => {
  let server: Server;

  before(async () => {
    server = await Server.start("overload-waiting", {
      config: { fronts: 1, max_waiting: 16, max_session_calls: 4096 },
    });
  });
  after(async () => server.stop());

  test("those beyond the limit are turned away", async () => {
    const made: [string, boolean][] = [];
    // How many of a burst are done before the rest of it has come is the
    // machine's matter: there are bursts until one was too much.
    const refused = await eventually("a call that is turned away", async () => {
      const list = names(`burst-${made.length}`, 120);
      const answers = await burst(
        server,
        list.map((name) => makeFolder(server, name)),
      );
      list.forEach((name, i) => {
        const answer = answers[i];
        assert(answer !== undefined);
        made.push([name, wasDone(answer)]);
      });
      return made.filter(([, done]) => !done).length || undefined;
    });
    assert.equal(await limitMet(server, "max_waiting"), refused);
    assert.equal(await count(server, BUSY), refused);
    await checkMade(server, made);
    const { status } = await server.ask("/files/later/", { method: "PUT" });
    assert.equal(status, 201);
  });

  test("the exact count stands in the log", () => checkCounts(server));
});

test("calls that wait for a core that dies are turned away, and counted", async () => {
  const server = await Server.start("overload-death", {
    config: { fronts: 1, max_in_flight: 1 },
  });
  const answers = await burst(
    server,
    names("dies", 5).map((name) => makeFolder(server, name)),
    (core) => process.kill(core, "SIGKILL"),
  );
  // The one that core had may have been done; those behind it were not.
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(5).fill(503),
  );
  assert.match(answers.shift()?.body ?? "", /outcome is not known/);
  assert.deepEqual(answers.map(wasDone), Array(4).fill(false));
  await eventually("another core", async () => {
    const { status } = await server.ask("/ready", { token: null });
    return status === 200 || undefined;
  });
  for (const name of names("dies", 5).slice(1))
    assert.equal((await server.ask(`/files/${name}/`)).status, 404);
  assert.equal(await count(server, BUSY), 4);
  await server.stop();
});
