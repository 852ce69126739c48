// Deterministic CBOR, as much of it as leaves and bundles are made of.

export type Cbor =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array<ArrayBuffer>
  | readonly Cbor[]
  | ReadonlyMap<number, Cbor>;

const DEPTH_MAX = 32;

const fail = (): never => {
  throw new RangeError("these bytes are no record");
};

class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #take(n: number): number {
    const at = this.#at;
    if (n > this.bytes.length - at) fail();
    this.#at += n;
    return at;
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#view.getUint8(this.#take(1));
    if (info === 25) return this.#view.getUint16(this.#take(2));
    if (info === 26) return this.#view.getUint32(this.#take(4));
    if (info !== 27) return fail();
    const n = this.#view.getBigUint64(this.#take(8));
    return n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n;
  }

  #count(info: number): number {
    const n = Number(this.#argument(info));
    return n > this.bytes.length ? fail() : n;
  }

  #slice(info: number): Uint8Array<ArrayBuffer> {
    const n = this.#count(info);
    const at = this.#take(n);
    return this.bytes.slice(at, at + n);
  }

  #list(info: number, depth: number): Cbor[] {
    return Array.from({ length: this.#count(info) }, () => this.value(depth));
  }

  #map(info: number, depth: number): Map<number, Cbor> {
    const map = new Map<number, Cbor>();
    for (let n = this.#count(info); n > 0; n--)
      map.set(Number(this.value(depth)), this.value(depth));
    return map;
  }

  value(depth = 0): Cbor {
    if (depth > DEPTH_MAX) fail();
    const head = this.#view.getUint8(this.#take(1));
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return this.#argument(info);
      case 1: {
        const n = -1n - BigInt(this.#argument(info));
        return n >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(n) : n;
      }
      case 2:
        return this.#slice(info);
      case 3:
        return new TextDecoder().decode(this.#slice(info));
      case 4:
        return this.#list(info, depth + 1);
      case 5:
        return this.#map(info, depth + 1);
      default:
        return info === 20 ? false : info === 21 ? true : fail();
    }
  }

  get isDone(): boolean {
    return this.#at === this.bytes.length;
  }
}

/** Throws RangeError where the bytes are no such value. */
export function decode(bytes: Uint8Array<ArrayBuffer>): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value();
  return reader.isDone ? value : fail();
}
