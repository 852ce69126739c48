// Every page and dialog of the web app under axe-core: light, dark and of high
// contrast, wide and narrow. It takes nothing from people's names or eyes: what it
// finds is wrong, and what it doesn't find isn't proved right.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type AppPage, PAGES, type Scene, settled, visit } from "./app-pages.js";
import { makeWorld, type World } from "./app-world.js";
import { check, THEMES } from "./axe.js";
import { Browser, type Page } from "./browser.js";
import { Server } from "./server.js";

let server: Server;
let browser: Browser;
let world: World;
let stranger: Page;

before(async () => {
  server = await Server.start("app-axe");
  browser = await Browser.start();
  world = await makeWorld(server, browser);
  stranger = await browser.page();
  await stranger.addAuthenticator();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

async function checkAll(one: AppPage, scene?: Scene): Promise<void> {
  const page = one.stranger ? stranger : world.anna.page;
  const found: string[] = [];
  for (const width of [1000, 390]) {
    await page.pw.setViewportSize({ width, height: 800 });
    await visit(page.pw, world, one, scene);
    // What is narrow has the same colours.
    for (const { name, media } of width === 1000 ? THEMES : THEMES.slice(0, 1)) {
      await page.pw.emulateMedia(media);
      await settled(page.pw);
      const wrong = await check(page.pw, name === "light" ? "all" : "colours");
      found.push(...wrong.map((what) => `${name} ${width}: ${what}`));
    }
    await page.pw.emulateMedia(THEMES[0].media);
  }
  assert.deepEqual(found, []);
  assert.deepEqual(page.complaints, []);
}

for (const one of PAGES) {
  test(one.name, () => checkAll(one));
  for (const scene of one.scenes ?? [])
    test(`${one.name}: ${scene.name}`, () => checkAll(one, scene));
}
