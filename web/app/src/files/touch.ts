// Pressing by mouse, pen and finger. A finger that taps opens; one that stays chooses,
// and once something is chosen taps choose, too.
import { type MouseEvent, type PointerEvent, useRef } from "react";

import type { Item } from "./model";
import type { Selection } from "./selection";

const LONG_MS = 450;
const MOVED = 10;

/** Where things are dragged by a finger, the list is scrolled. */
export const isTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

export const isFinger = (event: MouseEvent): boolean =>
  (event.nativeEvent as globalThis.PointerEvent).pointerType === "touch";

export function usePress(
  item: Item,
  index: number,
  selection: Selection,
  open: (item: Item) => void,
  menu: (x: number, y: number) => void,
) {
  const press = useRef({ timer: 0, x: 0, y: 0, long: false, finger: false });
  const end = () => clearTimeout(press.current.timer);
  return {
    onPointerDown: (event: PointerEvent) => {
      press.current.finger = event.pointerType === "touch";
      if (!press.current.finger) return;
      const { clientX: x, clientY: y } = event;
      end();
      const timer = window.setTimeout(() => {
        press.current.long = true;
        selection.toggle(index);
      }, LONG_MS);
      press.current = { timer, x, y, long: false, finger: true };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const { x, y } = press.current;
      if (Math.hypot(clientX - x, clientY - y) > MOVED) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClick: (event: MouseEvent) => {
      if (event.button !== 0) return;
      if (isFinger(event)) {
        if (press.current.long) press.current.long = false;
        else if (selection.chosen.size > 0) selection.toggle(index);
        else open(item);
      } else if (event.shiftKey) selection.extendTo(index);
      else if (event.ctrlKey || event.metaKey) selection.toggle(index);
      else selection.only(index);
    },
    onDoubleClick: () => {
      // Two taps are two: a browser doesn't say of this event whose it is.
      if (!press.current.finger) open(item);
    },
    onContextMenu: (event: MouseEvent) => {
      event.preventDefault();
      // The browser's own long press: it was taken for choosing.
      if (press.current.finger) return;
      if (!selection.chosen.has(item.id)) selection.only(index);
      menu(event.clientX, event.clientY);
    },
  };
}
