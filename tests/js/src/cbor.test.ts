// The vectors of RFC 8949, appendix A: those that are deterministic are read,
// the others refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Cbor, decode, encode, Float, Simple, Tagged } from "./cbor.js";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(hex(text));
const list = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const VECTORS: [string, Cbor][] = [
  ["00", 0],
  ["01", 1],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["1819", 25],
  ["1864", 100],
  ["1903e8", 1000],
  ["1a000f4240", 1000000],
  ["1b000000e8d4a51000", 1000000000000],
  ["1bffffffffffffffff", 18446744073709551615n],
  ["c249010000000000000000", new Tagged(2, bytes("010000000000000000"))],
  ["3bffffffffffffffff", -18446744073709551616n],
  ["c349010000000000000000", new Tagged(3, bytes("010000000000000000"))],
  ["20", -1],
  ["29", -10],
  ["3863", -100],
  ["3903e7", -1000],
  ["f90000", new Float(0)],
  ["f98000", new Float(-0)],
  ["f93c00", new Float(1)],
  ["fb3ff199999999999a", new Float(1.1)],
  ["f93e00", new Float(1.5)],
  ["f97bff", new Float(65504)],
  ["fa47c35000", new Float(100000)],
  ["fa7f7fffff", new Float(3.4028234663852886e38)],
  ["fb7e37e43c8800759c", new Float(1e300)],
  ["f90001", new Float(5.960464477539063e-8)],
  ["f90400", new Float(0.00006103515625)],
  ["f9c400", new Float(-4)],
  ["fbc010666666666666", new Float(-4.1)],
  ["f97c00", new Float(Infinity)],
  ["f97e00", new Float(NaN)],
  ["f9fc00", new Float(-Infinity)],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["f7", undefined],
  ["f0", new Simple(16)],
  ["f8ff", new Simple(255)],
  [
    "c074323031332d30332d32315432303a30343a30305a",
    new Tagged(0, "2013-03-21T20:04:00Z"),
  ],
  ["c11a514b67b0", new Tagged(1, 1363896240)],
  ["c1fb41d452d9ec200000", new Tagged(1, new Float(1363896240.5))],
  ["d74401020304", new Tagged(23, bytes("01020304"))],
  ["d818456449455446", new Tagged(24, bytes("6449455446"))],
  [
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    new Tagged(32, "http://www.example.com"),
  ],
  ["40", bytes("")],
  ["4401020304", bytes("01020304")],
  ["60", ""],
  ["6161", "a"],
  ["6449455446", "IETF"],
  ["62225c", '"\\'],
  ["62c3bc", "\u00fc"],
  ["63e6b0b4", "\u6c34"],
  ["64f0908591", "\u{10151}"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(25)],
  ["a0", new Map()],
  ["a201020304", new Map([[1, 2], [3, 4]])],
  ["a26161016162820203", new Map<Cbor, Cbor>([["a", 1], ["b", [2, 3]]])],
  ["826161a161626163", ["a", new Map([["b", "c"]])]],
  [
    "a56161614161626142616361436164614461656145",
    new Map([["a", "A"], ["b", "B"], ["c", "C"], ["d", "D"], ["e", "E"]]),
  ],
];

// The rest of the appendix: lengths that are indefinite, floats and simple
// values in more bytes than they need.
const REFUSED = [
  "fa7f800000",
  "fa7fc00000",
  "faff800000",
  "fb7ff0000000000000",
  "fb7ff8000000000000",
  "fbfff0000000000000",
  "5f42010243030405ff",
  "7f657374726561646d696e67ff",
  "9fff",
  "9f018202039f0405ffff",
  "83018202039f0405ff",
  "bf61610161629f0203ffff",
  "826161bf61626163ff",
  "bf6346756ef563416d7421ff",
  // Not from there: heads, order, ends, depth.
  "",
  "18",
  "1817",
  "1900ff",
  "1a0000ffff",
  "1b00000000ffffffff",
  "3817",
  "4401",
  "58ff00",
  "5bffffffffffffffff",
  "61ff",
  "62c0af",
  "63eda080",
  "8101ff",
  "82",
  "a2030401020a",
  "a201020102",
  "a1",
  "f810",
  "f97e01",
  "fa3f800000",
  "fb3ff8000000000000",
  "1c",
  "5c00",
  "fc",
  "ff",
  "0000",
  "81".repeat(100) + "00",
];

test("RFC 8949, appendix A: what is deterministic is read", () => {
  for (const [text, value] of VECTORS)
    assert.deepEqual(plain(decode(hex(text))), plain(value), text);
});

test("what could be written in another way is refused", () => {
  for (const text of REFUSED)
    assert.throws(() => decode(hex(text)), /^Error: cbor: /, text);
});

test("every beginning of a vector is refused", () => {
  for (const [text] of VECTORS)
    for (let n = 0; n < text.length / 2; n++)
      assert.throws(() => decode(hex(text).subarray(0, n)), /^Error: cbor: /);
});

test("what is written is what was read", () => {
  for (const [text, value] of VECTORS) {
    if (/^(c|d|f)/.test(text)) continue; // floats, tags: a leaf has none
    assert.equal(encode(value).toString("hex"), text);
  }
});

// Buffers and Uint8Arrays of the same bytes are equal here.
function plain(value: Cbor): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (value instanceof Tagged) return [value.tag, plain(value.value)];
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map)
    return [...value].map(([k, v]) => [plain(k), plain(v)]);
  return value;
}
