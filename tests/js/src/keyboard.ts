// Somebody who has a keyboard and nothing else. After each step they must see where
// they are, and never be nowhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page as Driven } from "playwright-core";

import { eventually } from "./server.js";

/** More stops than any page has before what one wants. */
const TABS_MAX = 70;

/** Where the focus is: what it is, whether it matches, whether somebody sees it. */
interface Focus {
  readonly is: string;
  readonly there: boolean;
  readonly seen: boolean;
}

/** In the page. */
function look(wanted: string): Focus {
  const { activeElement: at } = document;
  if (!(at instanceof HTMLElement) || at === document.body)
    return { is: "nothing", there: false, seen: false };
  const row = at.getAttribute("aria-activedescendant");
  const shown = (row && document.getElementById(row)) || at;
  const isDrawn = (one: Element, part: string | null) => {
    const { outlineStyle, outlineWidth, boxShadow, content } = getComputedStyle(one, part);
    if (part !== null && content === "none") return false;
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  };
  const hasRing = [null, "::after", "::before"].some((part) => isDrawn(shown, part));
  // Around a field, or below it.
  const isUnderlined = (one: Element) => {
    const { content, borderBottomWidth, borderBottomStyle, transform } = getComputedStyle(one, "::after");
    return (
      content !== "none" &&
      borderBottomStyle !== "none" &&
      borderBottomWidth !== "0px" &&
      !transform.startsWith("matrix(0,")
    );
  };
  const border = (one: Element) =>
    ["::after", "::before"].some((part) => {
      const { content, borderStyle, borderWidth } = getComputedStyle(one, part);
      return content !== "none" && borderStyle === "solid" && borderWidth !== "0px";
    });
  const around = [shown.parentElement, shown.parentElement?.parentElement].filter((one) => one != null);
  const isField = shown.matches("input, textarea, select, [role=combobox]");
  // Of a box to tick, what is beside it.
  const beside = [...(shown.parentElement?.children ?? [])];
  const { left, right, top, bottom } = shown.getBoundingClientRect();
  const seen =
    shown.checkVisibility() &&
    right > 0 &&
    bottom > 0 &&
    left < innerWidth &&
    top < innerHeight &&
    (hasRing ||
      border(shown) ||
      (isField && around.some((one) => isUnderlined(one) || isDrawn(one, null))) ||
      (isField && (border(around[0] as Element) || beside.some((one) => isDrawn(one, null)))));
  const of = at.id === "" ? (at.getAttribute("aria-label") ?? at.textContent ?? "").slice(0, 40) : `#${at.id}`;
  return { is: `${at.localName} ${of}`, there: at.matches(wanted), seen };
}

/** What keys are called in the list of them, and by Playwright. */
const NAMES: { readonly [shown: string]: string } = {
  Ctrl: "Control",
  Esc: "Escape",
  "←": "ArrowLeft",
  "→": "ArrowRight",
  "↑": "ArrowUp",
  "↓": "ArrowDown",
  "Page Up": "PageUp",
  "Page Down": "PageDown",
};

/** By what is listed: tries one of its keys. */
export type Tries = { readonly [what: string]: (key: string) => Promise<unknown> };

export class Keyboard {
  constructor(readonly page: Driven) {}

  press = async (...names: string[]): Promise<void> => {
    for (const name of names) await this.page.keyboard.press(name);
  };

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  look(wanted = "*"): Promise<Focus> {
    return this.page.evaluate(look, wanted);
  }

  /** The focus comes there, and is seen there. */
  async isAt(wanted: string): Promise<void> {
    let last: Focus | undefined;
    await eventually(`the focus on ${wanted}`, async () => {
      last = await this.look(wanted).catch(() => undefined);
      return (last?.there && last.seen) || undefined;
    }).catch((error: unknown) => {
      throw new Error(`the focus is on ${last?.is}, ${last?.seen ? "" : "not "}seen, not on ${wanted}`, { cause: error });
    });
  }

  /** As `isAt`, where what has the focus need not be marked: a heading, a page. */
  async isIn(wanted: string): Promise<void> {
    await eventually(`the focus in ${wanted}`, async () =>
      (await this.page.evaluate((one) => document.activeElement?.closest(one) != null, wanted)) || undefined,
    );
  }

  /**
   * Goes on by Tab, or back, to what the selector finds, once it is there: all on the
   * way is seen.
   */
  async tabTo(wanted: string, by: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
    await this.page.locator(wanted).first().waitFor({ state: "attached" });
    const way: string[] = [];
    for (let n = 0; n < TABS_MAX; n++) {
      await this.press(by);
      const { is, there, seen } = await this.look(wanted);
      way.push(is);
      // It may have to be scrolled to.
      if (!seen && is !== "nothing" && !is.startsWith("iframe"))
        await eventually(`the focus on ${is}, seen`, async () =>
          (await this.look(wanted)).seen || undefined,
        );
      if (there) return;
    }
    assert.fail(`no way to ${wanted}: ${way.join(", ")}`);
  }

  /** Goes there by Tab and presses it. */
  async go(wanted: string, by: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
    await this.tabTo(wanted, by);
    await this.press("Enter");
  }

  shows(selector: string): Promise<void> {
    return this.page.locator(selector).first().waitFor();
  }

  gone(selector: string): Promise<void> {
    return this.page.locator(selector).first().waitFor({ state: "detached" });
  }

  /** To a place of the app, by the list of them. */
  async goTo(path: string, ready: string): Promise<void> {
    await this.press("/");
    await this.isAt("#search");
    await this.go(`.nav a[href="${path}"]`);
    await this.shows(ready);
    await this.isAt(`.nav a[href="${path}"]`);
  }

  /** The keys that the page lists: what each is for, and how Playwright calls them. */
  async listed(): Promise<readonly (readonly [string, readonly string[]])[]> {
    await this.press("?");
    await this.isAt("#keys-close");
    const rows = await this.page.locator("#keys dl > div").evaluateAll((all) =>
      all.map((one) => {
        const group = one.closest("section")?.querySelector("h3")?.textContent;
        const ways = [...one.querySelectorAll(".keys-way")].map((way) =>
          [...way.querySelectorAll("kbd")].map((key) => key.textContent ?? ""),
        );
        return [`${group}: ${one.querySelector("dt")?.textContent}`, ways] as const;
      }),
    );
    await this.press("Escape");
    await this.gone("#keys");
    return rows.map(([what, ways]) => [
      what,
      ways.map((way) => way.map((key) => NAMES[key] ?? key).join("+")),
    ]);
  }

  /** All that is listed does what it says, and nothing else is tried. */
  async doAsListed(tries: Tries): Promise<void> {
    const rows = await this.listed();
    assert.deepEqual(rows.map(([what]) => what), Object.keys(tries));
    for (const [what, ways] of rows) for (const way of ways) await tries[what]?.(way);
  }
}

/** On any page with a list. */
export const everywhere = (keys: Keyboard): Tries => ({
  "Everywhere: Search": async (key) => {
    await keys.press(key);
    await keys.isAt("#search");
  },
  "Everywhere: From the search to the list": async (key) => {
    await keys.press(key);
    await keys.isAt("[role=grid]");
  },
  "Everywhere: This list": async (key) => {
    await keys.press(key);
    await keys.isAt("#keys-close");
    await keys.press("Escape");
    await keys.gone("#keys");
    await keys.isAt("[role=grid]");
  },
  "Everywhere: To what comes next, or before": async (key) => {
    await keys.press(key);
    await keys.isAt(key === "Tab" ? ":not([role=grid])" : "[role=grid]");
  },
  "Everywhere: Close what is open": async (key) => {
    await keys.press("?");
    await keys.isAt("#keys-close");
    await keys.press(key);
    await keys.gone("#keys");
    await keys.isAt("[role=grid]");
  },
});

/** Steps of which each goes on from where the one before it came to. */
export function steps(): (name: string, does: () => Promise<void>) => void {
  let stuck = false;
  return (name, does) =>
    void test(name, async (t) => {
      if (stuck) return t.skip("an earlier step failed");
      stuck = true;
      await does();
      stuck = false;
    });
}
