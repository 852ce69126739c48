// Tools of others as they are: curl and h2load.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { type Ended, Server, runProgram } from "./server.js";

let server: Server;
let work = "";

before(async () => {
  server = await Server.start("tools");
  work = fs.mkdtempSync(path.join(server.folder, "tools-"));
  fs.writeFileSync(path.join(work, "ca.pem"), server.certificate);
  // A configuration file, so that the token stands in no list of processes.
  fs.writeFileSync(
    path.join(work, "curlrc"),
    `cacert = "${work}/ca.pem"\noauth2-bearer = "${server.token}"\nsilent\nshow-error\n`,
    { mode: 0o600 },
  );
});
after(async () => server.stop());

const curl = (...args: string[]): Promise<Ended> =>
  runProgram("curl", ["--config", path.join(work, "curlrc"), ...args], {
    cwd: work,
  });

for (const version of ["--http1.1", "--http2", "--tlsv1.3", "--tls-max=1.2"])
  test(`curl ${version}: up, list, down, part, conditions, delete`, async () => {
    const [option, ...value] = version.split("=");
    assert(option !== undefined);
    const via = [option, ...value];
    const name = version.replace(/\W/g, "");
    const url = server.url(`/files/${name}/`, true);
    const bytes = randomBytes(300_000);
    fs.writeFileSync(path.join(work, name), bytes);

    const run = async (...args: string[]) => {
      const ended = await curl(...via, ...args);
      assert.equal(ended.status, 0, ended.stderr);
      return ended.stdout;
    };
    await run("--fail", "-X", "PUT", url);
    await run("--fail", "-T", name, url);
    // From a pipe: no length is known.
    const piped = await runProgram(
      "curl",
      ["--config", "curlrc", ...via, "--fail", "-T", "-", `${url}piped`],
      { cwd: work, input: "piped" },
    );
    assert.equal(piped.status, 0, piped.stderr);
    const list = JSON.parse(await run("--fail", url));
    assert.deepEqual(
      list.list.map((node: { name: string }) => node.name).sort(),
      [name, "piped"].sort(),
    );
    await run("--fail", "-o", "down", url + name);
    assert.deepEqual(fs.readFileSync(path.join(work, "down")), bytes);
    await run("--fail", "-r", "1000-1999", "-o", "part", url + name);
    assert.deepEqual(
      fs.readFileSync(path.join(work, "part")),
      bytes.subarray(1000, 2000),
    );
    // What stopped half-way is gone on with.
    fs.writeFileSync(path.join(work, "half"), bytes.subarray(0, 150_000));
    await run("--fail", "-C", "-", "-o", "half", url + name);
    assert.deepEqual(fs.readFileSync(path.join(work, "half")), bytes);
    // With its tag nothing comes again.
    await run("--etag-save", "etag", "-o", "tagged", url + name);
    const code = ["-w", "%{http_code} %{size_download}", "-o", "again"];
    assert.equal(
      await run("--etag-compare", "etag", ...code, url + name),
      "304 0",
    );
    const dated = ["-z", new Date(Date.now() + 86_400_000).toUTCString()];
    assert.equal(await run(...dated, ...code, url + name), "304 0");
    await run("--fail", "-X", "DELETE", url + name);
    assert.match(await run(...code, url + name), /^404 /);
    assert.match(await run("-I", url + "piped"), /content-length: 5/i);
    const redirected = await run(
      "-L",
      ...code,
      server.url(`/files/${name}`, true),
    );
    assert.match(redirected, /^200 /);
  });

test("curl's other ways to ask", async () => {
  const url = server.url("/ready", true);
  for (const args of [
    ["--compressed"],
    ["--http1.0"],
    ["-b", "a=b"],
    ["-A", ""],
    ["--http2-prior-knowledge"],
    ["-H", "Connection: close"],
    [server.url("/ready", true)],
  ]) {
    const ended = await curl("--fail", url, ...args);
    assert.equal(ended.status, 0, `${args.join(" ")}: ${ended.stderr}`);
    assert.match(ended.stdout, /^ready\n/);
  }
});

async function h2load(...args: string[]): Promise<string> {
  const ended = await runProgram("h2load", [
    ...["-H", `authorization: Bearer ${server.token}`],
    ...args,
  ]);
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  return ended.stdout;
}

for (const [what, options] of [
  ["HTTP/2", []],
  ["HTTP/1.1", ["--h1"]],
] as const)
  test(`h2load over ${what}: each request is answered and recorded`, async () => {
    const name = what.replace(/\W/g, "");
    await server.ask(`/files/load-${name}`, {
      method: "PUT",
      body: randomBytes(4096),
    });
    const reads =
      'chancery_objects_total{operation="file.read",outcome="allowed"}';
    const before = await server.metric(reads);
    const said = await h2load(
      ...["-n", "3000", "-c", "20", "-m", "10", ...options],
      server.url(`/files/load-${name}`, true),
    );
    assert.match(said, /3000 succeeded, 0 failed, 0 errored, 0 timeout/);
    assert.match(said, /status codes: 3000 2xx, 0 3xx, 0 4xx, 0 5xx/);
    assert.equal((await server.metric(reads)) - before, 3000);
  });

test("h2load with PUTs over HTTP/2", async () => {
  fs.writeFileSync(path.join(work, "body"), randomBytes(1000));
  const said = await h2load(
    ...["-n", "500", "-c", "8", "-m", "8", "-d", path.join(work, "body")],
    ...["-H", ":method: PUT", server.url("/files/put", true)],
  );
  assert.match(said, /500 succeeded, 0 failed, 0 errored, 0 timeout/);
  const versions = await server.op("version.list", { path: "put", limit: 500 });
  assert.equal(versions.list.length, 500);
});
