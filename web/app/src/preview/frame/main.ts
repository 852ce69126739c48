// The frame in which files are shown. It has no origin, no cookie and no network:
// the app hands it the bytes, and it tells the app what it shows.
import type {
  FromFrame,
  ResourceKind,
  Scroll,
  Show,
  ToFrame,
} from "../protocol";
import { showImage } from "./image";
import { showMedia } from "./media";
import { showText } from "./text";

/** What the app asks of what is shown. */
export interface Shown {
  readonly take?: (asked: ToFrame) => void;
}

export interface Frame {
  readonly box: HTMLElement;
  readonly tell: (what: FromFrame) => void;
  /** Data of the app's that a file needs to be shown. */
  readonly want: (kind: ResourceKind, name: string) => Promise<Uint8Array>;
}

function show(given: Show, frame: Frame): Promise<Shown> {
  switch (given.kind) {
    case "image":
      return showImage(given, frame);
    case "text":
      return showText(given, frame);
    case "audio":
    case "video":
      return showMedia(given, frame);
    case "pdf":
      return import("./pdf").then(({ showPdf }) => showPdf(given, frame));
  }
}

function scroll(key: Scroll): void {
  const page = document.scrollingElement;
  if (page === null) return;
  const line = 48;
  const screen = page.clientHeight - line;
  const ways: { readonly [key in Scroll]: number } = {
    ArrowUp: -line,
    ArrowDown: line,
    PageUp: -screen,
    PageDown: screen,
    Home: -page.scrollHeight,
    End: page.scrollHeight,
  };
  page.scrollBy({ top: ways[key] });
}

/** Keys that are the app's, wherever the focus is. */
function passKeys(tell: Frame["tell"]): void {
  addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLMediaElement && event.key !== "Escape")
      return;
    const held = event.ctrlKey || event.metaKey;
    if (held && event.key.toLowerCase() === "f") {
      event.preventDefault();
      tell({ is: "key", key: "find" });
    }
    if (held || event.altKey || event.shiftKey) return;
    const page = document.scrollingElement;
    const wide = page !== null && page.scrollWidth > page.clientWidth;
    if (
      event.key === "Escape" ||
      (!wide && (event.key === "ArrowLeft" || event.key === "ArrowRight"))
    ) {
      event.preventDefault();
      tell({ is: "key", key: event.key });
    }
  });
}

async function begin(given: Show, port: MessagePort): Promise<void> {
  const box = document.getElementById("shown");
  if (box === null) return;
  const tell = (what: FromFrame) => port.postMessage(what);
  document.documentElement.dataset["theme"] = given.theme;
  document.documentElement.dataset["kind"] = given.kind;
  const wanted: ((bytes: ArrayBuffer | undefined) => void)[] = [];
  const want: Frame["want"] = (kind, name) =>
    new Promise((resolve, reject) => {
      const id =
        wanted.push((bytes) =>
          bytes ? resolve(new Uint8Array(bytes)) : reject(new Error(name)),
        ) - 1;
      tell({ is: "want", id, kind, name });
    });
  let shown: Shown | undefined;
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (data.is === "resource") wanted[data.id]?.(data.bytes);
    else if (data.is === "scroll") scroll(data.key);
    else if (data.is === "theme")
      document.documentElement.dataset["theme"] = data.theme;
    else shown?.take?.(data);
  };
  try {
    shown = await show(given, { box, tell, want });
    passKeys(tell);
    tell({ is: "shown" });
  } catch (error) {
    const password = error instanceof Error && error.name === "PasswordException";
    tell({ is: "failed", why: password ? "password" : "unreadable" });
  }
}

addEventListener("message", ({ source, origin, data, ports: [port] }) => {
  // What holds this page is the app, of the host that it came from.
  if (source !== parent || origin !== location.origin || port === undefined)
    return;
  void begin(data as Show, port);
});
parent.postMessage("ready", location.origin);
