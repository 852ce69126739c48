// A part of a page: a heading, what can be done there, and rows.
import { Spinner } from "@fluentui/react-components";
import {
  createContext,
  type FocusEvent,
  type ReactNode,
  useContext,
  useLayoutEffect,
  useRef,
} from "react";

import { t } from "../words";
import type { Loaded } from "./loaded";

/** What stands above a section: the page's heading, or that of one below it. */
export const Level = createContext<"h2" | "h3">("h3");

export function Section({
  id,
  title,
  hint,
  act,
  children,
}: {
  id: string;
  title: string;
  hint?: ReactNode;
  act?: ReactNode;
  children: ReactNode;
}) {
  const Heading = useContext(Level);
  return (
    <section id={id} className="p-section" aria-labelledby={`${id}-title`}>
      <div className="p-section-head">
        <Heading id={`${id}-title`}>{title}</Heading>
        {act}
      </div>
      {hint !== undefined && <p className="hint">{hint}</p>}
      {children}
    </section>
  );
}

/**
 * Where the keyboard was in a row that is gone, it goes on in the one that has
 * taken its place; behind the last one, where something can be added.
 */
function useNeighbour(list: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const at = useRef(-1);
  useLayoutEffect(() => {
    if (at.current < 0 || document.activeElement !== document.body) return;
    const rows = box.current?.querySelectorAll("li") ?? [];
    const row = rows[Math.min(at.current, rows.length - 1)];
    const head = box.current?.closest("section")?.querySelector("button");
    const next =
      row?.querySelector<HTMLElement>("button, a") ??
      head ??
      document.getElementById("main");
    next?.focus();
  }, [list]);
  return {
    ref: box,
    onFocus: (event: FocusEvent) => {
      const row = (event.target as HTMLElement).closest("li");
      at.current = row === null ? -1 : [...(row.parentElement?.children ?? [])].indexOf(row);
    },
    onBlur: (event: FocusEvent) => {
      if (event.relatedTarget !== null) at.current = -1;
    },
  };
}

/** The rows that were read; else why there are none. */
export function Rows<T>({
  of,
  list,
  none,
  row,
}: {
  of: Loaded<unknown>;
  list: readonly T[] | undefined;
  none: string;
  row: (one: T) => ReactNode;
}) {
  const neighbour = useNeighbour(list);
  return (
    <div {...neighbour}>
      {of.wrong !== "" ? (
        <p className="hint" role="alert">
          {of.wrong}
        </p>
      ) : list === undefined ? (
        <Spinner size="tiny" label={t("waiting")} className="p-spinner" />
      ) : list.length === 0 ? (
        <p className="hint">{none}</p>
      ) : (
        <ul className="rows-of">{list.map(row)}</ul>
      )}
    </div>
  );
}
