// Which rows of a long list are in sight.
import { type RefObject, useLayoutEffect, useRef, useState } from "react";

const SPARE = 8;

export interface Window {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly first: number;
  readonly last: number;
  /** Rows that a page key goes. */
  readonly page: number;
  readonly width: number;
}

export function useWindow(rows: number, height: number): Window {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, width: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = () =>
      setSeen({
        top: element.scrollTop,
        height: element.clientHeight,
        width: element.clientWidth,
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
  const first = Math.max(0, Math.floor(seen.top / height) - SPARE);
  return {
    box,
    first,
    last: Math.min(rows, Math.ceil((seen.top + seen.height) / height) + SPARE),
    page: Math.max(1, Math.floor(seen.height / height) - 2),
    width: seen.width,
  };
}

/** Brings a row into sight; a head of that height stays above the rows. */
export function scrollTo(
  box: HTMLDivElement | null,
  row: number,
  height: number,
  head: number,
): void {
  if (box === null || row < 0) return;
  const top = row * height;
  const room = box.clientHeight - head;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + height > box.scrollTop + room)
    box.scrollTop = top + height - room;
}
