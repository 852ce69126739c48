// A record's bytes, read here: the leaf by its fields' numbers (docs/LOG.md), the
// leaves that it cites, and the texts that open what they commit to.
import { type Cbor, decode } from "./cbor";
import { bytesOf64, hexOf, joined, sha256 } from "./proof";

export interface Opening {
  readonly field: number;
  /** undefined: erased */
  readonly text: string | undefined;
  /** It is what the leaf commits to; undefined where there is nothing to hold. */
  readonly fits: boolean | undefined;
}

export interface Part {
  readonly sequence: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fields: ReadonlyMap<number, Cbor>;
  readonly openings: readonly Opening[];
}

export interface Bundle {
  readonly record: Part;
  readonly cited: readonly Part[];
}

type Map1 = ReadonlyMap<number, Cbor>;

export const LEAF_NAMES: { readonly [field: number]: string } = {
  1: "sequence",
  2: "op",
  3: "rev",
  4: "time",
  5: "outcome",
  6: "context",
  7: "principal",
  8: "session",
  9: "credentials",
  10: "behalf",
  11: "approved",
  12: "at",
  13: "cites",
  14: "cause",
  15: "trust",
  16: "happened",
  17: "proofs",
  18: "objects",
};

export const OBJECT_NAMES: { readonly [field: number]: string } = {
  1: "kind",
  2: "ref",
  3: "named",
  4: "outcome",
  5: "proof",
  6: "joins",
  7: "made",
  8: "ended",
  9: "from",
  10: "texts",
  11: "numbers",
  12: "bytes",
};

const asList = (value: Cbor | undefined): readonly Cbor[] =>
  Array.isArray(value) ? (value as readonly Cbor[]) : [];

const asMap = (value: Cbor | undefined): Map1 =>
  value instanceof Map ? (value as Map1) : new Map<number, Cbor>();

const asBytes = (value: Cbor | undefined): Uint8Array<ArrayBuffer> =>
  value instanceof Uint8Array ? value : new Uint8Array();

function u64(n: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n));
  return bytes;
}

interface Commitment {
  readonly field: number;
  readonly digest: Uint8Array;
}

const commitmentsOf = (leaf: Map1): Commitment[] =>
  asList(leaf.get(18)).flatMap((object) =>
    asList(asMap(object).get(10)).map((text) => {
      const [field, digest] = asList(text);
      return { field: Number(field), digest: asBytes(digest) };
    }),
  );

/** SHA-256(salt ‖ field ‖ text), and of a text that was cut its length and digest. */
async function open(
  { field, digest }: Commitment,
  opening: readonly Cbor[] | undefined,
): Promise<Opening> {
  if (opening === undefined) return { field, text: undefined, fits: undefined };
  const [, salt, bytes, length, whole] = opening;
  const hash = await sha256(
    joined(
      asBytes(salt),
      u64(field),
      asBytes(bytes),
      ...(length === undefined ? [] : [u64(Number(length)), asBytes(whole)]),
    ),
  );
  return {
    field,
    text: new TextDecoder().decode(asBytes(bytes)),
    fits: hexOf(hash) === hexOf(digest),
  };
}

async function readPart(given: Cbor, openings: Cbor | undefined): Promise<Part> {
  const bytes = asBytes(given);
  const fields = asMap(decode(bytes));
  const bySlot = new Map(
    asList(openings).map((one) => [Number(asList(one)[0]), asList(one)]),
  );
  return {
    sequence: Number(fields.get(1)),
    bytes,
    fields,
    openings: await Promise.all(
      commitmentsOf(fields).map((one, slot) => open(one, bySlot.get(slot))),
    ),
  };
}

/** Throws RangeError where it is none. */
export async function readBundle(base64: string): Promise<Bundle> {
  const [leaf, openings, cited] = asList(decode(bytesOf64(base64)));
  return {
    record: await readPart(leaf ?? "", openings),
    cited: await Promise.all(
      asList(cited).map((part) => {
        const [bytes, texts] = asList(part);
        return readPart(bytes ?? "", texts);
      }),
    ),
  };
}

export const objectCount = (part: Part): number =>
  Math.max(1, asList(part.fields.get(18)).length);

// ---- as text

const isPlain = (value: Cbor): boolean =>
  !(value instanceof Map) &&
  !(Array.isArray(value) && value.some((one) => typeof one === "object"));

/** CBOR as people read it, its fields with their names: RFC 8949, section 8. */
export function diagnostic(
  value: Cbor,
  names: { readonly [field: number]: string } = LEAF_NAMES,
  indent = "",
): string {
  const within = `${indent}  `;
  if (value instanceof Uint8Array) return `h'${hexOf(value)}'`;
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Map) {
    const lines = [...(value as Map1)].map(([key, one]) => {
      const name = names[key];
      const below = name === "objects" ? OBJECT_NAMES : {};
      const text = diagnostic(one, below, within);
      return `${within}${name === undefined ? "" : `/ ${name} / `}${key}: ${text}`;
    });
    return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
  }
  if (Array.isArray(value)) {
    const list = value as readonly Cbor[];
    if (list.every(isPlain))
      return `[${list.map((one) => diagnostic(one, {}, within)).join(", ")}]`;
    const lines = list.map((one) => within + diagnostic(one, names, within));
    return `[\n${lines.join(",\n")}\n${indent}]`;
  }
  return String(value);
}
