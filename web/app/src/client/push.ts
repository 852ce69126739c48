// Follows the person's files: the server says that something changed, file.changes
// says what.
import type { NodeChange, State } from "../../../../clients/types";
import { call } from "./jmap";

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
  } catch {
    tellAll("unknown");
  } finally {
    asking = false;
  }
}

/** The browser opens the stream again by itself, where it last was. */
export function follow(since: State): void {
  unfollow();
  state = since;
  source = new EventSource("/jmap/events?types=FileNode&closeafter=no&ping=60");
  source.addEventListener("state", () => void ask());
  source.addEventListener("open", () => void ask());
}

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
