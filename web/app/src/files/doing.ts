// What the list and the grid are given alike.
import type { NodeId } from "../../../../clients/types";
import type { Item } from "./model";
import type { Selection } from "./selection";
import type { Column, Order } from "./sort";

/** What is done with items. */
export interface Doing {
  readonly open: (item: Item) => void;
  readonly rename: (item: Item, name: string) => void;
  readonly startRename: () => void;
  readonly trash: () => void;
  readonly undo: () => void;
  readonly up: () => void;
  readonly details: () => void;
  /** For `paste`, here or in another folder. */
  readonly hold: (how: "move" | "copy") => void;
  readonly paste: () => void;
  readonly menu: (x: number, y: number) => void;
}

export interface ListProps extends Doing {
  readonly items: readonly Item[];
  readonly label: string;
  readonly timeLabel: string;
  readonly order: Order;
  readonly onOrder: (by: Column) => void;
  readonly selection: Selection;
  readonly stars: ReadonlySet<NodeId>;
  readonly renaming: NodeId | undefined;
  readonly onRenaming: (id: NodeId | undefined) => void;
  /** Names can be changed, and things moved. */
  readonly editable: boolean;
}
