// A server while it runs: its configuration and certificate read anew, its
// processes killed, and its end.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http2 from "node:http2";
import * as path from "node:path";
import { after, before, test } from "node:test";
import * as tls from "node:tls";

import {
  type Any,
  CORE,
  type Role,
  Server,
  eventually,
  runProgram,
  within,
} from "./server.js";

let server: Server;

before(async () => {
  server = await Server.start("reload", { config: { fronts: 1 } });
});
after(async () => server.stop());

const put = (name: string, body: string | Uint8Array = name) =>
  server.ask(`/files/${name}`, { method: "PUT", body });

const last = async (): Promise<number> =>
  (await server.op("status.read")).sequence;

// ---- the configuration

// Has the configuration read: the record of that.
async function reload(change: {
  [key: string]: string | number | null;
}): Promise<Any> {
  const from = (await last()) + 1;
  server.configure(change);
  server.signal("SIGHUP");
  return eventually("the record of a reload", async () => {
    const [record] = await server.search({ from, operation: "system.config" });
    return record;
  });
}

const maxCalls = async (): Promise<number> => {
  const answer = await server.ask("/jmap/session");
  return JSON.parse(answer.body.toString()).capabilities[CORE]
    .maxCallsInRequest;
};

test("a configuration is taken on, and that is recorded", async () => {
  assert.equal(await maxCalls(), 32);
  const record = await reload({ max_calls: 5, log_level: 0 });
  assert.equal(record.status, "Success");
  assert.equal(
    await eventually(
      "the limit",
      async () => (await maxCalls()) === 5 || undefined,
    ),
    true,
  );
  const calls = Array.from({ length: 6 }, () => ["Core/echo", {}, "0"]);
  const answer = await server.ask("/jmap/api", {
    body: JSON.stringify({ using: [CORE], methodCalls: calls }),
  });
  assert.equal(answer.status, 400);
});

for (const [what, wrong, says] of [
  ["an unknown key", { max_callz: 7 }, /max_callz/],
  ["a value out of range", { max_objects: 501 }, /max_objects/],
  ["a value of another type", { head_seconds: "soon" }, /head_seconds/],
  ["a key that wants a restart", { https_port: 1 }, /https_port/],
  [
    "a certificate that isn't there",
    { tls_certificate: "/none", tls_key: "/none" },
    /certificate/,
  ],
  [
    "an address that is none",
    { trusted_proxies: "everybody" },
    /trusted_proxies/,
  ],
] as [string, { [key: string]: string | number }, RegExp][])
  test(`${what} is refused by name, and nothing else taken on`, async () => {
    const undo = Object.fromEntries(
      Object.keys(wrong).map((key) => [key, key === "https_port" ? 0 : null]),
    );
    const record = await reload({ ...wrong, max_calls: 9 });
    assert.equal(record.status, "Failure", JSON.stringify(record));
    assert.match(JSON.stringify(record.unmapped), says);
    assert.match(server.output.join("\n"), says);
    assert.equal(await maxCalls(), 5);
    server.configure({ ...undo, max_calls: 5 });
  });

test("a configuration that can't be read is refused", async () => {
  const text = fs.readFileSync(server.configPath);
  fs.rmSync(server.configPath);
  const from = (await last()) + 1;
  server.signal("SIGHUP");
  const [record] = await eventually("the record", async () => {
    const found = await server.search({ from, operation: "system.config" });
    return found.length > 0 ? found : undefined;
  });
  assert.equal(record.status, "Failure");
  fs.writeFileSync(server.configPath, text);
});

// ---- the certificate

async function selfSigned(
  name: string,
): Promise<{ cert: string; key: string }> {
  const cert = path.join(server.folder, `${name}.crt`);
  const key = path.join(server.folder, `${name}.key`);
  const ended = await runProgram("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-days", "2", "-subj", `/CN=${name}`],
    ...["-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", key, "-out", cert],
  ]);
  assert.equal(ended.status, 0, ended.stderr);
  return { cert, key };
}

// A TLS connection of now, and whose certificate it was shown.
async function handshake(): Promise<{
  socket: tls.TLSSocket;
  subject: string;
}> {
  const socket = tls.connect({
    port: server.https,
    host: "127.0.0.1",
    servername: "localhost",
    rejectUnauthorized: false,
  });
  await within("a handshake", once(socket, "secureConnect"));
  const { raw } = socket.getPeerCertificate();
  return { socket, subject: new X509Certificate(raw).subject };
}

test("certificates are renewed without a restart", async () => {
  const first = await handshake();
  assert.doesNotMatch(first.subject, /CN=first/);
  const [one, two] = [await selfSigned("first"), await selfSigned("second")];
  const record = await reload({ tls_certificate: one.cert, tls_key: one.key });
  assert.equal(record.status, "Success");
  await eventually("the first certificate", async () => {
    const { socket, subject } = await handshake();
    socket.destroy();
    return /CN=first/.test(subject) || undefined;
  });
  // The same paths, other files.
  fs.copyFileSync(two.cert, one.cert);
  fs.copyFileSync(two.key, one.key);
  assert.equal((await reload({})).status, "Success");
  await eventually("the second certificate", async () => {
    const { socket, subject } = await handshake();
    socket.destroy();
    return /CN=second/.test(subject) || undefined;
  });
  // A connection from before goes on.
  first.socket.write("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [bytes] = (await within("an answer", once(first.socket, "data"))) as [
    Buffer,
  ];
  assert.match(bytes.toString(), /^HTTP\/1.1 200 /);
  first.socket.destroy();
});

test("a certificate and a key that don't fit are refused", async () => {
  const [one, two] = [await selfSigned("third"), await selfSigned("fourth")];
  const record = await reload({ tls_certificate: one.cert, tls_key: two.key });
  assert.equal(record.status, "Failure");
  const { socket, subject } = await handshake();
  socket.destroy();
  assert.match(subject, /CN=second/);
  server.configure({
    tls_certificate: path.join(server.folder, "first.crt"),
    tls_key: path.join(server.folder, "first.key"),
  });
});

// ---- processes that die

// A client that goes on through whatever happens: what it was told is stored.
async function persist(name: string, until: () => boolean): Promise<string[]> {
  const stored: string[] = [];
  for (let n = 0; !until(); n++) {
    const file = `${name}-${n}`;
    try {
      const { status } = await put(file);
      if (status === 201) stored.push(file);
      else assert.equal(status, 503);
    } catch (error) {
      // A front that is killed takes its connections with it.
      assert.match(String((error as Any).code), /ECONN|EPIPE/);
    }
  }
  return stored;
}

for (const role of ["front", "blobs", "keeper", "core"] as Role[])
  test(`${role} is killed under load: it comes again, on the record`, async () => {
    const from = (await last()) + 1;
    let over = false;
    const clients = ["a", "b", "c"].map((name) =>
      persist(`${role}-${name}`, () => over),
    );
    const pid = server.killChild(role);
    const another = await eventually(`another ${role}`, () =>
      server.children(role).find((one) => one !== pid),
    );
    assert.notEqual(another, pid);
    const record = await eventually("the record of its death", async () => {
      try {
        const found = await server.search({ from, operation: "system.child" });
        return found.find((event) => event.unmapped.facts.pid === pid);
      } catch {
        return undefined; // it isn't back yet
      }
    });
    assert.equal(record.unmapped.facts.role, role);
    assert.equal(record.unmapped.facts.signal, 9);

    // All that it does is done again.
    const large = Buffer.alloc(1 << 20, role);
    await eventually("an upload and a download", async () => {
      try {
        const stored = await put(`${role}-large`, large);
        if (stored.status !== 201 && stored.status !== 200) return undefined;
        const got = await server.ask(`/files/${role}-large`);
        return (got.status === 200 && got.body.equals(large)) || undefined;
      } catch {
        return undefined;
      }
    });
    const { socket } = await eventually("a handshake", async () => {
      try {
        return await handshake();
      } catch {
        return undefined;
      }
    });
    socket.destroy();
    over = true;
    for (const stored of await Promise.all(clients))
      for (const file of stored) {
        const got = await server.ask(`/files/${file}`);
        assert.equal(got.body.toString(), file);
      }
  });

test("what fails again and again waits longer each time", async () => {
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    const pid = server.killChild("blobs");
    const began = Date.now();
    await eventually("another", () =>
      server.children("blobs").find((one) => one !== pid),
    );
    waits.push(Date.now() - began);
  }
  // It was killed once above: 200 ms, 400, 800, 1600 at least.
  for (const [i, least] of [200, 400, 800, 1600].entries())
    assert((waits[i] ?? 0) >= least, JSON.stringify(waits));
});

test("a subscriber that lost core goes on without a gap", async () => {
  const from = (await last()) + 1;
  const stream = await server.events(`/log/events?from=${from}`);
  const seen: number[] = [];
  server.killChild("core");
  for (;;) {
    const record = await within("a record", stream.next());
    if (record === undefined) break;
    seen.push(Number(record.id));
  }
  const next = (seen.at(-1) ?? from - 1) + 1;
  const again = await eventually("the log", async () => {
    try {
      return await server.events("/log/events", {
        headers: { "last-event-id": String(next - 1) },
      });
    } catch {
      return undefined;
    }
  });
  const record = await within("a record", again.next());
  assert.equal(Number(record?.id), next);
  again.close();
});

// ---- its end

test("a stop in good order lets go on what is under way, and takes nothing new", async () => {
  await put("large", Buffer.alloc(32 << 20, 1));
  const download = await server.open("/files/large");
  download.pause();
  const tail = await server.events("/log/events");
  const idle = await server.raw();
  const session = http2.connect(server.url("", true), {
    rejectUnauthorized: false,
  });
  const request = session.request({ ":path": "/ready" });
  await once(request.resume(), "close");
  const goaway = once(session, "goaway");

  server.signal("SIGTERM");
  await within("the end of the tail", tail.closed);
  await within("the end of the idle connection", idle.closed);
  const [code] = await within("GOAWAY", goaway);
  assert.equal(code, 0);
  await eventually("no more connections", async () => {
    try {
      (await server.raw()).close();
      return undefined;
    } catch {
      return true;
    }
  });
  let bytes = 0;
  for await (const part of download) bytes += (part as Buffer).length;
  assert.equal(bytes, 32 << 20);
  assert.equal(await server.exited(), 0);
  assert.equal(fs.existsSync(path.join(server.state, "run.json")), false);

  await server.run();
  const ends = await server.search({ operation: "stream.end" });
  const how = (operation: string) =>
    ends
      .filter((event) => event.message.includes(`stream of ${operation} `))
      .map((event) => event.unmapped.facts.status as string)
      .at(-1);
  assert.equal(how("log.tail"), "drained");
  assert.equal(how("file.read"), "complete");
  const [stop] = (await server.search({ operation: "system.stop" })).slice(-1);
  assert.notEqual(stop, undefined);
});

test("a server that is killed whole ends its processes, and goes on from there", async () => {
  const stored = await put("before");
  assert.equal(stored.status, 201);
  const push = await server.events("/jmap/events?types=*&closeafter=no&ping=0");
  const roles: Role[] = ["front", "core", "keeper", "blobs"];
  const pids = roles.flatMap((role) => server.children(role));
  assert.equal(pids.length, 4);
  await server.kill();
  await within("the end of the stream", push.closed);
  await eventually("the end of all processes", () => {
    const alive = pids.filter((pid) => fs.existsSync(`/proc/${pid}/exe`));
    return alive.length === 0 || undefined;
  });
  await server.run();
  assert.equal((await server.ask("/files/before")).body.toString(), "before");
  // Core may have heard of the front's end before its own.
  const [end] = (await server.search({ operation: "stream.end" })).filter(
    (event) => /push.open/.test(event.message),
  );
  assert.match(end.unmapped.facts.status, /^(crashed|aborted)$/);
});
