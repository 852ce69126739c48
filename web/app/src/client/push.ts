// Follows the person's files: the server says that something changed, file.changes
// says what.
import type { NodeChange, State } from "../../../../clients/types";
import { call } from "./jmap";
import { isSilent } from "./problem";
import { reach, untilBack } from "./reach";
import { checkVersion } from "./version";

type Listener = (changes: readonly NodeChange[] | "unknown") => void;

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let state: State = "0";
let asking = false;
let again = false;

/** `"unknown"`: what changed can't be known; look at everything anew. */
export function onChanges(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tellAll = (changes: readonly NodeChange[] | "unknown") => {
  for (const listener of listeners) listener(changes);
};

async function ask(): Promise<void> {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    do {
      again = false;
      const page = await call("file.changes", { since: state }, "push");
      state = page.state;
      if (page.list.length > 0) tellAll(page.list);
      again ||= page.more;
    } while (again);
  } catch (error) {
    if (!isSilent(error)) tellAll("unknown");
  } finally {
    asking = false;
  }
}

/** A stream that ends again and again is opened no more often. */
const APART_MS = 3000;
let reopened = -APART_MS;

/**
 * The stream has ended: perhaps the session has, and who looks at the page should know.
 * A browser opens it again by itself only after some seconds, and not where it was
 * refused: then asking tells why, and what waits for a session has it opened.
 */
async function onError(which: EventSource): Promise<void> {
  await untilBack();
  if (source !== which) return;
  if (which.readyState === EventSource.CLOSED) return ask();
  if (performance.now() - reopened < APART_MS) return;
  reopened = performance.now();
  followOn();
}

export function follow(since: State): void {
  unfollow();
  state = since;
  const opened = new EventSource(
    "/jmap/events?types=FileNode&closeafter=no&ping=60",
  );
  source = opened;
  opened.addEventListener("state", () => void ask());
  opened.addEventListener("open", () => void ask());
  opened.addEventListener("error", () => void onError(opened));
}

/** From where it last was: somebody has signed in again, or the server is back. */
export function followOn(): void {
  follow(state);
}

let away = false;
reach.subscribe(() => {
  if (away && !reach.value.away && source !== undefined) {
    followOn();
    void checkVersion();
  }
  away = reach.value.away;
});

// A page that is left may be kept for the way back, and its stream with it: of the
// few connections that a browser opens to one server, each would take one for good.
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => {
  if (event.persisted && source !== undefined) follow(state);
});

export function unfollow(): void {
  source?.close();
  source = undefined;
}
