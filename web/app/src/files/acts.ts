// What people do with files and folders.
import type {
  FolderId,
  NodeMade,
  VersionId,
} from "../../../../clients/types";
import { attempt, me, tell, tellError } from "../app";
import {
  addressOf as addressOfBytes,
  addressOfArchive,
} from "../client/bytes";
import { type Answered, call, callEach, refusalOf } from "../client/jmap";
import { isCode, Refused } from "../client/problem";
import {
  type DocumentKind,
  documentOf,
  DOCUMENTS,
} from "../documents/kinds";
import { currentPlace, navigate } from "../router";
import { t } from "../words";
import { ask, type Conflict } from "./ask";
import { tellUndoable } from "./undo";
import { add, isFolder, isOwn, type Item, patch, reload, view } from "./model";

export const addressOfFolder = (id: FolderId): string =>
  id === me().home ? "/app/files" : `/app/files/${id}`;

/** Tells the first refusal, and how many there were; which items it worked for. */
function settle(
  items: readonly Item[],
  answers: readonly Answered<object>[],
): Item[] {
  const refused = answers.flatMap((answer) => refusalOf(answer) ?? []);
  const [first] = refused;
  if (first !== undefined) tellError(first);
  if (!isOwn()) reload("prefetch");
  return items.filter((_, i) => answers[i]?.ok);
}

// ---- looking

async function versionOf(item: Item): Promise<VersionId | undefined> {
  return (
    item.version ?? (await call("node.get", { node: item.id })).version
  );
}

/** Where the file is shown, above where one is. */
export function addressOfPreview(id?: Item["id"]): string {
  const { path, query } = currentPlace();
  const asked = new URLSearchParams(query);
  if (id === undefined) asked.delete("preview");
  else asked.set("preview", id);
  const text = asked.toString();
  return text === "" ? path : `${path}?${text}`;
}

export const addressOf = (item: Item): string =>
  isFolder(item)
    ? addressOfFolder(item.id)
    : documentOf(item.name) !== undefined
      ? `${DOCUMENTS}/${item.id}`
      : addressOfPreview(item.id);

async function addressOfFile(item: Item): Promise<string | undefined> {
  const version = await versionOf(item);
  return version && addressOfBytes(me().principal, version, item.name);
}

function follow(href: string, how: { download: string }) {
  const link = document.createElement("a");
  link.href = href;
  link.rel = "noopener";
  Object.assign(link, how);
  link.click();
}

let came = false;

/** A folder is gone into; a document is opened, any other file shown. */
export function open(item: Item): void {
  came = !isFolder(item) && documentOf(item.name) === undefined;
  navigate(addressOf(item));
}

/** Back to where it was opened from. */
export function closePreview(): void {
  if (came) history.back();
  else navigate(addressOfPreview(), true);
  came = false;
}

/** One file as it is; all else as one archive. */
export function download(items: readonly Item[]): void {
  const [item] = items;
  if (item === undefined) return;
  void attempt(async () => {
    if (items.length === 1 && !isFolder(item)) {
      const href = await addressOfFile(item);
      if (href !== undefined) follow(href, { download: item.name });
      return;
    }
    const name = items.length === 1 ? item.name : t("download.many");
    const ids = items.map(({ id }) => id);
    const href = addressOfArchive(me().principal, name, ids);
    follow(href, { download: `${name}.zip` });
  });
}

// ---- names

/** "Minutes (2).txt" of "Minutes.txt". */
export function otherName(name: string, n: number): string {
  const dot = name.lastIndexOf(".");
  const at = dot > 0 ? dot : name.length;
  return `${name.slice(0, at)} (${n})${name.slice(at)}`;
}

const NAMES_TRIED = 100;

/** Tries other names until one is free. */
export async function underFreeName<T>(
  name: string,
  doAs: (name: string) => Promise<T>,
): Promise<T> {
  for (let n = 2; ; n++) {
    try {
      return await doAs(otherName(name, n));
    } catch (error) {
      if (!isCode(error, "EXISTS") || n > NAMES_TRIED) throw error;
    }
  }
}

export function newFolder(parent: FolderId): void {
  void attempt(async () => {
    const name = await ask<"name">({
      kind: "name",
      title: t("newFolder.title"),
      button: t("newFolder.make"),
    });
    if (name === undefined) return;
    const made = await call("folder.create", { parent, name });
    add({
      id: made.id,
      kind: "folder",
      name,
      time: new Date().toISOString(),
      parent,
    });
    tell({ intent: "success", text: t("newFolder.made", { name }) });
  });
}

/** A blank document, opened at once. */
export function newDocument(kind: DocumentKind, parent: FolderId): void {
  void attempt(async () => {
    const { blankOf } = await import("../documents/blank");
    const { ending, type, bytes } = blankOf(kind);
    const content = btoa(String.fromCharCode(...bytes));
    const create = (name: string) =>
      call("file.create", { parent, name, type, content });
    const name = `${t(`new.${kind}`)}.${ending}`;
    const made = await create(name).catch((error: unknown) => {
      if (!isCode(error, "EXISTS")) throw error;
      return underFreeName(name, create);
    });
    navigate(`${DOCUMENTS}/${made.id}`);
  });
}

export async function rename(item: Item, name: string): Promise<void> {
  if (name === item.name || name === "") return;
  patch(item.id, { name });
  try {
    await call("node.rename", { node: item.id, name });
    const back = () => void rename({ ...item, name }, item.name);
    tellUndoable(t("renamed", { name }), back);
  } catch (error) {
    patch(item.id, { name: item.name });
    tellError(error);
  }
}

// ---- moving and copying

type Doing = (
  item: Item,
  name?: string,
) => Promise<NodeMade>;

/** Does it with each; where the name is taken, as the person says. */
async function withConflicts(
  items: readonly Item[],
  answers: readonly Answered<object>[],
  again: Doing,
): Promise<Item[]> {
  const done = items.filter((_, i) => answers[i]?.ok);
  const taken: Item[] = [];
  const others: Refused[] = [];
  items.forEach((item, i) => {
    const answer = answers[i];
    const refusal = answer && refusalOf(answer);
    if (refusal === undefined) return;
    if (refusal.code === "EXISTS") taken.push(item);
    else others.push(refusal);
  });
  if (others[0] !== undefined) tellError(others[0]);
  let choice: Conflict | undefined;
  for (const item of taken) {
    if (choice === undefined) {
      const given = await ask<"conflict">({
        kind: "conflict",
        name: item.name,
        replaceable: false,
        many: taken.length > 1,
      });
      if (given === undefined) break;
      if (given.all) choice = given.choice;
      if (given.choice === "skip") continue;
    } else if (choice === "skip") continue;
    await underFreeName(item.name, (name) => again(item, name));
    done.push(item);
  }
  return done;
}

function folderShown(): FolderId | undefined {
  const { where } = view.value;
  return where?.kind === "folder" ? where.id : undefined;
}

async function moveTo(
  items: readonly Item[],
  folder: FolderId,
  from = folderShown(),
): Promise<void> {
  const args = items.map((item) => ({ node: item.id, folder }));
  const answers = await callEach("node.move", args);
  const moved = await withConflicts(items, answers, (item, name) =>
    call("node.move", {
      node: item.id,
      folder,
      ...(name === undefined ? {} : { name }),
    }),
  );
  if (folderShown() !== folder)
    for (const item of moved) patch(item.id, undefined);
  if (moved.length === 0) return;
  const text = t("moved", { count: moved.length, name: moved[0]?.name ?? "" });
  if (from !== undefined)
    tellUndoable(text, () =>
      void attempt(() =>
        moveTo(moved, from, folder).then(() => reload("prefetch")),
      ),
    );
  else tell({ intent: "success", text });
  if (!isOwn()) reload("prefetch");
}

async function copyTo(items: readonly Item[], folder: FolderId): Promise<void> {
  const args = items.map((item) => ({ node: item.id, folder }));
  const answers = await callEach("node.copy", args);
  const copied = await withConflicts(items, answers, (item, name) =>
    call("node.copy", {
      node: item.id,
      folder,
      ...(name === undefined ? {} : { name }),
    }),
  );
  if (copied.length > 0)
    tell({
      intent: "success",
      text: t("copied", { count: copied.length, name: copied[0]?.name ?? "" }),
    });
  if (!isOwn()) reload("prefetch");
}

export function move(items: readonly Item[], folder: FolderId): void {
  void attempt(() => moveTo(items, folder));
}

export function copy(items: readonly Item[], folder: FolderId): void {
  void attempt(() => copyTo(items, folder));
}

// What was cut or copied by keys, to be pasted.
let held:
  | {
      readonly how: "move" | "copy";
      readonly items: readonly Item[];
      readonly from: FolderId | undefined;
    }
  | undefined;

export function hold(how: "move" | "copy", items: readonly Item[]): void {
  const [item] = items;
  if (item === undefined) return;
  held = { how, items, from: folderShown() };
  const text = t(`${how}.held`, { count: items.length, name: item.name });
  tell({ intent: "info", text });
}

export function paste(folder: FolderId): void {
  if (held === undefined) return;
  const { how, items, from } = held;
  if (how === "copy") return copy(items, folder);
  held = undefined;
  if (from !== folder) void attempt(() => moveTo(items, folder, from));
}

async function askFolder(
  items: readonly Item[],
  how: "move" | "copy",
): Promise<void> {
  const folder = await ask<"folder">({
    kind: "folder",
    title: t(`${how}.title`, { count: items.length, name: items[0]?.name ?? "" }),
    button: t(`${how}.here`),
    items,
  });
  if (folder === undefined) return;
  await (how === "move" ? moveTo(items, folder) : copyTo(items, folder));
}

export function askMove(items: readonly Item[]): void {
  void attempt(() => askFolder(items, "move"));
}

export function askCopy(items: readonly Item[]): void {
  void attempt(() => askFolder(items, "copy"));
}

// ---- the trash

const refs = (items: readonly Item[]) => items.map(({ id }) => ({ node: id }));

export function restore(items: readonly Item[]): void {
  void attempt(async () => {
    const answers = await callEach("node.restore", refs(items));
    const back = settle(items, answers);
    if (view.value.where?.kind === "trash")
      for (const item of back) patch(item.id, undefined);
    if (back.length > 0)
      tell({
        intent: "success",
        text: t("restored", { count: back.length, name: back[0]?.name ?? "" }),
      });
  });
}

export function trash(items: readonly Item[]): void {
  void attempt(async () => {
    const answers = await callEach("node.trash", refs(items));
    const gone = settle(items, answers);
    for (const item of gone) patch(item.id, undefined);
    if (gone.length === 0) return;
    tellUndoable(
      t("trashed", { count: gone.length, name: gone[0]?.name ?? "" }),
      () => restore(gone),
    );
  });
}

export function purge(items: readonly Item[]): void {
  void attempt(async () => {
    const sure = await ask<"sure">({
      kind: "sure",
      title: t("purge.title", {
        count: items.length,
        name: items[0]?.name ?? "",
      }),
      text: t("purge.text"),
      button: t("purge.do"),
    });
    if (!sure) return;
    const answers = await callEach("node.purge", refs(items));
    for (const item of settle(items, answers)) patch(item.id, undefined);
  });
}

export function share(item: Item): void {
  void ask<"share">({ kind: "share", item });
}
