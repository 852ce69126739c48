// Parts of the app that have a file of their own, and are loaded when they are needed.
// React's own way to wait for them, `lazy` and Suspense, holds what has come back for
// a third of a second once it has shown that it waits, and waits for what is there.
import { type ComponentType, createElement, useEffect, useState } from "react";

import { patiently } from "./patiently";

const soon: (() => Promise<unknown>)[] = [];

interface How {
  /** It is fetched as soon as nothing else is to be done: it must be there offline. */
  readonly first?: boolean;
  /** What is seen until it has come; nothing, otherwise. */
  readonly meanwhile?: ComponentType;
}

export function later<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  { first = false, meanwhile }: How = {},
): ComponentType<P> {
  let part: ComponentType<P> | undefined;
  const take = (come: { default: ComponentType<P> }) => {
    part = come.default;
  };
  if (first) soon.push(() => load().then(take));

  return function Later(props: P) {
    const [failed, setFailed] = useState<{ readonly error?: unknown }>({});
    const isShown = part !== undefined;
    useEffect(() => {
      if (isShown) return undefined;
      let over = false;
      const tell = (how: { readonly error?: unknown }) => {
        if (!over) setFailed(how);
      };
      // It may have come since this was drawn without it.
      const come =
        part === undefined ? patiently(load).then(take) : Promise.resolve();
      come.then(
        () => tell({}),
        (error: unknown) => tell({ error }),
      );
      return () => {
        over = true;
      };
    }, []);
    if (failed.error !== undefined) throw failed.error;
    if (part !== undefined) return createElement(part, props);
    return meanwhile === undefined ? null : createElement(meanwhile);
  };
}

/** What a person sees first is there. */
export function loadSoon(): void {
  const [load] = soon.splice(0, 1);
  if (load === undefined) return;
  requestIdleCallback(() => {
    // Where it doesn't come it is fetched when it is needed.
    void load().then(loadSoon, () => undefined);
  });
}
