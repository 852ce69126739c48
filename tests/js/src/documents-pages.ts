// What the editor shows, where there is an engine: rows as those of app-pages.ts, for
// the pictures of `make screens` and for axe.
import type { Page as Driven } from "playwright-core";

import type { AppPage, Scene } from "./app-pages.js";
import { sample, upload } from "./documents-world.js";
import type { User } from "./user.js";

/** A file of each kind, by its name. */
export type Documents = { readonly [name: string]: string };

const FILES = {
  "Letter.docx": "sample.docx",
  "Costs.xlsx": "sample.xlsx",
  "Talk.pptx": "SampleShow.pptx",
} as const;

export async function makeDocuments(user: User): Promise<Documents> {
  const made: { [name: string]: string } = {};
  for (const [name, from] of Object.entries(FILES))
    made[name] = await upload(user, name, sample(from));
  return made;
}

const press = (...selectors: string[]) => async (page: Driven) => {
  for (const selector of selectors) await page.locator(selector).first().click();
};

/** What a toolbar has beside the screen on a phone is scrolled to. */
const scene = (name: string, then: string, ...pressed: string[]): Scene => ({
  name,
  open: async (page) => {
    await press(...pressed)(page);
    await page.locator(then).first().waitFor();
  },
});

const FILE = scene("file", "#file-as-pdf", "#document-file");
const FIND: Scene = {
  name: "find",
  open: async (page) => {
    await page.locator("#document-text").focus();
    await page.keyboard.press("Control+f");
    await page.locator("#find-text").waitFor();
  },
};

export const documentPages = (documents: Documents): readonly AppPage[] => {
  const page = (name: string, file: keyof typeof FILES, scenes: readonly Scene[]): AppPage => ({
    name: `document-${name}`,
    address: () => `/app/documents/${documents[file]}`,
    ready: ".d-canvas[data-whole]",
    scenes,
  });
  return [
    page("text", "Letter.docx", [
      FILE,
      FIND,
      scene("comments", "#comments", "#comments-toggle"),
      scene("changes", "#changes-panel", "#tool-review", "#changes"),
      scene("versions", "#versions-panel .d-card", "#document-file", "#file-versions"),
      scene("reading", "#reading p", "#text-view"),
      scene("colours", ".d-swatches", "#tool-colour"),
      scene("table", ".d-grid", "#tool-table"),
      scene("insert", "[role=menuitem]", "#tool-insert"),
      scene("link", "#link-url", "#tool-link"),
    ]),
    page("sheet", "Costs.xlsx", [
      FILE,
      scene("format", "[role=menuitem]", "#tool-format"),
      scene("reading", "#reading td", "#text-view"),
      scene("cells", "[role=menuitem]", "#tool-cells"),
    ]),
    page("slides", "Talk.pptx", [FILE]),
  ];
};
