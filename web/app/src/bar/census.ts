// All that lets anybody do anything, page by page; of it, what is asked for.
import type { Authority, Id } from "../../../../clients/types";
import { call } from "../client/jmap";

const PAGE = 500;

export interface Census {
  /** How many were looked at. */
  readonly looked: number;
  readonly list: readonly Authority[];
  readonly done: boolean;
}

/** Tells what was found after each page, until it is told to stop. */
export async function census(
  isMeant: (one: Authority) => boolean,
  told: (now: Census) => boolean,
): Promise<void> {
  let looked = 0;
  let list: readonly Authority[] = [];
  let after: Id | undefined;
  do {
    const page: Awaited<ReturnType<typeof call<"authority.list">>> = await call(
      "authority.list",
      { limit: PAGE, ...(after === undefined ? {} : { after }) },
      after === undefined ? "user" : "prefetch",
    );
    after = page.next;
    looked += page.looked_at;
    list = [...list, ...page.list.filter(isMeant)];
    if (!told({ looked, list, done: after === undefined })) return;
  } while (after !== undefined);
}
