// Of thousands of rows of one height, those in sight.
import { type RefObject, useLayoutEffect, useRef, useState } from "react";

const SPARE = 8;

export interface Window {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly first: number;
  readonly last: number;
  /** How many rows a key for a page goes. */
  readonly page: number;
}

export function useWindow(count: number, row: number): Window {
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
  const bottom = seen.top + seen.height;
  return {
    box,
    first: Math.max(0, Math.floor(seen.top / row) - SPARE),
    last: Math.min(count, Math.ceil(bottom / row) + SPARE),
    page: Math.max(1, Math.floor(seen.height / row) - 2),
  };
}
