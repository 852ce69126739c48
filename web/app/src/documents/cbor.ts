// The arguments of a command: an array in deterministic CBOR (RFC 8949), as frames
// carry it.
export type Argument = string | number | boolean | null;

function head(out: number[], major: number, n: number): void {
  const size = n < 24 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 4;
  out.push((major << 5) | (size === 0 ? n : size === 4 ? 26 : 23 + size));
  for (let i = size - 1; i >= 0; i--) out.push((n >>> (8 * i)) & 0xff);
}

export function argumentsOf(given: readonly Argument[]): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  if (given.length > 0) head(out, 4, given.length);
  for (const one of given) {
    if (one === null) out.push(0xf6);
    else if (typeof one === "boolean") out.push(one ? 0xf5 : 0xf4);
    else if (typeof one === "number") head(out, 0, one);
    else {
      const bytes = new TextEncoder().encode(one);
      head(out, 3, bytes.length);
      for (const byte of bytes) out.push(byte);
    }
  }
  return Uint8Array.from(out);
}
