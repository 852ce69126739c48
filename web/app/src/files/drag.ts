// What is dragged from one place of the app to another, and out of it.
import { type DragEvent, useState } from "react";

import type { FolderId, NodeId } from "../../../../clients/types";
import { me } from "../app";
import { addressOf } from "../client/bytes";
import { copy, move, trash } from "./acts";
import type { Item } from "./model";
import { uploadDropped } from "./uploads";

const DRAGGED = "application/x-chancery-nodes";

// What a page may know of what is over it are types; of its own it knows the rest.
let dragged: readonly Item[] = [];

/** A file can be dragged out onto the desktop. */
export function setDragged(event: DragEvent, items: readonly Item[]): void {
  const data = event.dataTransfer;
  dragged = items;
  data.effectAllowed = "copyMove";
  data.setData(DRAGGED, JSON.stringify(items.map(({ id }) => id)));
  const [item] = items;
  if (items.length !== 1 || item?.version === undefined) return;
  const href = addressOf(me().principal, item.version, item.name);
  const type = item.type ?? "application/octet-stream";
  data.setData(
    "DownloadURL",
    `${type}:${item.name.replaceAll(":", "_")}:${location.origin}${href}`,
  );
}

export const bringsItems = (data: DataTransfer): boolean =>
  data.types.includes(DRAGGED);
export const bringsFiles = (data: DataTransfer): boolean =>
  data.types.includes("Files");
export const bringsSomething = (data: DataTransfer): boolean =>
  bringsItems(data) || bringsFiles(data);

function itemsOf(data: DataTransfer): readonly Item[] {
  const text = data.getData(DRAGGED);
  const ids = new Set(text === "" ? [] : (JSON.parse(text) as NodeId[]));
  return dragged.filter(({ id }) => ids.has(id));
}

/** With Ctrl (or Option) held it is copied. */
export function dropInto(event: DragEvent, folder: FolderId): void {
  const items = itemsOf(event.dataTransfer).filter(({ id }) => id !== folder);
  if (items.length === 0) uploadDropped(event.dataTransfer, folder);
  else if (event.ctrlKey || event.altKey) copy(items, folder);
  else move(items, folder);
}

export function dropIntoTrash(event: DragEvent): void {
  const items = itemsOf(event.dataTransfer);
  if (items.length > 0) trash(items);
}

/** Of what things can be dropped into; undefined: not into this. */
export function useDropping(folder: FolderId | undefined): {
  readonly over: boolean;
  readonly dropping: object;
} {
  const [over, setOver] = useState(false);
  if (folder === undefined) return { over: false, dropping: {} };
  return {
    over,
    dropping: {
      onDragOver: (event: DragEvent) => {
        if (!bringsSomething(event.dataTransfer)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        dropInto(event, folder);
      },
    },
  };
}
