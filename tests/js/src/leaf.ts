// The leaf by its numbers (docs/LOG.md), read without the server's code.
import { type Cbor, decode } from "./cbor.js";

/** Which row: the number of the leaf that made it, and its place there. */
export type Ref = number;

const PLACES = 4096;

export function refOf(sequence: number, place: number): Ref {
  return sequence * PLACES + place;
}

export function sequenceOf(ref: Ref): number {
  return Math.floor(ref / PLACES);
}

export function refText(ref: Ref): string {
  return `${sequenceOf(ref)}.${ref % PLACES}`;
}

// Keys of facts (src/ledger/facts.def).
export const FACT = {
  base: 1114,
  target: 1124,
  grantee: 1125,
  relations: 1126,
  families: 1127,
  expires: 1128,
  openings: 1129,
  protected: 1130,
  asked: 1132,
  alert: 1142,
  assurance: 1137,
  credentialKind: 1138,
  ripe: 1139,
  kept: 1140,
  digest: 1200,
  tried: 1208,
  path: 1004,
} as const;

export interface Made {
  kind: number;
  ref: Ref;
  outside: bigint | undefined;
}

/** A commitment to a text. */
export interface Text {
  field: number;
  commitment: Uint8Array;
}

export interface LeafObject {
  kind: number;
  ref: Ref | undefined;
  named: number | undefined;
  outcome: number;
  proof: number[];
  joins: number[]; // the shared proof that it joins
  made: Made[];
  ended: Ref[];
  from: Ref[];
  texts: Text[];
  numbers: Map<number, number | bigint>;
  bytes: Map<number, Uint8Array>;
}

export interface Leaf {
  sequence: number;
  op: number;
  revision: number;
  time: number;
  outcome: number;
  context: number | undefined;
  principal: Ref | undefined;
  session: Ref | undefined;
  credentials: Ref[];
  approved: Ref[]; // the sessions of those who approved it
  at: number | undefined;
  cites: number | undefined;
  objects: LeafObject[];
}

function fail(what: string): never {
  throw new Error(`leaf: ${what}`);
}

function asNumber(value: Cbor, what: string): number {
  return typeof value === "number" ? value : fail(`${what} is no number`);
}

function asInteger(value: Cbor, what: string): number | bigint {
  return typeof value === "bigint" ? value : asNumber(value, what);
}

function asList(value: Cbor, what: string): Cbor[] {
  return Array.isArray(value) ? value : fail(`${what} is no list`);
}

function asMap(value: Cbor, what: string): Map<Cbor, Cbor> {
  return value instanceof Map ? value : fail(`${what} is no map`);
}

function asRef(value: Cbor, what: string): Ref {
  if (!Array.isArray(value)) return refOf(asNumber(value, what), 0);
  if (value.length !== 2) fail(`${what} is no reference`);
  return refOf(asNumber(value[0], what), asNumber(value[1], what));
}

// A map whose keys are the numbers of fields. Those that aren't known are left.
class Fields {
  private readonly fields: Map<Cbor, Cbor>;

  constructor(
    value: Cbor,
    private readonly what: string,
  ) {
    this.fields = asMap(value, what);
  }

  private take<T>(key: number, as: (v: Cbor, what: string) => T): T | undefined {
    const value = this.fields.get(key);
    return value === undefined ? undefined : as(value, `${this.what} ${key}`);
  }

  number(key: number): number | undefined {
    return this.take(key, asNumber);
  }

  ref(key: number): Ref | undefined {
    return this.take(key, asRef);
  }

  list<T>(key: number, as: (v: Cbor, what: string) => T): T[] {
    const list = this.take(key, asList) ?? [];
    return list.map((item) => as(item, `${this.what} ${key}`));
  }

  map<T>(key: number, as: (v: Cbor, what: string) => T): Map<number, T> {
    const map = this.take(key, asMap) ?? new Map<Cbor, Cbor>();
    return new Map(
      [...map].map(([k, v]) => [
        asNumber(k, this.what),
        as(v, `${this.what} ${key}`),
      ]),
    );
  }
}

function asBytes(value: Cbor, what: string): Uint8Array {
  return value instanceof Uint8Array ? value : fail(`${what} is no bytes`);
}

function asMade(sequence: number): (value: Cbor, what: string) => Made {
  return (value, what) => {
    const [kind, place, outside] = asList(value, what);
    return {
      kind: asNumber(kind, what),
      ref: refOf(sequence, asNumber(place, what)),
      outside:
        outside === undefined ? undefined : BigInt(asInteger(outside, what)),
    };
  };
}

function asText(value: Cbor, what: string): Text {
  const [field, commitment] = asList(value, what);
  return {
    field: asNumber(field, what),
    commitment: asBytes(commitment, what),
  };
}

function asObject(
  sequence: number,
  shared: number[][],
): (value: Cbor) => LeafObject {
  return (value) => {
    const f = new Fields(value, "object");
    const joins = (proof: number | undefined): number[] =>
      proof === undefined
        ? []
        : (shared[proof - 1] ?? fail(`shared proof ${proof}`));
    return {
      kind: f.number(1) ?? 0,
      ref: f.ref(2),
      named: f.number(3),
      outcome: f.number(4) ?? 0,
      proof: f.list(5, asNumber),
      joins: joins(f.number(6)),
      made: f.list(7, asMade(sequence)),
      ended: f.list(8, asRef),
      from: f.list(9, asRef),
      texts: f.list(10, asText),
      numbers: f.map(11, asInteger),
      bytes: f.map(12, asBytes),
    };
  };
}

/** Throws an Error where the bytes are no leaf of this release. */
export function decodeLeaf(bytes: Uint8Array): Leaf {
  const f = new Fields(decode(bytes), "leaf");
  const need = (n: number | undefined, what: string): number =>
    n ?? fail(`no ${what}`);
  const sequence = need(f.number(1), "number");
  const leaf = {
    sequence,
    op: need(f.number(2), "operation"),
    revision: need(f.number(3), "revision"),
    time: need(f.number(4), "time"),
    outcome: f.number(5) ?? 0,
    context: f.number(6),
    principal: f.ref(7),
    session: f.ref(8),
    credentials: f.list(9, asRef),
    approved: f.list(11, asRef),
    at: f.number(12),
    cites: f.number(13),
  };
  const shared = f.list(17, (list, what) =>
    asList(list, what).map((n) => asNumber(n, what)),
  );
  const objects = f.list(18, asObject(sequence, shared));
  return { ...leaf, objects };
}

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** An id as clients see it: a kind's letter, and 13 digits in base 32. */
export function parseId(bytes: Uint8Array): { letter: string; n: bigint } {
  const text = Buffer.from(bytes).toString("latin1");
  let n = 0n;
  if (text.length !== 14) fail(`${text} is no id`);
  for (const digit of text.slice(1)) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) fail(`${text} is no id`);
    n = n * 32n + BigInt(value);
  }
  return { letter: text[0] as string, n };
}
