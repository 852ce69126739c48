// Acts on the log and the bar: to look is on the record, too.
import type { Page as Driven } from "playwright-core";

import { type Act, gone, place, press, says, shows } from "./app-acts.js";
import type { Call } from "./server.js";

const live = (page: Driven): Promise<void> =>
  page.locator("#live").filter({ hasText: /^Live$/ }).waitFor();
const record = (page: Driven, text: string) =>
  page.locator("#records [role=row].item").filter({ hasText: text }).first();

async function choose(page: Driven, field: string, option: string): Promise<void> {
  await page.locator(field).click();
  await page.getByRole("option", { name: option }).first().click();
}

export const LOG_ACTS: readonly Act[] = [
  {
    // What comes is followed, counted and signed by itself.
    name: "the log",
    ready: async ({ server }) => {
      const echo = (_: unknown, i: number): Call => ["core.echo", {}, String(i)];
      for (let i = 0; i < 16; i++) await server.jmap(Array.from({ length: 16 }, echo));
    },
    does: async (page) => {
      await place(page, "Log");
      await shows(page, "#records [role=row].item");
      await live(page);
    },
    leaves: ["log.search"],
  },
  {
    name: "what comes while she looks",
    does: async (page, { server, hers, home }) => {
      await server.op("folder.create", { parent: home, name: "Seen live" }, { token: hers });
      await record(page, "made the folder “Seen live”").waitFor();
    },
    leaves: ["folder.create"],
  },
  {
    name: "pausing it, and going on",
    does: async (page) => {
      await press(page, "#pause");
      await page.locator("#live").filter({ hasText: "Paused" }).waitFor();
      await press(page, "#pause");
      await live(page);
    },
    leaves: [],
  },
  {
    name: "how the log stands",
    does: async (page) => {
      await press(page, "#badge");
      await shows(page, "#badge-facts");
      await press(page, "#badge");
      await gone(page, "#badge-facts");
    },
    leaves: [],
  },
  {
    name: "older records",
    does: async (page) => {
      const rows = page.locator("#records");
      const before = await rows.getAttribute("aria-rowcount");
      await rows.focus();
      await page.keyboard.press("End");
      await page.locator(`#records:not([aria-rowcount="${before}"])`).waitFor();
      await page.keyboard.press("Home");
      await page.keyboard.press("Escape");
    },
    leaves: ["log.search"],
  },
  {
    name: "what one person did",
    does: async (page) => {
      await page.locator("#filter-who").pressSequentially("Ben");
      await page.getByRole("option", { name: "Ben Okafor" }).click();
      await page.waitForURL(/who=/);
      await record(page, "Ben Okafor").waitFor();
      await live(page);
    },
    leaves: ["log.search"],
  },
  {
    name: "of that, one operation",
    does: async (page) => {
      await page.locator("#filter-did").pressSequentially("made a fol");
      await page.getByRole("option", { name: "Made a folder" }).click();
      await record(page, "Team").waitFor();
      await live(page);
    },
    leaves: ["log.search"],
  },
  {
    // Its proof, and what its right rests on, are fetched with it.
    name: "a record",
    does: async (page) => {
      await record(page, "made the folder “Team”").click();
      await page.locator("#proof-verdict").filter({ hasText: "Proved in this browser" }).waitFor();
      await shows(page, "#right li a");
    },
    leaves: ["log.show"],
  },
  {
    name: "where it comes from",
    does: async (page) => {
      await press(page, "#lineage summary");
      await shows(page, "#lineage li a");
    },
    leaves: ["lineage.show"],
  },
  {
    name: "what else came of its session",
    does: async (page) => {
      await press(page, "#lineage-session summary");
      await shows(page, "#lineage-session li a");
    },
    leaves: ["lineage.show"],
  },
  {
    name: "its bytes",
    does: async (page) => {
      await press(page, "#raw-leaf");
      await shows(page, "#leaf");
      await press(page, "#raw-texts");
      await shows(page, ".log-texts");
    },
    leaves: [],
  },
  {
    name: "the record that a right rests on",
    does: async (page) => {
      const address = page.url();
      await page.locator("#right").getByRole("link").first().click();
      await page.waitForURL((url) => url.href !== address);
      await page.locator("#proof-verdict").filter({ hasText: "Proved in this browser" }).waitFor();
    },
    leaves: ["log.show"],
  },
  {
    name: "the log over time",
    does: async (page) => {
      await place(page, "Log");
      await live(page);
      await press(page, "#time-table");
      await shows(page, ".log-table td");
      await press(page, "#time-table");
    },
    leaves: ["log.search"],
  },
  {
    name: "one outcome",
    does: async (page) => {
      await choose(page, "#filter-outcome", "Denied");
      await page.waitForURL(/outcome=denied/);
      await live(page);
    },
    leaves: ["log.search"],
  },
  {
    name: "all of it again",
    does: async (page) => {
      await press(page, "#filters-clear");
      await page.waitForURL((url) => url.search === "");
      await live(page);
    },
    leaves: ["log.search"],
  },
  {
    name: "a time of it",
    does: async (page) => {
      await page.locator("#timeline").focus();
      for (const key of ["End", "Shift+ArrowLeft", "Enter"]) await page.keyboard.press(key);
      await says(page, "A time in the past is shown");
      await shows(page, "#records [role=row].item");
    },
    leaves: ["log.search"],
  },
  {
    name: "an export",
    does: async (page) => {
      // The dialog to choose a file is the browser's own: a file of the page stands in.
      await page.evaluate(() => {
        const folder = navigator.storage.getDirectory();
        const pick = () => folder.then((of) => of.getFileHandle("log", { create: true }));
        Object.assign(window, { showSaveFilePicker: pick });
      });
      await press(page, "#export");
      await press(page, "#export-start");
      await shows(page, "#export-done");
      await page.keyboard.press("Escape");
    },
    leaves: ["log.export"],
  },
];

export const BAR_ACTS: readonly Act[] = [
  {
    name: "the bar",
    does: async (page) => {
      await place(page, "Bar");
      await shows(page, ".bar-control");
    },
    leaves: ["bar.show"],
  },
  {
    name: "looking at it again",
    does: async (page) => {
      await press(page, "#look-again");
      await shows(page, ".bar-control");
    },
    leaves: ["bar.show"],
  },
  {
    name: "what stands open",
    does: async (page) => {
      await press(page, "#open-look");
      await says(page, /looked at/);
    },
    leaves: ["authority.list"],
  },
];
