// Whether the server answers, and has room. What is under way while it doesn't waits
// here, and goes on by itself.
import { Store } from "../store";

export const reach = new Store({
  /** No answer, or not ready to give one. */
  away: false,
  /** Something that the person waits for takes long. */
  slow: false,
  /** What is new can't be stored. */
  full: false,
});

const PROBE_MS = 2000;
const SLOW_MS = 1500;
const FULL_MS = 5000;

/** Waits; a browser that is connected again ends it. */
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
  });

const isReady = () =>
  fetch("/ready", { cache: "no-store" }).then(
    (answer) => answer.ok,
    () => false,
  );

let back: Promise<void> | undefined;

async function probe(): Promise<void> {
  while (!(await isReady())) {
    reach.set({ away: true });
    await pause(PROBE_MS);
  }
  back = undefined;
  if (reach.value.away) reach.set({ away: false });
}

/** Something got no answer: awaits that the server is ready. */
export const untilBack = (): Promise<void> => (back ??= probe());

addEventListener("offline", () => void untilBack());

/** Nothing new could be stored: awaits the time to try again. */
export async function untilRoom(): Promise<void> {
  reach.set({ full: true });
  await pause(FULL_MS);
}

/** Something new was stored. */
export function hasRoom(): void {
  if (reach.value.full) reach.set({ full: false });
}

let underWay = 0;
let slow = 0;

/** What a person waits for. */
export async function awaited<T>(what: Promise<T>): Promise<T> {
  let counted = false;
  const timer = setTimeout(() => {
    counted = true;
    reach.set({ slow: ++slow > 0 });
  }, SLOW_MS);
  underWay++;
  try {
    return await what;
  } finally {
    underWay--;
    clearTimeout(timer);
    if (counted) reach.set({ slow: --slow > 0 });
  }
}

// What waits for the server would be lost with the page.
addEventListener("beforeunload", (event) => {
  if (reach.value.away && underWay > 0) event.preventDefault();
});
