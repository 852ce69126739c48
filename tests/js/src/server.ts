// A server of its own for a test: chanceryd with free ports and its state in a
// temporary folder, and clients to speak with it. What it leaves behind (log
// folder, events, metrics) is collected at its end, for the checks of the run.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

import { Passkey } from "./authenticator.js";
import { EventStream } from "./events.js";
import { RawSocket } from "./raw.js";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const BIN = path.resolve(
  ROOT,
  process.env["CHANCERY_BIN"] ?? "build/dev/bin",
);
const RUN = path.resolve(ROOT, process.env["CHANCERY_RUN"] ?? "build/run");

// A guard against hanging, for what has no deadline of its own.
const PATIENCE_MS = 60_000;

export const CORE = "urn:ietf:params:jmap:core";
export const FILES = "urn:chancery:files";
export const OPERATIONS = "urn:chancery:operations";

// What came of JSON; the tests look into it as they please.
export type Any = any;
export type Role = "core" | "front" | "keeper" | "blobs" | "zygote";
export type Call = [name: string, args: object, id: string];

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export interface Asked {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  body?: string | Uint8Array;
  // null: without a credential
  token?: string | null;
  tls?: boolean;
}

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Options {
  config?: { [key: string]: string | number };
  // Where its programs are, if some of them are others.
  programs?: string;
}

// A principal of its own, with a token.
export interface Principal {
  id: string;
  home: string;
  credential: string;
  token: string;
}

// A person with a passkey, signed in.
export interface Person {
  id: string;
  login: string;
  passkey: Passkey;
  token: string;
}

// An operation that was refused.
export class Refused extends Error {
  constructor(
    readonly operation: string,
    readonly type: string,
    readonly code: string | undefined,
  ) {
    super(`${operation}: ${type} ${code ?? ""}`);
  }
}

// Fails by name where something never comes.
export async function within<T>(
  what: string,
  promise: Promise<T>,
  ms = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: never came`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Asks again and again until the answer is there.
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  ms = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const got = await ask();
    if (got !== undefined) return got;
    if (Date.now() > end) throw new Error(`${what}: never came`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function wholeBody(answer: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

// A folder NAME-1, NAME-2 ... that is this server's alone.
function runFolder(name: string): string {
  fs.mkdirSync(RUN, { recursive: true });
  for (let n = 1; ; n++) {
    const folder = path.join(RUN, `${name}-${n}`);
    try {
      fs.mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

export class Server {
  readonly folder: string;
  readonly state: string;
  readonly configPath: string;
  readonly output: string[] = [];
  http = 0;
  https = 0;
  token = "";
  certificate = "";
  #config: { [key: string]: string | number };
  #programs: string;
  #process: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #waiters = new Set<{ find: RegExp; resolve: (line: string) => void }>();

  private constructor(
    readonly name: string,
    options: Options,
  ) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), `chancery-${name}-`));
    fs.chmodSync(this.folder, 0o755);
    this.state = path.join(this.folder, "state");
    fs.mkdirSync(this.state, { mode: 0o700 });
    this.#programs = options.programs ?? BIN;
    this.configPath = path.join(this.state, "chancery.conf");
    this.#config = {
      hostname: "localhost",
      https_port: 0,
      http_port: 0,
      // Loaded where documents are tested.
      engine: "",
      ...options.config,
    };
    this.configure({});
  }

  static async start(name: string, options: Options = {}): Promise<Server> {
    const server = new Server(name, options);
    await server.run();
    return server;
  }

  // ---- its life

  // Writes the configuration file anew; null takes a key out.
  configure(change: { [key: string]: string | number | null }): void {
    for (const [key, value] of Object.entries(change))
      if (value === null) delete this.#config[key];
      else this.#config[key] = value;
    const lines = Object.entries(this.#config).map(([k, v]) => `${k} = ${v}\n`);
    fs.writeFileSync(this.configPath, lines.join(""));
  }

  // Starts the process, on a state folder that may have been used before, and
  // waits until it serves. It ends with this process, however that ends.
  async run(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const started = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", path.join(this.#programs, "chanceryd")],
        ...["--state", this.state],
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...env },
      },
    );
    this.#process = started;
    this.#exited = once(started, "exit");
    for (const stream of [started.stdout, started.stderr])
      createInterface(stream).on("line", (line) => this.#took(line));
    // A test that fails before it stops its server is not held up by it.
    started.unref();
    for (const pipe of [started.stdout, started.stderr])
      (pipe as unknown as Socket).unref();
    const ready = this.line(/Chancery is ready/);
    const ended = this.#exited.then(() => {
      throw new Error(`chanceryd ended:\n${this.output.join("\n")}`);
    });
    await within("a server that is ready", Promise.race([ready, ended]));
    ended.catch(() => {});
    this.#readPlace();
  }

  #readPlace(): void {
    const read = (...names: string[]) =>
      fs.readFileSync(path.join(this.state, ...names), "utf8");
    const run = JSON.parse(read("run.json")) as {
      http?: number;
      https: number;
    };
    this.http = run.http ?? 0;
    this.https = run.https;
    this.token = read("token").trim();
    this.certificate = read("keeper", "tls.crt");
  }

  #took(line: string): void {
    this.output.push(line);
    for (const waiter of this.#waiters)
      if (waiter.find.test(line)) {
        this.#waiters.delete(waiter);
        waiter.resolve(line);
      }
  }

  // The next line of its operational log that fits.
  line(find: RegExp): Promise<string> {
    return within(
      `a line like ${find}`,
      new Promise((resolve) => this.#waiters.add({ find, resolve })),
    );
  }

  get hostname(): string {
    return String(this.#config["hostname"]);
  }

  get pid(): number {
    assert(this.#process?.pid !== undefined);
    return this.#process.pid;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  // The processes of a role, by their ids.
  children(role: Role): number[] {
    const pids: number[] = [];
    for (const name of fs.readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, "latin1");
        const [, command, state, parent] =
          /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat) ?? [];
        if (
          command === `chancery-${role}` &&
          state !== "Z" &&
          Number(parent) === this.pid
        )
          pids.push(Number(name));
      } catch {
        continue; // it has ended meanwhile
      }
    }
    return pids;
  }

  killChild(role: Role): number {
    const [pid] = this.children(role);
    assert(pid !== undefined, `no ${role} runs`);
    process.kill(pid, "SIGKILL");
    return pid;
  }

  // Collects what it leaves, and stops it in good order.
  async stop(): Promise<void> {
    const folder = runFolder(this.name);
    await this.#exportTo(path.join(folder, "events.jsonl"));
    fs.writeFileSync(path.join(folder, "metrics.txt"), await this.metrics());
    this.signal("SIGTERM");
    await this.exited();
    this.#collect(folder);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  // Awaits its end: its exit status, or the signal that ended it.
  async exited(): Promise<number | string> {
    const [status, signal] = (await within("its end", this.#exited)) as [
      number | null,
      NodeJS.Signals | null,
    ];
    return status ?? signal ?? "unknown";
  }

  // Without warning; the state stays.
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited();
  }

  async #exportTo(file: string): Promise<void> {
    const answer = await this.open("/log/export");
    assert.equal(answer.statusCode, 200);
    await pipeline(answer, fs.createWriteStream(file));
  }

  #collect(folder: string): void {
    // That of an earlier epoch stands beside the log, as log-<base>.
    for (const name of fs.readdirSync(path.join(this.state, "core")))
      if (/^log(-\d+)?$/.test(name))
        fs.cpSync(
          path.join(this.state, "core", name),
          path.join(folder, name),
          {
            recursive: true,
          },
        );
    fs.writeFileSync(
      path.join(folder, "server.log"),
      this.output.map((line) => `${line}\n`).join(""),
    );
  }

  // ---- its clients

  url(where: string, tls = false): string {
    return tls
      ? `https://localhost:${this.https}${where}`
      : `http://localhost:${this.http}${where}`;
  }

  // An answer whose body is yet to be read.
  async open(where: string, asked: Asked = {}): Promise<http.IncomingMessage> {
    const token = asked.token === undefined ? this.token : asked.token;
    const headers: http.OutgoingHttpHeaders = { ...asked.headers };
    if (token !== null) headers["authorization"] ??= `Bearer ${token}`;
    const tls = asked.tls ?? false;
    const request = (tls ? https : http).request({
      agent: false, // a connection for each
      host: "127.0.0.1",
      port: tls ? this.https : this.http,
      path: where,
      method: asked.method ?? (asked.body === undefined ? "GET" : "POST"),
      headers: { host: new URL(this.url("/", tls)).host, ...headers },
      ...(tls ? { ca: this.certificate, servername: this.hostname } : {}),
    });
    const answered = once(request, "response");
    request.end(asked.body);
    const [answer] = (await within(`an answer on ${where}`, answered)) as [
      http.IncomingMessage,
    ];
    return answer;
  }

  async ask(where: string, asked: Asked = {}): Promise<Answer> {
    const answer = await this.open(where, asked);
    const body = await within(`the body of ${where}`, wholeBody(answer));
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  }

  // A JMAP request: its method responses.
  async jmap(
    calls: Call[],
    asked: Asked & { using?: string[] } = {},
  ): Promise<Call[]> {
    const answer = await this.ask("/jmap/api", {
      ...asked,
      headers: { "content-type": "application/json", ...asked.headers },
      body: JSON.stringify({
        using: asked.using ?? [CORE, FILES, OPERATIONS],
        methodCalls: calls,
      }),
    });
    const text = answer.body.toString();
    assert.equal(answer.status, 200, text);
    return (JSON.parse(text) as { methodResponses: Call[] }).methodResponses;
  }

  // One operation on many objects: what came of each.
  async ops(
    name: string,
    objects: object[],
    asked: Asked = {},
  ): Promise<Any[]> {
    const [response] = await this.jmap([[name, { objects }, "0"]], asked);
    assert(response !== undefined);
    const [answered, body] = response as [string, Any, string];
    if (answered === "error") throw new Refused(name, body.type, undefined);
    return body.results as Any[];
  }

  // One operation on one object: its result; throws where it was refused.
  async op(name: string, args: object = {}, asked: Asked = {}): Promise<Any> {
    const [result] = await this.ops(name, [args], asked);
    if (!result.ok) throw new Refused(name, result.error.type, result.code);
    return result;
  }

  // A new service, and a token for it, narrowed as asked.
  async principal(name: string, narrowed: object = {}): Promise<Principal> {
    const { id, home } = await this.op("principal.create", {
      kind: "service",
      name,
    });
    const issued = await this.op("token.issue", {
      principal: id,
      label: name,
      ...narrowed,
    });
    return { id, home, credential: issued.id, token: issued.secret };
  }

  async challenge(purpose: "sign_in" | "register"): Promise<string> {
    const asked = { token: null };
    return (await this.op("challenge.make", { purpose }, asked)).challenge;
  }

  // That of the installation ends with the first administrator: one that doesn't.
  async ownToken(): Promise<void> {
    const watcher = await this.principal("watcher");
    for (const relation of ["log_reader", "operator", "user_admin"])
      await this.op("role.grant", { principal: watcher.id, relation });
    this.token = watcher.token;
  }

  // A person with nothing to sign in with yet, and their invitation.
  async invite(
    login: string,
    kind = "person",
    name = login,
  ): Promise<{ id: string; invitation: string }> {
    const { id } = await this.op("principal.create", { kind, name, login });
    const issued = await this.op("invitation.issue", { principal: id });
    return { id, invitation: issued.secret };
  }

  // Signs in by a passkey: the session.
  async signIn(passkey: Passkey): Promise<Any> {
    const answer = passkey.get(await this.challenge("sign_in"));
    return this.op("session.begin", answer, { token: null });
  }

  // A new person, or guest, who has enrolled with a passkey.
  async enrol(login: string, kind = "person"): Promise<Person> {
    const { id, invitation } = await this.invite(login, kind);
    return this.enrolInvited(id, login, invitation);
  }

  async enrolInvited(
    id: string,
    login: string,
    invitation: string,
  ): Promise<Person> {
    const passkey = new Passkey(new URL(this.url("/")).origin);
    await this.op(
      "passkey.add",
      { label: "key", ...passkey.create(await this.challenge("register")) },
      { token: invitation },
    );
    const { secret } = await this.signIn(passkey);
    return { id, login, passkey, token: secret };
  }

  // The same with the role that manages principals.
  async administrator(login: string): Promise<Person> {
    const person = await this.enrol(login);
    const relation = "user_admin";
    await this.op("role.grant", { principal: person.id, relation });
    return person;
  }

  // One person asks for what two people do, the other one approves it.
  async approve(
    first: Person,
    second: Person,
    name: string,
    args: object,
  ): Promise<void> {
    const call = { [name]: args };
    const { id } = await this.op(
      "approval.ask",
      { call },
      { token: first.token },
    );
    const asked = { token: second.token };
    await this.op("approval.give", { request: id }, asked);
  }

  async metrics(): Promise<string> {
    const answer = await this.ask("/metrics");
    assert.equal(answer.status, 200);
    return answer.body.toString();
  }

  // One figure of this front's or core's; 0 where there is none yet.
  async metric(series: string): Promise<number> {
    for (const line of (await this.metrics()).split("\n"))
      if (line.startsWith(`${series} `))
        return Number(line.slice(series.length + 1));
    return 0;
  }

  // The events of the records that a search finds (/log/export's query).
  async search(query: { [name: string]: string | number }): Promise<Any[]> {
    const text = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      text.set(name, String(value));
    const answer = await this.ask(`/log/export?${text}`);
    assert.equal(answer.status, 200, answer.body.toString());
    const lines = answer.body.toString().split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Any);
  }

  // The log as it comes, or another stream of server-sent events.
  async events(where = "/log/events", asked: Asked = {}): Promise<EventStream> {
    const answer = await this.open(where, asked);
    assert.equal(answer.statusCode, 200);
    return new EventStream(answer);
  }

  // A connection for bytes as they are: plain by default.
  raw(tls = false, protocol = "http/1.1"): Promise<RawSocket> {
    return tls
      ? RawSocket.overTls(this.https, this.certificate, protocol)
      : RawSocket.plain(this.http);
  }

  // The command line's program on this server's state folder.
  cli(...args: string[]): Promise<Ended> {
    return runProgram(path.join(BIN, "chancery"), [
      ...["--state", this.state],
      ...args,
    ]);
  }
}

// Runs a program to its end.
export function runProgram(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        maxBuffer: 256 << 20,
        ...(options.cwd !== undefined ? { cwd: options.cwd } : {}),
        env: { ...process.env, ...options.env },
      },
      (_, stdout, stderr) =>
        resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(options.input);
  });
}
