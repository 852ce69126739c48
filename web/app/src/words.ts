// Texts, in the language of the message file.
import { shownName } from "./format";
import { en } from "./words/en";

export type WordKey = keyof typeof en;
type Values = { readonly [name: string]: string | number };

const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat();

const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** What somebody gave, so that it can't change how the sentence reads. */
function isolated(text: string): string {
  const shown = shownName(text);
  return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

interface Texts {
  readonly [key: string]:
    | string
    | { readonly one: string; readonly other: string };
}

/**
 * The texts of a message file. A part of the app that is loaded by itself has a
 * file of its own, so that nobody waits for texts that aren't shown.
 */
export function wordsOf<T extends Texts>(texts: T) {
  /** The text of that key; where it has forms, the one for `count`. */
  return (key: keyof T, values: Values = {}): string => {
    const found = texts[key] ?? "";
    const text =
      typeof found === "string"
        ? found
        : plural.select(Number(values["count"])) === "one"
          ? found.one
          : found.other;
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? "";
      return typeof value === "number" ? number.format(value) : isolated(value);
    });
  };
}

export const t = wordsOf(en);
