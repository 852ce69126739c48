// A folder that somebody else shares, open in the web app: what others do in it is
// seen at once, and so is the end of the share.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser } from "./browser.js";
import { type Any, eventually, Server } from "./server.js";
import { User } from "./user.js";

let server: Server;
let browser: Browser;
let ben: User;
let folder: string;
let grant: string;

before(async () => {
  server = await Server.start("app-watch");
  browser = await Browser.start();
  ben = await User.enrol(server, browser, "ben");
  const { home } = await server.op("session.get");
  folder = (await server.op("folder.create", { parent: home, name: "Plans" }))
    .id;
  await put("first.txt");
  grant = (
    await server.op("share.grant", {
      node: folder,
      principal: ben.id,
      relation: "read",
    })
  ).id;
});
after(async () => {
  await browser.stop();
  await server.stop();
});

const put = (name: string, parent = folder): Promise<Any> =>
  server.op("file.create", { parent, name, content: "aGVsbG8=" });

const listIs = (expected: string[]): Promise<unknown> =>
  eventually(`the list ${expected.join(", ")}`, async () => {
    const is = await ben.page.value(
      "[...document.querySelectorAll('.item .link')].map((a) => a.textContent)",
    );
    return JSON.stringify(is) === JSON.stringify(expected) || undefined;
  });

/** The records of ben's watching. */
const watched = async (operation: string): Promise<Any[]> =>
  (await server.search({ operation })).filter(
    (event) => event.actor.user?.uid === ben.id,
  );

test("what others do in it shows by itself", async () => {
  await ben.page.goto(server.url(`/app/files/${folder}`));
  await listIs(["first.txt"]);
  await eventually("its watching", async () =>
    (await watched("folder.watch")).length === 1 || undefined,
  );
  const { id } = await put("second.txt");
  await listIs(["first.txt", "second.txt"]);
  await server.op("node.rename", { node: id, name: "another.txt" });
  await listIs(["another.txt", "first.txt"]);
  await server.op("node.trash", { node: id });
  await listIs(["first.txt"]);
  // What it looked at by itself is not said to be the person's doing.
  const lists = await watched("folder.list");
  const causes = lists.map((event) => event.unmapped.cause);
  assert.equal(causes.filter((cause) => cause === "user").length, 1);
  const [watching] = await watched("folder.watch");
  assert.equal(watching?.unmapped.cause, "push");
  assert.deepEqual(ben.page.complaints, []);
});

test("the end of the share shows, too", async () => {
  await server.op("share.revoke", { grant });
  await ben.page.pw
    .getByText("This isn't there any more, or not for you.")
    .first()
    .waitFor();
  const [end] = await eventually("the end of the stream", async () => {
    const ends = (await watched("stream.end")).filter((event) =>
      /folder.watch/.test(event.message),
    );
    return ends.length > 0 ? ends : undefined;
  });
  assert.equal(end?.unmapped.facts.status, "revoked");
  assert.deepEqual(ben.page.complaints, []);
});
