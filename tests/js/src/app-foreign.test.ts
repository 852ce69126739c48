// Pages of another origin: what they send neither does anything nor shows them
// anything, whatever way a browser has to send it. Looked at on both sides: in those
// pages, and in the log, where nothing of it was done.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { Browser } from "./browser.js";
import { type Any, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let anna: User;
let home: string;
let foreign: http.Server;
let theirs: Driven; // a page of the other origin, in Anna's browser
let mine: string; // our origin

before(async () => {
  server = await Server.start("app-foreign");
  browser = await Browser.start();
  anna = await User.enrol(server, browser, "anna");
  ({ home } = await anna.do("session.get", {}));
  mine = new URL(server.url("/")).origin;
  // The same host, another port: no other site, so that its cookies are sent along.
  foreign = http.createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end("<!doctype html><title>Theirs</title><body></body>");
  });
  foreign.listen(0, "localhost");
  await once(foreign, "listening");
  theirs = await anna.page.pw.context().newPage();
});
after(async () => {
  foreign.closeAllConnections();
  foreign.close();
  await browser.stop();
  await server.stop();
});

const open = (host = "localhost") =>
  theirs.goto(`http://${host}:${(foreign.address() as AddressInfo).port}/`);

const CALL = (name: string) =>
  JSON.stringify({
    using: ["urn:chancery:operations"],
    methodCalls: [["folder.create", { objects: [{ parent: home, name }] }, "0"]],
  });

/** Nothing of hers has come of it: no record by her, no folder. */
async function nothingDone(what: () => Promise<unknown>): Promise<void> {
  const { sequence } = await server.op("status.read");
  await what();
  // One more, so that what came before it is on the record.
  await anna.do("session.get", {});
  const found: Any[] = await server.search({ from: sequence + 1, principal: anna.id });
  // What a page of ours asks by itself is no act of hers.
  const acts = found
    .filter(({ unmapped }) => unmapped.cause === "user")
    .map(({ metadata }) => metadata.event_code);
  assert.deepEqual(acts, ["session.get"]);
  const { list } = await anna.do("folder.list", { folder: home });
  assert.deepEqual(list, []);
}

const TYPES = ["text/plain", "application/x-www-form-urlencoded", "application/json"];

for (const type of TYPES)
  for (const mode of ["cors", "no-cors"] as const)
    test(`fetch of ${type}, ${mode}, with credentials`, async () => {
      await open();
      await nothingDone(async () => {
        const read = await theirs.evaluate(
          async ([mine, body, type, mode]) => {
            try {
              const answer = await fetch(`${mine}/jmap/api`, {
                method: "POST",
                mode: mode as RequestMode,
                credentials: "include",
                headers: { "content-type": type as string },
                body: body as string,
              });
              return await answer.text();
            } catch {
              return "";
            }
          },
          [mine, CALL("By fetch"), type, mode],
        );
        assert.equal(read, "");
      });
    });

for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
  test(`a form of ${enctype}, sent by itself`, async () => {
    await open();
    await nothingDone(async () => {
      const answered = theirs.waitForResponse((answer) => answer.url().startsWith(mine));
      await theirs.evaluate(
        ([mine, body, enctype]) => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = `${mine}/jmap/api`;
          form.enctype = enctype as string;
          const field = document.createElement("input");
          // A body that is JSON, but for what a form puts between.
          field.name = (body as string).slice(0, -1) + ',"x":"';
          field.value = '"}';
          form.append(field);
          document.body.append(form);
          form.submit();
        },
        [mine, CALL("By form"), enctype],
      );
      assert.ok((await answered).status() >= 400);
    });
  });

test("a session can't be ended, begun or changed by a form or a fetch", async () => {
  await open();
  await nothingDone(() =>
    theirs.evaluate(async (mine) => {
      for (const method of ["POST", "DELETE", "PUT"])
        await fetch(`${mine}/session`, { method, credentials: "include" }).catch(() => null);
      for (const method of ["POST", "DELETE"])
        await fetch(`${mine}/session`, { method, credentials: "include", mode: "no-cors" }).catch(
          () => null,
        );
    }, mine),
  );
});

test("nothing is read by a tag, a stream or a socket", async () => {
  const file = await anna.do("file.create", {
    parent: home,
    name: "secret.txt",
    type: "text/plain",
    content: Buffer.from("secret").toString("base64"),
  });
  await open();
  const came = await theirs.evaluate(
    async ([mine, me, version]) => {
      const file = `${mine}/jmap/download/${me}/${version}/secret.txt`;
      const loads = (tag: "img" | "script" | "link" | "video", where: string) =>
        new Promise<string[]>((done) => {
          const element = document.createElement(tag);
          element.onload = () => done([`${tag} of ${where}`]);
          element.onerror = () => done([]);
          if (element instanceof HTMLLinkElement) {
            element.rel = "stylesheet";
            element.href = where;
          } else element.src = where;
          document.body.append(element);
        });
      const streams = (where: string) =>
        new Promise<string[]>((done) => {
          const source = new EventSource(where, { withCredentials: true });
          const end = (what: string[]) => {
            source.close();
            done(what);
          };
          source.onopen = () => end([`a stream of ${where}`]);
          source.onerror = () => end([]);
        });
      const sockets = (where: string) =>
        new Promise<string[]>((done) => {
          const socket = new WebSocket(where.replace("http", "ws"));
          socket.onopen = () => done([`a socket of ${where}`]);
          socket.onerror = () => done([]);
        });
      return (
        await Promise.all([
          loads("img", file),
          loads("script", file),
          loads("script", `${mine}/jmap/session`),
          loads("link", file),
          loads("video", file),
          streams(`${mine}/jmap/events?types=*&closeafter=no&ping=60`),
          streams(`${mine}/log/events`),
          sockets(`${mine}/jmap/events`),
        ])
      ).flat();
    },
    [mine, anna.id, file.version] as const,
  );
  assert.deepEqual(came, []);
  const reads: Any[] = await server.search({ principal: anna.id, operation: "file.read" });
  assert.deepEqual(reads, []);
  await anna.do("node.trash", { node: file.id });
});

test("no page of the app is shown in a frame", async () => {
  await open();
  for (const where of ["/app/files", "/app/sign-in", "/app/security", "/sign-in"]) {
    await theirs.evaluate((url) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      document.body.replaceChildren(frame);
      return new Promise((done) => (frame.onload = () => done(null)));
    }, `${mine}${where}`);
    const frame = theirs.frames().find((one) => one !== theirs.mainFrame());
    assert.equal(await frame?.locator("#app, form, button").count(), 0, where);
    const { headers } = await server.ask(where, { token: null });
    if (headers.location === undefined)
      assert.match(String(headers["content-security-policy"]), /frame-ancestors 'none'/, where);
  }
});

test("a window that they open is out of reach, and takes no messages", async () => {
  await open();
  await nothingDone(async () => {
    const coming = theirs.waitForEvent("popup");
    await theirs.evaluate((mine) => {
      (window as Any).opened = window.open(`${mine}/assets/none`);
    }, mine);
    const popup = await coming;
    await popup.waitForURL(`${mine}/assets/none`);
    await popup.goto(`${mine}/app/nowhere`);
    await popup.locator("main h1").waitFor();
    const seen = await theirs.evaluate((mine) => {
      const { opened } = window as Any;
      const texts: string[] = [];
      for (const type of ["call", "navigate", "sign-out", "file", "ready"])
        opened.postMessage({ type, name: "folder.create", to: "/app/trash" }, "*");
      try {
        texts.push(opened.document.title);
      } catch {
        // As it should be.
      }
      return [...texts, opened.closed === true ? "" : mine].filter((one) => one !== mine);
    }, mine);
    assert.deepEqual(
      seen.filter((one) => one !== ""),
      [],
    );
    assert.equal(await popup.evaluate("window.opener"), null);
    assert.equal(new URL(popup.url()).pathname, "/app/nowhere");
    await popup.close();
  });
});

test("no other origin is told that it may ask", async () => {
  for (const where of ["/jmap/api", "/session", "/log/events", "/files/x", "/jmap/events"]) {
    const { headers } = await server.ask(where, {
      method: "OPTIONS",
      token: null,
      headers: {
        origin: "http://localhost:1",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    for (const name of Object.keys(headers))
      assert.doesNotMatch(name, /^access-control-/, where);
  }
});

test("a passkey is offered only where a browser lets it be used", async () => {
  // Nobody's, so that none is used by itself.
  const page = (await browser.page()).pw;
  const addresses = server.output
    .flatMap((line) => line.match(/https?:\/\/[^\s"]+/g) ?? [])
    .map((text) => new URL(text).origin);
  assert.ok(addresses.length > 0);
  for (const origin of new Set(addresses)) {
    await page.goto(`${origin}/app/sign-in`);
    await page.locator("#enter").waitFor();
    const offers = await page.locator("#passkey").count();
    const [secure, host] = (await page.evaluate("[isSecureContext, location.hostname]")) as [
      boolean,
      string,
    ];
    const named = !/^[\d.]+$|^\[/.test(host);
    assert.equal(offers > 0, secure && named, origin);
    assert.ok(secure && named, `${origin} is told to people`);
  }
  // By its number no browser takes a passkey: who comes so is led to the name.
  await page.goto(`http://127.0.0.1:${server.http}/app/sign-in`);
  await page.locator("#passkey").waitFor();
  assert.equal(await page.evaluate("location.origin"), new URL(server.url("/")).origin);
});
