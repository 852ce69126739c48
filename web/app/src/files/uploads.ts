// Files on their way to the server: a few at a time, each with its progress, each
// can be ended, and tried again. While the server is away they wait in what sends
// them (client/reach.ts), and go on by themselves.
import type { FolderId, UploadId } from "../../../../clients/types";
import { attempt, me } from "../app";
import { sendFile } from "../client/bytes";
import { call } from "../client/jmap";
import { isCode, isSilent, textOf } from "../client/problem";
import { Store } from "../store";
import { t } from "../words";
import { underFreeName } from "./acts";
import { ask, type Conflict } from "./ask";
import { add, isOwn, reload } from "./model";
import { type Source, sourcesOf } from "./sources";

const AT_ONCE = 3;
/** Of those that failed, and of those done last, so many are listed. */
const LISTED = 20;

export interface Job {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly state: "waiting" | "sending" | "done" | "failed" | "ended";
  readonly wrong: string;
}

type Work = { -readonly [field in keyof Job]: Job[field] } & {
  readonly source: Source;
  readonly root: FolderId;
  readonly controller: AbortController;
  /** Its bytes are there; what isn't yet is the file. */
  upload?: UploadId;
  tries: number;
};

interface Uploads {
  /** Since the list was closed last. */
  readonly all: number;
  readonly under: number;
  readonly failed: number;
  /** Of all, from 0 to 1. */
  readonly share: number;
  readonly listed: readonly Job[];
}

const NOTHING: Uploads = {
  all: 0,
  under: 0,
  failed: 0,
  share: 0,
  listed: [],
};

export const uploads = new Store<Uploads>(NOTHING);

const waiting: Work[] = [];
const sending = new Set<Work>();
const failed = new Map<number, Work>();
let last: Work[] = []; // that are over, the newest first
let made = 0;
let all = 0;
let over = 0;
let looking = 0;
/** What was said for all of those under way. */
let forAll: Conflict | undefined;

// ---- what is shown of them

let told = false;

function show(): void {
  told = false;
  const under = waiting.length + sending.size + looking;
  let share = over;
  for (const { sent, size } of sending) share += size === 0 ? 0 : sent / size;
  uploads.set({
    all: Math.max(all, looking),
    under,
    failed: failed.size,
    share: all === 0 ? 0 : share / all,
    listed: [
      ...sending,
      ...waiting.slice(0, AT_ONCE),
      ...[...failed.values()].slice(0, LISTED),
      ...last,
    ].map((work) => ({ ...work })),
  });
}

/** Thousands of changes are shown a few times a second. */
function tell(): void {
  if (told) return;
  told = true;
  setTimeout(show, 100);
}

function end(work: Work, state: "done" | "ended"): void {
  work.state = state;
  over++;
  last = [work, ...last].slice(0, LISTED);
}

// ---- folders, as they are needed

const folders = new Map<string, Promise<FolderId>>();

async function makeFolder(parent: FolderId, name: string): Promise<FolderId> {
  const node = await call("folder.create", { parent, name, exist_ok: true });
  if (!node.existed) {
    const time = new Date().toISOString();
    add({ id: node.id, kind: "folder", name, time, parent });
  }
  return node.id as FolderId;
}

function folderAt(root: FolderId, path: readonly string[]): Promise<FolderId> {
  const name = path.at(-1);
  if (name === undefined) return Promise.resolve(root);
  const key = `${root}/${path.join("/")}`;
  const known = folders.get(key);
  if (known !== undefined) return known;
  const node = folderAt(root, path.slice(0, -1)).then((parent) =>
    makeFolder(parent, name),
  );
  folders.set(key, node);
  node.catch(() => folders.delete(key));
  return node;
}

// ---- one

let choosing: Promise<unknown> = Promise.resolve();

/** One question after the other, and none that is answered already. */
function choose(name: string): Promise<Conflict> {
  const answer = choosing.then(async (): Promise<Conflict> => {
    if (forAll !== undefined) return forAll;
    const given = await ask<"conflict">({
      kind: "conflict",
      name,
      replaceable: true,
      many: waiting.length + sending.size > 1,
    });
    if (given?.all) forAll = given.choice;
    return given?.choice ?? "skip";
  });
  choosing = answer.catch(() => undefined);
  return answer;
}

/** Whether it was made by a try whose answer was lost. */
async function isThere(parent: FolderId, name: string, file: File): Promise<boolean> {
  const time = new Date(file.lastModified).getTime();
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof call<"folder.list">>> = await call(
      "folder.list",
      { folder: parent, limit: 500, ...(after === undefined ? {} : { after }) },
      "push",
    );
    const found = page.list.find((one) => one.name === name);
    if (found !== undefined)
      return found.size === file.size && Date.parse(found.modified) === time;
    after = page.next;
  } while (after !== undefined);
  return false;
}

async function create(
  work: Work,
  file: File,
  parent: FolderId,
  upload: UploadId,
): Promise<boolean> {
  const modified = new Date(file.lastModified).toISOString();
  const as = async (name: string, replace: boolean) => {
    const node = await call("file.create", {
      parent,
      name,
      upload,
      modified,
      ...(file.type === "" ? {} : { type: file.type }),
      ...(replace ? { replace } : {}),
    });
    add({
      id: node.id,
      kind: "file",
      name,
      size: file.size,
      type: file.type || undefined,
      version: node.version,
      time: modified,
      parent,
    });
    return true;
  };
  try {
    return await as(file.name, false);
  } catch (error) {
    const again = work.tries > 0 && isCode(error, "NOT_FOUND");
    if (!again && !isCode(error, "EXISTS")) throw error;
    if (again && !(await isThere(parent, file.name, file))) throw error;
  }
  if (work.tries > 0 && (await isThere(parent, file.name, file))) return true;
  switch (await choose(file.name)) {
    case "replace":
      return as(file.name, true);
    case "both":
      return underFreeName(file.name, (name) => as(name, false));
    case "skip":
      return false;
  }
}

async function send(work: Work): Promise<"done" | "ended"> {
  const parent = await folderAt(work.root, work.source.path);
  const file = await work.source.file?.();
  if (file === undefined) return "done";
  work.size = file.size;
  work.upload ??= await sendFile(me().principal, file, {
    progress: (sent) => {
      work.sent = sent;
      tell();
    },
    signal: work.controller.signal,
  });
  if (work.controller.signal.aborted) return "ended";
  return (await create(work, file, parent, work.upload)) ? "done" : "ended";
}

async function run(work: Work): Promise<void> {
  work.state = "sending";
  work.sent = 0;
  work.wrong = "";
  try {
    end(work, await send(work));
  } catch (error) {
    if (work.controller.signal.aborted) {
      end(work, "ended");
      return;
    }
    // The bytes that it stood on may be gone: it begins anew, but once, since the
    // folder may be what isn't there.
    const anew = isCode(error, "NOT_FOUND") && work.upload !== undefined;
    if (anew) delete work.upload;
    if (anew && work.tries === 0) {
      work.tries++;
      work.state = "waiting";
      waiting.unshift(work);
    } else {
      work.state = "failed";
      work.wrong = isSilent(error) ? t("uploads.ended") : textOf(error);
      failed.set(work.id, work);
    }
  }
}

// ---- all

function pump(): void {
  while (sending.size < AT_ONCE) {
    const work = waiting.shift();
    if (work === undefined) break;
    sending.add(work);
    void run(work).finally(() => {
      sending.delete(work);
      pump();
    });
  }
  tell();
  if (waiting.length + sending.size + looking > 0) return;
  forAll = undefined;
  folders.clear();
  if (!isOwn()) reload("prefetch");
}

function enqueue(source: Source, root: FolderId): void {
  all++;
  waiting.push({
    id: ++made,
    name: source.name,
    size: source.size,
    sent: 0,
    state: "waiting",
    wrong: "",
    source,
    root,
    controller: new AbortController(),
    tries: 0,
  });
}

export function upload(files: readonly File[], folder: FolderId): void {
  for (const file of files)
    enqueue(
      {
        name: file.name,
        size: file.size,
        // Chosen with the folder that it is in, if any.
        path: file.webkitRelativePath.split("/").slice(0, -1),
        file: async () => file,
      },
      folder,
    );
  pump();
}

/** What was dropped: it must be looked at before the event is over. */
export function uploadDropped(data: DataTransfer, folder: FolderId): void {
  const entries = [...data.items].flatMap(
    (item) => item.webkitGetAsEntry() ?? [],
  );
  void attempt(async () => {
    looking++;
    try {
      for await (const source of sourcesOf(entries)) {
        enqueue(source, folder);
        pump();
      }
    } finally {
      looking--;
      pump();
    }
  });
}

const isUnderWay = (): boolean =>
  waiting.length + sending.size + looking > 0;

export function endOne(id: number): void {
  for (const work of sending) if (work.id === id) work.controller.abort();
  const at = waiting.findIndex((work) => work.id === id);
  const [work] = at < 0 ? [] : waiting.splice(at, 1);
  if (work !== undefined) end(work, "ended");
  pump();
}

export function endAll(): void {
  for (const work of waiting.splice(0)) end(work, "ended");
  for (const work of sending) work.controller.abort();
  pump();
}

export function tryAgain(id: number): void {
  const work = failed.get(id);
  if (work === undefined) return;
  failed.delete(id);
  work.tries++;
  work.state = "waiting";
  waiting.push(work);
  pump();
}

/** Closes the list, once nothing is under way. */
export function clear(): void {
  if (isUnderWay()) return;
  failed.clear();
  last = [];
  all = 0;
  over = 0;
  show();
}

addEventListener("beforeunload", (event) => {
  if (isUnderWay()) event.preventDefault();
});
