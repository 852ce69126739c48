// A value that parts of the page look at, each at what concerns it.
import { useSyncExternalStore } from "react";

export class Store<T extends object> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(change: Partial<T>): void {
    this.#value = { ...this.#value, ...change };
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** What `select` finds must be the same object while nothing changed. */
export function useStore<T extends object, S>(
  store: Store<T>,
  select: (value: T) => S,
): S {
  return useSyncExternalStore(store.subscribe, () => select(store.value));
}
