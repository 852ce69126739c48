// What is chosen in a list, and where the keyboard is in it.
import {
  type FocusEvent,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";

import type { NodeId } from "../../../../clients/types";

interface State<I extends string> {
  readonly chosen: ReadonlySet<I>;
  readonly active: I | undefined;
  /** Where a range begins. */
  readonly anchor: I | undefined;
}

export interface Selection<I extends string = NodeId> extends State<I> {
  only(index: number): void;
  toggle(index: number): void;
  extendTo(index: number): void;
  moveTo(index: number): void;
  all(): void;
  clear(): void;
}

const NOTHING: State<never> = {
  chosen: new Set(),
  active: undefined,
  anchor: undefined,
};

/** Of another list (`key`) nothing is chosen yet. */
export function useSelection<I extends string>(
  items: readonly { readonly id: I }[],
  key: string,
): Selection<I> {
  const [kept, setKept] = useState<{ key: string; state: State<I> }>({
    key,
    state: NOTHING,
  });
  const state = kept.key === key ? kept.state : NOTHING;

  return useMemo(() => {
    const set = (to: State<I>) => setKept({ key, state: to });
    const idAt = (index: number) => items[index]?.id;
    const there = new Set(items.map((item) => item.id));
    const gone = [...state.chosen].some((id) => !there.has(id));
    const chosen = gone
      ? new Set([...state.chosen].filter((id) => there.has(id)))
      : state.chosen;
    return {
      ...state,
      chosen,
      only(index) {
        const id = idAt(index);
        if (id !== undefined)
          set({ chosen: new Set([id]), active: id, anchor: id });
      },
      toggle(index) {
        const id = idAt(index);
        if (id === undefined) return;
        const next = new Set(chosen);
        if (!next.delete(id)) next.add(id);
        set({ chosen: next, active: id, anchor: id });
      },
      extendTo(index) {
        const from = items.findIndex((item) => item.id === state.anchor);
        const [a, b] = [Math.max(from, 0), index];
        const range = items.slice(Math.min(a, b), Math.max(a, b) + 1);
        set({
          chosen: new Set(range.map((item) => item.id)),
          active: idAt(index),
          anchor: state.anchor ?? idAt(0),
        });
      },
      moveTo(index) {
        set({ ...state, chosen, active: idAt(index) });
      },
      all() {
        set({ ...state, chosen: there });
      },
      clear() {
        set({ ...state, chosen: new Set() });
      },
    };
  }, [items, key, state]);
}

/**
 * The box of a list whose rows are walked by arrow keys: it shows where one is as soon
 * as it has the focus and rows.
 */
export function useActive<I extends string>(
  box: RefObject<HTMLElement | null>,
  items: readonly { readonly id: I }[],
  selection: Selection<I>,
): {
  /** -1: nowhere */
  readonly active: number;
  readonly onFocus: (event: FocusEvent) => void;
} {
  const active = items.findIndex((item) => item.id === selection.active);
  const last = useRef(0);
  const begin = () => {
    if (active >= 0 || items.length === 0) return;
    // Where one was is gone: what has taken its place.
    const near = Math.min(last.current, items.length - 1);
    selection.moveTo(selection.active === undefined ? 0 : near);
  };
  useEffect(() => {
    if (active >= 0) last.current = active;
    if (document.activeElement === box.current) begin();
  });
  return {
    active,
    onFocus: (event) => {
      if (event.target === event.currentTarget) begin();
    },
  };
}
