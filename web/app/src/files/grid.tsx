// The same as tiles. Pictures have the sign of their kind, no picture of themselves:
// each would be a read of the whole file, which its owner would see as one.
import { type CSSProperties, type ReactNode, useEffect } from "react";

import { sizeText, timeText, whenText } from "../format";
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
import { scrollTo, useWindow } from "../window";

const TILE = 168;
const ROW = 164;

function Tile(props: CellProps) {
  const { item } = props;
  const { acts, classes } = useItemActs(props);
  return (
    <div role="gridcell" className={`tile item${classes}`} {...acts}>
      <Tick {...props} />
      <span className="tile-picture">
        <IconOf item={item} />
      </span>
      <span className="tile-name">
        <NameOrField {...props} />
        <Starred {...props} />
      </span>
      <span className="hint" title={timeText(item.time)}>
        {whenText(item.time)}
        {item.size !== undefined && ` · ${sizeText(item.size)}`}
      </span>
    </div>
  );
}

export function Grid(props: ListProps): ReactNode {
  const { items, selection } = props;
  const found = useWindow(Math.ceil(items.length / 2), ROW);
  const { box, first, page } = found;
  const columns = Math.max(2, Math.floor((found.width - 24) / TILE));
  const rows = Math.ceil(items.length / columns);
  const last = Math.min(rows, found.last);
  const onKeyDown = useKeys(items, selection, props, { columns, page });
  const { active, onFocus } = useActive(box, items, selection);
  const row = active < 0 ? -1 : Math.floor(active / columns);
  useEffect(() => scrollTo(box.current, row, ROW, 0), [row, box]);

  const drawn = Array.from(
    { length: Math.max(0, last - first) },
    (_, i) => first + i,
  );
  return (
    <div
      ref={box}
      id="list"
      role="grid"
      className="list tiles"
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable
      aria-rowcount={rows}
      aria-colcount={columns}
      aria-activedescendant={
        row >= first && row < last ? `row-${selection.active}` : undefined
      }
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      <div
        role="rowgroup"
        className="rows"
        style={{ height: rows * ROW, "--columns": columns } as CSSProperties}
      >
        {drawn.map((at) => (
          <div
            key={at}
            role="row"
            className="tile-row"
            aria-rowindex={at + 1}
            style={{ top: at * ROW, height: ROW }}
          >
            {items.slice(at * columns, (at + 1) * columns).map((item, i) => (
              <Tile
                key={item.id}
                {...props}
                item={item}
                index={at * columns + i}
                dragging={() =>
                  items.filter((one) => selection.chosen.has(one.id))
                }
                refocus={() => box.current?.focus()}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}
