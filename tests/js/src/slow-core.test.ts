// What a front does while core, or blobs, are slow to answer.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";

import { eventually, Server, within } from "./server.js";

const CHUNK = Buffer.alloc(64 << 10, 7);
const CHUNKS = 1024; // more than a front holds, and sockets besides

let server: Server;

before(async () => {
  server = await Server.start("slow-core", { config: { fronts: 1 } });
});

after(() => server.stop());

// Until it is the same at ten looks.
async function settled(value: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  return eventually("an end of what is taken", () => {
    same = value() === last ? same + 1 : 0;
    last = value();
    return same === 10 ? last : undefined;
  });
}

test("a large body waits until it is known where to", async () => {
  const [core] = server.children("core");
  assert(core !== undefined);
  let sent = 0;
  const body = Readable.from(
    (function* () {
      for (; sent < CHUNKS; sent++) yield CHUNK;
    })(),
  );
  process.kill(core, "SIGSTOP");
  const request = http.request(server.url("/files/large"), {
    method: "PUT",
    headers: {
      authorization: `Bearer ${server.token}`,
      "content-length": CHUNKS * CHUNK.length,
    },
  });
  const answered = once(request, "response");
  body.pipe(request);
  try {
    assert.ok((await settled(() => sent)) < CHUNKS / 2, `${sent} chunks`);
  } finally {
    process.kill(core, "SIGCONT");
  }
  const [answer] = (await within("an answer", answered)) as [
    http.IncomingMessage,
  ];
  answer.resume();
  assert.equal(answer.statusCode, 201);
  const { headers } = await server.ask("/files/large", { method: "HEAD" });
  assert.equal(headers["content-length"], String(CHUNKS * CHUNK.length));
});

test("a body that ends early is told so, however late it is read", async () => {
  const [blobs] = server.children("blobs");
  assert(blobs !== undefined);
  process.kill(blobs, "SIGSTOP");
  const raw = await server.raw();
  const response = raw.response();
  try {
    raw.write(
      `PUT /files/short HTTP/1.1\r\nHost: localhost\r\n` +
        `Authorization: Bearer ${server.token}\r\n` +
        `Content-Length: 1000000\r\n\r\n${"a".repeat(100_000)}`,
    );
    // It is read no further until blobs take what came.
    await eventually("the upload's beginning", async () => {
      const begun = await server.search({ operation: "upload.begin" });
      return begun.length > 1 || undefined;
    });
    await server.ask("/nothing", { token: null });
    raw.socket.end();
    await within("all to be sent", once(raw.socket, "finish"));
    // The one front has seen the end by the time that it answers this.
    const { status } = await server.ask("/nothing", { token: null });
    assert.equal(status, 404);
  } finally {
    process.kill(blobs, "SIGCONT");
  }
  const answer = await within("an answer", response);
  assert.equal(answer?.status, 400);
  assert.match(answer.body.toString(), /ended early/);
});
