// What a part of a page reads when it is shown.
import { useCallback, useEffect, useRef, useState } from "react";

import type { Cause } from "../../../../clients/types";
import { isCode, isSilent, textOf } from "../client/problem";
import { p } from "./words";

export interface Loaded<T> {
  readonly value: T | undefined;
  /** Why there is nothing, in words. */
  readonly wrong: string;
  readonly again: () => Promise<void>;
}

/** `key` names what is read: another one is read anew. */
export function useLoaded<T>(
  read: (cause: Cause) => Promise<T>,
  key: string,
): Loaded<T> {
  const [kept, setKept] = useState<{ key: string; value?: T; wrong: string }>({
    key,
    wrong: "",
  });
  const last = useRef(read);
  last.current = read;
  const now = useRef(key);
  now.current = key;
  const load = useCallback(
    async (cause: Cause) => {
      const take = (got: { value?: T; wrong: string }) => {
        if (now.current === key) setKept({ key, ...got });
      };
      try {
        take({ value: await last.current(cause), wrong: "" });
      } catch (error) {
        if (isSilent(error)) return;
        const denied = isCode(error, "DENIED", "SCOPE");
        take({ wrong: denied ? p("section.denied") : textOf(error) });
      }
    },
    [key],
  );
  useEffect(() => void load("user"), [load]);
  const is = kept.key === key;
  return {
    value: is ? kept.value : undefined,
    wrong: is ? kept.wrong : "",
    again: useCallback(() => load("prefetch"), [load]),
  };
}
