// Parts of the app that are loaded when they are needed: also where the server is
// away for a while, or has a newer app by then.
import { type ComponentType, lazy, type LazyExoticComponent } from "react";

import { untilBack } from "./client/reach";
import { isReplaced, reloadOnce } from "./client/version";

const TRIES = 3;

type Load<T> = () => Promise<T>;

export async function patiently<T>(load: Load<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await load();
    } catch (error) {
      await untilBack();
      if (await isReplaced()) await reloadOnce();
      if (tried === TRIES) throw error;
    }
  }
}

const soon: Load<unknown>[] = [];

/**
 * A component with a file of its own. `first`: it is fetched as soon as nothing else
 * is to be done, since it must be there without a network, too.
 */
export function later<P extends object>(
  load: Load<{ default: ComponentType<P> }>,
  first = false,
): LazyExoticComponent<ComponentType<P>> {
  if (first) soon.push(load);
  return lazy(() => patiently(load));
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
