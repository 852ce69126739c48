// How fast the web app is for a person, as docs/BENCH.md has it: a program that
// prints NAME=VALUE, of each the median of so many runs. Not a test: machines differ.
import type { Page as Driven } from "playwright-core";

import { Browser } from "./browser.js";
import { Server } from "./server.js";
import { User } from "./user.js";

const RUNS = 5;
const MANY = 10_000;
const SEEDED_AT_ONCE = 400;
/** 10 Mbit/s, and 40 ms for each request. */
const LINE = { offline: false, latency: 40, downloadThroughput: 1.25e6, uploadThroughput: 1.25e6 };

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? NaN;

async function measure(name: string, once: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await once());
  console.log(`${name}=${Math.round(median(times))}`);
}

/** From a press on what `pressed` finds to the frame in which `shown` holds. */
const toPaint = (page: Driven, pressed: string, shown: string): Promise<number> =>
  page.evaluate(
    ([pressed, shown]) =>
      new Promise<number>((resolve) => {
        const link = document.querySelector<HTMLElement>(pressed);
        const begun = performance.now();
        link?.click();
        const look = () => {
          // The frame behind the one that is about to be painted.
          if ((0, eval)(shown) as boolean)
            requestAnimationFrame(() => resolve(performance.now() - begun));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    [pressed, shown] as const,
  );

const server = await Server.start("figures");
const browser = await Browser.start();
const anna = await User.enrol(server, browser, "anna");
const { home } = await anna.do("session.get", {});
await anna.do("folder.create", { parent: home, name: "Plans" });
const { id: many } = await anna.do("folder.create", { parent: home, name: "Many" });
const seeder = await server.principal("seeder");
await anna.do("share.grant", { node: many, principal: seeder.id, relation: "edit" });
for (let i = 0; i < MANY; i += SEEDED_AT_ONCE)
  await server.ops(
    "folder.create",
    Array.from({ length: SEEDED_AT_ONCE }, (_, k) => ({ parent: many, name: `File ${i + k}` })),
    { token: seeder.token },
  );

// The policy of the pages takes no eval: this is a page of its own for it.
const free = await browser.page({ bypassCSP: true });
await free.pw.context().addCookies(await anna.page.pw.context().cookies());
const { pw } = free;

await free.ask("Network.enable");
await free.ask("Network.setCacheDisabled", { cacheDisabled: true });
await free.ask("Network.emulateNetworkConditions", LINE);
await pw.addInitScript(() => {
  new MutationObserver((_, observer) => {
    if (document.querySelector(".item") === null) return;
    requestAnimationFrame(() => performance.mark("list"));
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
});
await measure("first_ms", async () => {
  await pw.goto(server.url("/app/files"), { waitUntil: "commit" });
  await pw.waitForFunction(() => performance.getEntriesByName("list").length > 0);
  return pw.evaluate(() => performance.getEntriesByName("list")[0]?.startTime ?? NaN);
});

await free.ask("Network.emulateNetworkConditions", {
  ...LINE,
  latency: 0,
  downloadThroughput: -1,
  uploadThroughput: -1,
});
await free.ask("Network.setCacheDisabled", { cacheDisabled: false });
await pw.goto(server.url("/app/files"));
await pw.locator(".item").first().waitFor();
const go = (href: string) => `.nav a[href="${href}"]`;
await measure("view_ms", async () => {
  const there = await toPaint(pw, go("/app/shared"), `document.querySelector(".empty, .item") !== null && location.pathname === "/app/shared"`);
  await toPaint(pw, go("/app/files"), `document.querySelectorAll(".item").length === 2`);
  return there;
});
const opened = `[...document.querySelectorAll(".item .link")].some((one) => one.textContent === "File 0")`;
await measure("many_ms", async () => {
  const took = await toPaint(pw, `.item .link[href="/app/files/${many}"]`, opened);
  await toPaint(pw, go("/app/files"), `document.querySelectorAll(".item").length === 2`);
  return took;
});

await browser.stop();
await server.stop();
