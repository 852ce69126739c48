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
  time: (a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)),
  size: (a, b) => (a.size ?? 0) - (b.size ?? 0),
};

interface Sorted {
  readonly order: Order;
  readonly items: readonly Item[];
}

// Of a folder that is gone back to the order is known.
const known = new WeakMap<readonly Item[], Sorted>();

/** Folders first, whichever way. */
export function sorted(items: readonly Item[], order: Order): readonly Item[] {
  const before = known.get(items);
  if (before?.order.by === order.by && before.order.down === order.down)
    return before.items;
  const way = order.down ? -1 : 1;
  const now = [...items].sort(
    (a, b) =>
      Number(a.kind === "file") - Number(b.kind === "file") ||
      way * compare[order.by](a, b) ||
      compare.name(a, b),
  );
  known.set(items, { order, items: now });
  return now;
}
