// People in a table of text (RFC 4180; semicolons and tabs, too, as spreadsheets
// write them), and what is wrong with each row before anything is made.
import type { UnitId } from "../../../../clients/types";
import { directory, liveUnits } from "./directory";
import { p } from "./words";

export interface PersonRow {
  /** Of the text, from 1. */
  readonly line: number;
  readonly name: string;
  readonly login: string;
  readonly kind: "person" | "guest";
  readonly unit: UnitId | undefined;
  readonly unitText: string;
  /** In words; empty: it can be made. */
  readonly wrong: string;
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What stands most often in the first line, outside of quotes. */
function separatorOf(text: string): string {
  const first = (text.split(/\r?\n/, 1)[0] ?? "").replace(/"[^"]*"/g, "");
  const count = (sign: string) => first.split(sign).length;
  return [",", ";", "\t"].reduce((best, sign) =>
    count(sign) > count(best) ? sign : best,
  );
}

function linesOf(text: string): readonly Line[] {
  const separator = separatorOf(text);
  const lines: Line[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let begun = 1;
  const endCell = () => {
    cells.push(cell.trim());
    cell = "";
  };
  const endLine = () => {
    endCell();
    if (cells.some((one) => one !== "")) lines.push({ line: begun, cells });
    cells = [];
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (quoted) {
      if (sign === "\n") line++;
      if (sign !== '"') cell += sign;
      else if (text.charAt(i + 1) === '"') cell += text.charAt(++i);
      else quoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (sign === separator) {
      endCell();
    } else if (sign === "\n") {
      endLine();
      begun = ++line;
    } else if (sign !== "\r") {
      cell += sign;
    }
  }
  endLine();
  return lines;
}

const COLUMNS = ["name", "login", "unit", "kind"] as const;
type ColumnName = (typeof COLUMNS)[number];

/** How a head may call a column. */
const HEADS: { readonly [column in ColumnName]: RegExp } = {
  name: /^(display ?name|full ?name|name)$/i,
  login:
    /^(login|sign[- ]?in( name| as)?|user(name)?|user ?principal ?name|e?-?mail( address)?)$/i,
  unit: /^(unit|department|organi[sz]ational unit)$/i,
  kind: /^(kind|type|user ?type)$/i,
};

type Places = { [column in ColumnName]?: number };

/** Where each column stands, if the first line is a head. */
function headOf(cells: readonly string[]): Places | undefined {
  const places: Places = {};
  cells.forEach((cell, i) => {
    const column = COLUMNS.find((one) => HEADS[one].test(cell));
    if (column !== undefined) places[column] ??= i;
  });
  return places.name === undefined && places.login === undefined
    ? undefined
    : places;
}

const NAME_MAX = 255;
const encoder = new TextEncoder();
const isLong = (text: string) => encoder.encode(text).length > NAME_MAX;

/** What two names to sign in by are the same by. */
const keyOf = (login: string) => login.normalize("NFKC").toLowerCase();

/** Spaces, controls and what turns text can't be in it. */
const UNSEEN = /[\s\p{C}\p{Z}]/u;

function kindIn(text: string): "person" | "guest" | undefined {
  if (text === "" || /^(person|member)$/i.test(text)) return "person";
  return /^guest$/i.test(text) ? "guest" : undefined;
}

function unitIn(text: string): UnitId | undefined {
  const found = liveUnits().filter(
    (unit) => unit.name.toLowerCase() === text.toLowerCase(),
  );
  return found.length === 1 ? found[0]?.id : undefined;
}

export function peopleIn(
  text: string,
  standard: UnitId | undefined,
): readonly PersonRow[] {
  const lines = linesOf(text.replace(/^\ufeff/, ""));
  const head = headOf(lines[0]?.cells ?? []);
  const places = head ?? { name: 0, login: 1, unit: 2, kind: 3 };
  const taken = new Map<string, number>();
  for (const { login } of directory.value.list)
    if (login !== undefined) taken.set(keyOf(login), 0);

  return lines.slice(head === undefined ? 0 : 1).map(({ line, cells }) => {
    const at = (column: ColumnName) => cells[places[column] ?? -1] ?? "";
    const name = at("name");
    const login = at("login");
    const unitText = at("unit");
    const unit = unitText === "" ? standard : unitIn(unitText);
    const kind = kindIn(at("kind"));
    const before = taken.get(keyOf(login));
    const wrong = [
      name === "" && p("row.noName"),
      isLong(name) && p("row.longName"),
      login === "" && p("row.noLogin"),
      (UNSEEN.test(login) || isLong(login)) && p("row.badLogin"),
      login !== "" && before === 0 && p("row.taken"),
      login !== "" &&
        before !== undefined &&
        before > 0 &&
        p("row.twice", { line: before }),
      unitText !== "" && unit === undefined && p("row.noUnit", { unit: unitText }),
      kind === undefined && p("row.badKind", { kind: at("kind") }),
    ].filter((one): one is string => typeof one === "string");
    if (login !== "" && before === undefined) taken.set(keyOf(login), line);
    return {
      line,
      name,
      login,
      kind: kind ?? "person",
      unit,
      unitText,
      wrong: wrong.join(" "),
    };
  });
}

/** A cell that no spreadsheet takes for a formula. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export const csvOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
