// A table of people, groups and the like: sorted by its heads, of thousands of rows
// only those in sight drawn, worked by mouse, touch and keyboard. On a phone each
// row is a card: the first column, and below it the rest in one line.
import { Checkbox, mergeClasses } from "@fluentui/react-components";
import { ArrowDown16Regular, ArrowUp16Regular } from "@fluentui/react-icons";
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useState,
} from "react";

import { type Selection, useActive, useSelection } from "../files/selection";
import { Link, navigate } from "../router";
import { t } from "../words";
import { useWindow } from "../window";

const ROW = 56;
const HEAD = 40;

export interface Column<R> {
  readonly key: string;
  readonly head: string;
  /** As CSS has it: "minmax(0, 2fr)". */
  readonly width: string;
  readonly cell: (row: R) => ReactNode;
  /** Left out where there is little room. */
  readonly spare?: boolean;
  /** What it is sorted by. */
  readonly by?: (row: R) => string;
}

export interface TableProps<I extends string, R extends { readonly id: I }> {
  readonly id: string;
  readonly label: string;
  readonly rows: readonly R[];
  readonly columns: readonly Column<R>[];
  readonly nameOf: (row: R) => string;
  readonly hrefOf: (row: R) => string;
  /** On a phone, below the name. */
  readonly meta: (row: R) => ReactNode;
  readonly empty: string;
  /** Several can be chosen. */
  readonly onChosen?: (rows: readonly R[]) => void;
}

interface Order {
  readonly by: string;
  readonly down: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });

function inOrder<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  order: Order,
): readonly R[] {
  const by = columns.find((one) => one.key === order.by)?.by;
  if (by === undefined) return rows;
  const way = order.down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: by(row) }));
  keyed.sort((a, b) => way * collator.compare(a.key, b.key));
  return keyed.map(({ row }) => row);
}

function Head<R>({
  columns,
  order,
  onOrder,
  all,
  some,
  onAll,
}: {
  columns: readonly Column<R>[];
  order: Order;
  onOrder: (order: Order) => void;
  all: boolean;
  some: boolean;
  onAll: (() => void) | undefined;
}) {
  return (
    <div role="rowgroup" className="p-head">
      <div role="row" className="p-row" aria-rowindex={1}>
        {onAll !== undefined && (
          <div role="columnheader" className="p-check">
            <Checkbox
              aria-label={t("selectAll")}
              checked={all ? true : some ? "mixed" : false}
              onChange={onAll}
            />
          </div>
        )}
        {columns.map((column) => {
          const is = order.by === column.key;
          return (
            <div
              key={column.key}
              role="columnheader"
              className={column.spare ? "p-cell p-spare" : "p-cell"}
              aria-sort={
                !is ? "none" : order.down ? "descending" : "ascending"
              }
            >
              {column.by === undefined ? (
                <span>{column.head}</span>
              ) : (
                <button
                  type="button"
                  onClick={() =>
                    onOrder({ by: column.key, down: is && !order.down })
                  }
                >
                  {column.head}
                  {is &&
                    (order.down ? <ArrowDown16Regular /> : <ArrowUp16Regular />)}
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps<I extends string, R extends { readonly id: I }> {
  readonly table: TableProps<I, R>;
  readonly row: R;
  readonly index: number;
  readonly selection: Selection<I>;
}

function Row<I extends string, R extends { readonly id: I }>({
  table,
  row,
  index,
  selection,
}: RowProps<I, R>) {
  const chosen = selection.chosen.has(row.id);
  const many = table.onChosen !== undefined;
  const press = (event: MouseEvent) => {
    if (event.button !== 0) return;
    if (!many) navigate(table.hrefOf(row));
    else if (event.shiftKey) selection.extendTo(index);
    else if (event.ctrlKey || event.metaKey) selection.toggle(index);
    else selection.only(index);
  };
  return (
    <div
      role="row"
      id={`row-${row.id}`}
      aria-rowindex={index + 2}
      {...(many ? { "aria-selected": chosen } : {})}
      className={mergeClasses(
        "p-row p-item",
        chosen && "chosen",
        selection.active === row.id && "active",
      )}
      style={{ top: index * ROW }}
      onClick={press}
      onDoubleClick={() => navigate(table.hrefOf(row))}
    >
      {many && (
        <div role="gridcell" className="p-check">
          <Checkbox
            tabIndex={-1}
            aria-label={t("select", { name: table.nameOf(row) })}
            checked={chosen}
            onClick={(event) => event.stopPropagation()}
            onChange={() => selection.toggle(index)}
          />
        </div>
      )}
      {table.columns.map((column, i) => (
        <div
          key={column.key}
          role="gridcell"
          className={column.spare ? "p-cell p-spare" : "p-cell"}
        >
          {i > 0 ? (
            column.cell(row)
          ) : (
            <span className="p-first">
              <Link
                href={table.hrefOf(row)}
                className="p-link"
                tabIndex={-1}
                onClick={(event) => event.stopPropagation()}
              >
                {column.cell(row)}
              </Link>
              <span className="p-meta">{table.meta(row)}</span>
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function scrollTo(box: HTMLDivElement | null, index: number): void {
  if (box === null || index < 0) return;
  const top = index * ROW;
  const room = box.clientHeight - HEAD;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW > box.scrollTop + room) box.scrollTop = top + ROW - room;
}

export function Table<I extends string, R extends { readonly id: I }>(
  props: TableProps<I, R>,
): ReactNode {
  const { columns, onChosen } = props;
  const [order, setOrder] = useState<Order>({
    by: columns[0]?.key ?? "",
    down: false,
  });
  const rows = useMemo(
    () => inOrder(props.rows, columns, order),
    [props.rows, columns, order],
  );
  const selection = useSelection(rows, props.id);
  const { box, first, last, page } = useWindow(rows.length, ROW);
  const { active, onFocus } = useActive(box, rows, selection);
  useEffect(() => scrollTo(box.current, active), [active, box]);
  useEffect(() => {
    onChosen?.(rows.filter((row) => selection.chosen.has(row.id)));
  }, [rows, selection.chosen, onChosen]);

  const many = onChosen !== undefined;
  const step = (to: number, event: KeyboardEvent) => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    event.preventDefault();
    if (rows.length === 0) return;
    if (many && event.shiftKey) selection.extendTo(index);
    else selection.moveTo(index);
  };
  const keys: { [key: string]: (event: KeyboardEvent) => void } = {
    ArrowDown: (event) => step(active + 1, event),
    ArrowUp: (event) => step(active - 1, event),
    PageDown: (event) => step(active + page, event),
    PageUp: (event) => step(active - page, event),
    Home: (event) => step(0, event),
    End: (event) => step(rows.length - 1, event),
    " ": (event) => {
      event.preventDefault();
      if (many && active >= 0) selection.toggle(active);
    },
    Enter: (event) => {
      event.preventDefault();
      const row = rows[active];
      if (row !== undefined) navigate(props.hrefOf(row));
    },
    Escape: () => selection.clear(),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const held = event.ctrlKey || event.metaKey;
    if (many && held && event.key.toLowerCase() === "a") {
      event.preventDefault();
      selection.all();
    } else keys[event.key]?.(event);
  };

  const all = rows.length > 0 && selection.chosen.size === rows.length;
  const widths = (of: readonly Column<R>[]) =>
    [many ? "40px" : "", ...of.map((column) => column.width)].join(" ");
  const style = {
    "--columns": widths(columns),
    "--columns-middle": widths(columns.filter((column) => !column.spare)),
    "--columns-narrow": many ? "40px minmax(0, 1fr)" : "minmax(0, 1fr)",
  } as CSSProperties;
  return (
    <div className="p-table" style={style}>
      <div
        ref={box}
        id={props.id}
        role="grid"
        className="p-grid"
        tabIndex={0}
        aria-label={props.label}
        aria-multiselectable={many}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={
          active >= first && active < last
            ? `row-${selection.active}`
            : undefined
        }
        onKeyDown={onKeyDown}
        onFocus={onFocus}
      >
        <Head
          columns={columns}
          order={order}
          onOrder={setOrder}
          all={all}
          some={selection.chosen.size > 0}
          onAll={
            many
              ? () => (all ? selection.clear() : selection.all())
              : undefined
          }
        />
        <div
          role="rowgroup"
          className="p-rows"
          style={{ height: rows.length * ROW }}
        >
          {rows.slice(first, last).map((row, i) => (
            <Row
              key={row.id}
              table={props}
              row={row}
              index={first + i}
              selection={selection}
            />
          ))}
        </div>
        {rows.length === 0 && <p className="p-empty">{props.empty}</p>}
      </div>
    </div>
  );
}
