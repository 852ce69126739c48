// Dates and sizes, as the browser's locale and zone have them.
const dateTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "short",
});
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const sizes = UNITS.map((unit, i) => {
  const format = (digits: number) =>
    new Intl.NumberFormat(undefined, {
      style: "unit",
      unit,
      unitDisplay: i === 0 ? "long" : "short",
      maximumFractionDigits: digits,
    });
  return { fine: format(i === 0 ? 0 : 1), coarse: format(0) };
});

export function sizeText(bytes: number): string {
  let n = bytes;
  let i = 0;
  for (; n >= 1000 && i < UNITS.length - 1; i++) n /= 1000;
  const format = sizes[i]?.[n < 10 ? "fine" : "coarse"];
  return format?.format(n) ?? String(bytes);
}

/** From 0 to 1, by thousandths: what is read out has no use for more. */
export const shareOf = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.round(Math.min(part / whole, 1) * 1000) / 1000;

export const timeText = (at: string): string => dateTime.format(new Date(at));
export const dateText = (at: string): string => date.format(new Date(at));

/** As a list shows it: today the time, else the day. */
export function whenText(at: string, now = new Date()): string {
  const when = new Date(at);
  return when.toDateString() === now.toDateString()
    ? time.format(when)
    : date.format(when);
}

// What turns the direction of text, and so shows a name as another one; what isn't
// seen, and so makes two names look the same; and what is no text at all.
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const UNSEEN =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]/g;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
const MARK = "\ufffd";

/** A name as it is, with a mark where something invisible would change its look. */
export function shownName(name: string): string {
  const shown = name
    .replace(TURNING, MARK)
    .replace(UNSEEN, MARK)
    .replace(CONTROLS, MARK);
  return shown.trim() === "" && shown !== "" ? MARK : shown;
}
