// What an authenticator app shows (RFC 6238): six digits, 30 seconds, SHA-1.
import * as crypto from "node:crypto";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

function seedOf(base32: string): Buffer {
  const bits = [...base32]
    .map((digit) => DIGITS.indexOf(digit).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
}

/** The code of that many steps from now. */
export function codeOf(base32: string, steps = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
  const hash = crypto
    .createHmac("sha1", seedOf(base32))
    .update(counter)
    .digest();
  const at = (hash.at(-1) ?? 0) & 15;
  const number = hash.readUInt32BE(at) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
