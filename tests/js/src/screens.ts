// Takes pictures of every page of the web app for people to look at: in both themes,
// wide and on a phone, and in the colours of high contrast that a system forces. As a
// program: screens.js FOLDER [NAME...] takes all, or those whose names begin so, and
// leaves an index.html beside them.
import * as fs from "node:fs";
import * as path from "node:path";

import { type AppPage, PAGES, type Scene, settled, visit } from "./app-pages.js";
import { makeWorld } from "./app-world.js";
import { Browser } from "./browser.js";
import { ENGINE, skip } from "./documents.js";
import { documentPages, makeDocuments } from "./documents-pages.js";
import { Server } from "./server.js";

const WIDTHS = [1000, 390];
const THEMES = [
  { name: "light", media: { colorScheme: "light", forcedColors: "none" } },
  { name: "dark", media: { colorScheme: "dark", forcedColors: "none" } },
  { name: "contrast", media: { colorScheme: "dark", forcedColors: "active" } },
] as const;
/** Its colours are the same where it is narrow. */
const themesAt = (width: number) => (width === WIDTHS[0] ? THEMES : THEMES.slice(0, 2));

const [folder = "screens", ...wanted] = process.argv.slice(2);
fs.mkdirSync(folder, { recursive: true });

interface Shot {
  readonly name: string;
  readonly one: AppPage;
  readonly scene?: Scene;
}

const server = await Server.start("screens", { config: skip ? {} : { engine: ENGINE } });
const browser = await Browser.start();
const world = await makeWorld(server, browser);
// What is open in the editor there is where an engine is.
const documents = skip ? [] : documentPages(await makeDocuments(world.anna));
const shots = [...PAGES, ...documents].flatMap((one): Shot[] => [
  { name: one.name, one },
  ...(one.scenes ?? []).map((scene) => ({ name: `${one.name}-${scene.name}`, one, scene })),
]).filter(({ name }) => wanted.length === 0 || wanted.some((begin) => name.startsWith(begin)));
// What changes who gets in must have been confirmed within minutes: it comes first.
const isUrgent = ({ one }: Shot) => one.stranger === true || one.name === "security";
shots.sort((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)));

const stranger = await browser.page();
await stranger.addAuthenticator();

for (const { name, one, scene } of shots) {
  const { pw } = one.stranger ? stranger : world.anna.page;
  for (const width of WIDTHS) {
    await pw.setViewportSize({ width, height: 800 });
    try {
      await visit(pw, world, one, scene);
    } catch (error) {
      console.error(`${name} at ${width}: ${String(error)}`);
      process.exitCode = 1;
    }
    for (const theme of themesAt(width)) {
      await pw.emulateMedia(theme.media);
      await settled(pw);
      await pw.screenshot({ path: path.join(folder, `${name}-${theme.name}-${width}.png`) });
    }
    await pw.emulateMedia(THEMES[0].media);
  }
}

const figures = shots.map(
  ({ name }) =>
    `<h2>${name}</h2>\n` +
    WIDTHS.flatMap((width) => themesAt(width).map((theme) => `${name}-${theme.name}-${width}.png`))
      .map((file) => `<a href="${file}"><img src="${file}" alt="${file}" height="320"></a>`)
      .join("\n"),
);
fs.writeFileSync(
  path.join(folder, "index.html"),
  `<!doctype html>\n<meta charset="utf-8">\n<title>Pages of the web app</title>\n${figures.join("\n")}\n`,
);

await browser.stop();
await server.stop();
