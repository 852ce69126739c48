// Files on their way to the server: a few at a time, each with its progress, each
// can be ended, and tried again.
import type { FolderId } from "../../../../clients/types";
import { me } from "../app";
import { sendFile } from "../client/bytes";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { Store } from "../store";
import { underFreeName } from "./acts";
import { ask, type Conflict } from "./ask";
import { add, isOwn, reload } from "./model";

const AT_ONCE = 3;

export interface Job {
  readonly id: number;
  readonly file: File;
  readonly folder: FolderId;
  readonly sent: number;
  readonly state: "waiting" | "sending" | "done" | "failed" | "ended";
  readonly wrong: string;
}

export const jobs = new Store<{ readonly list: readonly Job[] }>({ list: [] });

const controllers = new Map<number, AbortController>();
let made = 0;
let under = 0;
/** What was said for all of those under way. */
let forAll: Conflict | undefined;

function change(id: number, to: Partial<Job>): void {
  jobs.set({
    list: jobs.value.list.map((job) =>
      job.id === id ? { ...job, ...to } : job,
    ),
  });
}

export const isUnderWay = (job: Job): boolean =>
  job.state === "waiting" || job.state === "sending";

async function choose(job: Job): Promise<Conflict> {
  if (forAll !== undefined) return forAll;
  const given = await ask<"conflict">({
    kind: "conflict",
    name: job.file.name,
    replaceable: true,
    many: jobs.value.list.filter(isUnderWay).length > 1,
  });
  if (given?.all) forAll = given.choice;
  return given?.choice ?? "skip";
}

async function create(
  job: Job,
  upload: Awaited<ReturnType<typeof sendFile>>,
): Promise<boolean> {
  const { file, folder } = job;
  const as = (name: string, replace: boolean) =>
    call("file.create", {
      parent: folder,
      name,
      upload,
      modified: new Date(file.lastModified).toISOString(),
      ...(file.type === "" ? {} : { type: file.type }),
      ...(replace ? { replace } : {}),
    }).then((node) =>
      add({
        id: node.id,
        kind: "file",
        name,
        size: file.size,
        type: file.type || undefined,
        version: node.version,
        time: new Date(file.lastModified).toISOString(),
        parent: folder,
      }),
    );
  try {
    await as(file.name, false);
    return true;
  } catch (error) {
    if (!isCode(error, "EXISTS")) throw error;
  }
  switch (await choose(job)) {
    case "replace":
      await as(file.name, true);
      return true;
    case "both":
      await underFreeName(file.name, (name) => as(name, false));
      return true;
    case "skip":
      return false;
  }
}

async function run(job: Job): Promise<void> {
  const controller = new AbortController();
  controllers.set(job.id, controller);
  change(job.id, { state: "sending", sent: 0, wrong: "" });
  try {
    const upload = await sendFile(me().principal, job.file, {
      progress: (sent) => change(job.id, { sent }),
      signal: controller.signal,
    });
    const done = await create(job, upload);
    change(job.id, { state: done ? "done" : "ended", sent: job.file.size });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError")
      change(job.id, { state: "ended" });
    else change(job.id, { state: "failed", wrong: textOf(error) });
  } finally {
    controllers.delete(job.id);
  }
}

function pump(): void {
  while (under < AT_ONCE) {
    const job = jobs.value.list.find((one) => one.state === "waiting");
    if (job === undefined) break;
    under++;
    void run(job).finally(() => {
      under--;
      pump();
    });
  }
  if (jobs.value.list.some(isUnderWay)) return;
  forAll = undefined;
  if (!isOwn()) reload("prefetch");
}

export function upload(files: readonly File[], folder: FolderId): void {
  const list = files.map(
    (file): Job => ({
      id: ++made,
      file,
      folder,
      sent: 0,
      state: "waiting",
      wrong: "",
    }),
  );
  jobs.set({ list: [...jobs.value.list, ...list] });
  pump();
}

export function end(job: Job): void {
  controllers.get(job.id)?.abort();
  if (job.state === "waiting") change(job.id, { state: "ended" });
}

export function tryAgain(job: Job): void {
  change(job.id, { state: "waiting", wrong: "" });
  pump();
}

export function clear(): void {
  jobs.set({ list: jobs.value.list.filter(isUnderWay) });
}

// ---- folders

async function folderIn(
  parent: FolderId,
  name: string,
): Promise<FolderId> {
  const made = await call("folder.create", { parent, name, exist_ok: true });
  if (!made.existed)
    add({
      id: made.id,
      kind: "folder",
      name,
      time: new Date().toISOString(),
      parent,
    });
  return made.id as FolderId;
}

/** Files that were chosen with the folder that they are in. */
export async function uploadFolder(
  files: readonly File[],
  parent: FolderId,
): Promise<void> {
  const folders = new Map<string, Promise<FolderId>>();
  const folderAt = (path: string): Promise<FolderId> => {
    if (path === "") return Promise.resolve(parent);
    const cut = path.lastIndexOf("/");
    const made =
      folders.get(path) ??
      folderAt(path.slice(0, Math.max(cut, 0))).then((above) =>
        folderIn(above, path.slice(cut + 1)),
      );
    folders.set(path, made);
    return made;
  };
  for (const file of files) {
    const cut = file.webkitRelativePath.lastIndexOf("/");
    const path = file.webkitRelativePath.slice(0, Math.max(cut, 0));
    upload([file], await folderAt(path));
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

async function entriesOf(
  folder: FileSystemDirectoryEntry,
): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function uploadEntry(
  entry: FileSystemEntry,
  folder: FolderId,
): Promise<void> {
  if (entry.isFile) {
    upload([await fileOf(entry as FileSystemFileEntry)], folder);
    return;
  }
  const inside = await folderIn(folder, entry.name);
  for (const one of await entriesOf(entry as FileSystemDirectoryEntry))
    await uploadEntry(one, inside);
}

/** What was dropped: it must be looked at before the event is over. */
export async function uploadDropped(
  data: DataTransfer,
  folder: FolderId,
): Promise<void> {
  const entries = [...data.items].flatMap(
    (item) => item.webkitGetAsEntry() ?? [],
  );
  for (const entry of entries) await uploadEntry(entry, folder);
}

addEventListener("beforeunload", (event) => {
  if (jobs.value.list.some(isUnderWay)) event.preventDefault();
});
