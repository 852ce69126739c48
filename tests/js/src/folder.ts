// A log folder as a stranger reads it: C2SP signed-note v1.0.0, tlog-checkpoint
// v1.0.0 and tlog-tiles v0.1.0, and the catalogue that stands beside the tiles.
import { createHash, createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const WIDTH = 256;
const HASH = 32;

/** The log as far as its checkpoint says. */
export interface Log {
  origin: string;
  leaves: Uint8Array[];
  catalogues: Map<string, Catalogue>; // by the hex of their digest
}

export interface Need {
  relation?: string; // none where anyone may
  on: string;
}

export interface Operation {
  number: number;
  revision: number;
  name: string;
  effect: "system" | "write" | "read";
  family: string;
  system?: string; // why no client does it
  stepup?: boolean; // of a person: confirmed within 5 minutes
  second?: "always" | "day" | "self"; // two people
  needs: Need[];
  unit?: string; // the argument by whose unit the role may be had, too
  orRole?: string;
  makes: string[];
  ends: string[];
  arguments?: string;
}

export interface Field {
  number: number;
  name: string;
}

export interface Words {
  name: string;
  words: { number: number; word: string }[];
}

/** The rules of the relation schema. */
export interface Rule {
  object: string;
  relation: string;
  by: string[];
  inherits: boolean;
}

export interface Catalogue {
  table: {
    operations: Operation[];
    shapes: { name: string; fields: Field[] }[];
    words: Words[];
    kinds: { number: number; kind: string; letter: string }[];
    outcomes: { number: number; name: string; class: string }[];
  };
  schema: Rule[];
}

function fail(reason: string): never {
  throw new Error(`log folder: ${reason}`);
}

function sha256(...parts: (Uint8Array | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

// Node reads base64 leniently.
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : fail(`"${text}"`);
}

/** Opens a note by a key's text; gives the text that was signed. */
function openNote(note: string, vkey: string): string {
  const [name, id] = vkey.split("+");
  // Behind name and key id; base64 may hold a plus, too.
  const base64 = vkey.slice(`${name}+${id}+`.length);
  const key = fromBase64(base64);
  if (name === undefined || key.length !== 33 || key[0] !== 1)
    fail("not an Ed25519 key");
  const keyId = sha256(`${name}\n`, key).subarray(0, 4);
  if (keyId.toString("hex") !== id) fail("the key's id is another's");
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) fail("the checkpoint is no note");
  const text = note.slice(0, end + 1);
  const publicKey = createPublicKey({
    key: {
      kty: "OKP",
      crv: "Ed25519",
      x: key.subarray(1).toString("base64url"),
    },
    format: "jwk",
  });
  for (const line of note.slice(end + 2).split("\n")) {
    const prefix = `\u2014 ${name} `;
    if (!line.startsWith(prefix)) continue;
    const signature = fromBase64(line.slice(prefix.length));
    if (!signature.subarray(0, 4).equals(keyId)) continue;
    if (verify(null, Buffer.from(text), publicKey, signature.subarray(4)))
      return text;
    fail("the checkpoint's signature is wrong");
  }
  return fail("the checkpoint is not signed by the log's key");
}

function indexPath(index: number): string {
  const group = (n: number): string => String(n % 1000).padStart(3, "0");
  let path = group(index);
  for (let n = Math.floor(index / 1000); n > 0; n = Math.floor(n / 1000))
    path = `x${group(n)}/${path}`;
  return path;
}

function readBundle(folder: string, index: number, width: number): Buffer {
  const path = join(folder, "tile/entries", indexPath(index));
  const partial = `${path}.p/${width}`;
  return readFileSync(width < WIDTH && existsSync(partial) ? partial : path);
}

function readEntries(folder: string, size: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let first = 0; first < size; first += WIDTH) {
    const width = Math.min(WIDTH, size - first);
    const bytes = readBundle(folder, first / WIDTH, width);
    for (let i = 0, at = 0; i < width; i++) {
      if (bytes.length < at + 2) fail(`entry ${first + i} is missing`);
      const end = at + 2 + bytes.readUInt16BE(at);
      if (bytes.length < end) fail(`entry ${first + i} is cut`);
      entries.push(bytes.subarray(at + 2, end));
      at = end;
    }
  }
  return entries;
}

/** MTH of RFC 6962, 2.1: complete subtrees, joined from the right. */
export function treeRoot(entries: Uint8Array[]): Buffer {
  const stack: { hash: Buffer; size: number }[] = [];
  const join2 = (left: Buffer, right: Buffer): Buffer =>
    sha256("\x01", left, right);
  for (const entry of entries) {
    let node = { hash: sha256("\x00", entry), size: 1 };
    while (stack.at(-1)?.size === node.size) {
      const left = stack.pop() as { hash: Buffer };
      node = { hash: join2(left.hash, node.hash), size: node.size * 2 };
    }
    stack.push(node);
  }
  if (stack.length === 0) return sha256("");
  return stack.reduceRight(
    (right, left) => ({ hash: join2(left.hash, right.hash), size: 0 }),
    stack.pop() as { hash: Buffer; size: number },
  ).hash;
}

function readCatalogues(folder: string): Map<string, Catalogue> {
  const all = new Map<string, Catalogue>();
  for (const name of readdirSync(folder)) {
    const digest = /^catalogue-([0-9a-f]{64})\.json$/.exec(name)?.[1];
    if (digest === undefined) continue;
    const text = readFileSync(join(folder, name));
    if (sha256(text).toString("hex") !== digest)
      fail(`${name} is not the text that its name says`);
    all.set(digest, JSON.parse(text.toString()) as Catalogue);
  }
  return all;
}

/** Reads a folder; throws an Error where it isn't whole. */
export function readLog(folder: string): Log {
  const vkey = readFileSync(join(folder, "log.vkey"), "utf8").trimEnd();
  const note = readFileSync(join(folder, "checkpoint"), "utf8");
  const [origin, size, root] = openNote(note, vkey).split("\n");
  if (origin === undefined || !/^(0|[1-9][0-9]*)$/.test(size ?? ""))
    fail("the checkpoint has no origin, or no size");
  const leaves = readEntries(folder, Number(size));
  const have = treeRoot(leaves);
  if (have.length !== HASH || have.toString("base64") !== root)
    fail("the entries are not those that the checkpoint signs");
  return { origin, leaves, catalogues: readCatalogues(folder) };
}
