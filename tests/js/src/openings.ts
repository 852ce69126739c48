// That events tell what a log holds, and nothing else: each has in raw_data the
// leaf that stands in the log, the leaves that it cites, and texts that are what
// these have committed to.
import { createHash } from "node:crypto";

import { type Cbor, decode } from "./cbor.js";
import type { Log } from "./folder.js";
import { decodeLeaf } from "./leaf.js";

interface Event {
  metadata: { sequence: number };
  raw_data?: string;
}

const u64 = (n: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return bytes;
};

function same(a: Cbor, b: Uint8Array | undefined): boolean {
  return a instanceof Uint8Array && b !== undefined && Buffer.compare(a, b) === 0;
}

/** Whether the openings of a leaf are those that it commits to; how many. */
function checkOpenings(leaf: Uint8Array, openings: Cbor): number {
  const texts = decodeLeaf(leaf).objects.flatMap((object) => object.texts);
  for (const opening of openings as Cbor[][]) {
    const [slot, salt, text, length, digest] = opening;
    const of = texts[slot as number];
    const hash = createHash("sha256").update(salt as Uint8Array);
    hash.update(u64(of?.field ?? 0)).update(text as Uint8Array);
    if (length !== undefined)
      hash.update(u64(length as number)).update(digest as Uint8Array);
    if (!same(hash.digest(), of?.commitment))
      throw new Error(`opening ${String(slot)} is not what was committed to`);
  }
  return (openings as Cbor[]).length;
}

/** That events tell what the log holds, each record once; how many openings. */
export async function checkEvents(
  logs: Log[],
  lines: AsyncIterable<string>,
): Promise<number> {
  const leaves = new Map<number, Uint8Array>();
  for (const log of logs)
    for (const leaf of log.leaves) leaves.set(decodeLeaf(leaf).sequence, leaf);
  const entry = (n: number): Uint8Array | undefined => leaves.get(n);
  const numbers = leaves.keys();
  let records = 0;
  let openings = 0;
  for await (const line of lines) {
    const { metadata, raw_data } = JSON.parse(line) as Event;
    if (raw_data === undefined) continue;
    const { sequence } = metadata;
    const next = numbers.next().value;
    if (sequence !== next) throw new Error(`record ${next} is missing`);
    records++;
    const [leaf, texts, cited] = decode(
      Buffer.from(raw_data, "base64"),
    ) as [Uint8Array, Cbor, [Uint8Array, Cbor][]];
    if (!same(leaf, entry(sequence)))
      throw new Error(`record ${sequence} is not the log's`);
    openings += checkOpenings(leaf, texts);
    for (const [other, others] of cited) {
      if (!same(other, entry(decodeLeaf(other).sequence)))
        throw new Error(`what record ${sequence} cites is not the log's`);
      checkOpenings(other, others);
    }
  }
  if (records === 0) throw new Error("no events");
  return openings;
}
