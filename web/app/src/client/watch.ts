// Follows one folder that is somebody else's: the server says that something in it
// has changed, its listing says what.
import type { FolderId } from "../../../../clients/types";

/** Of many changes one hears this often. */
const PAUSE_MS = 1000;

let source: EventSource | undefined;
let folder: FolderId | undefined;
let tell: () => void = () => undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let again = false;

function changed(): void {
  if (timer !== undefined) {
    again = true;
    return;
  }
  tell();
  timer = setTimeout(() => {
    timer = undefined;
    if (!again) return;
    again = false;
    changed();
  }, PAUSE_MS);
}

function close(): void {
  source?.close();
  source = undefined;
  clearTimeout(timer);
  timer = undefined;
  again = false;
}

function open(id: FolderId): void {
  const opened = new EventSource(`/jmap/events?folder=${id}&ping=60`);
  source = opened;
  // What changed before is not told: one looks once it is open.
  opened.addEventListener("open", changed);
  opened.addEventListener("folder", changed);
  // Whoever may not read it any more, or is signed out, is told so by its listing.
  opened.addEventListener("error", () => {
    if (opened.readyState === EventSource.CLOSED && source === opened) tell();
  });
}

/** From here on that one, in the place of the one before; or none. */
export function watchFolder(
  id: FolderId | undefined,
  told: () => void = () => undefined,
): void {
  tell = told;
  const lives = source !== undefined && source.readyState !== EventSource.CLOSED;
  if (id === folder && (id === undefined || lives)) return;
  close();
  folder = id;
  if (id !== undefined) open(id);
}

// As the stream of one's own files: client/push.ts says why.
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => {
  if (event.persisted && folder !== undefined && source === undefined)
    open(folder);
});
