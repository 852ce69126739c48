// A part of a page: a heading, what can be done there, and rows.
import { Spinner } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { t } from "../words";
import type { Loaded } from "./loaded";

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
  return (
    <section id={id} className="p-section" aria-labelledby={`${id}-title`}>
      <div className="p-section-head">
        <h3 id={`${id}-title`}>{title}</h3>
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
  if (of.wrong !== "")
    return (
      <p className="hint" role="alert">
        {of.wrong}
      </p>
    );
  if (list === undefined)
    return <Spinner size="tiny" label={t("waiting")} className="p-spinner" />;
  if (list.length === 0) return <p className="hint">{none}</p>;
  return <ul className="rows-of">{list.map(row)}</ul>;
}
