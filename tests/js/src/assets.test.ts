// The web app as a browser gets it: out of a pack, compressed beforehand, below a
// policy that holds; and another pack while the server runs. The app is a made-up
// one (tests/data/web), with a file in it that is larger than any buffer.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http2 from "node:http2";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { Browser } from "./browser.js";
import { counted } from "./counts.js";
import { RawSocket } from "./raw.js";
import {
  type Any,
  BIN,
  Server,
  eventually,
  runProgram,
  within,
} from "./server.js";

const DATA = fileURLToPath(new URL("../../data/web", import.meta.url));
const FOR_GOOD = "public, max-age=31536000, immutable";
const NOT_FOUND = "requests for what is no resource";
const MAIN = "/assets/main-1a2b3c4d.js";
const LONG = "/assets/long-5e6f7a8b.js";
const LARGE = "/assets/large-9f8e7d6c.webp";
const long = Buffer.from(`"${randomBytes(300_000).toString("base64")}";\n`);
// More than the front, and the kernel between it and a client, holds ready.
const large = randomBytes(20 << 20);

let folder: string; // of packs, and what they are made of
let server: Server;

const packPath = (name: string) => path.join(folder, `${name}.pack`);

// A pack of the made-up app, with files in place of some of it or beside it.
async function pack(
  name: string,
  files: { [name: string]: string | Buffer } = {},
): Promise<string> {
  const app = path.join(folder, name);
  fs.cpSync(DATA, app, { recursive: true });
  for (const [file, text] of Object.entries(files))
    fs.writeFileSync(path.join(app, file), text);
  const made = await runProgram(path.join(BIN, "packgen"), [
    packPath(name),
    app,
  ]);
  assert.equal(made.status, 0, made.stderr);
  return packPath(name);
}

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "chancery-packs-"));
  const app = await pack("app", {
    [LONG.slice(1)]: long,
    [LARGE.slice(1)]: large,
  });
  // One front: its figures are all there are.
  server = await Server.start("assets", {
    config: { fronts: 1, web_app: app },
  });
});
after(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const own = () => `http://localhost:${server.http}`;

type Headers = { [name: string]: string };

const get = (where: string, headers: Headers = {}, more: object = {}) =>
  server.ask(where, { token: null, headers, ...more });

const dataOf = (where: string) => fs.readFileSync(path.join(DATA, where));

// ---- codings

function decoded(body: Buffer, coding: string | undefined): Buffer {
  if (coding === "br") return brotliDecompressSync(body);
  if (coding === "gzip") return gunzipSync(body);
  assert.equal(coding, undefined);
  return body;
}

for (const [accepts, coding] of [
  [undefined, undefined],
  ["gzip, deflate, br, zstd", "br"],
  ["gzip, deflate", "gzip"],
  ["br;q=0.5, gzip;q=0.8", "gzip"],
  ["br;q=0, *;q=0.1", "gzip"],
  ["*", "br"],
  ["identity, gzip;q=0.5", undefined],
  ["zstd, deflate", undefined],
  ["gzip;q=0", undefined],
  ["gzip;q=yes", undefined],
] as [string | undefined, string | undefined][])
  test(`who accepts ${accepts ?? "nothing"} gets ${coding ?? "it as it is"}`, async () => {
    const answer = await get(
      MAIN,
      accepts === undefined ? {} : { "accept-encoding": accepts },
    );
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-encoding"], coding);
    assert.equal(answer.headers["vary"], "accept-encoding");
    assert.equal(
      Number(answer.headers["content-length"]),
      answer.body.length,
    );
    const plain = dataOf(MAIN);
    assert.deepEqual(decoded(answer.body, coding), plain);
    if (coding !== undefined) assert(answer.body.length < plain.length);
  });

// ---- fields

test("assets have their type, and are kept for good", async () => {
  for (const [where, type] of [
    [MAIN, "text/javascript; charset=utf-8"],
    ["/assets/main-3c4d5e6f.css", "text/css; charset=utf-8"],
    ["/assets/icon-0a1b2c3d.svg", "image/svg+xml"],
  ] as const) {
    const { status, headers, body } = await get(where);
    assert.equal(status, 200);
    assert.equal(headers["content-type"], type);
    assert.equal(headers["cache-control"], FOR_GOOD);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    // The frame of previews has no origin; what it loads is the same for everybody.
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.equal(headers["access-control-allow-credentials"], undefined);
    assert.equal(headers["set-cookie"], undefined);
    const digest = createHash("sha256").update(body).digest("hex");
    assert.equal(headers["etag"], `"${digest.slice(0, 32)}"`);
    // An asset that is opened by itself can't act.
    assert.equal(
      headers["content-security-policy"],
      "default-src 'none'; frame-ancestors 'none'",
    );
  }
});

test("the app is at all of its paths, and asked for each time", async () => {
  for (const where of ["/app", "/app/", "/app/files/a%2fb/..%2f?q=1&q=2"]) {
    const { status, headers, body } = await get(where);
    assert.equal(status, 200, where);
    assert.deepEqual(body, dataOf("index.html"));
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.equal(headers["cache-control"], "no-cache");
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(
      headers["content-security-policy"],
      "default-src 'none'; script-src 'self'; style-src 'self' " +
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; " +
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
        "frame-src 'self'; form-action 'none'; frame-ancestors 'none'; " +
        "base-uri 'none'; require-trusted-types-for 'script'; " +
        "trusted-types 'none'",
    );
  }
});

test("the frame of previews is a page of its own, in a sandbox", async () => {
  const { status, headers, body } = await get("/app/preview");
  assert.equal(status, 200);
  assert.deepEqual(body, dataOf("preview.html"));
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.equal(headers["cache-control"], "no-cache");
  assert.equal(headers["access-control-allow-origin"], undefined);
  assert.equal(
    headers["content-security-policy"],
    "sandbox allow-scripts allow-modals; default-src 'none'; " +
      "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
      "img-src blob:; media-src blob:; connect-src 'none'; " +
      "form-action 'none'; frame-ancestors 'self'; base-uri 'none'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'; webrtc 'block'",
  );
  // What is below it is the app's.
  const below = await get("/app/preview/");
  assert.deepEqual(below.body, dataOf("index.html"));
});

test("home is the app, signed in or not", async () => {
  for (const headers of [{}, { cookie: `chancery-local=${server.token}` }]) {
    const home = await get("/", headers as Headers);
    assert.equal(home.status, 303);
    assert.equal(home.headers["location"], "/app/");
    assert.equal(home.headers["cache-control"], "no-store");
  }
});

test("the app has the pages of what links name", async () => {
  for (const where of ["/setup", "/enrol", "/approve", "/link", "/sign-in?next=%2F"]) {
    const { status, headers } = await get(where);
    assert.equal(status, 303);
    assert.equal(headers["location"], `/app${where}`);
  }
});

test("passkeys are for a name: by an address the app sends to it", async () => {
  const host = `127.0.0.1:${server.http}`;
  const { status, headers } = await get("/app/files?q=%20", { host });
  assert.equal(status, 307);
  assert.equal(headers["location"], `${own()}/app/files?q=%20`);
});

test("what a browser has isn't sent again", async () => {
  for (const where of ["/app/", MAIN]) {
    const codings = { "accept-encoding": "br" };
    const { headers } = await get(where, codings);
    const etag = headers["etag"] ?? "";
    for (const has of [etag, `"x", W/${etag}`, "*"]) {
      const again = await get(where, { ...codings, "if-none-match": has });
      assert.equal(again.status, 304);
      assert.equal(again.body.length, 0);
      for (const name of ["etag", "vary", "cache-control"] as const)
        assert.equal(again.headers[name], headers[name]);
    }
    // The same file in another coding is other bytes.
    const other = await get(where, {
      "accept-encoding": "gzip",
      "if-none-match": etag,
    });
    assert.equal(other.status, 200);
    assert.notEqual(other.headers["etag"], etag);
  }
});

test("HEAD is told all but the bytes", async () => {
  for (const where of ["/app/x", MAIN, LARGE]) {
    const whole = await get(where, { "accept-encoding": "gzip" });
    const head = await get(
      where,
      { "accept-encoding": "gzip" },
      { method: "HEAD" },
    );
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    for (const [name, value] of Object.entries(whole.headers))
      if (!["date", "chancery-request"].includes(name))
        assert.deepEqual(head.headers[name], value, name);
  }
});

test("nothing is changed here", async () => {
  for (const where of ["/app/x", MAIN])
    for (const method of ["POST", "PUT", "DELETE"]) {
      const { status, headers } = await get(where, {}, { method });
      assert.equal(status, 405);
      assert.equal(headers["allow"], "GET, HEAD");
    }
});

// ---- what isn't there

test("no path leads to anything else", async () => {
  const paths = [
      "/assets/",
      "/assets/x.js",
      "/assets/main-1a2b3c4d",
      "/assets/main-1a2b3c4d.js/",
      "/assets//main-1a2b3c4d.js",
      "/assets/./main-1a2b3c4d.js",
      "/assets/../assets/main-1a2b3c4d.js",
      "/assets/../index.html",
      "/assets/%2e%2e/index.html",
      "/assets/..%2findex.html",
      "/assets/main-1a2b3c4d%2ejs",
      "/assets/main-1a2b3c4d.js%00",
      "/assets/MAIN-1a2b3c4d.js",
      "/assets/index.html",
      "/assets/preview.html",
      "/preview.html",
      "/assets",
      "/index.html",
      "/web.pack",
      "/app.html",
      "/apple",
    ];
  await counted(server, NOT_FOUND, paths.length, async () => {
    for (const where of paths) {
      const { status, headers } = await get(where);
      assert.equal(status, 404, where);
      assert.equal(headers["cache-control"], "no-store", where);
    }
  });
});

// ---- carriers

test("a large one comes whole, over each protocol", async () => {
  for (const tls of [false, true])
    for (const accepts of ["identity", "br"]) {
      for (const [where, bytes] of [
        [LONG, long],
        [LARGE, large],
      ] as const) {
        const headers = { "accept-encoding": accepts };
        const answer = await get(where, headers, { tls });
        assert.equal(answer.status, 200);
        const coding = answer.headers["content-encoding"];
        assert(decoded(answer.body, coding).equals(bytes));
      }
    }
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
  });
  const one = async (where: string, headers: Headers = {}) => {
    const stream = session.request({ ":path": where, ...headers });
    const parts: Buffer[] = [];
    let head: Any;
    stream.on("response", (given) => (head = given));
    for await (const part of stream) parts.push(part as Buffer);
    return { head, body: Buffer.concat(parts) };
  };
  const all = await within(
    "all of them at once",
    Promise.all([
      one(LARGE),
      one(LONG, { "accept-encoding": "gzip" }),
      one(LARGE, { ":method": "HEAD" }),
      one(MAIN, { "accept-encoding": "br" }),
      one("/app/x"),
      one("/assets/none"),
    ]),
  );
  assert.deepEqual(
    all.map(({ head }) => head[":status"]),
    [200, 200, 200, 200, 200, 404],
  );
  assert(all[0]?.body.equals(large));
  assert(gunzipSync(all[1]?.body ?? "").equals(long));
  assert.equal(all[2]?.body.length, 0);
  assert.equal(Number(all[2]?.head["content-length"]), large.length);
  assert.deepEqual(brotliDecompressSync(all[3]?.body ?? ""), dataOf(MAIN));
  assert.equal(all[3]?.head["cache-control"], FOR_GOOD);
  assert.deepEqual(all[4]?.body, dataOf("index.html"));
  session.close();
});

// A front's memory, in bytes.
function memoryOf(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

test("who asks for much and reads nothing takes no memory with it", async () => {
  const [front] = server.children("front");
  assert(front !== undefined);
  const head = `GET ${LARGE} HTTP/1.1\r\nhost: localhost:${server.http}\r\n\r\n`;
  const before = memoryOf(front);
  const sockets: RawSocket[] = [];
  for (let i = 0; i < 20; i++) {
    const socket = await RawSocket.plain(server.http);
    socket.socket.pause();
    socket.write(head.repeat(20));
    sockets.push(socket);
  }
  const session = http2.connect(server.url("", true), {
    ca: server.certificate,
    settings: { initialWindowSize: 0 },
  });
  const heads: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i++) {
    const stream = session.request({ ":path": LARGE });
    stream.on("error", () => {}); // it is given up at the end
    heads.push(new Promise((resolve) => stream.once("response", resolve)));
  }
  await within("their heads", Promise.all(heads));
  // All that was asked for is some 10 GB.
  const taken = memoryOf(front) - before;
  assert(taken < 64 << 20, `${taken} bytes`);
  for (const { socket } of sockets) socket.destroy();
  session.destroy();
  assert.equal((await get("/ready")).status, 200);
});

// ---- the policy, in a browser

test("the policy lets an app do what it must, and no more", async () => {
  const browser = await Browser.start();
  try {
    const page = await browser.page();
    await page.goto(`${own()}/app/some/where`);
    await page.until(
      "document.getElementById('path').textContent === '/app/some/where'",
    );
    const style = (name: string) =>
      page.value(`getComputedStyle(document.getElementById("path")).${name}`);
    await page.until(
      "getComputedStyle(document.getElementById('path')).paddingLeft === '3px'",
    );
    assert.equal(await style("textIndent"), "7px"); // by the CSSOM
    assert.equal(await style("marginTop"), "5px");
    assert.deepEqual(page.complaints, []);

    // Each of these is refused by the browser; the last word is what came of it.
    const refused = (code: string) =>
      page.value(`(() => { try { ${code} } catch (e) { return e.name; } })()`);
    assert.equal(await refused("document.body.innerHTML = '<b>x</b>';"), "TypeError");
    assert.equal(await refused("trustedTypes.createPolicy('x', {});"), "TypeError");
    assert.equal(
      await refused("new Worker('data:text/javascript,0');"),
      "TypeError",
    );
    assert.equal(
      await page.value(`(() => {
        const added = document.createElement("style");
        added.textContent = "#path { letter-spacing: 9px; }";
        document.head.append(added);
        return added.sheet === null;
      })()`),
      true,
    );
    assert.equal(await style("letterSpacing"), "normal");
    await page.value(
      "document.getElementById('path').setAttribute('style', 'letter-spacing: 9px')",
    );
    assert.equal(await style("letterSpacing"), "normal");
    assert(page.complaints.length > 0);
  } finally {
    await browser.stop();
  }
});

// ---- another pack

const sequence = async (): Promise<number> =>
  (await server.op("status.read")).sequence;

async function reload(web_app: string): Promise<Any> {
  const from = (await sequence()) + 1;
  server.configure({ web_app });
  server.signal("SIGHUP");
  return eventually("the record of a reload", async () => {
    const [record] = await server.search({ from, operation: "system.config" });
    return record;
  });
}

const title = async (): Promise<string | undefined> => {
  const { body } = await get("/app/");
  return /<title>(.*)<\/title>/.exec(body.toString())?.[1];
};

const titled = (name: string) => ({
  "index.html": `<!doctype html><title>${name}</title>\n`,
});

test("another pack is taken on whole, and what is under way ends as it began", async () => {
  const slow = await RawSocket.plain(server.http);
  const begun = once(slow.socket, "data");
  slow.write(`GET ${LARGE} HTTP/1.1\r\nhost: localhost:${server.http}\r\n\r\n`);
  await within("its first bytes", begun);
  slow.socket.pause();
  const etag = (await get("/app/")).headers["etag"] ?? "";
  const record = await reload(await pack("second", titled("Second")));
  assert.equal(record.status, "Success");
  await eventually("the second app", async () =>
    (await title()) === "Second" ? true : undefined,
  );
  const changed = await get("/app/", { "if-none-match": etag });
  assert.equal(changed.status, 200);
  assert.equal((await get(LARGE)).status, 404);
  slow.socket.resume();
  const answer = await within("the former's file", slow.response());
  assert.equal(answer?.status, 200);
  assert(answer.body.equals(large));
  slow.socket.destroy();
});

test("the same path with other bytes in it is another pack, too", async () => {
  await pack("third", titled("Third"));
  fs.renameSync(packPath("third"), packPath("second"));
  const record = await reload(packPath("second"));
  assert.equal(record.status, "Success");
  await eventually("the third app", async () =>
    (await title()) === "Third" ? true : undefined,
  );
});

test("a pack that isn't whole is refused, and nothing taken on", async () => {
  const bytes = fs.readFileSync(await pack("fourth", titled("Fourth")));
  const flipped = Buffer.from(bytes);
  const middle = bytes.length >> 1;
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  for (const [name, wrong] of [
    ["flipped", flipped],
    ["cut", bytes.subarray(0, -1)],
    ["longer", Buffer.concat([bytes, Buffer.from("x")])],
    ["empty", Buffer.alloc(0)],
    ["noise", randomBytes(5000)],
  ] as const) {
    fs.writeFileSync(packPath(name), wrong);
    const record = await reload(packPath(name));
    assert.equal(record.status, "Failure", name);
    assert.match(JSON.stringify(record.unmapped), /web_app/, name);
    assert.equal(await title(), "Third", name);
  }
  const record = await reload(path.join(folder, "nowhere.pack"));
  assert.equal(record.status, "Failure");
  assert.equal(await title(), "Third");
  // A front that starts gets what the last good one was.
  server.configure({ web_app: packPath("second") });
  const pid = server.killChild("front");
  await eventually("another front", () =>
    server.children("front").some((now) => now !== pid) || undefined,
  );
  await eventually("the third app again", async () =>
    (await title().catch(() => undefined)) === "Third" ? true : undefined,
  );
});

test("a server without an app says so, and has its plain pages", async () => {
  const record = await reload("none");
  assert.equal(record.status, "Success");
  await eventually("no app", async () =>
    (await get("/app/")).status === 404 ? true : undefined,
  );
  assert.equal((await get(MAIN)).status, 404);
  const stranger = await get("/");
  assert.equal(stranger.status, 303);
  assert.equal(stranger.headers["location"], "/sign-in");
  const page = await get("/sign-in");
  assert.equal(page.status, 200);
  const [, asset] =
    /src="(\/assets\/[^"]+\.js)"/.exec(page.body.toString()) ?? [];
  assert(asset !== undefined);
  assert.equal((await get(asset)).status, 200);
  const home = await get("/", { cookie: `chancery-local=${server.token}` });
  assert.equal(home.status, 200);
  assert.match(home.body.toString(), /web app is not part of this server/);
  await reload(await pack("fifth", titled("Fifth")));
  await eventually("the fifth app", async () =>
    (await title()) === "Fifth" ? true : undefined,
  );
});

test("a start with a pack that isn't whole is refused in plain words", async () => {
  fs.writeFileSync(packPath("bad"), "not a pack");
  const state = path.join(folder, "state");
  fs.mkdirSync(state);
  fs.writeFileSync(
    path.join(state, "chancery.conf"),
    `hostname = localhost\nweb_app = ${packPath("bad")}\n`,
  );
  const { status, stderr } = await runProgram(path.join(BIN, "chanceryd"), [
    "--state",
    state,
  ]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /web_app: .*bad\.pack: the bytes don't match their digest/,
  );
});

// ---- the packer

test("equal files make equal packs, and nothing is left out without a word", async () => {
  const files = { "assets/x.js": "let x = 1;" };
  assert.deepEqual(
    fs.readFileSync(await pack("one", files)),
    fs.readFileSync(await pack("other", files)),
  );
  for (const [name, file, says] of [
    ["kind", "assets/x.exe", /x\.exe: its media type isn't known/],
    ["dot", "assets/.hidden.js", /\.hidden\.js: no path leads to/],
    ["space", "assets/a b.js", /a b\.js: no path leads to/],
    ["beside", "robots.txt", /robots\.txt: no path leads to/],
  ] as const) {
    await assert.rejects(pack(name, { [file]: "x" }), says);
    assert.equal(fs.existsSync(packPath(name)), false);
  }
  fs.mkdirSync(path.join(folder, "no-index/assets"), { recursive: true });
  const made = await runProgram(path.join(BIN, "packgen"), [
    packPath("no-index"),
    path.join(folder, "no-index"),
  ]);
  assert.equal(made.status, 1);
});
