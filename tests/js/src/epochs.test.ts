// A restore: what the new epoch of a log rests on, replayed across both.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { readLog } from "./folder.js";
import { replayLogs } from "./replay.js";
import { BIN, eventually, Refused, runProgram, Server } from "./server.js";

let server: Server;
let old: string; // the state folder before

before(async () => {
  server = await Server.start("epochs");
  old = path.join(server.folder, "old");
});

after(() => server.stop());

async function passes(program: string, ...args: string[]): Promise<void> {
  const { status, stderr } = await runProgram(path.join(BIN, program), args);
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
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

test("a restore goes on from what was kept and from what had ended", async () => {
  const { home } = await server.op("session.get");
  const { id: guest } = await server.op("principal.create", {
    kind: "service",
    name: "guest",
  });
  const { secret } = await server.op("token.issue", {
    principal: guest,
    label: "guest",
  });
  const make = async (name: string): Promise<string> =>
    (await server.op("folder.create", { parent: home, name })).id;
  const share = async (node: string): Promise<string> =>
    (
      await server.op("share.grant", {
        node,
        principal: guest,
        relation: "edit",
      })
    ).id;
  const [kept, ended, place] = [
    await make("kept"),
    await make("ended"),
    await make("place"),
  ];
  await share(kept);
  const grant = await share(ended);
  const paused = await server.principal("paused");
  const looks = (): Promise<string> => told("session.get", {}, paused.token);
  assert.equal(await looks(), "done");
  const backup = path.join(server.folder, "backup");
  const keys = path.join(server.folder, "keys");
  const mirror = path.join(server.folder, "mirror");
  const state = ["--state", server.state];
  const before = await server.op("setup.progress");
  assert.equal(before.backup, undefined);
  await passes("chancery-state", "backup", backup, "--keys", keys, ...state);
  await eventually(
    "its note",
    async () => (await server.op("setup.progress")).backup,
  );

  // Beyond the backup: an end, a suspension, a share, a move, a new folder.
  await server.op("principal.suspend", { principal: paused.id });
  assert.equal(await looks(), "forbidden");
  await server.op("share.revoke", { grant });
  await share(place);
  await server.op("node.move", { node: kept, folder: place });
  const lost = await make("lost");
  assert.equal(await told("node.get", { node: place }, secret), "done");
  await passes("chancery", ...state, "log", "mirror", "--once", mirror);
  await server.kill();
  fs.renameSync(server.state, old);
  await passes(
    "chancery-state",
    ...["restore", backup, "--mirror", mirror, "--keys", keys, ...state],
  );
  for (const file of ["token", "chancery.conf"])
    fs.copyFileSync(path.join(old, file), path.join(server.state, file));
  await server.run();

  const get = (node: string, token: string): Promise<string> =>
    told("node.get", { node }, token);
  assert.equal(await get(kept, secret), "done");
  assert.equal(await get(ended, secret), "notFound");
  assert.equal(await looks(), "forbidden");
  assert.equal(await get(place, secret), "notFound");
  assert.equal(await get(lost, server.token), "notFound");
  assert.equal(
    await told("node.rename", { node: kept, name: "renamed" }, server.token),
    "done",
  );
  assert.equal((await server.op("node.get", { node: kept })).parent, home);

  server.signal("SIGTERM");
  await server.exited();
  const folder = (name: string): string =>
    path.join(server.state, "core", name);
  const logs = ["log-1", "log"].map((name) => readLog(folder(name)));
  const { mismatches } = replayLogs(logs);
  assert.deepEqual(mismatches, []);
  // Alone the new epoch rests on nothing.
  assert.notDeepEqual(replayLogs(logs.slice(1)).mismatches, []);
  await server.run();
});
