// What people do at the web app: each act with the records that it leaves. The tables
// stand in app-acts-*.ts; app-records.test.ts goes over them, one after the other.
import type { Locator, Page as Driven } from "playwright-core";

import type { World } from "./app-world.js";

/** An organisation, and somebody before its door. */
export interface Stage extends World {
  /** A browser in which nobody is signed in; it has an authenticator. */
  readonly stranger: Driven;
  /** A secret of Anna's that isn't her browser's. */
  readonly hers: string;
  /** The installation's own token. */
  readonly ceremony: string;
}

export interface Act {
  readonly name: string;
  /** What must be so before: nobody looks at the records of that. */
  readonly ready?: (stage: Stage) => Promise<unknown>;
  /** In Anna's browser. */
  readonly does: (page: Driven, stage: Stage) => Promise<unknown>;
  /** The records with cause `user`, in alphabetical order. */
  readonly leaves: readonly string[];
}

export const PASSWORD = "nine blue kettles whistle";

// ---- as a person finds things

export const shows = (page: Driven, selector: string): Promise<void> =>
  page.locator(selector).first().waitFor();
export const gone = (page: Driven, selector: string): Promise<void> =>
  page.locator(selector).first().waitFor({ state: "detached" });
export const press = (page: Driven, selector: string): Promise<void> =>
  page.locator(selector).first().click();
export const place = (page: Driven, name: string): Promise<void> =>
  page
    .getByRole("navigation", { name: "Places" })
    .getByRole("link", { name, exact: true })
    .click();
export const told = (page: Driven, text: string | RegExp): Promise<void> =>
  page.locator(".notice").filter({ hasText: text }).last().waitFor();
export const button = (page: Driven, name: string | RegExp): Locator =>
  page.getByRole("button", { name, exact: true });
export const link = (page: Driven, name: string | RegExp): Locator =>
  page.getByRole("link", { name, exact: true });
export const says = (page: Driven, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor();

/** The button of a dialog that does what it asks. */
export const answer = (page: Driven, name: string): Promise<void> =>
  page.locator("#asking, #shown").getByRole("button", { name, exact: true }).click();

/** One of a list, by what stands there. */
export const item = (page: Driven, text: string | RegExp): Locator =>
  page.getByRole("main").getByRole("listitem").filter({ hasText: text });

/** Awaits what is saved on the disk. */
export async function saved(page: Driven, selector: string): Promise<void> {
  const come = page.waitForEvent("download");
  await press(page, selector);
  await (await come).path();
}

export const textFile = (name: string, text: string) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(text),
});
