// Where one is, by the address: below /app/.
import type { AnchorHTMLAttributes, MouseEvent } from "react";

import { Store, useStore } from "./store";

interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Place => ({
  path: location.pathname.replace(/\/+$/, ""),
  query: new URLSearchParams(location.search),
});

const place = new Store<Place>(here());

addEventListener("popstate", () => place.set(here()));

export const currentPlace = (): Place => place.value;

export function usePlace(): Place {
  return useStore(place, (value) => value);
}

let anew = false;

/** The next place is gone to by loading the whole page. */
export function loadAnewNext(): void {
  anew = true;
}

export function navigate(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  if (anew) {
    location[replace ? "replace" : "assign"](to);
    return;
  }
  history[replace ? "replaceState" : "pushState"](null, "", to);
  place.set(here());
}

/** An address of the app's own, and of nothing else. */
export function ownAddress(text: string | null): string | undefined {
  if (text === null) return undefined;
  const url = new URL(text, location.origin);
  return url.origin === location.origin && url.pathname.startsWith("/app/")
    ? url.pathname + url.search
    : undefined;
}

/** The browser's own matter: a new tab, a download, another button. */
export const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 &&
  !event.metaKey &&
  !event.ctrlKey &&
  !event.shiftKey &&
  !event.altKey;

export function Link({
  href,
  onClick,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || !isPlainClick(event)) return;
        event.preventDefault();
        navigate(href);
      }}
    />
  );
}
