// The order in which what is loaded is shown.
import type { Item } from "./model";

export const COLUMNS = ["name", "time", "size"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly by: Column;
  readonly down: boolean;
}

const names = new Intl.Collator(undefined, { numeric: true });

const compare: { readonly [column in Column]: (a: Item, b: Item) => number } = {
  name: (a, b) => names.compare(a.name, b.name),
  time: (a, b) => a.time.localeCompare(b.time),
  size: (a, b) => (a.size ?? 0) - (b.size ?? 0),
};

/** Folders first, whichever way. */
export function sorted(items: readonly Item[], order: Order): readonly Item[] {
  const way = order.down ? -1 : 1;
  return [...items].sort(
    (a, b) =>
      Number(a.kind === "file") - Number(b.kind === "file") ||
      way * compare[order.by](a, b) ||
      compare.name(a, b),
  );
}
