// Records by their numbers, with the way to each for who reads the log.
import type { ReactNode } from "react";

import { hasOneOf } from "../app";
import { Link } from "../router";
import type { RecordSpan } from "./model";
import { b } from "./words";

const SHOWN = 12;

const number = new Intl.NumberFormat(undefined, { useGrouping: false });

export function RecordLink({
  sequence,
  text,
}: {
  sequence: number;
  text: string;
}): ReactNode {
  return hasOneOf(["log_reader"]) ? (
    <Link href={`/app/log/${sequence}`}>{text}</Link>
  ) : (
    <span>{text}</span>
  );
}

function spanText({ first, last }: RecordSpan): string {
  const [a, z] = [number.format(first), number.format(last)];
  return first === last ? a : b("span", { first: a, last: z });
}

export function Records({ list }: { list: readonly RecordSpan[] }) {
  return (
    <details className="bar-records">
      <summary>{b("records")}</summary>
      <ul>
        {list.slice(0, SHOWN).map((span) => (
          <li key={span.first}>
            <RecordLink sequence={span.first} text={spanText(span)} />
          </li>
        ))}
        {list.length > SHOWN && (
          <li>{b("open.more", { count: list.length - SHOWN })}</li>
        )}
      </ul>
    </details>
  );
}
