// Names that try to be more than text, given to all that people can name, on every
// page of the web app: no element comes of them, they don't turn what stands around
// them, and push nothing out of the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type AppPage, PAGES, type Scene, visit } from "./app-pages.js";
import { makeWorld, type NameOf, type World } from "./app-world.js";
import { Browser } from "./browser.js";
import { Server } from "./server.js";

interface Odd {
  readonly text: string;
  /** The server takes it for all but these. */
  readonly not?: readonly NameOf[];
}

const TURNED = "invoice\u202Efdp.exe";

const ODD: readonly Odd[] = [
  { text: '<img src=x onerror="window.harm=1">' },
  { text: "<script>window.harm=2<\u2215script><b data-harm>" },
  { text: '" onfocus="window.harm=3" autofocus data-harm="' },
  { text: "'><svg onload=window.harm=4 data-harm>" },
  { text: "</title></style></textarea><i data-harm>", not: ["node"] },
  { text: "javascript:window.harm=5" },
  { text: "{name} {count} {{x}} ${1} %s &amp;&lt;b&gt;" },
  { text: "__proto__" },
  { text: "constructor" },
  { text: TURNED },
  { text: "\u2067\u2066\u202Dends nothing" },
  { text: "\u2069\u2069\u202C\u202Cends too much" },
  { text: "\u200F\u061Cmarks\u200E" },
  { text: "תוכנית שנתית 2026 (סופי)" },
  { text: "التقرير السنوي 2026" },
  { text: "\u{1E900}\u{1E901}\u{1E902} 123" }, // Adlam, from right to left
  { text: "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309".repeat(6) },
  { text: "in\u200Bvisi\u2060ble\uFEFF\u00AD" },
  { text: "\u200B\u2060" },
  { text: "🧾".repeat(63), not: ["label"] }, // 252 bytes
  { text: "👩🏽‍🚀".repeat(6) },
  { text: "W".repeat(100) },
  { text: "W".repeat(255), not: ["label"] },
  { text: "two\r\nlines\tand a bell\u0007", not: ["node"] },
  { text: "../../etc/passwd", not: ["node"] },
  { text: "c\u0085d\u009B31m", not: ["node"] },
  { text: " spaces  around " },
];

/** Each thing has one of its own: the second time round with a number. */
function corpus() {
  const given = new Map<string, string>();
  const next = { node: 0, principal: 0, label: 0 };
  return (ordinary: string, of: NameOf): string => {
    const key = `${of} ${ordinary}`;
    const known = given.get(key);
    if (known !== undefined) return known;
    const fit = ODD.filter(({ not }) => !not?.includes(of));
    const n = next[of]++;
    const round = Math.floor(n / fit.length);
    const text = fit[n % fit.length]?.text ?? ordinary;
    const name = round === 0 ? text : `${[...text].slice(0, 20).join("")}${round}`;
    given.set(key, name);
    return name;
  };
}

let server: Server;
let browser: Browser;
let world: World;

before(async () => {
  server = await Server.start("app-names");
  browser = await Browser.start();
  world = await makeWorld(server, browser, corpus());
  await all();
});
after(async () => {
  await browser.stop();
  await server.stop();
});

let folder = ""; // with all of them as files
const fileNames: string[] = [];

/** All that can be named, by all of the names; the server refuses what the table says. */
async function all(): Promise<void> {
  const { anna, home, nodes } = world;
  folder = (await anna.do("folder.create", { parent: home, name: "All" })).id;
  const shared = nodes["Photos"];
  const refused: string[] = [];
  const tries = async (of: NameOf, odd: Odd, op: string, args: object) => {
    const result = await anna.op(op, args);
    const expected = !odd.not?.includes(of);
    if (result.ok !== expected) refused.push(`${of} ${odd.text}: ${JSON.stringify(result)}`);
    return result.ok as boolean;
  };
  for (const odd of ODD) {
    const name = odd.text;
    const content = "";
    if (await tries("node", odd, "file.create", { parent: folder, name, content }))
      fileNames.push(name);
    await tries("principal", odd, "group.create", { name });
    await tries("principal", odd, "unit.create", { name });
    await tries("principal", odd, "principal.create", { kind: "service", name });
    await tries("label", odd, "link.make", { node: shared, relation: "read", label: name });
    await tries("label", odd, "app_password.issue", { label: name });
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
    const text = parent.textContent ?? "";
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

async function lookAll(one: AppPage, scene?: Scene): Promise<void> {
  const { page } = world.anna;
  const wrong: string[] = [];
  for (const width of [1000, 390]) {
    await page.pw.setViewportSize({ width, height: 800 });
    await visit(page.pw, world, one, scene);
    wrong.push(...(await page.pw.evaluate(look)).map((what) => `${width}: ${what}`));
  }
  await page.picture(`names-${one.name}${scene === undefined ? "" : `-${scene.name}`}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(page.complaints, []);
}

for (const one of PAGES.filter(({ stranger }) => !stranger)) {
  test(one.name, () => lookAll(one));
  for (const scene of one.scenes ?? [])
    test(`${one.name}: ${scene.name}`, () => lookAll(one, scene));
}

test("all of them as files", async () => {
  const one = { name: "all", address: () => `/app/files/${folder}`, ready: ".item" };
  await lookAll(one);
  const shown = await world.anna.page.pw.locator(".item .link").allTextContents();
  assert.equal(shown.length, fileNames.length);
  for (const name of ["__proto__", "constructor", '<img src=x onerror="window.harm=1">'])
    assert.ok(shown.includes(name), name);
  assert.ok(shown.includes(TURNED.replace("\u202E", "\uFFFD")));
  for (const text of shown) assert.notEqual(text.trim(), "");
});
