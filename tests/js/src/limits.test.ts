// What takes too long, is too much, or comes from elsewhere than it says.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { after, before, test } from "node:test";
import * as tls from "node:tls";

import { HOST, checkCounts, count, counted } from "./counts.js";
import { Server, eventually, within } from "./server.js";

let server: Server;

before(async () => {
  server = await Server.start("limits", {
    config: {
      fronts: 1,
      head_seconds: 1,
      body_seconds: 1,
      idle_seconds: 1,
      send_seconds: 1,
      handshake_seconds: 1,
      max_connections_address: 50,
      max_upload_bytes: 16 << 20,
      trusted_proxies: "127.0.0.1 192.0.2.1",
    },
  });
});
after(async () => server.stop());

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LATE = "connections that timed out";

test("a head that never ends is told so", async () => {
  await counted(server, LATE, 1, async () => {
    const raw = await server.raw();
    const trickle = setInterval(() => raw.write("A"), 100);
    raw.write("GET /ready HTTP/1.1\r\nA");
    assert.equal((await within("an answer", raw.response()))?.status, 408);
    clearInterval(trickle);
    await within("the connection's end", raw.closed);
  });
});

test("a slow head behind another request, too", async () => {
  await counted(server, LATE, 1, async () => {
    const raw = await server.raw();
    raw.write(`GET /ready HTTP/1.1\r\n${HOST}\r\nGET /re`);
    assert.equal((await raw.response())?.status, 200);
    assert.equal((await within("an answer", raw.response()))?.status, 408);
  });
});

for (const [what, size] of [
  ["short", 100],
  ["long", 100_000],
] as const)
  test(`a ${what} body that stalls is given up`, async () => {
    await counted(server, LATE, 1, async () => {
      const raw = await server.raw();
      raw.write(
        `PUT /files/x HTTP/1.1\r\n${HOST}Authorization: Bearer ${server.token}\r\n` +
          `Content-Length: ${size}\r\n\r\nhello`,
      );
      assert.equal((await within("an answer", raw.response()))?.status, 400);
      await within("the connection's end", raw.closed);
    });
    assert.equal((await server.ask("/files/x")).status, 404);
  });

for (const protocol of ["http/1.1", "h2"])
  test(`an idle connection is closed: ${protocol}`, async () => {
    await counted(server, LATE, 1, async () => {
      const raw = await server.raw(true, protocol);
      if (protocol === "h2") raw.write(PREFACE + "\0\0\0\x04\0\0\0\0\0");
      await within("the connection's end", raw.closed);
    });
  });

test("a TLS handshake that never comes is given up", async () => {
  await counted(server, LATE, 1, async () => {
    const socket = net.connect(server.https, "127.0.0.1");
    await within("the connection's end", once(socket, "close"));
  });
});

test("plain HTTP on the port for TLS is cut off, and counted", async () => {
  await counted(server, "TLS handshakes that failed", 1, async () => {
    const socket = net.connect(server.https, "127.0.0.1");
    socket.write(`GET /ready HTTP/1.1\r\n${HOST}\r\n`);
    await within("the connection's end", once(socket.resume(), "close"));
  });
});

test("a handshake that is none is told so, and counted", async () => {
  await counted(server, "TLS handshakes that failed", 1, async () => {
    const socket = net.connect(server.https, "127.0.0.1");
    socket.write("\x16\x03\x01\0\x05hello", "latin1");
    const [alert] = (await within("an alert", once(socket, "data"))) as [
      Buffer,
    ];
    assert.equal(alert[0], 21);
    await within("the connection's end", once(socket, "close"));
  });
});

test("TLS 1.1 is refused", async () => {
  await counted(server, "TLS handshakes that failed", 1, async () => {
    const socket = tls.connect({
      port: server.https,
      host: "127.0.0.1",
      ca: server.certificate,
      servername: "localhost",
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const [error] = await within("a refusal", once(socket, "error"));
    assert.match((error as Error).message, /protocol version/);
  });
});

test("a download that nobody takes ends, on the record", async () => {
  await server.ask("/files/large", {
    method: "PUT",
    body: Buffer.alloc(16 << 20),
  });
  const raw = await server.raw();
  raw.socket.pause();
  raw.write(
    `GET /files/large HTTP/1.1\r\n${HOST}Authorization: Bearer ${server.token}\r\n\r\n`,
  );
  await eventually("its end", async () => {
    const ends = await server.search({ operation: "stream.end" });
    return (
      ends.some(
        (e) =>
          /file.read/.test(e.message) && e.unmapped.facts.status === "aborted",
      ) || undefined
    );
  });
  raw.close();
});

for (const chunked of [false, true])
  test(`an upload over the limit${chunked ? ", of unknown length" : ""}`, async () => {
    const raw = await server.raw();
    const size = (16 << 20) + 1;
    raw.write(
      `PUT /files/x HTTP/1.1\r\n${HOST}Authorization: Bearer ${server.token}\r\n` +
        (chunked
          ? `Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n`
          : `Content-Length: ${size}\r\n\r\n`),
    );
    raw.write(Buffer.alloc(size));
    raw.write("\r\n0\r\n\r\n");
    assert.equal((await within("an answer", raw.response()))?.status, 413);
    raw.close();
    assert.equal((await server.ask("/files/x")).status, 404);
    if (!chunked) return; // it was refused before it began
    const ends = await server.search({ operation: "stream.end" });
    assert(ends.some((e) => e.unmapped.facts.status === "limit"));
  });

for (const [what, forwarded, address] of [
  ["one that a proxy adds", ["198.51.100.7"], "198.51.100.7"],
  ["the last of a list", ["203.0.113.1, 198.51.100.8"], "198.51.100.8"],
  ["the last of two fields", ["203.0.113.1", "198.51.100.9"], "198.51.100.9"],
  ["that before another proxy", ["198.51.100.10, 192.0.2.1"], "198.51.100.10"],
] as const)
  test(`of a client behind a proxy the address is ${what}`, async () => {
    const response = await server.ask("/files/proxied", {
      headers: { "x-forwarded-for": [...forwarded] },
    });
    assert.equal(response.status, 404);
    const [event] = await server.search({ operation: "file.read", address });
    assert.equal(event.src_endpoint.ip, address);
    assert.deepEqual(event.unmapped.claimed_by, { address: "front 0" });
  });

test("connections from one address over the limit are refused", async () => {
  const before = await count(server, "connections refused at a limit");
  const limit =
    'chancery_limit_met_total{limit="max_connections_address",process="front 0"}';
  assert.equal(await server.metric(limit), 0);
  const sockets = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = net.connect(server.http, "127.0.0.1");
      await once(socket, "connect");
      return socket;
    }),
  );
  await within(
    "the end of all",
    Promise.all(sockets.map((socket) => once(socket.resume(), "close"))),
  );
  const refused =
    (await count(server, "connections refused at a limit")) - before;
  assert(refused >= 50 && refused < 100, `${refused} refused`);
  assert.equal(await server.metric(limit), refused);
});

test("all that was counted stands in the log, and nothing died", () =>
  checkCounts(server));
