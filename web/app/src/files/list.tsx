// The list: of thousands of rows only those in sight are drawn. It is worked by
// mouse, touch and keyboard as file managers are.
import { ArrowDown16Regular, ArrowUp16Regular } from "@fluentui/react-icons";
import { type ReactNode, useEffect } from "react";

import { sizeText, timeText, whenText } from "../format";
import { Name } from "../name";
import { t } from "../words";
import {
  type CellProps,
  NameOrField,
  Starred,
  Tick,
  useItemActs,
} from "./cells";
import type { ListProps } from "./doing";
import { IconOf } from "./icon";
import { useKeys } from "./keys";
import { useActive } from "./selection";
import { COLUMNS, type Column } from "./sort";
import { scrollTo, useWindow } from "../window";

const ROW = 44;

function Head({ order, onOrder, timeLabel, selection, items }: ListProps) {
  const texts: { readonly [column in Column]: string } = {
    name: t("column.name"),
    time: timeLabel,
    size: t("column.size"),
  };
  const { size } = selection.chosen;
  const all = items.length > 0 && size === items.length;
  return (
    <div role="rowgroup" className="head">
      <div role="row" className="row" aria-rowindex={1}>
        <div role="columnheader" className="cell check">
          <input
            type="checkbox"
            className="tick"
            aria-label={t("selectAll")}
            checked={all}
            ref={(box) => {
              if (box !== null) box.indeterminate = size > 0 && !all;
            }}
            onChange={() => (all ? selection.clear() : selection.all())}
          />
        </div>
        {COLUMNS.map((column) => (
          <div
            key={column}
            role="columnheader"
            className={`cell ${column}`}
            aria-sort={
              order.by !== column
                ? "none"
                : order.down
                  ? "descending"
                  : "ascending"
            }
          >
            <button type="button" onClick={() => onOrder(column)}>
              {texts[column]}
              {order.by === column &&
                (order.down ? <ArrowDown16Regular /> : <ArrowUp16Regular />)}
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}

function Row(props: CellProps) {
  const { item, index } = props;
  const { acts, classes } = useItemActs(props);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`row item${classes}`}
      style={{ top: index * ROW }}
      {...acts}
    >
      <div role="gridcell" className="cell check">
        <Tick {...props} />
      </div>
      <div role="gridcell" className="cell name">
        <IconOf item={item} />
        {props.renaming === item.id ? (
          <NameOrField {...props} />
        ) : (
          <span className="what">
            <NameOrField {...props} />
            <Starred {...props} />
            <span className="meta">
              {item.about !== undefined && (
                <>
                  <Name text={item.about} /> ·{" "}
                </>
              )}
              {whenText(item.time)}
              {item.size !== undefined && ` · ${sizeText(item.size)}`}
            </span>
            {item.about !== undefined && (
              <Name className="about" text={item.about} />
            )}
          </span>
        )}
      </div>
      <div role="gridcell" className="cell time" title={timeText(item.time)}>
        {whenText(item.time)}
      </div>
      <div role="gridcell" className="cell size">
        {item.size === undefined ? "" : sizeText(item.size)}
      </div>
    </div>
  );
}

export function List(props: ListProps): ReactNode {
  const { items, selection } = props;
  const { box, first, last, page } = useWindow(items.length, ROW);
  const onKeyDown = useKeys(items, selection, props, { columns: 1, page });
  const { active, onFocus } = useActive(box, items, selection);
  useEffect(() => scrollTo(box.current, active, ROW, ROW), [active, box]);

  return (
    <div
      ref={box}
      id="list"
      role="grid"
      className="list"
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable
      aria-rowcount={items.length + 1}
      aria-colcount={4}
      aria-activedescendant={
        active >= first && active < last ? `row-${selection.active}` : undefined
      }
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      <Head {...props} />
      <div
        role="rowgroup"
        className="rows"
        style={{ height: items.length * ROW }}
      >
        {items.slice(first, last).map((item, i) => (
          <Row
            key={item.id}
            {...props}
            item={item}
            index={first + i}
            dragging={() => items.filter((one) => selection.chosen.has(one.id))}
            refocus={() => box.current?.focus()}
          />
        ))}
      </div>
    </div>
  );
}
