// Comments and tracked changes, as the engine tells them.
import { type Rectangle, rectanglesOf } from "./geometry";

export interface Comment {
  readonly id: string;
  /** Which one it answers. */
  readonly parent: string | undefined;
  readonly author: string;
  readonly time: string;
  readonly text: string;
  readonly resolved: boolean;
  /** Of a sheet or slide. */
  readonly part: number | undefined;
  readonly place: Rectangle | undefined;
  /** The text that it is about. */
  readonly range: readonly Rectangle[];
}

type Json = { readonly [key: string]: unknown };

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** What the engine tells as HTML, as the text that it is; nothing of it is loaded. */
function plain(html: string): string {
  const text = html.replace(/<\/(p|div)>|<br\s*\/?>/gi, "\n").replace(/<[^>]*>/g, "");
  return text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code) % 0x110000))
    .replace(/&amp;/g, "&")
    .trim();
}

function commentOf(json: Json): Comment {
  const parent = textOf(json["parent"] ?? json["parentId"]);
  const part = textOf(json["tab"]);
  return {
    id: textOf(json["id"]),
    parent: parent === "" || parent === "0" ? undefined : parent,
    author: textOf(json["author"]),
    // Its seconds have a comma.
    time: textOf(json["dateTime"]).replace(",", "."),
    text: plain(textOf(json["text"] ?? json["html"])),
    resolved: textOf(json["resolved"]) === "true",
    part: part === "" ? undefined : Number(part),
    place: rectanglesOf(
      textOf(json["anchorPos"] ?? json["cellPos"] ?? json["rectangle"]),
    )[0],
    range: rectanglesOf(textOf(json["textRange"])),
  };
}

function parsed(text: string): Json {
  try {
    return (JSON.parse(text) ?? {}) as Json;
  } catch {
    return {};
  }
}

/** The answer to ASK ViewAnnotations. */
export function commentsOf(json: string): Comment[] {
  const list = parsed(json)["comments"];
  return Array.isArray(list) ? list.map((one) => commentOf(one as Json)) : [];
}

/** What came of one of them. */
export function withComment(
  comments: readonly Comment[],
  json: string,
): readonly Comment[] {
  const told = parsed(json)["comment"] as Json | undefined;
  if (told === undefined) return comments;
  const id = textOf(told["id"]);
  if (told["action"] === "Remove")
    return comments.filter((one) => one.id !== id);
  const known = comments.find((one) => one.id === id);
  const now = commentOf(told);
  const one = known === undefined ? now : { ...known, ...now };
  return known === undefined
    ? [...comments, one]
    : comments.map((other) => (other.id === id ? one : other));
}

export interface Change {
  readonly index: number;
  readonly author: string;
  readonly time: string;
  readonly kind: string;
  readonly text: string;
}

/** The answer to ASK AcceptTrackedChanges. */
export function changesOf(json: string): Change[] {
  const list = parsed(json)["redlines"];
  if (!Array.isArray(list)) return [];
  return list.map((one: Json) => ({
    index: Number(one["index"]),
    author: textOf(one["author"]),
    time: textOf(one["dateTime"]),
    kind: textOf(one["type"]),
    text: textOf(one["description"]),
  }));
}

/** Where what was found stands. */
export function foundPlaces(json: string): {
  readonly part: number | undefined;
  readonly places: readonly Rectangle[];
} {
  const list = parsed(json)["searchResultSelection"];
  const found = Array.isArray(list) ? (list as Json[]) : [];
  const part = textOf(found[0]?.["part"]);
  return {
    part: part === "" ? undefined : Number(part),
    places: found.flatMap((one) => rectanglesOf(textOf(one["rectangles"]))),
  };
}

/** The names of a list that was asked for: styles of a family, or fonts. */
export function valuesOf(json: string, family?: string): string[] {
  const values = parsed(json)["commandValues"] as Json | undefined;
  if (values === undefined) return [];
  if (family === undefined) return Object.keys(values).sort();
  const list = values[family];
  return Array.isArray(list) ? list.map(textOf) : [];
}
