// A list, or a grid, worked by the keyboard as file managers are.
import { type KeyboardEvent, useRef } from "react";

import type { Doing } from "./doing";
import type { Item } from "./model";
import type { Selection } from "./selection";

const TYPED_MS = 800;

/** No name has a slash in it; it and the question mark are keys of every page. */
const isLetter = (event: KeyboardEvent): boolean =>
  event.key.length === 1 &&
  !" /?".includes(event.key) &&
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey;

export function useKeys(
  items: readonly Item[],
  selection: Selection,
  doing: Doing,
  { columns, page }: { readonly columns: number; readonly page: number },
): (event: KeyboardEvent<HTMLElement>) => void {
  const typed = useRef({ text: "", at: 0 });
  const active = items.findIndex((item) => item.id === selection.active);
  const last = items.length - 1;

  const step = (to: number, event: KeyboardEvent) => {
    if (last < 0) return;
    const index = Math.max(0, Math.min(last, to));
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
    for (let i = 0; i <= last; i++) {
      const index = (from + i) % items.length;
      if (!items[index]?.name.toLowerCase().startsWith(text)) continue;
      selection.only(index);
      return;
    }
  };

  const menuAtActive = (box: HTMLElement) => {
    const row = document.getElementById(`row-${selection.active}`);
    const place = (row ?? box).getBoundingClientRect();
    doing.menu(place.left + 48, place.top + place.height / 2);
  };

  // From nowhere an arrow goes to the first one.
  const at = (way: number) => (active < 0 ? 0 : active + way);
  const keys: { [key: string]: (event: KeyboardEvent<HTMLElement>) => void } = {
    ArrowDown: (event) => step(at(columns), event),
    ArrowUp: (event) => {
      if (active >= columns || active < 0) step(at(-columns), event);
    },
    PageDown: (event) => step(active + page * columns, event),
    PageUp: (event) => step(active - page * columns, event),
    Home: (event) => step(0, event),
    End: (event) => step(last, event),
    " ": (event) => {
      event.preventDefault();
      if (active >= 0) selection.toggle(active);
    },
    Enter: (event) => {
      // Else the key would also press what has the focus by then.
      event.preventDefault();
      const item = items[active];
      if (item !== undefined) doing.open(item);
    },
    Backspace: () => doing.up(),
    Delete: () => doing.trash(),
    F2: () => {
      if (active >= 0) doing.startRename();
    },
    Escape: () => selection.clear(),
    ContextMenu: (event) => {
      event.preventDefault();
      menuAtActive(event.currentTarget);
    },
    ...(columns > 1 && {
      ArrowRight: (event) => step(at(1), event),
      ArrowLeft: (event) => step(at(-1), event),
    }),
  };
  const held: typeof keys = {
    a: (event) => {
      event.preventDefault();
      selection.all();
    },
    z: (event) => {
      event.preventDefault();
      doing.undo();
    },
    x: () => doing.hold("move"),
    c: () => doing.hold("copy"),
    v: () => doing.paste(),
  };
  const withAlt: typeof keys = {
    ArrowUp: () => doing.up(),
    Enter: () => doing.details(),
  };

  return (event) => {
    if (event.target !== event.currentTarget) return;
    const ctrl = (event.ctrlKey || event.metaKey) && !event.shiftKey;
    // Whatever Caps Lock makes of it.
    const letter = event.key.toLowerCase();
    if (event.altKey) {
      // The others are the browser's: Alt and left is the way back.
      if (withAlt[event.key] === undefined) return;
      event.preventDefault();
      withAlt[event.key]?.(event);
    } else if (ctrl && held[letter] !== undefined) {
      held[letter]?.(event);
    } else if (event.shiftKey && event.key === "F10") {
      event.preventDefault();
      menuAtActive(event.currentTarget);
    } else if (keys[event.key] !== undefined) {
      keys[event.key]?.(event);
    } else if (isLetter(event)) {
      typeAhead(event.key);
    }
  };
}
