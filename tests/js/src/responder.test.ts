// The example of an automated responder, as its page says to run it: what it ends
// is dead everywhere, on the record in its name, and none is missed, whatever
// becomes of it meanwhile.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import {
  type Any,
  BIN,
  eventually,
  type Person,
  ROOT,
  runProgram,
  Server,
  within,
} from "./server.js";

const EXAMPLES = path.join(ROOT, "examples");

// The blocks of shell of its page, in their order.
const [MAKE = "", RUN = "", TRY = ""] = fs
  .readFileSync(path.join(EXAMPLES, "README.md"), "utf8")
  .split("```")
  .filter((block) => block.startsWith("sh\n"))
  .map((block) => block.slice("sh\n".length));

let server: Server;
let folder: string; // where the page's lines are run
let token: string;
let large: string; // a file that everybody may read
const people: Person[] = [];

// A curl that notes what it was called with, which is what a list of processes
// shows; and that once, when it is told to, doesn't reach the server.
const CURL = `#!/bin/sh
printf '%s\\n' "$@" >>"\${0%/*}/seen"
case "$*" in
*session.revoke*) rm "\${0%/*}/broken" 2>/dev/null && exit 7 ;;
esac
PATH=\${PATH#*:} exec curl "$@"
`;

before(async () => {
  server = await Server.start("responder");
  folder = path.join(server.folder, "here");
  fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
  fs.writeFileSync(path.join(folder, "bin", "curl"), CURL, { mode: 0o755 });
  fs.symlinkSync(server.state, path.join(folder, "var"));
  fs.symlinkSync(EXAMPLES, path.join(folder, "examples"));
  const made = await shell(MAKE);
  assert.equal(made.status, 0, made.stderr);
  token = fs.readFileSync(path.join(folder, "responder.token"), "utf8").trim();

  const stored = await server.ask("/files/large", {
    method: "PUT",
    body: Buffer.alloc(16 << 20, 7),
  });
  large = JSON.parse(stored.body.toString()).id;
  for (const name of ["ann", "bob", "carl", "dan", "eve"])
    people.push(await server.enrol(name));
  for (const { id } of people)
    await server.op("share.grant", {
      node: large,
      principal: id,
      relation: "read",
    });
});

after(async () => {
  await Responder.running?.kill();
  await server.stop();
});

const env = () => ({
  ...process.env,
  PATH: `${path.join(folder, "bin")}:${BIN}:${process.env["PATH"]}`,
});

const shell = (text: string) =>
  runProgram("sh", ["-euc", text], { cwd: folder, env: env() });

const place = () =>
  fs.readFileSync(path.join(folder, "responder.place"), "utf8").trim();

// The responder, with all processes of its own.
class Responder {
  static running: Responder | undefined;
  readonly output: string[] = [];
  readonly #exited: Promise<unknown>;

  private constructor(readonly process: ChildProcess) {
    this.#exited = once(process, "exit");
    for (const stream of [process.stdout, process.stderr])
      if (stream !== null)
        createInterface(stream).on("line", (line) => this.output.push(line));
  }

  // Runs it until it follows the log: as its page says, or with other words.
  static async start(run = RUN): Promise<Responder> {
    const before = (await server.search({ operation: "log.tail" })).length;
    const text = run.replace("http://localhost:8080", server.url(""));
    const responder = new Responder(
      spawn("sh", ["-euc", text], {
        cwd: folder,
        env: env(),
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    Responder.running = responder;
    await follows(before + 1);
    return responder;
  }

  async kill(): Promise<void> {
    Responder.running = undefined;
    assert(this.process.pid !== undefined);
    process.kill(-this.process.pid, "SIGKILL");
    await within("the responder's end", this.#exited);
  }
}

// That many times somebody has begun to follow the log: the last of these.
const follows = (n: number): Promise<Any> =>
  eventually("the responder on the log", async () =>
    (await server.search({ operation: "log.tail" })).at(n - 1),
  );

const personOf = (name: string): Person => {
  const person = people.find(({ login }) => login === name);
  assert(person !== undefined);
  return person;
};

const sessionOf = async (person: Person): Promise<string> =>
  (await server.op("session.get", {}, { token: person.token })).session;

// What the filter of the page picks: to ask for what is no business of one's.
async function trespass(person: Person): Promise<void> {
  const { status } = await server.ask("/log/export", { token: person.token });
  assert.equal(status, 403);
}

const isDead = (person: Person): Promise<true> =>
  eventually(`${person.login}'s end`, async () => {
    const { status } = await server.ask("/files/", { token: person.token });
    return status === 401 || undefined;
  });

// The records of what it did about a session.
const endsOf = (session: string): Promise<Any[]> =>
  server
    .search({ operation: "session.revoke" })
    .then((all) =>
      all.filter((event) => event.unmapped.target?.uid === session),
    );

test("it ends the session that did it, on every path, in its own name", async () => {
  const responder = await Responder.start();
  const ann = personOf("ann");
  const session = await sessionOf(ann);
  const asked = { token: ann.token };
  const [version] = (await server.op("version.list", { file: large }, asked))
    .list;
  const where = `/jmap/download/${ann.id}/${version.id}/large`;
  const download = await server.open(where, asked);
  assert.equal(download.statusCode, 200);
  download.on("error", () => {}); // cut off
  const cut = new Promise((resolve) => download.once("close", resolve));
  const push = await server.events(
    "/jmap/events?types=*&closeafter=no&ping=0",
    asked,
  );

  await trespass(ann);

  await within("the end of the push", push.closed);
  let bytes = 0;
  download.on("data", (part: Buffer) => (bytes += part.length));
  await within("the end of the download", cut);
  assert(bytes < 16 << 20);
  for (const path of [
    ...["/files/", "/jmap/session", "/jmap/events", "/log/events"],
    ...["/log/export", "/metrics", where],
  ])
    assert.equal((await server.ask(path, asked)).status, 401, path);
  const put = { method: "PUT", body: "x", ...asked };
  assert.equal((await server.ask("/files/x", put)).status, 401);
  await assert.rejects(server.op("session.get", {}, asked), /forbidden/);

  const [end, ...more] = await endsOf(session);
  assert.equal(end.actor.user.name, "responder");
  assert.equal(end.action, "Allowed");
  assert.deepEqual(more, []);
  // Who did nothing goes on, and who it is may sign in again.
  await sessionOf(personOf("bob"));
  const { secret } = await server.signIn(ann.passkey);
  await sessionOf({ ...ann, token: secret });
  await eventually("its word", () =>
    responder.output.find((line) => line.includes(`${session} has ended`)),
  );
  await responder.kill();
});

test("killed and started again, it goes on where it was, and misses nobody", async () => {
  const first = await Responder.start();
  await eventually("its place", () => place() !== "" || undefined);
  await first.kill();
  const [bob, carl] = [personOf("bob"), personOf("carl")];
  await trespass(bob);
  await trespass(carl);
  await sessionOf(bob); // nobody is there to end them
  const at = place();
  assert.match(at, /^[1-9][0-9]*$/);

  const again = await Responder.start();
  await isDead(bob);
  await isDead(carl);
  const tails = await server.search({ operation: "log.tail" });
  assert.equal(String(tails.at(-1)?.unmapped.arguments.from), at);
  await again.kill();
});

test("a connection that breaks is made again, and nothing is missed", async () => {
  const responder = await Responder.start();
  const before = (await server.search({ operation: "log.tail" })).length;
  const dan = personOf("dan");
  for (const front of server.children("front")) process.kill(front, "SIGKILL");
  await eventually("a front", async () => {
    const answer = await server.ask("/ready").catch(() => undefined);
    return answer?.status === 200 || undefined;
  });
  await trespass(dan);
  await isDead(dan);
  await follows(before + 1);
  await responder.kill();
});

test("what it couldn't end it ends as soon as it can", async () => {
  const gus = await server.enrol("gus");
  const broken = path.join(folder, "bin", "broken");
  fs.writeFileSync(broken, "");
  const responder = await Responder.start();
  await trespass(gus);
  await isDead(gus);
  assert.equal(fs.existsSync(broken), false);
  await responder.kill();
});

test("by itself it ends what raised an alert, and nothing else", async () => {
  const [short] = RUN.split(" \\\n");
  assert(short !== undefined);
  const responder = await Responder.start(short.replace(".place", ".alerts"));
  const [eve, other] = [personOf("eve"), await server.enrol("fay")];
  const { file } = await server.op("canary.plant", {
    ...{ name: "Payroll", file: "passwords.txt", reader: eve.id },
  });
  const session = await sessionOf(eve);
  await trespass(other);
  await server.op("node.get", { node: file }, { token: eve.token });
  await isDead(eve);
  const [end] = await endsOf(session);
  assert.equal(end.actor.user.name, "responder");
  await sessionOf(other);
  await responder.kill();
});

test("its token stands in no list of processes", () => {
  const seen = fs.readFileSync(path.join(folder, "bin", "seen"), "utf8");
  assert.match(seen, /session\.revoke/);
  assert.doesNotMatch(seen, /chy_|[Bb]earer/);
  assert.doesNotMatch(seen, new RegExp(token));
});

test("without a good token, or with no filter for one, it doesn't begin", async () => {
  fs.writeFileSync(path.join(folder, "none.token"), "chy_none\n");
  const script = `sh examples/responder.sh ${server.url("")}`;
  const bad = await shell(`${script} none.token none.place`);
  assert.notEqual(bad.status, 0);
  assert.match(bad.stderr, /no valid credential/);
  const none = await shell(`${script} responder.token none.place '.a ='`);
  assert.notEqual(none.status, 0);
  assert.match(none.stderr, /syntax error/);
});

test("a filter can be tried on what has been", async () => {
  const { status, stdout } = await shell(TRY);
  assert.equal(status, 0);
  assert.match(stdout, /^ann tried to export the log and was denied$/m);
});
