// The clients' codec of frames (clients/frames.ts) against the server's, which
// make-frames writes some with: what comes is read as what it says, what is sent is
// written as the server would, and what is anything else is refused.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { before, test } from "node:test";

import { encode } from "./cbor.js";
import { BIN, ROOT } from "./server.js";
import { loadSource } from "./source.js";

type Field = number | boolean | string | Uint8Array;

interface Frame {
  frame: string;
  [field: string]: Field;
}

interface Codec {
  FRAMES: { [name: string]: number };
  FrameError: new () => Error;
  encodeFrame(frame: Frame): Uint8Array;
  decodeFrame(bytes: Uint8Array): Frame | undefined;
}

interface Line {
  way: "in" | "out";
  bytes: Uint8Array;
  frame: Frame;
}

let codec: Codec;
let lines: Line[];

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex, "hex"));

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

before(async () => {
  const made = spawnSync(path.join(BIN, "make-frames"), {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  assert.equal(made.status, 0, made.stderr);
  lines = made.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { way, hex, frame } = JSON.parse(line, (_, value: unknown) =>
        typeof value === "object" && value !== null && "octets" in value
          ? bytesOf(value.octets as string)
          : value,
      ) as { way: "in" | "out"; hex: string; frame: Frame };
      return { way, bytes: bytesOf(hex), frame };
    });
  codec = (await loadSource(path.join(ROOT, "clients/frames.ts"))) as Codec;
});

const of = (way: "in" | "out"): Line[] => lines.filter((l) => l.way === way);

test("each frame is among them, by its number", () => {
  const numbers = new Map<string, number>();
  for (const { bytes, frame } of lines) {
    const [, first = 0, second = 0] = bytes;
    numbers.set(frame.frame, first < 24 ? first : second);
  }
  assert.deepEqual(Object.fromEntries(numbers), codec.FRAMES);
});

test("what the server writes is read", () => {
  for (const { bytes, frame } of of("out"))
    assert.deepEqual(codec.decodeFrame(bytes), frame);
});

test("what is written is what the server would write", () => {
  for (const { bytes, frame } of of("in"))
    assert.equal(hexOf(codec.encodeFrame(frame)), hexOf(bytes), frame.frame);
});

test("every beginning of a frame is refused, and what stands behind one", () => {
  for (const { bytes } of of("out")) {
    for (let n = 0; n < Math.min(bytes.length, 400); n++)
      assert.throws(() => codec.decodeFrame(bytes.slice(0, n)), codec.FrameError);
    const longer = Uint8Array.from([...bytes, 0]);
    assert.throws(() => codec.decodeFrame(longer), codec.FrameError);
  }
});

const encoded = (...fields: Parameters<typeof encode>[0][]): Uint8Array =>
  Uint8Array.from(encode(fields));

test("what a newer server says besides is passed over", () => {
  const { FRAMES } = codec;
  assert.equal(codec.decodeFrame(encoded(127, "x")), undefined);
  assert.deepEqual(codec.decodeFrame(encoded(FRAMES["moved"]!, 3, "more", 4)), {
    frame: "moved",
    part: 3,
  });
});

test("what could be written in another way, or has no room, is refused", () => {
  const moved = codec.FRAMES["moved"]!;
  const shown = codec.FRAMES["shown"]!;
  const refused = [
    ...["", "80", "8118", "00", "a10100", "9f184e00ff"].map(bytesOf),
    bytesOf("82184e1800"), // 0 in two bytes
    bytesOf("82184e190017"),
    bytesOf("82184e1a00000017"),
    bytesOf("82184e1b0000000000000001"),
    bytesOf("8219004e00"),
    encoded(moved),
    encoded(moved, -1),
    encoded(moved, 100001),
    encoded(moved, "0"),
    encoded(moved, true),
    encoded(shown, 0, 1),
    encoded(shown, 2 ** 32, true),
    encoded(codec.FRAMES["stale"]!, 0, 2 ** 31, 0, 0, 0),
    encoded(codec.FRAMES["stale"]!, 0, -(2 ** 31) - 1, 0, 0, 0),
    bytesOf("82185061ff"), // no UTF-8
    bytesOf("82185062c0af"),
    encoded(codec.FRAMES["formula"]!, Uint8Array.from([97])),
    encoded(codec.FRAMES["address"]!, "a".repeat(256)),
  ];
  for (const bytes of refused)
    assert.throws(
      () => codec.decodeFrame(bytes),
      codec.FrameError,
      hexOf(bytes.subarray(0, 40)),
    );
});

test("a frame whose fields have no room is not written", () => {
  const refused: Frame[] = [
    { frame: "key", character: 0x110000, code: 0 },
    { frame: "key", character: -1, code: 0 },
    { frame: "key", character: 1.5, code: 0 },
    { frame: "key", character: NaN, code: 0 },
    { frame: "select", type: 0, x: 2 ** 31, y: 0 },
    { frame: "select", type: 0, x: 0, y: -(2 ** 31) - 1 },
    { frame: "select", type: 0, x: 0.5, y: 0 },
    { frame: "ask", name: "a".repeat(256) },
  ];
  for (const frame of refused)
    assert.throws(() => codec.encodeFrame(frame), codec.FrameError);
});
