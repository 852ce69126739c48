// Somebody who has a keyboard and nothing else. After each step they must see where
// they are, and never be nowhere.
import assert from "node:assert/strict";
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
}
