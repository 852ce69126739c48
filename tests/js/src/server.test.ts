// A server's life: its first start, what it leaves in its state folder, a
// second one on the same folder, its end and the next start.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

import { BIN, Server, runProgram } from "./server.js";

test("installs itself, serves, stops, and goes on from there", async () => {
  const server = await Server.start("server");
  const mode = (name: string) =>
    (fs.statSync(path.join(server.state, name)).mode & 0o777).toString(8);

  assert.equal(mode("token"), "600");
  assert.equal((await server.ask("/ready", { token: null })).status, 200);
  await server.ask("/files/a", { method: "PUT", body: "kept" });

  const second = await runProgram(path.join(BIN, "chanceryd"), [
    ...["--state", server.state],
  ]);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /another server runs on this folder/);
  assert.equal((await server.ask("/ready", { token: null })).status, 200);

  server.signal("SIGTERM");
  assert.equal(await server.exited(), 0);
  assert.equal(fs.existsSync(path.join(server.state, "run.json")), false);

  await server.run();
  assert.equal((await server.ask("/files/a")).body.toString(), "kept");
  const life = (await server.search({ from: 0 }))
    .filter((event) => event.metadata.uid.endsWith(".0")) // of each record one
    .map((event) => event.metadata.event_code as string)
    .filter((name) => name !== "context" && name !== "front.sum");
  assert.deepEqual(life, [
    ...["log.begin", "catalogue", "system.start", "ceremony.install", "app.install"],
    ...["app.install", "canary.install"],
    ...["file.create", "system.stop"],
    ...["catalogue", "system.start", "file.read"],
  ]);
  await server.stop();
});
