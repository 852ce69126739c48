// Texts of the log, and times as it needs them: to the second, and how long ago.
import { wordsOf } from "../words";
import { en } from "./words/en";

export const t = wordsOf(en);
export type LogWord = keyof typeof en;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
});
const full = new Intl.DateTimeFormat(undefined, {
  dateStyle: "full",
  timeStyle: "long",
});
const exact = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const fullTime = (ms: number): string => full.format(ms);
export const exactTime = (ms: number): string => exact.format(ms);

/** Today to the second, else the day with it. */
export function rowTime(ms: number, now = new Date()): string {
  const when = new Date(ms);
  const time = clock.format(when);
  return when.toDateString() === now.toDateString()
    ? time
    : `${day.format(when)}, ${time}`;
}

const STEPS = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [Infinity, "day"],
] as const;

export function agoText(ms: number, now = Date.now()): string {
  let n = Math.min(0, Math.round((ms - now) / 1000));
  for (const [up, unit] of STEPS) {
    if (Math.abs(n) < up) return ago.format(n, unit);
    n = Math.round(n / up);
  }
  return exactTime(ms);
}

/** What stands in an OCSF event for somebody who is no person. */
export function whoText(name: string): string {
  if (name === "(server)" || name === "Chancery") return t("server");
  if (name === "(unauthenticated)" || name === "") return t("nobody");
  return name;
}

/** What a right lets somebody do, or is called. */
export function relationText(word: string): string {
  const key = `relation.${word}`;
  return key in en ? t(key as LogWord) : word;
}
