// What the files pages show: one view at a time, loaded page by page, and kept as
// the server's news say.
import type {
  Cause,
  FileId,
  FolderId,
  Found,
  Node,
  NodeChange,
  NodeId,
  NodeKind,
  OwnItem,
  PrincipalId,
  Relation,
  Shared,
  Trashed,
  VersionId,
} from "../../../../clients/types";
import { me } from "../app";
import { call, callEach } from "../client/jmap";
import { isSilent, textOf } from "../client/problem";
import { onChanges } from "../client/push";
import { watchFolder } from "../client/watch";
import { Store } from "../store";
import { t } from "../words";

/** Of a view no more than this is loaded: what lies behind is said to. */
export const LOADED_MAX = 10_000;
const PAGE = 500;
const CALL_OBJECTS = 500;

export type Where =
  | { readonly kind: "folder"; readonly id: FolderId }
  | { readonly kind: "shared" }
  | { readonly kind: "starred" }
  | { readonly kind: "trash" }
  | { readonly kind: "search"; readonly text: string };

export interface Item {
  readonly id: NodeId;
  readonly kind: NodeKind;
  readonly name: string;
  readonly size?: number | undefined;
  readonly type?: string | undefined;
  readonly version?: VersionId | undefined;
  /** When it was changed, shared or thrown away, as the view is about. */
  readonly time: string;
  /** Where it is, or from whom. */
  readonly about?: string | undefined;
  readonly parent?: FolderId | undefined;
  readonly owner?: PrincipalId | undefined;
  readonly relation?: Relation | undefined;
}

export interface Crumb {
  readonly id: FolderId;
  readonly name: string;
}

interface View {
  readonly where: Where | undefined;
  readonly items: readonly Item[];
  readonly crumbs: readonly Crumb[];
  readonly loading: boolean;
  readonly wrong: string;
  /** There are more than were loaded. */
  readonly cut: boolean;
}

export const view = new Store<View>({
  where: undefined,
  items: [],
  crumbs: [],
  loading: true,
  wrong: "",
  cut: false,
});

export const isFolder = (item: {
  readonly id: NodeId;
  readonly kind: NodeKind;
}): item is { readonly id: FolderId; readonly kind: "folder" } =>
  item.kind === "folder";

export const isFile = (id: NodeId): id is FileId => id.startsWith("f");

const keyOf = (where: Where): string =>
  where.kind === "folder"
    ? where.id
    : where.kind === "search"
      ? `search ${where.text}`
      : where.kind;

// ---- what comes, as items

export const itemOf = (node: Node): Item => ({
  id: node.id,
  kind: node.kind,
  name: node.name,
  size: node.size,
  type: node.type,
  version: node.version,
  time: node.modified,
  parent: node.parent,
});

export const sharedItem = (one: Shared): Item => ({
  id: one.id,
  kind: one.kind,
  name: one.name,
  size: one.size,
  type: one.type,
  time: one.time,
  about: one.by_name,
  owner: one.owner,
  relation: one.relation,
});

export const ownItem = (one: OwnItem): Item => ({
  id: one.id,
  kind: one.kind,
  name: one.name,
  size: one.size,
  type: one.type,
  version: one.version,
  time: one.time,
  about: one.owner === me().principal ? undefined : one.owner_name,
  parent: one.parent,
  owner: one.owner,
});

const trashedItem = (one: Trashed): Item => ({
  id: one.id,
  kind: one.kind,
  name: one.name,
  size: one.size,
  time: one.time,
  about: one.path === undefined ? undefined : folderText(one.path),
});

const foundItem = (one: Found): Item => ({
  id: one.id,
  kind: one.kind,
  name: one.name,
  size: one.size,
  type: one.type,
  time: one.modified,
  about:
    one.owner === me().principal
      ? folderText(one.path ?? "")
      : t("shared.title"),
  parent: one.parent,
  owner: one.owner,
});

const folderText = (path: string): string =>
  path === "" ? t("files.title") : path.split("/").join(" › ");

interface Page {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

async function loadPage(
  where: Where,
  after: string | undefined,
  cause: Cause,
): Promise<Page> {
  const from = after === undefined ? {} : { after };
  switch (where.kind) {
    case "folder": {
      const page = await call(
        "folder.list",
        { folder: where.id, limit: PAGE, ...from },
        cause,
      );
      return { items: page.list.map(itemOf), next: page.next };
    }
    case "shared": {
      const page = await call("share.with_me", { limit: PAGE, ...from }, cause);
      return { items: page.list.map(sharedItem), next: page.next };
    }
    case "starred": {
      const page = await call("star.list", { limit: 100, ...from }, cause);
      return { items: page.list.map(ownItem), next: page.next };
    }
    case "trash": {
      const page = await call("trash.list", { limit: PAGE, ...from }, cause);
      return { items: page.list.map(trashedItem), next: page.next };
    }
    case "search": {
      const args = { text: where.text, limit: 100, ...from };
      const page = await call("node.search", args, cause);
      return { items: page.list.map(foundItem), next: page.next };
    }
  }
}

// ---- where a folder is

const folders = new Map<FolderId, { name: string; parent?: FolderId | undefined }>();

async function folderOf(id: FolderId) {
  const known = folders.get(id);
  if (known !== undefined) return known;
  const node = await call("node.get", { node: id }, "prefetch");
  const folder = { name: node.name, parent: node.parent };
  folders.set(id, folder);
  return folder;
}

/** From the home, or from what was shared, down to the folder. */
export async function crumbsOf(id: FolderId): Promise<Crumb[]> {
  const crumbs: Crumb[] = [];
  let at: FolderId | undefined = id;
  while (at !== undefined && at !== me().home) {
    try {
      const folder: { name: string; parent?: FolderId | undefined } =
        await folderOf(at);
      crumbs.unshift({ id: at, name: folder.name });
      at = folder.parent;
    } catch (error) {
      // Above what was shared nothing is told; of the folder itself, all.
      if (crumbs.length === 0) throw error;
      break;
    }
  }
  return crumbs;
}

export const isOwn = (): boolean => {
  const { where, crumbs } = view.value;
  if (where?.kind !== "folder")
    return where?.kind !== "shared" && where?.kind !== "starred";
  const top = crumbs[0];
  return (
    where.id === me().home ||
    (top !== undefined && folders.get(top.id)?.parent === me().home)
  );
};

// ---- loading

const cache = new Map<string, readonly Item[]>();
const CACHED = 30;
/** Thousands of items aren't sorted anew for each five hundred that come. */
const TELL_MS = 250;
let generation = 0;

function keep(where: Where, items: readonly Item[]): void {
  const key = keyOf(where);
  cache.delete(key);
  cache.set(key, items);
  for (const old of cache.keys()) {
    if (cache.size <= CACHED) break;
    cache.delete(old);
  }
}

async function load(where: Where, cause: Cause): Promise<void> {
  const mine = ++generation;
  const shown = cache.has(keyOf(where)) || cause !== "user";
  const items: Item[] = [];
  let next: string | undefined;
  let told = -TELL_MS;
  try {
    do {
      // To have it all shown is one act, however many pages it takes.
      const as = next === undefined ? cause : "prefetch";
      const page: Page = await loadPage(where, next, as);
      if (mine !== generation) return;
      items.push(...page.items);
      next = page.next;
      // What is shown already is replaced by the whole, so that nothing jumps; the
      // first page is shown at once, and the rest as it comes, but not each page.
      const now = performance.now();
      if (!shown && next !== undefined && now - told > TELL_MS) {
        told = now;
        view.set({ items: [...items] });
      }
    } while (next !== undefined && items.length < LOADED_MAX);
    keep(where, items);
    view.set({ items, loading: false, wrong: "", cut: next !== undefined });
  } catch (error) {
    if (mine !== generation) return;
    view.set({
      loading: false,
      wrong: isSilent(error) ? "" : textOf(error),
      ...(shown ? {} : { items: [] }),
    });
  }
}

async function loadCrumbs(id: FolderId): Promise<void> {
  try {
    const crumbs = await crumbsOf(id);
    const { where } = view.value;
    if (where?.kind !== "folder" || where.id !== id) return;
    view.set({ crumbs });
    watchFolder(isOwn() ? undefined : id, () => reload("push"));
  } catch {
    // The list says what is wrong with the folder.
  }
}

export function show(where: Where): void {
  const before = view.value.where;
  if (before !== undefined && keyOf(before) === keyOf(where)) return;
  view.set({
    where,
    items: cache.get(keyOf(where)) ?? [],
    crumbs: [],
    loading: !cache.has(keyOf(where)),
    wrong: "",
    cut: false,
  });
  void load(where, "user");
  if (where.kind === "folder") void loadCrumbs(where.id);
  else watchFolder(undefined);
}

export function reload(cause: Cause = "user"): void {
  const { where } = view.value;
  if (where === undefined) return;
  void load(where, cause);
}

// ---- what changes

/** Shows at once what an operation did; the server's news say the same. */
export function patch(id: NodeId, change: Partial<Item> | undefined): void {
  const { where, items } = view.value;
  const next =
    change === undefined
      ? items.filter((item) => item.id !== id)
      : items.map((item) => (item.id === id ? { ...item, ...change } : item));
  view.set({ items: next });
  if (where !== undefined) keep(where, next);
}

const added = new Map<NodeId, Item>();

function flushAdded(): void {
  const { where, items } = view.value;
  const mine = [...added.values()].filter(
    ({ parent }) => where?.kind === "folder" && where.id === parent,
  );
  const next = [...items.filter(({ id }) => !added.has(id)), ...mine];
  added.clear();
  if (where === undefined || mine.length === 0) return;
  view.set({ items: next });
  keep(where, next);
}

/** Of an upload of thousands the list isn't made anew for each. */
export function add(item: Item): void {
  if (added.size === 0) setTimeout(flushAdded, 50);
  added.set(item.id, item);
}

async function take(changes: readonly NodeChange[]): Promise<void> {
  const { where } = view.value;
  for (const { id } of changes) if (!isFile(id)) folders.delete(id as FolderId);
  cache.clear();
  if (where === undefined || where.kind === "shared") return;
  if (where.kind !== "folder") {
    reload("push");
    return;
  }
  void loadCrumbs(where.id);
  for (let i = 0; i < changes.length; i += CALL_OBJECTS) {
    const some = changes.slice(i, i + CALL_OBJECTS);
    const live = some.filter((change) => !change.destroyed);
    const answers =
      live.length === 0
        ? []
        : await callEach(
            "node.get",
            live.map(({ id }) => ({ node: id })),
            "push",
          );
    if (view.value.where !== where) return;
    const items = new Map(view.value.items.map((item) => [item.id, item]));
    for (const { id } of some) items.delete(id);
    for (const answer of answers)
      if (answer.ok && answer.parent === where.id && !answer.trashed)
        items.set(answer.id, itemOf(answer));
    view.set({ items: [...items.values()] });
  }
}

onChanges((changes) => {
  if (changes === "unknown") {
    cache.clear();
    reload("push");
  } else {
    take(changes).catch(() => reload("push"));
  }
});
