// A mirror of a log that grows, under the eyes of two verifiers of other origin
// (tests/verifiers): Go's golang.org/x/mod and npm's @sigstore/verify. Both
// accept it as it grows, and refuse it with any byte flipped.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { BIN, eventually, runProgram, Server } from "./server.js";

const VERIFIERS = fileURLToPath(new URL("../../verifiers/", import.meta.url));
const MODULES = fileURLToPath(new URL("../node_modules/", import.meta.url));

let server: Server;
let mirror: string;
let vkey: string; // from the server, not from what is verified
let mirroring: ChildProcess;

before(async () => {
  server = await Server.start("verifiers");
  mirror = path.join(server.folder, "mirror");
  vkey = path.join(server.state, "core", "log", "log.vkey");
  mirroring = spawn(
    path.join(BIN, "chancery"),
    ["--state", server.state, "log", "mirror", mirror],
    { stdio: "ignore" },
  );
  await buildGo();
});

after(async () => {
  mirroring.kill();
  await once(mirroring, "exit");
  await server.stop();
});

async function buildGo(): Promise<void> {
  const folder = path.join(server.folder, "go");
  fs.mkdirSync(folder);
  await passes(
    "go",
    ["build", "-o", path.join(folder, "verify"), "verify.go"],
    {
      cwd: VERIFIERS,
      env: {
        GO111MODULE: "off",
        GOFLAGS: "",
        GOCACHE: path.join(folder, "cache"),
        GOPATH: `${folder}:/usr/share/gocode`,
      },
    },
  );
}

async function passes(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { status, stdout, stderr } = await runProgram(program, args, options);
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const go = (...args: string[]): Promise<string> =>
  passes(path.join(server.folder, "go", "verify"), args);
const sigstore = (...args: string[]): Promise<string> =>
  passes(process.execPath, [
    path.join(VERIFIERS, "verify-sigstore.mjs"),
    ...args,
    MODULES,
  ]);

/** The mirror, once it has all that there is now: how many leaves. */
async function mirrored(): Promise<number> {
  const size = await server.metric("chancery_log_size");
  return eventually("a mirror that has it all", () => {
    const file = path.join(mirror, "checkpoint");
    if (!fs.existsSync(file)) return undefined;
    const has = Number(fs.readFileSync(file, "utf8").split("\n")[1]);
    return has >= size ? has : undefined;
  });
}

/** The mirror as it stands, for it goes on growing: held still meanwhile. */
async function copy(name: string): Promise<string> {
  const folder = path.join(server.folder, name);
  mirroring.kill("SIGSTOP");
  try {
    await eventually("a mirror that stands still", () => {
      const stat = fs.readFileSync(`/proc/${mirroring.pid}/stat`, "latin1");
      return /\) T /.test(stat) || undefined;
    });
    fs.cpSync(mirror, folder, { recursive: true });
  } finally {
    mirroring.kill("SIGCONT");
  }
  return folder;
}

function flipped(told: string): number {
  return Number(/(\d+) flipped bytes refused/.exec(told)?.[1] ?? 0);
}

test("a mirror is accepted, and refused with any byte flipped", async () => {
  await server.ops(
    "folder.create",
    Array.from({ length: 20 }, (_, i) => ({ path: "", name: `folder ${i}` })),
  );
  const size = await mirrored();
  const folder = await copy("small");
  assert.match(await go(folder, vkey), new RegExp(`${size} entries verified`));
  assert.match(
    await sigstore(folder, vkey),
    new RegExp(`${size} inclusion proofs verified`),
  );
  for (const told of [
    await go("--flips", folder, vkey),
    await sigstore("--flips", folder, vkey),
  ])
    assert.ok(flipped(told) > size * 100, told);
});

test("it grows, and what it was is the beginning of what it is", async () => {
  const older = path.join(await copy("older"), "checkpoint");
  const name = (i: number): string => `file ${i}`;
  for (let i = 0; i < 700; i++)
    await server.op("file.create", { path: "", name: name(i) });
  const size = await mirrored();
  assert.ok(size > 700);
  const folder = await copy("large");
  assert.match(
    await go(folder, vkey, older),
    new RegExp(`consistent from \\d+ to ${size}`),
  );
  assert.match(
    await sigstore(folder, vkey),
    new RegExp(`${size} inclusion proofs verified`),
  );
  // The older checkpoint of another log is none of this one's.
  const other = path.join(server.folder, "other");
  fs.writeFileSync(
    other,
    fs.readFileSync(older, "utf8").replace(/\n(\d+)\n/, "\n1\n"),
  );
  const { status } = await runProgram(
    path.join(server.folder, "go", "verify"),
    [folder, vkey, other],
  );
  assert.equal(status, 1);
});
