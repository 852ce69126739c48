// What sheets have besides: the formula above, the names of columns and rows around, and
// the sheets themselves below.
import {
  Button,
  Field,
  Input as TextField,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  type PositioningVirtualElement,
} from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons";
import { type RefObject, useEffect, useRef, useState } from "react";

import { Asking, given } from "../asking";
import { shownName } from "../format";
import { Name } from "../name";
import { useDoc, useEditor, useEdits } from "./context";
import type { Doc } from "./doc";
import { ENTER } from "./keys";
import { columnName, geometryOf, type SheetGeometry } from "./sheet-geometry";
import type { View } from "./view";
import { words } from "./words";

// ---- the formula

export function FormulaBar() {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const formula = useDoc((value) => value.formula);
  const address = useDoc((value) => value.address);
  const [typed, setTyped] = useState<string>();
  const [place, setPlace] = useState<string>();
  const typing = useRef<string>(undefined);
  const type = (text: string | undefined) => {
    typing.current = text;
    setTyped(text);
  };
  const enter = () => {
    const text = typing.current;
    type(undefined);
    if (text !== undefined) doc.command("EnterString", [text]);
  };
  return (
    <section className="d-formula" aria-label={words("formula")}>
      <TextField
        id="cell-address"
        className="d-address"
        size="small"
        aria-label={words("address")}
        value={place ?? address}
        onChange={(_, { value }) => setPlace(value)}
        onFocus={(event) => event.target.select()}
        onBlur={() => setPlace(undefined)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          if (event.key === "Enter" && place !== undefined)
            doc.command("GoToCell", [place.trim()]);
          setPlace(undefined);
          refocus();
        }}
      />
      <span className="d-fx" aria-hidden="true">
        fx
      </span>
      <TextField
        id="cell-formula"
        className="d-formula-text"
        size="small"
        aria-label={words("formula")}
        readOnly={!edits}
        value={typed ?? formula}
        onChange={(_, { value }) => type(value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") type(undefined);
          else if (event.key === "Enter") {
            enter();
            doc.key(ENTER, 13);
          } else return;
          refocus();
        }}
        onBlur={enter}
      />
    </section>
  );
}

// ---- columns and rows

const HEAD_WIDTH = 46;
const HEAD_HEIGHT = 22;

interface Headers {
  readonly columns: RefObject<HTMLCanvasElement | null>;
  readonly rows: RefObject<HTMLCanvasElement | null>;
}

function sized(canvas: HTMLCanvasElement, width: number, height: number) {
  const ratio = devicePixelRatio;
  const across = Math.round(width * ratio);
  const down = Math.round(height * ratio);
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context?.setTransform(1, 0, 0, 1, 0, 0);
  return context;
}

export function drawHeaders(
  view: View,
  geometry: SheetGeometry | undefined,
  { columns, rows }: Headers,
): void {
  const { box, doc, scale } = view;
  const ratio = devicePixelRatio;
  const style = getComputedStyle(box);
  const of = (name: string) => style.getPropertyValue(name);
  const [text, line, back, chosen] = [
    of("--colorNeutralForeground2"),
    of("--colorNeutralStroke1"),
    of("--colorNeutralBackground3"),
    of("--colorBrandBackground2"),
  ];
  const cell = doc.own.cell;
  const pixels = (twips: number) => (twips * 256) / scale;
  const draw = (canvas: HTMLCanvasElement | null, across: boolean) => {
    if (canvas === null || geometry === undefined) return;
    const width = across ? box.clientWidth : HEAD_WIDTH;
    const height = across ? HEAD_HEIGHT : box.clientHeight;
    const context = sized(canvas, width, height);
    if (context === null || context === undefined) return;
    const scrolled = Math.round((across ? box.scrollLeft : box.scrollTop) * ratio);
    const room = (across ? width : height) * ratio;
    const other = (across ? height : width) * ratio;
    context.fillStyle = back;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.font = `${11 * ratio}px ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const axis = across ? geometry.columns : geometry.rows;
    const from = cell === undefined ? -1 : pixels(across ? cell.x : cell.y);
    const to =
      cell === undefined
        ? -1
        : from + pixels(across ? cell.width : cell.height);
    for (const { index, at, size } of axis.between(scrolled, scrolled + room, scale)) {
      const start = at - scrolled;
      const middle = start + size / 2;
      if (at + size / 2 > from && at + size / 2 < to) {
        context.fillStyle = chosen;
        if (across) context.fillRect(start, 0, size, other);
        else context.fillRect(0, start, other, size);
      }
      context.fillStyle = line;
      if (across) context.fillRect(start + size - 1, 0, 1, other);
      else context.fillRect(0, start + size - 1, other, 1);
      context.fillStyle = text;
      const name = across ? columnName(index) : String(index + 1);
      if (size > 8 * ratio)
        context.fillText(
          name,
          across ? middle : other / 2,
          across ? other / 2 : middle,
        );
    }
  };
  draw(columns.current, true);
  draw(rows.current, false);
}

/** The lines between cells: what is filled shows them, too, but only a little. */
export function drawLines(
  view: View,
  geometry: SheetGeometry | undefined,
  context: CanvasRenderingContext2D,
): void {
  if (geometry === undefined) return;
  const { width, height } = context.canvas;
  const ratio = devicePixelRatio;
  const left = Math.round(view.box.scrollLeft * ratio);
  const top = Math.round(view.box.scrollTop * ratio);
  context.save();
  context.globalCompositeOperation = "multiply";
  context.fillStyle = "#e3e3e3";
  for (const { at, size } of geometry.columns.between(left, left + width, view.scale))
    if (size > 0) context.fillRect(at + size - 1 - left, 0, 1, height);
  for (const { at, size } of geometry.rows.between(top, top + height, view.scale))
    if (size > 0) context.fillRect(0, at + size - 1 - top, width, 1);
  context.restore();
}

/** Twips of a hundredth of a millimetre, in which the engine has widths. */
const HUNDREDTHS_A_TWIP = 2540 / 1440;
const GRIP = 5;

/** Which one a place is in, and which one's far edge it is at. */
function hit(
  view: View,
  geometry: SheetGeometry,
  across: boolean,
  place: number,
): { index: number; edge: number | undefined; at: number } | undefined {
  const { box, scale } = view;
  const ratio = devicePixelRatio;
  const device = (place + (across ? box.scrollLeft : box.scrollTop)) * ratio;
  const axis = across ? geometry.columns : geometry.rows;
  let before: number | undefined;
  for (const { index, at, size } of axis.between(device - 1, device + 1, scale)) {
    if (device >= at + size) {
      before = index;
      continue;
    }
    const grip = GRIP * ratio;
    const edge =
      at + size - device <= grip
        ? index
        : device - at <= grip
          ? (before ?? index - 1)
          : undefined;
    return {
      index,
      edge: edge === undefined || edge < 0 ? undefined : edge,
      at: edge === index ? at : at,
    };
  }
  return undefined;
}

/** The names of columns, or rows: a press chooses, dragging an edge makes it wider. */
export function Header({
  across,
  canvas,
  geometry,
}: {
  across: boolean;
  canvas: RefObject<HTMLCanvasElement | null>;
  geometry: SheetGeometry | undefined;
}) {
  const { doc, view, refocus } = useEditor();
  const edits = useEdits();
  const drag = useRef<{ index: number; from: number; size: number }>(undefined);
  const placeOf = (event: { clientX: number; clientY: number; currentTarget: Element }) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return across ? event.clientX - left : event.clientY - top;
  };
  const sizeOf = (index: number): number => {
    if (view === undefined || geometry === undefined) return 0;
    const axis = across ? geometry.columns : geometry.rows;
    for (const one of axis.between(0, Number.MAX_SAFE_INTEGER, view.scale))
      if (one.index === index) return one.size / devicePixelRatio;
    return 0;
  };
  return (
    <canvas
      ref={canvas}
      className={across ? "d-columns" : "d-rows"}
      aria-hidden="true"
      onPointerMove={(event) => {
        if (view === undefined || geometry === undefined) return;
        const found = hit(view, geometry, across, placeOf(event));
        const grip = edits && (drag.current !== undefined || found?.edge !== undefined);
        event.currentTarget.style.cursor = grip
          ? across
            ? "col-resize"
            : "row-resize"
          : "default";
      }}
      onPointerDown={(event) => {
        event.preventDefault();
        if (view === undefined || geometry === undefined) return;
        const place = placeOf(event);
        const found = hit(view, geometry, across, place);
        if (found === undefined) return;
        if (edits && found.edge !== undefined) {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { index: found.edge, from: place, size: sizeOf(found.edge) };
          return;
        }
        // 1: what was chosen before stays; 2: up to here.
        const held = event.shiftKey ? 1 : event.ctrlKey || event.metaKey ? 2 : 0;
        doc.command(across ? "SelectColumn" : "SelectRow", [found.index, held]);
        refocus();
      }}
      onPointerUp={(event) => {
        const from = drag.current;
        drag.current = undefined;
        if (from === undefined || view === undefined) return;
        const size = Math.max(0, from.size + placeOf(event) - from.from);
        const hundredths = Math.min(
          65535,
          Math.round(view.twips(size) * HUNDREDTHS_A_TWIP),
        );
        doc.command(across ? "ColumnWidth" : "RowHeight", [hundredths, from.index + 1]);
        refocus();
      }}
    />
  );
}

/** Asks anew how large columns and rows are, whenever that may have changed. */
export function useGeometry(
  doc: Doc,
  sheet: boolean,
): SheetGeometry | undefined {
  const json = useDoc((value) => value.geometry);
  const part = useDoc((value) => value.part);
  const zoom = useDoc(({ phase, width, height }) => `${phase} ${width} ${height}`);
  const [geometry, setGeometry] = useState<SheetGeometry>();
  useEffect(() => {
    if (sheet) doc.ask("SheetGeometryData");
  }, [doc, sheet, part, zoom]);
  useEffect(() => {
    setGeometry(json === "" ? undefined : geometryOf(json));
  }, [json]);
  return geometry;
}

// ---- the sheets

export function Sheets() {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const names = useDoc((value) => value.names);
  const part = useDoc((value) => value.part);
  const [menu, setMenu] = useState<{ part: number; x: number; y: number }>();
  const [renames, setRenames] = useState<number>();
  const target: PositioningVirtualElement = {
    getBoundingClientRect: () => new DOMRect(menu?.x, menu?.y, 0, 0),
  };
  const go = (to: number) => {
    doc.goToPart(to);
    refocus();
  };
  return (
    <nav className="d-sheets" aria-label={words("sheets")}>
      <div role="tablist" aria-label={words("sheets")} className="d-tabs">
        {names.map((name, i) => (
          <button
            key={i}
            type="button"
            role="tab"
            aria-selected={i === part}
            tabIndex={i === part ? 0 : -1}
            onClick={() => go(i)}
            onDoubleClick={() => {
              if (edits) setRenames(i);
            }}
            onContextMenu={(event) => {
              event.preventDefault();
              if (edits) setMenu({ part: i, x: event.clientX, y: event.clientY });
            }}
            onKeyDown={(event) => {
              const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              const to = i + (way ?? 0);
              if (way === undefined || names[to] === undefined) return;
              doc.goToPart(to);
              const next = event.currentTarget.parentElement?.children[to];
              if (next instanceof HTMLElement) next.focus();
            }}
          >
            <Name text={name} />
          </button>
        ))}
      </div>
      {edits && (
        <Button
          id="sheet-new"
          size="small"
          appearance="subtle"
          icon={<Add20Regular />}
          aria-label={words("sheetNew")}
          title={words("sheetNew")}
          onClick={() => {
            doc.command("Insert", [
              freeName(names),
              names.length + 1,
            ]);
            refocus();
          }}
        />
      )}
      {menu !== undefined && (
        <Menu
          open
          positioning={{ target }}
          onOpenChange={(_, { open }) => {
            if (!open) setMenu(undefined);
          }}
        >
          <MenuPopover>
            <MenuList aria-label={words("sheetMenu", { name: names[menu.part] ?? "" })}>
              <MenuItem onClick={() => setRenames(menu.part)}>
                {words("sheetRename")}
              </MenuItem>
              <MenuItem
                disabled={names.length < 2}
                onClick={() => doc.command("Remove", [menu.part + 1])}
              >
                {words("sheetDelete")}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
      {renames !== undefined && (
        <Asking
          title={words("sheetRename")}
          button={words("sheetRename")}
          onClose={() => setRenames(undefined)}
          onDone={async (form) => {
            const name = given(form, "name").trim();
            if (name !== "") doc.command("Name", [name, renames + 1]);
            setRenames(undefined);
          }}
        >
          <Field label={words("sheetName")}>
            <TextField
              name="name"
              id="sheet-name"
              defaultValue={shownName(names[renames] ?? "")}
            />
          </Field>
        </Asking>
      )}
    </nav>
  );
}

function freeName(names: readonly string[]): string {
  for (let n = names.length + 1; ; n++) {
    const name = words("sheetDefault", { count: String(n) });
    if (!names.includes(name)) return name;
  }
}
