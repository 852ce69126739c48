import { useEffect, useState } from "react";

import type { NodeId } from "../../../../clients/types";
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { type Item, itemOf } from "../files/model";

/** A file that may be known already; else, once it is time to, it is asked for. */
export function useItem(
  id: NodeId,
  known: Item | undefined,
  ask: boolean,
): { readonly item: Item | undefined; readonly wrong: string } {
  const [looked, setLooked] = useState<Item>();
  const [wrong, setWrong] = useState("");
  // What was shown once stays, also when its folder has lost it.
  const [kept, setKept] = useState(known);
  if (known !== undefined && known.id !== kept?.id) setKept(known);
  const item = known ?? (kept?.id === id ? kept : looked);
  const needed = ask && item === undefined;
  useEffect(() => {
    if (!needed) return undefined;
    let live = true;
    call("node.get", { node: id }).then(
      (node) => live && setLooked(itemOf(node)),
      (error: unknown) => live && setWrong(textOf(error)),
    );
    return () => {
      live = false;
    };
  }, [id, needed]);
  return { item, wrong };
}
