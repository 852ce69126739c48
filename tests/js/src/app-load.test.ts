// How much comes over the wire before the list of files shows, with nothing kept from
// before: bytes, which no machine's speed changes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser } from "./browser.js";
import { Server } from "./server.js";
import { User } from "./user.js";

const BYTES_MAX = 250 << 10;

let server: Server;
let browser: Browser;

before(async () => {
  server = await Server.start("app-load");
  browser = await Browser.start();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

test("the list shows after 250 KiB at most", async (t) => {
  const { page, do: act } = await User.enrol(server, browser, "anna").then((anna) => ({
    page: anna.page,
    do: anna.do.bind(anna),
  }));
  const { home } = await act("session.get", {});
  await act("folder.create", { parent: home, name: "Plans" });
  await page.ask("Network.enable");
  await page.ask("Network.setCacheDisabled", { cacheDisabled: true });
  await page.pw.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector(".item") === null) return;
      performance.mark("list");
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.pw.goto(server.url("/app/files"), { waitUntil: "commit" });
  await page.pw.locator(".item").waitFor();
  // What was asked for until then; what comes ahead of its use comes after it.
  const shown = await page.pw.evaluate(() => {
    const [list] = performance.getEntriesByName("list");
    return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter(({ startTime }) => list !== undefined && startTime <= list.startTime)
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0);
  });
  t.diagnostic(`${Math.round(shown / 1024)} KiB`);
  assert.ok(shown > 50 << 10, "what was loaded was counted");
  assert.ok(shown <= BYTES_MAX, `${shown} bytes`);
  assert.deepEqual(page.complaints, []);
});
