// Every page and dialog of the web app, wide and narrow, where all that people can
// name has a name that tries to be more than text: no element comes of them, they
// don't turn what stands around them, and push nothing out of the page. And under
// axe-core: light, dark and of high contrast. It takes nothing from people's names or
// eyes: what it finds is wrong, and what it doesn't find isn't proved right.
//
// As a program: app-pages.test.js [PART/PARTS] goes over all, or a part of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type AppPage, PAGES, type Scene, settled, visit } from "./app-pages.js";
import { makeWorld, type NameOf, type World } from "./app-world.js";
import { check, THEMES } from "./axe.js";
import { Browser, type Page } from "./browser.js";
import { eventually, Server } from "./server.js";

const TURNED = "invoice\u202Efdp.exe";

const ODD: readonly string[] = [
  '<img src=x onerror="window.harm=1">',
  "<script>window.harm=2<\u2215script><b data-harm>",
  '" onfocus="window.harm=3" autofocus data-harm="',
  "'><svg onload=window.harm=4 data-harm>",
  "</title></style></textarea><i data-harm>",
  "javascript:window.harm=5",
  "{name} {count} {{x}} ${1} %s &amp;&lt;b&gt;",
  "__proto__",
  "constructor",
  TURNED,
  "\u2067\u2066\u202Dends nothing",
  "\u2069\u2069\u202C\u202Cends too much",
  "\u200F\u061Cmarks\u200E",
  "תוכנית שנתית 2026 (סופי)",
  "التقرير السنوي 2026",
  "\u{1E900}\u{1E901}\u{1E902} 123", // Adlam, from right to left
  "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309".repeat(6),
  "in\u200Bvisi\u2060ble\uFEFF\u00AD",
  "\u200B\u2060",
  "🧾".repeat(63), // 252 bytes
  "👩🏽‍🚀".repeat(6),
  "W".repeat(100),
  "W".repeat(255),
  "two\r\nlines\tand a bell\u0007",
  "../../etc/passwd",
  "c\u0085d\u009B31m",
  " spaces  around ",
];

const CONTROL = /[\u0000-\u001F\u007F]/;
const CONTROL_OR_SLASH = /[\u0000-\u001F\u007F-\u009F/]/;

/** Whether the server takes a name for that. */
const isTaken: { readonly [of in NameOf]: (text: string, bytes: number) => boolean } = {
  node: (text, bytes) => bytes <= 255 && !CONTROL_OR_SLASH.test(text),
  principal: (text, bytes) => bytes <= 255 && !CONTROL_OR_SLASH.test(text),
  link: (text, bytes) => bytes <= 100 && !CONTROL_OR_SLASH.test(text),
  version: (text, bytes) => bytes <= 255 && !CONTROL.test(text),
  credential: (_, bytes) => bytes <= 100,
};

const takes = (of: NameOf, text: string): boolean => isTaken[of](text, Buffer.byteLength(text));

/** Each thing has one of its own: the second time round with a number. */
function corpus() {
  const given = new Map<string, string>();
  const next = { node: 0, principal: 0, link: 0, version: 0, credential: 0 };
  return (ordinary: string, of: NameOf): string => {
    const key = `${of} ${ordinary}`;
    const known = given.get(key);
    if (known !== undefined) return known;
    const fit = ODD.filter((text) => takes(of, text));
    const n = next[of]++;
    const round = Math.floor(n / fit.length);
    const text = fit[n % fit.length] ?? ordinary;
    const name = round === 0 ? text : `${[...text].slice(0, 20).join("")}${round}`;
    given.set(key, name);
    return name;
  };
}

let server: Server;
let browser: Browser;
let world: World;
let stranger: Page;

before(async () => {
  server = await Server.start("app-pages");
  browser = await Browser.start();
  world = await makeWorld(server, browser, corpus());
  await all();
  stranger = await browser.page();
  await stranger.addAuthenticator();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

let folder = ""; // with all of them as files
const fileNames: string[] = [];

/** All that can be named, by all of the names; the server refuses what it should. */
async function all(): Promise<void> {
  const { anna, home, nodes } = world;
  folder = (await anna.do("folder.create", { parent: home, name: "All" })).id;
  const shared = nodes["Photos"];
  const refused: string[] = [];
  for (const name of ODD) {
    const tries = async (of: NameOf, op: string, args: object) => {
      const result = await anna.op(op, args);
      if (result.ok !== takes(of, name))
        refused.push(`${op} ${name}: ${JSON.stringify(result)}`);
      return result.ok as boolean;
    };
    const content = "";
    if (await tries("node", "file.create", { parent: folder, name, content }))
      fileNames.push(name);
    await tries("principal", "group.create", { name });
    await tries("principal", "unit.create", { name });
    await tries("principal", "principal.create", { kind: "service", name });
    await tries("link", "link.make", { node: shared, relation: "read", label: name });
    await tries("credential", "app_password.issue", { label: name });
  }
  assert.deepEqual(refused, []);
}

// ---- what is looked at in each page

/** In the page: what came of names there. */
function look(): string[] {
  const wrong: string[] = [];
  const told = (text: string | null) => JSON.stringify(text).slice(0, 80);
  if ("harm" in window) wrong.push("a script of a name has run");
  for (const made of document.querySelectorAll("[data-harm], [onerror], [onfocus], [onload]"))
    wrong.push(`an element of a name: ${made.outerHTML.slice(0, 80)}`);

  const turning = /[\u061C\u200E\u200F\u202A-\u202E\u2066\u2067]/;
  const unseen = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B\u2060\uFEFF\u00AD]/;
  const strong = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
  const balanced = (text: string) => {
    let depth = 0;
    for (const c of text) {
      if (c === "\u2068") depth++;
      if (c === "\u2069") depth--;
      if (depth < 0) return false;
    }
    return depth === 0;
  };
  const check = (what: string, text: string, isolated: boolean) => {
    if (turning.test(text)) wrong.push(`${what} is turned: ${told(text)}`);
    if (unseen.test(text)) wrong.push(`${what} has something unseen: ${told(text)}`);
    if (!balanced(text)) wrong.push(`${what} ends what it didn't begin: ${told(text)}`);
    if (!isolated && strong.test(text.replace(/\u2068[^\u2069]*\u2069/g, "")))
      wrong.push(`${what} may turn what is around it: ${told(text)}`);
  };
  check("the title", document.title, false);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let at = texts.nextNode(); at !== null; at = texts.nextNode()) {
    const parent = at.parentElement;
    if (parent === null || parent.closest("script, style") !== null) continue;
    // React puts the parts of a text into nodes of their own.
    const own = [...parent.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = own.map((node) => node.textContent).join("");
    const bidi = getComputedStyle(parent).unicodeBidi;
    const apart = parent.closest("bdi, textarea, option") !== null || /isolate|plaintext/.test(bidi);
    check(`a text in ${parent.tagName}.${parent.className}`, text, apart);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]"))
    for (const name of ["title", "aria-label", "placeholder", "alt"]) {
      const text = element.getAttribute(name);
      // Read out, or shown by itself: its order is its own.
      if (text !== null) check(`${name} of ${element.tagName}.${element.className}`, text, true);
    }

  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > room) wrong.push("the page is scrolled sideways");
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    const style = getComputedStyle(element);
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const label = `${element.tagName}#${element.id}.${element.className}`.slice(0, 80);
    if (
      /auto|scroll/.test(style.overflowX) &&
      element.scrollWidth > element.clientWidth + 1 &&
      element.dataset["wide"] === undefined
    )
      wrong.push(`scrolled sideways: ${label} ${element.scrollWidth} in ${element.clientWidth}`);
    if (
      element.matches("a, button, input, select, h1, h2, h3, [role=tab]") &&
      !element.matches(".skip, .unseen, [data-tabster-dummy]") &&
      element.closest("[data-wide]") === null &&
      (box.left < -1 || box.right > room + 1)
    )
      wrong.push(`pushed out: ${label} ${told(element.textContent)} ${box.left} to ${box.right}`);
  }
  return [...new Set(wrong)];
}

interface Row {
  readonly name: string;
  readonly one: AppPage;
  readonly scene?: Scene;
}

async function lookAll({ name, one, scene }: Row): Promise<void> {
  const page = one.stranger ? stranger : world.anna.page;
  const wrong: string[] = [];
  for (const width of [1000, 390]) {
    await page.pw.setViewportSize({ width, height: 800 });
    await visit(page.pw, world, one, scene);
    wrong.push(...(await page.pw.evaluate(look)).map((what) => `${width}: ${what}`));
    // What is narrow has the same colours.
    for (const { name: theme, media } of width === 1000 ? THEMES : THEMES.slice(0, 1)) {
      await page.pw.emulateMedia(media);
      await settled(page.pw);
      const found = await check(page.pw, theme === "light" ? "all" : "colours");
      wrong.push(...found.map((what) => `${theme} ${width}: ${what}`));
    }
    await page.pw.emulateMedia(THEMES[0].media);
  }
  await page.picture(`names-${name}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(page.complaints, []);
}

const ROWS = PAGES.flatMap((one): Row[] => [
  { name: one.name, one },
  ...(one.scenes ?? []).map((scene) => ({ name: `${one.name}-${scene.name}`, one, scene })),
]);

const [part = 1, parts = 1] = process.argv[2]?.split("/").map(Number) ?? [];

for (const row of ROWS.filter((_, i) => i % parts === part - 1))
  test(row.name, () => lookAll(row));

test("all of them as files", async () => {
  const one = { name: "all", address: () => `/app/files/${folder}`, ready: ".item" };
  await lookAll({ name: "all", one });
  const { pw } = world.anna.page;
  await pw.setViewportSize({ width: 1000, height: 1600 });
  await eventually("all of them", async () => {
    const count = await pw.locator(".item").count();
    return count === fileNames.length || undefined;
  });
  const shown = await pw.locator(".item .link").allTextContents();
  for (const name of ["__proto__", "constructor", '<img src=x onerror="window.harm=1">'])
    assert.ok(shown.includes(name), name);
  assert.ok(shown.includes(TURNED.replace("\u202E", "\uFFFD")));
  for (const text of shown) assert.notEqual(text.trim(), "");
});
