// The list: of thousands of rows only those in sight are drawn. It is worked by
// mouse, touch and keyboard as file managers are.
import { Checkbox, mergeClasses } from "@fluentui/react-components";
import {
  ArrowDown16Regular,
  ArrowUp16Regular,
} from "@fluentui/react-icons";
import {
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import type { FolderId, NodeId } from "../../../../clients/types";
import { me } from "../app";
import { addressOf } from "../client/bytes";
import { shownName, sizeText, timeText, whenText } from "../format";
import { isPlainClick } from "../router";
import { Name } from "../name";
import { t } from "../words";
import { addressOf as addressOfItem } from "./acts";
import { IconOf } from "./icon";
import { isFolder, type Item } from "./model";
import type { Selection } from "./selection";
import { COLUMNS, type Column, type Order } from "./sort";

const ROW = 44;
const SPARE = 8;
const TYPED_MS = 800;

export const DRAGGED = "application/x-chancery-nodes";

interface Doing {
  readonly open: (item: Item) => void;
  readonly rename: (item: Item, name: string) => void;
  readonly trash: () => void;
  readonly up: () => void;
  readonly menu: (x: number, y: number) => void;
  readonly drop: (data: DataTransfer, folder: FolderId) => void;
}

export interface ListProps extends Doing {
  readonly items: readonly Item[];
  readonly label: string;
  readonly timeLabel: string;
  readonly order: Order;
  readonly onOrder: (by: Column) => void;
  readonly selection: Selection;
  readonly renaming: NodeId | undefined;
  readonly onRenaming: (id: NodeId | undefined) => void;
  /** Names can be changed, and things moved. */
  readonly editable: boolean;
}

/** Which rows are in sight. */
function useWindow(count: number) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = () =>
      setSeen({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const first = Math.max(0, Math.floor(seen.top / ROW) - SPARE);
  const last = Math.min(
    count,
    Math.ceil((seen.top + seen.height) / ROW) + SPARE,
  );
  return { box, first, last, page: Math.max(1, Math.floor(seen.height / ROW) - 2) };
}

function scrollTo(box: HTMLDivElement | null, index: number): void {
  if (box === null || index < 0) return;
  const head = ROW; // the header stays above the rows
  const top = index * ROW;
  const room = box.clientHeight - head;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW > box.scrollTop + room) box.scrollTop = top + ROW - room;
}

// ---- the head

function Head({ order, onOrder, timeLabel, selection, items }: ListProps) {
  const texts: { readonly [column in Column]: string } = {
    name: t("column.name"),
    time: timeLabel,
    size: t("column.size"),
  };
  const all = items.length > 0 && selection.chosen.size === items.length;
  return (
    <div role="rowgroup" className="head">
      <div role="row" className="row" aria-rowindex={1}>
        <div role="columnheader" className="cell check">
          <Checkbox
            aria-label={t("selectAll")}
            checked={all ? true : selection.chosen.size > 0 ? "mixed" : false}
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

// ---- a row

function NameField({
  item,
  done,
}: {
  item: Item;
  done: (name: string | undefined) => void;
}) {
  const [name, setName] = useState(item.name);
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => {
    const dot = item.kind === "file" ? item.name.lastIndexOf(".") : -1;
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : item.name.length);
  }, [item.kind, item.name]);
  const finish = (given: string | undefined) => {
    if (over.current) return;
    over.current = true;
    done(given);
  };
  return (
    <input
      ref={field}
      id="rename"
      className="rename"
      value={name}
      aria-label={t("rename.label", { name: item.name })}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => finish(name.trim())}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(name.trim());
        if (event.key === "Escape") finish(undefined);
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}

interface RowProps extends ListProps {
  readonly item: Item;
  readonly index: number;
  readonly dragging: () => readonly Item[];
  readonly refocus: () => void;
}

/** A file can be dragged out onto the desktop. */
function setDragged(event: DragEvent, items: readonly Item[]): void {
  const data = event.dataTransfer;
  data.effectAllowed = "copyMove";
  data.setData(DRAGGED, JSON.stringify(items.map(({ id }) => id)));
  const [item] = items;
  if (items.length !== 1 || item?.version === undefined) return;
  const href = addressOf(me().principal, item.version, item.name);
  const type = item.type ?? "application/octet-stream";
  data.setData(
    "DownloadURL",
    `${type}:${item.name.replaceAll(":", "_")}:${location.origin}${href}`,
  );
}

export const bringsSomething = (data: DataTransfer): boolean =>
  data.types.includes(DRAGGED) || data.types.includes("Files");

function Row(props: RowProps) {
  const { item, index, selection, renaming, editable } = props;
  const [over, setOver] = useState(false);
  const chosen = selection.chosen.has(item.id);
  const folder = isFolder(item) ? item.id : undefined;

  const press = (event: MouseEvent) => {
    if (event.button !== 0) return;
    if (event.shiftKey) selection.extendTo(index);
    else if (event.ctrlKey || event.metaKey) selection.toggle(index);
    else selection.only(index);
  };

  const dropping =
    folder === undefined || !editable
      ? {}
      : {
          onDragOver: (event: DragEvent) => {
            if (chosen || !bringsSomething(event.dataTransfer)) return;
            event.preventDefault();
            event.stopPropagation();
            setOver(true);
          },
          onDragLeave: () => setOver(false),
          onDrop: (event: DragEvent) => {
            setOver(false);
            if (chosen) return;
            event.preventDefault();
            event.stopPropagation();
            props.drop(event.dataTransfer, folder);
          },
        };

  return (
    <div
      role="row"
      id={`row-${item.id}`}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      className={mergeClasses(
        "row item",
        chosen && "chosen",
        selection.active === item.id && "active",
        over && "over",
      )}
      style={{ top: index * ROW }}
      draggable={editable && renaming !== item.id}
      onDragStart={(event) => {
        if (!chosen) selection.only(index);
        setDragged(event, chosen ? props.dragging() : [item]);
      }}
      {...dropping}
      onClick={press}
      onDoubleClick={() => props.open(item)}
      onContextMenu={(event) => {
        event.preventDefault();
        if (!chosen) selection.only(index);
        props.menu(event.clientX, event.clientY);
      }}
    >
      <div role="gridcell" className="cell check">
        <Checkbox
          tabIndex={-1}
          aria-label={t("select", { name: item.name })}
          checked={chosen}
          onClick={(event) => event.stopPropagation()}
          onChange={() => selection.toggle(index)}
        />
      </div>
      <div role="gridcell" className="cell name">
        <IconOf item={item} />
        {renaming === item.id ? (
          <NameField
            item={item}
            done={(name) => {
              props.onRenaming(undefined);
              if (name !== undefined) props.rename(item, name);
              props.refocus();
            }}
          />
        ) : (
          <span className="what">
            <a
              href={addressOfItem(item)}
              tabIndex={-1}
              draggable={false}
              className="link"
              title={shownName(item.name)}
              onClick={(event) => {
                if (!isPlainClick(event)) {
                  if (event.shiftKey) event.preventDefault();
                  return;
                }
                event.preventDefault();
                event.stopPropagation();
                props.open(item);
              }}
            >
              <Name text={item.name} />
            </a>
            <span className="meta">
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

// ---- the list

const isLetter = (event: KeyboardEvent): boolean =>
  event.key.length === 1 &&
  event.key !== " " &&
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey;

export function List(props: ListProps): ReactNode {
  const { items, selection, editable } = props;
  const { box, first, last, page } = useWindow(items.length);
  const typed = useRef({ text: "", at: 0 });
  const active = items.findIndex((item) => item.id === selection.active);

  useEffect(() => scrollTo(box.current, active), [active, box]);

  const step = (to: number, event: KeyboardEvent) => {
    const index = Math.max(0, Math.min(items.length - 1, to));
    if (items.length === 0) return;
    event.preventDefault();
    if (event.shiftKey) selection.extendTo(index);
    else if (event.ctrlKey || event.metaKey) selection.moveTo(index);
    else selection.only(index);
  };

  const typeAhead = (letter: string) => {
    const now = performance.now();
    const text =
      now - typed.current.at < TYPED_MS
        ? typed.current.text + letter.toLowerCase()
        : letter.toLowerCase();
    typed.current = { text, at: now };
    const from = text.length > 1 ? Math.max(active, 0) : active + 1;
    for (let i = 0; i < items.length; i++) {
      const index = (from + i) % items.length;
      if (!items[index]?.name.toLowerCase().startsWith(text)) continue;
      selection.only(index);
      return;
    }
  };

  const menuAtActive = () => {
    const row = document.getElementById(`row-${selection.active}`);
    const place = (row ?? box.current)?.getBoundingClientRect();
    if (place !== undefined)
      props.menu(place.left + 48, place.top + place.height / 2);
  };

  const keys: { [key: string]: (event: KeyboardEvent) => void } = {
    ArrowDown: (event) => step(active + 1, event),
    ArrowUp: (event) => step(active - 1, event),
    PageDown: (event) => step(active + page, event),
    PageUp: (event) => step(active - page, event),
    Home: (event) => step(0, event),
    End: (event) => step(items.length - 1, event),
    " ": (event) => {
      event.preventDefault();
      if (active >= 0) selection.toggle(active);
    },
    Enter: () => {
      const item = items[active];
      if (item !== undefined) props.open(item);
    },
    Backspace: () => props.up(),
    Delete: () => props.trash(),
    F2: () => {
      if (editable && active >= 0) props.onRenaming(selection.active);
    },
    Escape: () => selection.clear(),
    ContextMenu: (event) => {
      event.preventDefault();
      menuAtActive();
    },
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "a") {
      event.preventDefault();
      selection.all();
    } else if (event.shiftKey && event.key === "F10") {
      event.preventDefault();
      menuAtActive();
    } else if (keys[event.key] !== undefined) {
      keys[event.key]?.(event);
    } else if (isLetter(event)) {
      typeAhead(event.key);
    }
  };

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
      onFocus={(event) => {
        if (event.target === event.currentTarget && active < 0 && items[0])
          selection.moveTo(0);
      }}
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
