// The document itself: what is in sight of it, one's own cursor and those of others,
// and the field that what is typed goes through.
import { useEffect, useRef } from "react";

import { useStore } from "../store";
import { useThemeName } from "../theme";
import { Name } from "../name";
import { useDoc, useEditor } from "./context";
import type { Doc, Person } from "./doc";
import { colourStyle } from "./colours";
import { View } from "./view";
import { words } from "./words";

/** Puts an element where something in the document is. */
function put(
  element: HTMLElement | null,
  view: View,
  place: { x: number; y: number; width: number; height: number } | undefined,
  shown: boolean,
): void {
  if (element === null) return;
  if (place === undefined || !shown) {
    element.hidden = true;
    return;
  }
  const { x, y } = view.at(place);
  element.hidden = false;
  element.style.transform = `translate(${x}px, ${y}px)`;
  element.style.setProperty("--d-height", `${view.pixels(place.height)}px`);
  element.style.setProperty("--d-width", `${view.pixels(place.width)}px`);
}

/** Another one's cursor, with their name. */
function Caret({ person }: { person: Person }) {
  return (
    <div
      className="d-caret-other"
      data-view={person.view}
      style={colourStyle(person.colour)}
      hidden
    >
      <span className="d-caret-name">
        <Name text={person.name} />
      </span>
    </div>
  );
}

export interface Ready {
  readonly view: View;
  readonly field: HTMLTextAreaElement;
}

export function Canvas({
  doc,
  label,
  onReady,
  onPlaced,
}: {
  doc: Doc;
  label: string;
  onReady: (ready: Ready) => () => void;
  /** What stands around it is to be drawn anew as well. */
  onPlaced?: (view: View) => void;
}) {
  const { refocus } = useEditor();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const space = useRef<HTMLDivElement>(null);
  const above = useRef<HTMLDivElement>(null);
  const caret = useRef<HTMLDivElement>(null);
  const cell = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const shown = useRef<View>(undefined);
  const placing = useRef(onPlaced);
  placing.current = onPlaced;
  const people = useStore(doc.store, (value) => value.people);
  const kind = useDoc((value) => value.kind);
  const theme = useThemeName();

  useEffect(() => {
    const boxed = box.current;
    const drawn = canvas.current;
    const spaced = space.current;
    const typed = field.current;
    if (boxed === null || drawn === null || spaced === null || typed === null)
      return undefined;
    const view = new View(doc, boxed, drawn, spaced);
    shown.current = view;
    view.placed = () => {
      const { part, kind } = doc.store.value;
      const text = kind === "text";
      put(caret.current, view, doc.own.cursor, doc.own.shown === true);
      put(cell.current, view, doc.own.cell, kind === "sheet");
      const at = doc.own.cursor ?? doc.own.cell;
      if (at !== undefined) {
        // Where an input method shows what it offers.
        const { x, y } = view.at(at);
        const { clientWidth, clientHeight } = boxed;
        const within = (n: number, most: number) =>
          Math.max(0, Math.min(n, most));
        typed.style.transform = `translate(${within(x, clientWidth - 10)}px, ${within(y, clientHeight - 24)}px)`;
      }
      for (const [of, who] of doc.others)
        put(
          above.current?.querySelector<HTMLElement>(`[data-view="${of}"]`) ?? null,
          view,
          kind === "sheet" ? who.cell : who.cursor,
          (text || who.part === part) && (who.shown === true || kind === "sheet"),
        );
      placing.current?.(view);
    };
    const end = onReady({ view, field: typed });
    view.layout();
    return () => {
      end();
      view.close();
    };
  }, [doc]); // eslint-disable-line

  useEffect(() => shown.current?.recolour(), [theme]);
  // Who has come has no place until they are drawn.
  useEffect(() => shown.current?.draw(), [people]);
  // The caret blinks anew where it has gone.
  useEffect(() => {
    const before = doc.changed;
    doc.changed = () => {
      const element = caret.current;
      if (element !== null)
        for (const one of element.getAnimations()) one.currentTime = 0;
      before();
    };
    return () => {
      doc.changed = before;
    };
  }, [doc]);

  return (
    <div className="d-box">
      <canvas ref={canvas} className="d-canvas" aria-hidden="true" />
      <span id="document-leave" hidden>
        {words("leave")}
      </span>
      <div
        ref={box}
        className={`d-scroll d-of-${kind ?? "none"}`}
        tabIndex={-1}
        onFocus={(event) => {
          if (event.target === box.current) refocus();
        }}
      >
        <div ref={space} className="d-space" />
      </div>
      <div ref={above} className="d-above">
        <div ref={cell} className="d-cell" hidden />
        <div ref={caret} className="d-caret" hidden />
        {people.map((person) => (
          <Caret key={person.view} person={person} />
        ))}
        <textarea
          ref={field}
          id="document-text"
          className="d-field"
          aria-label={label}
          aria-describedby="document-leave"
          autoCapitalize="sentences"
          autoComplete="off"
          spellCheck={false}
        />
      </div>
    </div>
  );
}
