// That a record stands in the log, verified here: RFC 6962 hashes and paths, C2SP
// tlog-proof, signed-note and tlog-checkpoint. It believes nothing that it is given,
// and knows nothing of the page; what it needs of the browser is SHA-256 and Ed25519.

type Bytes = Uint8Array<ArrayBuffer>;

/** Why a proof isn't one. */
export class Wrong extends Error {
  constructor(
    readonly why:
      | "form" // no proof, checkpoint or key can be read there
      | "path" // the hashes don't lead to the checkpoint's root
      | "signature", // the key has not signed the checkpoint
  ) {
    super(why);
  }
}

/** A verifier key: signed-note's `name+id+base64`. */
export interface Key {
  readonly text: string;
  readonly name: string;
  readonly id: Bytes;
  readonly bytes: Bytes;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

export interface Proof {
  readonly index: number;
  readonly hashes: readonly Bytes[];
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

/** One hash of the way up: what it was joined with, on which side, and what came. */
export interface Step {
  readonly beside: string;
  readonly left: boolean;
  readonly hash: string;
}

export interface Way {
  readonly leaf: string;
  readonly steps: readonly Step[];
  readonly root: string;
}

// ---- bytes

export function bytesOf64(text: string): Bytes {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new Wrong("form");
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export const base64Of = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes));

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

const same = (a: Uint8Array, b: Uint8Array): boolean => hexOf(a) === hexOf(b);

const utf8 = new TextEncoder();

// ---- hashes (RFC 6962, section 2.1)

export const leafHash = (leaf: Uint8Array): Promise<Bytes> =>
  sha256(joined(Uint8Array.of(0), leaf));

const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> =>
  sha256(joined(Uint8Array.of(1), left, right));

/**
 * The way from a leaf to the root of a tree of that size (RFC 9162, section
 * 2.1.3.2). `upTo` is the root of the tree that ended with this leaf: what only
 * stands left of it.
 */
async function climb(
  leaf: Bytes,
  index: number,
  size: number,
  hashes: readonly Bytes[],
): Promise<{ readonly way: Way; readonly upTo: Bytes }> {
  if (index < 0 || index >= size) throw new Wrong("path");
  let hash = leaf;
  let upTo = leaf;
  let at = BigInt(index);
  let last = BigInt(size) - 1n;
  const steps: Step[] = [];
  for (const beside of hashes) {
    if (last === 0n) throw new Wrong("path");
    const left = (at & 1n) === 1n || at === last;
    if (left) {
      hash = await nodeHash(beside, hash);
      upTo = await nodeHash(beside, upTo);
      while ((at & 1n) === 0n && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, beside);
    }
    steps.push({ beside: hexOf(beside), left, hash: hexOf(hash) });
    at >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Wrong("path");
  return {
    way: { leaf: hexOf(leaf), steps, root: hexOf(hash) },
    upTo,
  };
}

// ---- reading

const isNumber = (text: string | undefined): text is string =>
  text !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(text);

export function parseCheckpoint(note: string): Checkpoint {
  const end = note.lastIndexOf("\n\n");
  const [origin, size, root, ...more] = note.slice(0, end + 1).split("\n");
  if (end < 0 || !origin || !isNumber(size) || root === undefined || more[0] !== "")
    throw new Wrong("form");
  if (bytesOf64(root).length !== 32) throw new Wrong("form");
  return { origin, size: Number(size), root: hexOf(bytesOf64(root)) };
}

export function parseProof(text: string): Proof {
  const end = text.indexOf("\n\n");
  const [format, index, ...hashes] = text.slice(0, end).split("\n");
  const number = index?.startsWith("index ") ? index.slice(6) : undefined;
  if (end < 0 || format !== "c2sp.org/tlog-proof@v1" || !isNumber(number))
    throw new Wrong("form");
  const note = text.slice(end + 2);
  const read = hashes.map(bytesOf64);
  if (read.length > 63 || read.some((hash) => hash.length !== 32))
    throw new Wrong("form");
  return {
    index: Number(number),
    hashes: read,
    note,
    checkpoint: parseCheckpoint(note),
  };
}

const ED25519 = 1;

/** Its id must be that of the name and the key. */
export async function parseKey(text: string): Promise<Key> {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || key === undefined)
    throw new Wrong("form");
  const typed = bytesOf64(key);
  if (typed.length !== 33 || typed[0] !== ED25519) throw new Wrong("form");
  const digest = await sha256(joined(utf8.encode(`${name}\n`), typed));
  if (hexOf(digest.slice(0, 4)) !== id) throw new Wrong("form");
  return { text, name, id: digest.slice(0, 4), bytes: typed.slice(1) };
}

// ---- the signature

interface Signature {
  readonly name: string;
  readonly id: Bytes;
  readonly bytes: Bytes;
}

function signaturesOf(note: string): Signature[] {
  const lines = note.slice(note.lastIndexOf("\n\n") + 2).split("\n");
  if (lines.pop() !== "") throw new Wrong("form");
  return lines.map((line) => {
    const [, name, text] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (name === undefined || text === undefined) throw new Wrong("form");
    const bytes = bytesOf64(text);
    return { name, id: bytes.slice(0, 4), bytes: bytes.slice(4) };
  });
}

async function importKey(key: Key): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, [
      "verify",
    ]);
  } catch (error) {
    // Browsers of before 2025 don't know it.
    if (error instanceof DOMException && error.name === "NotSupportedError")
      return undefined;
    throw new Wrong("form");
  }
}

/** Whether that key has signed the checkpoint; undefined: not to be known here. */
export async function isSigned(
  note: string,
  key: Key,
): Promise<boolean | undefined> {
  const signature = signaturesOf(note).find(
    ({ name, id }) => name === key.name && same(id, key.id),
  );
  if (signature === undefined) return false;
  const imported = await importKey(key);
  if (imported === undefined) return undefined;
  const text = utf8.encode(note.slice(0, note.lastIndexOf("\n\n") + 1));
  return crypto.subtle.verify("Ed25519", imported, signature.bytes, text);
}

// ---- all of it

export interface Checked {
  readonly proof: Proof;
  readonly key: Key;
  readonly way: Way;
  /** False where this browser can't check signatures of that kind. */
  readonly signed: boolean;
}

export interface Given {
  readonly proof: string;
  readonly leaf: string;
  readonly key: string;
}

/** Throws Wrong where anything doesn't fit. */
export async function checkInclusion(given: Given): Promise<Checked> {
  const proof = parseProof(given.proof);
  const key = await parseKey(given.key);
  const { checkpoint, index, hashes } = proof;
  if (checkpoint.origin !== key.name) throw new Wrong("signature");
  const leaf = await leafHash(bytesOf64(given.leaf));
  const { way } = await climb(leaf, index, checkpoint.size, hashes);
  if (way.root !== checkpoint.root) throw new Wrong("path");
  const signed = await isSigned(proof.note, key);
  if (signed === false) throw new Wrong("signature");
  return { proof, key, way, signed: signed === true };
}

/**
 * Whether the log of a checkpoint goes on from an earlier one, by the proof of the
 * last record that the earlier one has: what stands left of that record is all of
 * the earlier tree, so that its root follows from the same hashes.
 */
export async function continues(
  earlier: Pick<Checkpoint, "size" | "root">,
  ofLast: Given,
): Promise<{ readonly goesOn: boolean; readonly checkpoint: Checkpoint }> {
  const { proof } = await checkInclusion(ofLast);
  if (proof.index !== earlier.size - 1) throw new Wrong("form");
  const { checkpoint, index, hashes } = proof;
  const leaf = await leafHash(bytesOf64(ofLast.leaf));
  const { upTo } = await climb(leaf, index, checkpoint.size, hashes);
  return { goesOn: hexOf(upTo) === earlier.root, checkpoint };
}
