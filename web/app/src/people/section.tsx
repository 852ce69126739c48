// A part of a page: a heading, what can be done there, and rows.
import { Spinner } from "@fluentui/react-components";
import { createContext, type ReactNode, useContext } from "react";

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
  return (
    <div>
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
