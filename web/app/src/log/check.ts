// Asks for the proof of a record, and checks it here.
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { hold, known, lastOf, type Memory } from "./memory";
import { bytesOf64, checkInclusion, type Checked, type Given, hexOf, Wrong } from "./proof";

export type Verdict =
  | { readonly is: "checking" | "waiting" }
  | { readonly is: "unasked"; readonly why: string }
  | { readonly is: "wrong"; readonly why: Wrong["why"] | "leaf" }
  | {
      readonly is: "good";
      readonly checked: Checked;
      readonly given: Given;
      readonly memory: Memory;
    };

const AGAIN_MS = 1000;
/** The log may grow between two answers: then once more. */
const TRIES = 4;

const prove = (sequence: number): Promise<Given> =>
  call("log.prove", { sequence }, "prefetch");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function once(sequence: number, leaf: Uint8Array): Promise<Verdict> {
  const before = known();
  const [given, ofLast] = await Promise.all([
    prove(sequence),
    // What it can't be held against is no reason not to check it.
    before === undefined ? undefined : prove(lastOf(before)).catch(() => undefined),
  ]);
  const checked = await checkInclusion(given);
  if (hexOf(bytesOf64(given.leaf)) !== hexOf(leaf)) return { is: "wrong", why: "leaf" };
  return {
    is: "good",
    checked,
    given,
    memory: await hold(checked, sequence, before, ofLast),
  };
}

/** `leaf`: the bytes of the record that is shown, which is what must be proved. */
export async function check(
  sequence: number,
  leaf: Uint8Array,
  tell: (verdict: Verdict) => void,
  signal: AbortSignal,
): Promise<void> {
  tell({ is: "checking" });
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      const verdict = await once(sequence, leaf);
      const unsure = verdict.is === "good" && verdict.memory.is === "unsure";
      if (unsure && tries < TRIES) continue;
      if (!signal.aborted) tell(verdict);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isCode(error, "STATE")) {
        tell(
          error instanceof Wrong
            ? { is: "wrong", why: error.why }
            : { is: "unasked", why: textOf(error) },
        );
        return;
      }
    }
    tell({ is: "waiting" });
    await pause(AGAIN_MS);
  }
}
