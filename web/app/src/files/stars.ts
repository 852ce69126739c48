// What the person has starred: known once somebody looks at a list, and kept.
import type { NodeId } from "../../../../clients/types";
import { attempt, tellError } from "../app";
import { call, callEach, refusalOf } from "../client/jmap";
import { Store } from "../store";
import type { Item } from "./model";

const PAGE = 100;
/** More than anybody finds a thing among. */
const MOST = 2000;

export const stars = new Store<{ readonly ids: ReadonlySet<NodeId> }>({
  ids: new Set(),
});

let loaded = false;

export function loadStars(): void {
  if (loaded) return;
  loaded = true;
  const load = async () => {
    const ids = new Set<NodeId>();
    let after: string | undefined;
    do {
      const page: Awaited<ReturnType<typeof call<"star.list">>> = await call(
        "star.list",
        { limit: PAGE, ...(after === undefined ? {} : { after }) },
        "prefetch",
      );
      for (const { id } of page.list) ids.add(id);
      after = page.next;
    } while (after !== undefined && ids.size < MOST);
    stars.set({ ids });
  };
  // Nobody asked for it: another time.
  load().catch(() => {
    loaded = false;
  });
}

function note(items: readonly Item[], starred: boolean): void {
  const ids = new Set(stars.value.ids);
  for (const { id } of items) {
    if (starred) ids.add(id);
    else ids.delete(id);
  }
  stars.set({ ids });
}

/** Shown at once, and taken back where it was refused. */
export function star(items: readonly Item[], starred: boolean): void {
  note(items, starred);
  void attempt(async () => {
    const args = items.map(({ id }) => ({ node: id, starred }));
    const answers = await callEach("node.star", args).catch((error: unknown) => {
      note(items, !starred);
      throw error;
    });
    const refused = items.filter((_, i) => !answers[i]?.ok);
    if (refused.length === 0) return;
    note(refused, !starred);
    tellError(answers.flatMap((answer) => refusalOf(answer) ?? [])[0]);
  });
}
