// What is in sight, as text: for who doesn't see the pictures, and whoever would rather
// read so. It follows the page, and what is typed.
import { useEffect, useState } from "react";

import { useDoc, useEditor } from "./context";
import { Panel } from "./panels";
import type { View } from "./view";
import { words } from "./words";

/** As somebody scrolls: the page, or of a sheet a screen of cells. */
function usePlace(view: View | undefined): string {
  const { doc } = useEditor();
  const state = useDoc((value) => value);
  const [place, setPlace] = useState("");
  useEffect(() => {
    if (view === undefined) return undefined;
    const look = () => {
      const { kind, part, pages } = doc.store.value;
      const seen = view.seen;
      const whole = (n: number) => Math.max(0, Math.round(n));
      const of =
        kind === "text"
          ? { part: 0, ...pages[view.page] }
          : {
              part,
              x: whole(seen.x),
              y: whole(seen.y),
              width: whole(seen.width),
              height: whole(seen.height),
            };
      setPlace("width" in of && kind !== "slides" ? JSON.stringify(of) : "");
    };
    look();
    view.box.addEventListener("scroll", look, { passive: true });
    return () => view.box.removeEventListener("scroll", look);
  }, [view, doc, state.pages, state.part, state.kind]);
  return place;
}

export function Reading({ onClose }: { onClose: () => void }) {
  const { doc, view } = useEditor();
  const text = useDoc((value) => value.reading);
  const sheet = useDoc(({ kind }) => kind === "sheet");
  const place = usePlace(view);
  useEffect(() => {
    if (place === "") return undefined;
    doc.read(JSON.parse(place) as Parameters<typeof doc.read>[0]);
    return () => doc.read(undefined);
  }, [doc, place]);
  const title = sheet
    ? words("readingCells")
    : words("readingPage", { page: (view?.page ?? 0) + 1 });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return (
    <Panel id="reading" title={title} onClose={onClose}>
      <div className="d-reading" tabIndex={0} role="document" aria-label={title}>
        {sheet ? (
          <table>
            <tbody>
              {lines.map((line, i) => (
                <tr key={i}>
                  {line.split("\t").map((cell, k) => (
                    <td key={k}>
                      <bdi>{cell}</bdi>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          lines.map((line, i) => (
            <p key={i}>
              <bdi>{line}</bdi>
            </p>
          ))
        )}
        {lines.length === 0 && <p>{words("readingNone")}</p>}
      </div>
    </Panel>
  );
}
