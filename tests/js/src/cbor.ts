// Deterministic CBOR (RFC 8949, section 4.2.1), read strictly: whatever could
// have been written in another way is refused. And written, for tests.

export type Cbor =
  | number // where it is safe, else
  | bigint
  | boolean
  | null
  | undefined
  | string
  | Uint8Array
  | Cbor[]
  | Map<Cbor, Cbor>
  | Float
  | Tagged
  | Simple;

/** A number that was written as a floating-point one. */
export class Float {
  constructor(readonly value: number) {}
}

export class Tagged {
  constructor(
    readonly tag: number | bigint,
    readonly value: Cbor,
  ) {}
}

/** A simple value without a meaning of its own. */
export class Simple {
  constructor(readonly value: number) {}
}

const DEPTH_MAX = 64;

function narrow(n: bigint): number | bigint {
  return n >= BigInt(Number.MIN_SAFE_INTEGER) &&
    n <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(n)
    : n;
}

/** The value of a half-precision float (RFC 8949, appendix D). */
function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

function isHalf(value: number): boolean {
  if (!Number.isFinite(value) || value === 0) return true;
  const size = Math.abs(value);
  if (size > 65504 || size < 2 ** -24) return false;
  const step = 2 ** Math.max(Math.floor(Math.log2(size)) - 10, -24);
  return Number.isInteger(size / step);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  private take(n: number): number {
    const at = this.at;
    if (n > this.bytes.length - at) throw new Error(`cbor: cut at ${at}`);
    this.at += n;
    return at;
  }

  private fail(what: string): never {
    throw new Error(`cbor: ${what} before ${this.at}`);
  }

  // The argument of a head, in the fewest bytes (4.2.1).
  private argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info > 27) return this.fail("indefinite length, or reserved");
    let n: number | bigint;
    let least: number;
    if (info === 24) {
      n = this.view.getUint8(this.take(1));
      least = 24;
    } else if (info === 25) {
      n = this.view.getUint16(this.take(2));
      least = 2 ** 8;
    } else if (info === 26) {
      n = this.view.getUint32(this.take(4));
      least = 2 ** 16;
    } else {
      n = narrow(this.view.getBigUint64(this.take(8)));
      least = 2 ** 32;
    }
    if (n < least) this.fail("an argument that is longer than need be");
    return n;
  }

  private length(info: number): number {
    const n = this.argument(info);
    // Each element takes a byte at least.
    if (n > this.bytes.length) this.fail("a length beyond the end");
    return Number(n);
  }

  private string(info: number): string {
    const n = this.length(info);
    const at = this.take(n);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.bytes.subarray(at, at + n),
      );
    } catch {
      return this.fail("text that is not UTF-8");
    }
  }

  private map(info: number, depth: number): Map<Cbor, Cbor> {
    const map = new Map<Cbor, Cbor>();
    const n = this.length(info);
    let before: Uint8Array | undefined;
    for (let i = 0; i < n; i++) {
      const start = this.at;
      const key = this.value(depth + 1);
      const bytes = this.bytes.subarray(start, this.at);
      if (before !== undefined && compare(before, bytes) >= 0)
        this.fail("map keys out of order, or twice the same");
      before = bytes;
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  private simple(info: number): Cbor {
    let value: number;
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 24:
        value = this.view.getUint8(this.take(1));
        if (value < 32) this.fail("a simple value in two bytes");
        return new Simple(value);
      case 25:
        value = this.view.getUint16(this.take(2));
        if (Number.isNaN(fromHalf(value)) && value !== 0x7e00)
          this.fail("another NaN");
        return new Float(fromHalf(value));
      case 26:
        value = this.view.getFloat32(this.take(4));
        if (Number.isNaN(value) || isHalf(value)) this.fail("a float too long");
        return new Float(value);
      case 27:
        value = this.view.getFloat64(this.take(8));
        if (Number.isNaN(value) || Math.fround(value) === value)
          this.fail("a float too long");
        return new Float(value);
      default:
        if (info > 27) return this.fail("a break, or reserved");
        return new Simple(info);
    }
  }

  value(depth = 0): Cbor {
    if (depth > DEPTH_MAX) this.fail("nested too deep");
    const head = this.view.getUint8(this.take(1));
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return this.argument(info);
      case 1:
        return narrow(-1n - BigInt(this.argument(info)));
      case 2: {
        const n = this.length(info);
        const at = this.take(n);
        return this.bytes.subarray(at, at + n);
      }
      case 3:
        return this.string(info);
      case 4: {
        const n = this.length(info);
        const list: Cbor[] = [];
        for (let i = 0; i < n; i++) list.push(this.value(depth + 1));
        return list;
      }
      case 5:
        return this.map(info, depth);
      case 6:
        return new Tagged(this.argument(info), this.value(depth + 1));
      default:
        return this.simple(info);
    }
  }

  end(): void {
    if (this.at !== this.bytes.length) this.fail("bytes behind the end");
  }
}

/** The one value that the bytes are; throws an Error where they are none. */
export function decode(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value();
  reader.end();
  return value;
}

function head(major: number, n: number | bigint): Buffer {
  const bytes = Buffer.alloc(9);
  const put = (info: number, size: number): Buffer => {
    bytes[0] = (major << 5) | info;
    return bytes.subarray(0, 1 + size);
  };
  if (n < 24) return put(Number(n), 0);
  if (n < 2 ** 8) {
    bytes.writeUInt8(Number(n), 1);
    return put(24, 1);
  }
  if (n < 2 ** 16) {
    bytes.writeUInt16BE(Number(n), 1);
    return put(25, 2);
  }
  if (n < 2 ** 32) {
    bytes.writeUInt32BE(Number(n), 1);
    return put(26, 4);
  }
  bytes.writeBigUInt64BE(BigInt(n), 1);
  return put(27, 8);
}

/** The bytes of a value; of those kinds only that tests write. */
export function encode(value: Cbor): Buffer {
  if (typeof value === "number" || typeof value === "bigint")
    return value >= 0 ? head(0, value) : head(1, -1n - BigInt(value));
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (value instanceof Uint8Array)
    return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value))
    return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  if (value instanceof Map) {
    const pairs = [...value].map(([k, v]) => [encode(k), encode(v)] as const);
    pairs.sort(([a], [b]) => compare(a, b));
    return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
  }
  throw new Error(`cbor: ${String(value)} is not written here`);
}
