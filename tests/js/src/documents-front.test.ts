// Open documents as a client sees them: a WebSocket over HTTP/1.1 and HTTP/2 that
// brings what is to be seen and takes what is typed; and who doesn't get one, or not
// for long. Needs LibreOffice; without it only those that need no document are run.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { after, before, test } from "node:test";

import { counted } from "./counts.js";
import { fileOf, openDocument, skip, startWithDocument } from "./documents.js";
import { eventually, type Principal, Server, within } from "./server.js";
import {
  BINARY,
  CLOSE,
  frameOf,
  OpenDocument,
  PING,
  PONG,
  shakeHands,
  Socket,
  TEXT,
  viewOf,
} from "./socket.js";

const BROKEN = "clients of open documents that sent what they must not";
const DENIED = "frames of open documents that came without the right to them";
const TWIPS = 3840; // of a tile, at 100 %

let server: Server;
let file: string;
let reader: Principal;
let stranger: Principal;

before(async () => {
  server = await startWithDocument("documents-front");
  file = await fileOf(server);
  reader = await server.principal("reader");
  stranger = await server.principal("stranger");
  await server.op("share.grant", {
    node: file,
    principal: reader.id,
    relation: "read",
  });
});
after(() => server.stop());

const bearer = (token = server.token) => ({ Authorization: `Bearer ${token}` });

/** Somebody who has it open, and was greeted. */
const opened = (on = server, token = on.token): Promise<OpenDocument> =>
  openDocument(on, token);

const look = (view: OpenDocument): void =>
  view.send({
    ...{ frame: "viewport", part: 0, x: 0, y: 0 },
    ...{ width: 3 * TWIPS, height: 2 * TWIPS, scale: TWIPS },
  });

// ---- who gets none ---------------------------------------------------------

test("without a credential there is no handshake", async () => {
  await counted(server, "requests without a credential", 1, async () => {
    const { response, raw } = await shakeHands(server, viewOf(file));
    assert.equal(response.status, 401);
    raw.close();
  });
});

test("a page of another origin opens nothing, though the cookie comes with it", async () => {
  const person = await server.enrol("cookie");
  const cookie = { Cookie: `chancery-local=${person.token}` };
  const own = new URL(server.url("/")).origin;
  for (const fields of [
    { ...cookie, Origin: "https://evil.example" },
    { ...cookie, Origin: "null" },
    // As a page can have it sent with a navigation.
    { ...cookie, Origin: "https://evil.example", "Sec-Fetch-Mode": "navigate" },
    cookie, // no browser says nothing
    { ...cookie, Origin: own, "Sec-Fetch-Site": "cross-site" },
    { ...bearer(), Origin: "https://evil.example" },
  ])
    await counted(
      server,
      "requests that another origin's page sent",
      1,
      async () => {
        const { response, raw } = await shakeHands(server, viewOf(file), fields);
        assert.equal(response.status, 403, JSON.stringify(fields));
        raw.close();
      },
    );
  const { response, raw } = await shakeHands(server, viewOf(file), {
    ...cookie,
    Origin: own,
  });
  assert.equal(response.status, 101);
  raw.close();
});

test("a handshake that is none is refused", async () => {
  for (const [fields, status] of [
    [{ Upgrade: null }, 400],
    [{ Connection: "close" }, 400],
    [{ "Sec-WebSocket-Key": null }, 400],
    [{ "Sec-WebSocket-Key": "c2hvcnQ=" }, 400],
    [{ "Sec-WebSocket-Protocol": null }, 400],
    [{ "Sec-WebSocket-Protocol": "chat" }, 400],
    [{ "Sec-WebSocket-Version": null }, 400],
    [{ "Content-Length": "2" }, 400],
  ] as const) {
    const { response, raw } = await shakeHands(server, viewOf(file), {
      ...bearer(),
      ...fields,
    });
    assert.equal(response.status, status, JSON.stringify(fields));
    raw.close();
  }
  const { response, raw } = await shakeHands(server, viewOf(file), {
    ...bearer(),
    "Sec-WebSocket-Version": "8",
  });
  assert.equal(response.status, 426);
  assert.equal(response.headers.get("sec-websocket-version"), "13");
  raw.close();
  for (const where of ["/documents/view", viewOf("x"), viewOf(reader.home)]) {
    const answer = await shakeHands(server, where, bearer());
    assert.equal(answer.response.status, 400, where);
    answer.raw.close();
  }
});

test("a credential that is none is refused in words, and closed", async () => {
  const view = await OpenDocument.open(server, file, "nobody's");
  const said = await view.said();
  assert.equal(said.type, "refused");
  assert.equal(said.code, "UNAUTHENTICATED");
  assert.equal(await view.socket.closed(), 4401);
});

test("who may not see it is refused, on the record", async () => {
  const view = await OpenDocument.open(server, file, stranger.token);
  const said = await view.said();
  assert.equal(said.type, "refused");
  assert.match(said.request, /^0-\d+$/);
  assert.equal(typeof said.description, "string");
  const code = await view.socket.closed();
  assert([4403, 4404].includes(code), `${code}`);
  const events = await server.search({ operation: "document.open" });
  assert(
    events.some(
      (event) =>
        event.actor.user.uid === stranger.id && event.status === "Failure",
    ),
    JSON.stringify(events),
  );
});

// ---- what is shown and typed -----------------------------------------------

test("who opens it sees it, and what they type", { skip }, async () => {
  const view = await OpenDocument.open(server, file);
  const said = await view.said();
  assert.equal(said.type, "opened");
  assert.equal(said.result.file, file);
  assert.equal(said.result.name, "sample.docx");
  // Before the document has greeted: it waits for that.
  look(view);
  const status = await view.frame("status");
  assert.equal(status.kind, 1); // a text
  assert(status.parts >= 1 && status.width > 0 && status.height > 0);
  const tile = await view.frame("tile");
  assert.equal(tile.part, 0);
  assert.equal(tile.scale, TWIPS);
  view.send({ frame: "taken", tiles: 1 });
  view.send({ frame: "key", character: 0x51, code: 0 });
  await view.frame(
    "tile",
    (other) =>
      other.column === tile.column &&
      other.row === tile.row &&
      !Buffer.from(other.pixels).equals(Buffer.from(tile.pixels)),
  );
  view.socket.send(CLOSE, Buffer.from([0x03, 0xe8]));
  assert.equal(await view.socket.closed(), 1000);
  await eventually("the stream's end", async () => {
    const ends = await server.search({ operation: "stream.end" });
    return (
      ends.some(
        (e) =>
          /document.open/.test(e.message) &&
          e.unmapped.facts.status === "complete",
      ) || undefined
    );
  });
});

test("over HTTP/2 on the connection of other requests", { skip }, async () => {
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
    servername: "localhost",
  });
  await within("settings", once(session, "remoteSettings"));
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  const socket = await Socket.overHttp2(session, viewOf(file), {
    authorization: `Bearer ${server.token}`,
  });
  const view = await OpenDocument.over(socket);
  assert.equal((await view.said()).type, "opened");
  look(view);
  await view.frame("status");
  await view.frame("tile");
  // Another request passes it by.
  const other = session.request({ ":path": "/ready" });
  const [head] = (await within("a head", once(other, "response"))) as [
    http2.IncomingHttpHeaders,
  ];
  assert.equal(head[":status"], 200);
  socket.send(CLOSE, Buffer.from([0x03, 0xe8]));
  assert.equal(await socket.closed(), 1000);
  session.close();
});

test("who may only read it sees what others type, and can't", { skip }, async () => {
  const author = await opened();
  const view = await opened(server, reader.token);
  look(view);
  const tile = await view.frame("tile");
  await counted(server, DENIED, 1, async () => {
    view.send({ frame: "input", text: "mine", final: true });
    const refused = await view.frame("refused");
    assert.equal(refused.number, 9);
    assert.equal(refused.code, 11); // DENIED
  });
  author.send({ frame: "input", text: "theirs", final: true });
  await view.frame(
    "tile",
    (other) =>
      other.column === tile.column &&
      other.row === tile.row &&
      !Buffer.from(other.pixels).equals(Buffer.from(tile.pixels)),
  );
  author.close();
  view.close();
});

test("a share that ends closes the view", { skip }, async () => {
  const guest = await server.principal("guest-for-a-while");
  const { id } = await server.op("share.grant", {
    node: file,
    principal: guest.id,
    relation: "read",
  });
  const view = await opened(server, guest.token);
  await server.op("share.revoke", { grant: id });
  let said = await view.said();
  while (said.type !== "ended") said = await view.said();
  assert.equal(said.status, "revoked");
  assert.equal(await view.socket.closed(), 4403);
});

// ---- hostile clients -------------------------------------------------------

for (const [what, bytes, code] of [
  ["unmasked", Buffer.from([0x82, 1, 0]), 1002],
  ["of a kind that there is not", Buffer.from([0x83, 0x80]), 1002],
  ["text", frameOf(TEXT, "hello"), 1003],
  ["text that is none", frameOf(TEXT, Buffer.from([0xff])), 1007],
  ["no frame", frameOf(BINARY, "hello"), 1007],
  ["a frame that goes the other way", frameOf(BINARY, Buffer.from([0x82, 0x18, 0x4e, 0])), 1007],
  [
    "longer than any",
    Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    1009,
  ],
  ["a ping that is too long", frameOf(PING, Buffer.alloc(126)), 1002],
] as const)
  test(`what is ${what} closes the socket, counted`, { skip }, async () => {
    const view = await opened();
    await counted(server, BROKEN, 1, async () => {
      view.socket.raw.write(bytes);
      assert.equal(await view.socket.closed(), code);
    });
  });

test("a ping is answered, also within a message in parts", { skip }, async () => {
  const view = await opened();
  const key = Buffer.from([0x83, 8, 0x18, 0x51, 0]);
  view.socket.send(BINARY, key.subarray(0, 2), { final: false });
  view.socket.send(PING, "there?");
  for (;;) {
    const message = await within("a pong", view.socket.next());
    assert(message !== undefined);
    if (message.opcode !== PONG) continue;
    assert.equal(message.bytes.toString(), "there?");
    break;
  }
  view.socket.send(0, key.subarray(2));
  view.close();
});

test("an idle view outlives what HTTP may idle; who is silent is gone", { skip }, async () => {
  const quick = await startWithDocument("documents-idle", {
    ...{ idle_seconds: 1, body_seconds: 1, view_ping_seconds: 2 },
  });
  const view = await opened(quick);
  // Two of these are longer than a connection may idle.
  for (let i = 0; i < 2; i++) {
    let message = await within("a ping", view.socket.next());
    while (message?.opcode !== PING)
      message = await within("a ping", view.socket.next());
    view.socket.send(PONG, message.bytes);
  }
  const end = async (): Promise<void> => {
    while ((await within("its end", view.socket.next())) !== undefined);
  };
  await counted(quick, "connections that timed out", 1, end);
  await quick.stop();
});
