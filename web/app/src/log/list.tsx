// The records: of thousands only those in sight are drawn, and while somebody reads
// or goes through them by the keyboard, nothing moves under their eyes.
import { mergeClasses } from "@fluentui/react-components";
import {
  type KeyboardEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import type { Cause } from "../../../../clients/types";
import { shownName } from "../format";
import { Name } from "../name";
import { phone } from "../phone";
import { isPlainClick } from "../router";
import { EndingMark } from "./ending";
import type { Row } from "./event";
import type { Shown } from "./model";
import { fullTime, rowTime, t, whoText } from "./text";

const COLUMNS = ["time", "who", "what", "on", "from", "outcome"] as const;
const SPARE = 6;
/** So many from the end the next page is asked for. */
const AHEAD = 30;
const heightOf = (): number => (phone.matches ? 72 : 38);

export interface ListProps {
  readonly rows: readonly Shown[];
  readonly loading: boolean;
  readonly opened: number | undefined;
  readonly open: (sequence: number) => void;
  readonly close: () => void;
  readonly onScrolled: (is: boolean) => void;
  readonly onEnd: (cause: Cause) => void;
}

/** Which rows are in sight, and how high each is. */
function useWindow(count: number) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, row: heightOf() });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = () =>
      setSeen({
        top: element.scrollTop,
        height: element.clientHeight,
        row: heightOf(),
      });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const { top, height, row } = seen;
  return {
    box,
    row,
    top,
    first: Math.max(0, Math.floor(top / row) - SPARE),
    last: Math.min(count, Math.ceil((top + height) / row) + SPARE),
    page: Math.max(1, Math.floor(height / row) - 2),
  };
}

export const rowLabel = (row: Row): string =>
  t("row.label", {
    number: String(row.sequence),
    what: row.what || t("list.unreadable"),
    time: rowTime(row.time),
    outcome: row.alert ? t("alert") : t(`ending.${row.ending}`),
  });

interface OneProps {
  readonly row: Shown;
  readonly index: number;
  readonly top: number;
  readonly active: boolean;
  readonly opened: boolean;
  readonly open: () => void;
}

function One({ row, index, top, active, opened, open }: OneProps) {
  return (
    <div
      role="row"
      id={`record-${row.sequence}`}
      aria-rowindex={index + 2}
      aria-selected={opened}
      className={mergeClasses(
        "log-row item",
        row.alert && "is-alert-row",
        opened && "chosen",
        active && "active",
      )}
      style={{ top }}
      onClick={open}
    >
      <div role="gridcell" className="log-cell is-time" title={fullTime(row.time)}>
        <a
          href={`/app/log/${row.sequence}`}
          tabIndex={-1}
          aria-label={rowLabel(row)}
          onClick={(event) => {
            if (isPlainClick(event)) event.preventDefault();
            else event.stopPropagation();
          }}
        >
          {rowTime(row.time)}
        </a>
      </div>
      <div role="gridcell" className="log-cell is-who" title={shownName(whoText(row.who.name))}>
        <Name text={whoText(row.who.name)} />
      </div>
      <div role="gridcell" className="log-cell is-what" title={shownName(row.what)}>
        <Name text={row.did || t("list.unreadable")} />
        {row.more > 0 && (
          <span className="hint"> {t("list.more", { count: row.more })}</span>
        )}
        {row.skipped > 0 && (
          <span className="log-skipped">
            {t("live.skipped", { count: row.skipped })}
          </span>
        )}
      </div>
      <div role="gridcell" className="log-cell is-on">
        {row.on !== undefined && <Name text={row.on.name} />}
      </div>
      <div role="gridcell" className="log-cell is-from">
        <bdi>{row.address}</bdi>
      </div>
      <div role="gridcell" className="log-cell is-outcome">
        <EndingMark ending={row.ending} alert={row.alert} />
      </div>
    </div>
  );
}

export function RecordList(props: ListProps) {
  const { rows, loading, opened, open, onScrolled, onEnd } = props;
  const { box, row, top, first, last, page } = useWindow(rows.length);
  const [active, setActive] = useState<number>();
  /** Somebody goes through them by the keyboard. */
  const [keyed, setKeyed] = useState(false);
  const at = rows.findIndex(({ sequence }) => sequence === active);

  const reading = top > row / 2 || keyed;
  useEffect(() => {
    // What only fills the window nobody has gone on to.
    if (last + AHEAD >= rows.length) onEnd(reading ? "user" : "prefetch");
  }, [last, rows.length, onEnd]);

  useEffect(() => onScrolled(reading), [reading, onScrolled]);

  const show = (index: number) => {
    const element = box.current;
    if (element === null) return;
    const head = phone.matches ? 0 : row;
    const room = element.clientHeight - head;
    const from = index * row;
    if (from < element.scrollTop) element.scrollTop = from;
    else if (from + row > element.scrollTop + room)
      element.scrollTop = from + row - room;
  };

  const step = (to: number) => {
    // Of none that are here yet there is none to go to.
    if (rows.length === 0) return;
    const index = Math.max(0, Math.min(rows.length - 1, to));
    setKeyed(true);
    setActive(rows[index]?.sequence);
    show(index);
  };

  const keys: { readonly [key: string]: () => void } = {
    ArrowDown: () => step(at + 1),
    ArrowUp: () => step(at - 1),
    PageDown: () => step(at + page),
    PageUp: () => step(at - page),
    Home: () => step(0),
    End: () => step(rows.length - 1),
    Enter: () => {
      if (active !== undefined) open(active);
    },
    Escape: () => {
      if (opened !== undefined) props.close();
      else {
        setKeyed(false);
        setActive(undefined);
      }
    },
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  return (
    <div
      ref={box}
      id="records"
      role="grid"
      className="log-list"
      tabIndex={0}
      aria-label={t("list.label")}
      aria-busy={loading}
      aria-rowcount={rows.length + 1}
      aria-colcount={COLUMNS.length}
      aria-activedescendant={
        at >= first && at < last ? `record-${active}` : undefined
      }
      onKeyDown={onKeyDown}
      onBlur={() => setKeyed(false)}
    >
      <div role="rowgroup" className="log-head">
        <div role="row" className="log-row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <div key={column} role="columnheader" className={`log-cell is-${column}`}>
              {t(`column.${column}`)}
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className="log-rows"
        style={{ height: rows.length * row }}
      >
        {rows.slice(first, last).map((one, i) => (
          <One
            key={one.sequence}
            row={one}
            index={first + i}
            top={(first + i) * row}
            active={one.sequence === active}
            opened={one.sequence === opened}
            open={() => {
              setActive(one.sequence);
              open(one.sequence);
            }}
          />
        ))}
      </div>
    </div>
  );
}
