// What this browser knows of the log: the key that it first saw, and the largest
// checkpoint since. A log that has another key, has shrunk, or doesn't go on from
// there is told.
import { type Checked, continues, type Given, isSigned, parseKey, Wrong } from "./proof";

const KEPT = "chancery log";

export interface Known {
  readonly key: string;
  readonly size: number;
  readonly root: string;
  /** The number of the tree's first record. */
  readonly base: number;
  /** When it was seen. */
  readonly time: number;
}

export type Memory =
  | { readonly is: "first" | "same" | "unsure" | "key" }
  | { readonly is: "grown" | "smaller" | "fork"; readonly known: Known };

export function known(): Known | undefined {
  try {
    const text = localStorage.getItem(KEPT);
    return text === null ? undefined : (JSON.parse(text) as Known);
  } catch {
    return undefined;
  }
}

export const isLoud = ({ is }: Memory): boolean =>
  is === "key" || is === "smaller" || is === "fork";

export function remember({ proof, key }: Checked, sequence: number): void {
  const { size, root } = proof.checkpoint;
  const now: Known = {
    key: key.text,
    size,
    root,
    base: sequence - proof.index,
    time: Date.now(),
  };
  localStorage.setItem(KEPT, JSON.stringify(now));
}

/** The record whose proof shows that the log goes on from there. */
export const lastOf = ({ base, size }: Known): number => base + size - 1;

/**
 * Holds what was proved against what was known when it was asked for. `ofLast` is
 * the proof of the last record of that, given in the same breath.
 */
export async function hold(
  checked: Checked,
  sequence: number,
  before: Known | undefined,
  ofLast: Given | undefined,
): Promise<Memory> {
  if (before === undefined) {
    remember(checked, sequence);
    return { is: "first" };
  }
  const { checkpoint, note } = checked.proof;
  if (before.key !== checked.key.text) {
    // Rotated: the first checkpoint after it is signed by both.
    const old = await parseKey(before.key);
    if ((await isSigned(note, old)) !== true) return { is: "key" };
  }
  if (checkpoint.size < before.size) return { is: "smaller", known: before };
  if (checkpoint.size === before.size)
    return checkpoint.root === before.root
      ? { is: "same" }
      : { is: "fork", known: before };
  if (ofLast === undefined) return { is: "unsure" };
  try {
    const later = await continues(before, ofLast);
    if (!later.goesOn) return { is: "fork", known: before };
    if (later.checkpoint.size !== checkpoint.size) return { is: "unsure" };
    if (later.checkpoint.root !== checkpoint.root)
      return { is: "fork", known: before };
  } catch (error) {
    if (error instanceof Wrong) return { is: "fork", known: before };
    throw error;
  }
  remember(checked, sequence);
  return { is: "grown", known: before };
}
