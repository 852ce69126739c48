// The frame that shows a file: in a sandbox, with the file's bytes and nothing else.
// What reads files that anybody may have written is kept away from the app so.
import { useEffect, useRef } from "react";

import { shownName } from "../format";
import { useThemeName } from "../theme";
import {
  type FromFrame,
  type Kind,
  readFromFrame,
  type Show,
  type ToFrame,
} from "./protocol";
import { words } from "./words";

export interface Shower {
  ask(what: ToFrame): void;
}

const ADDRESS = "/app/preview";

async function answer(
  wanted: Extract<FromFrame, { is: "want" }>,
  port: MessagePort,
): Promise<void> {
  const { resource } = await import("./resources");
  const bytes = await resource(wanted.kind, wanted.name).catch(() => undefined);
  const reply: ToFrame = { is: "resource", id: wanted.id, bytes };
  port.postMessage(reply, bytes === undefined ? [] : [bytes]);
}

/** One frame shows one file: another file's bytes never come into it. */
export function Frame({
  name,
  kind,
  type,
  bytes,
  prints = false,
  onTold,
  onReady,
}: {
  name: string;
  kind: Kind;
  type: string;
  bytes: ArrayBuffer;
  /** It may open the browser's window for that. */
  prints?: boolean;
  onTold: (what: Exclude<FromFrame, { is: "want" }>) => void;
  onReady: (shower: Shower | undefined) => void;
}) {
  const frame = useRef<HTMLIFrameElement>(null);
  const theme = useThemeName();
  const heard = useRef({ onTold, onReady, theme });
  heard.current = { onTold, onReady, theme };
  const port = useRef<MessagePort>(undefined);

  useEffect(() => port.current?.postMessage({ is: "theme", theme }), [theme]);
  useEffect(() => {
    const channel = new MessageChannel();
    const mine = channel.port1;
    mine.onmessage = ({ data }) => {
      const told = readFromFrame(data);
      if (told?.is === "want") void answer(told, mine);
      else if (told !== undefined) heard.current.onTold(told);
    };
    const listen = ({ source, origin, data }: MessageEvent) => {
      const place = frame.current?.contentWindow;
      // A sandbox has no origin of its own: by that it is known to be one.
      if (source !== place || origin !== "null" || data !== "ready") return;
      removeEventListener("message", listen);
      const pageLabel = words("pageLabel").replace("%", "{number}");
      const show: Show = {
        kind,
        type,
        bytes,
        theme: heard.current.theme,
        pageLabel,
      };
      place?.postMessage(show, "*", [channel.port2, bytes]);
      port.current = mine;
      heard.current.onReady({ ask: (what) => mine.postMessage(what) });
    };
    addEventListener("message", listen);
    return () => {
      removeEventListener("message", listen);
      mine.close();
      heard.current.onReady(undefined);
    };
  }, [kind, type, bytes]);

  return (
    <iframe
      ref={frame}
      title={shownName(name)}
      className="preview-frame"
      sandbox={prints ? "allow-scripts allow-modals" : "allow-scripts"}
      src={ADDRESS}
    />
  );
}
