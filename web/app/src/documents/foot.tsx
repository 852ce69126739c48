// Below the document: where one is, how much there is of it, and how large it is shown.
import { Button } from "@fluentui/react-components";
import {
  Add20Regular,
  AutoFitWidth20Regular,
  Subtract20Regular,
} from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import { useDoc, useEditor } from "./context";
import type { View } from "./view";
import { words } from "./words";

/** The first number of "1,234 words, 6,789 characters". */
function wordsOfState(state: string | undefined): number | undefined {
  const found = /[\d,. ]*\d/.exec(state ?? "")?.[0].replace(/\D/g, "");
  return found === undefined ? undefined : Number(found);
}

/** The page in sight, as one scrolls. */
function usePage(view: View | undefined): number {
  const [page, setPage] = useState(0);
  const pages = useDoc((value) => value.pages);
  useEffect(() => {
    if (view === undefined) return undefined;
    const look = () => setPage(view.page);
    look();
    view.box.addEventListener("scroll", look, { passive: true });
    return () => view.box.removeEventListener("scroll", look);
  }, [view, pages]);
  return page;
}

export function Foot() {
  const { doc, view, openPanel } = useEditor();
  const { kind, pages, parts, part, states } = useDoc((value) => value);
  const seen = usePage(view);
  const [zoom, setZoom] = useState(1);
  useEffect(() => {
    if (view === undefined) return undefined;
    const look = () => setZoom(view.zoom);
    look();
    view.zoomed = look;
    return () => {
      view.zoomed = () => undefined;
    };
  }, [view]);
  const count = wordsOfState(states["StateWordCount"]);
  return (
    <footer className="d-foot">
      {kind === "text" && pages.length > 0 && (
        <span id="document-page">
          {words("pageOf", { page: seen + 1, pages: pages.length })}
        </span>
      )}
      {kind === "slides" && (
        <span>{words("slideOf", { page: part + 1, pages: parts })}</span>
      )}
      {kind === "sheet" && (
        <span>{words("sheetOf", { page: part + 1, pages: parts })}</span>
      )}
      {kind === "text" && count !== undefined && (
        <span id="document-words">{words("words", { count })}</span>
      )}
      {(kind === "text" || kind === "sheet") && doc.may("text") && (
        <Button
          id="text-view"
          size="small"
          appearance="subtle"
          onClick={() => openPanel("reading")}
        >
          {words("textView")}
        </Button>
      )}
      <span className="gap" />
      <span className="d-zoom" role="group" aria-label={words("zoom")}>
        <Button
          id="zoom-out"
          size="small"
          appearance="subtle"
          icon={<Subtract20Regular />}
          aria-label={words("zoomOut")}
          onClick={() => view?.step(-1)}
        />
        <output id="zoom">
          {words("zoomPercent", { percent: Math.round(zoom * 100) })}
        </output>
        <Button
          id="zoom-in"
          size="small"
          appearance="subtle"
          icon={<Add20Regular />}
          aria-label={words("zoomIn")}
          onClick={() => view?.step(1)}
        />
        {kind !== "sheet" && (
          <Button
            id="zoom-fit"
            size="small"
            appearance="subtle"
            icon={<AutoFitWidth20Regular />}
            aria-label={words("zoomFit")}
            onClick={() => view?.fit()}
          />
        )}
      </span>
    </footer>
  );
}
