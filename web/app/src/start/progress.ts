// How far the server is set up, and what of it this person has put aside: that is
// theirs, in this browser; all else is the server's to say, on any device.
import type { Cause, SetupProgress } from "../../../../clients/types";
import { me } from "../app";
import { call } from "../client/jmap";
import { Store } from "../store";

export const ITEMS = ["second", "people", "backup", "mirror", "time"] as const;
export type ItemKey = (typeof ITEMS)[number];

const DAY_MS = 24 * 60 * 60 * 1000;
const BACKUP_MS = 8 * DAY_MS;
/** A code of an authenticator app lasts half a minute. */
const CLOCK_MS = 30 * 1000;

interface Start {
  readonly progress: SetupProgress | undefined;
  /** How far the server's clock is ahead of this device's. */
  readonly ahead: number;
  readonly aside: readonly ItemKey[];
  readonly dismissed: boolean;
}

export const start = new Store<Start>({
  progress: undefined,
  ahead: 0,
  aside: [],
  dismissed: false,
});

// ---- what is done

export const isOld = (at: string | undefined): boolean =>
  at !== undefined && Date.now() - Date.parse(at) > BACKUP_MS;

export function isDone(
  item: ItemKey,
  progress: SetupProgress,
  ahead: number,
): boolean {
  switch (item) {
    case "second":
      return progress.administrators >= 2;
    case "people":
      return progress.people > Math.max(2, progress.administrators);
    case "backup":
      return progress.backup !== undefined && !isOld(progress.backup);
    case "mirror":
      return progress.mirrored || progress.mirror !== undefined;
    case "time":
      return !progress.clock_suspect && Math.abs(ahead) < CLOCK_MS;
  }
}

export const isUnfinished = ({ progress, ahead, aside, dismissed }: Start) =>
  progress !== undefined &&
  !dismissed &&
  ITEMS.some((item) => !aside.includes(item) && !isDone(item, progress, ahead));

// ---- what is put aside

interface Kept {
  readonly aside?: readonly ItemKey[];
  readonly dismissed?: boolean;
}

const keyOf = () => `chancery start ${me().principal}`;

function kept(): Kept {
  try {
    return JSON.parse(localStorage.getItem(keyOf()) ?? "{}") as Kept;
  } catch {
    return {};
  }
}

function keep(change: Kept): void {
  start.set(change);
  const { aside, dismissed } = start.value;
  localStorage.setItem(keyOf(), JSON.stringify({ aside, dismissed }));
}

export const setDismissed = (dismissed: boolean): void => keep({ dismissed });

export function setAside(item: ItemKey, is: boolean): void {
  const others = start.value.aside.filter((one) => one !== item);
  keep({ aside: is ? [...others, item] : others });
}

// ---- what the server says

/** By the second in which it answers; what is on the way counts half. */
async function clockAhead(): Promise<number> {
  const before = Date.now();
  const answer = await fetch("/ready", { method: "HEAD", cache: "no-store" });
  const after = Date.now();
  const said = Date.parse(answer.headers.get("date") ?? "");
  return Number.isNaN(said) ? 0 : said + 500 - (before + after) / 2;
}

export async function load(cause: Cause): Promise<void> {
  const { aside = [], dismissed = false } = kept();
  start.set({ aside, dismissed });
  const [progress, ahead] = await Promise.all([
    call("setup.progress", {}, cause),
    clockAhead(),
  ]);
  start.set({ progress, ahead });
}

/** For the place among the others: asked once, unless it was put aside. */
export function lookOnce(): void {
  if (start.value.progress !== undefined || kept().dismissed) return;
  load("prefetch").catch(() => undefined); // who may not know isn't shown it
}
