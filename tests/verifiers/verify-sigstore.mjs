// A verifier of a log folder that shares no code with the project: npm's
// @sigstore/verify checks the checkpoint's signature and entries' inclusion
// proofs, which are made here from the folder's tiles.
//
//   node verify-sigstore.mjs [--flips] FOLDER VKEY-FILE [NODE_MODULES]
//
// With --flips it must refuse the log with any one byte of its files another.
// NODE_MODULES is where @sigstore/verify 3.1.1 is installed; else it's found
// through NODE_PATH. It checks no consistency. Needs Node 20.17 or later.
import { createHash, createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const WIDTH = 256;
const HASH = 32;
// The bit of a byte that --flips turns: base64's digits become ones that no
// spare bits at its end can hide.
const FLIP = 0x10;

// Those that were read, and one of them with a byte flipped.
const files = new Map();
let altered;

function fail(reason) {
  throw new Error(reason);
}

function read(path) {
  if (path === altered?.path) return altered.bytes;
  if (!files.has(path)) files.set(path, readFileSync(path));
  return files.get(path);
}

// The library exports no part of its tlog checks: they're named by file.
function load(modules) {
  const folders = [modules, ...(process.env.NODE_PATH ?? "").split(":")];
  for (const folder of folders) {
    if (!folder) continue;
    const tlog = join(resolve(folder), "@sigstore/verify/dist/tlog");
    if (existsSync(tlog)) {
      const require = createRequire(join(tlog, "index.js"));
      return {
        ...require("./checkpoint.js"),
        ...require("./merkle.js"),
      };
    }
  }
  return fail("@sigstore/verify is not installed");
}

function indexPath(n) {
  let text = String(n % 1000).padStart(3, "0");
  for (n = Math.floor(n / 1000); n > 0; n = Math.floor(n / 1000))
    text = `x${String(n % 1000).padStart(3, "0")}/${text}`;
  return text;
}

function readPart(path, width) {
  const partial = `${path}.p/${width}`;
  if (width < WIDTH && existsSync(partial))
    return { bytes: read(partial), exact: true };
  return { bytes: read(path), exact: width === WIDTH };
}

class Folder {
  constructor(path, size) {
    this.path = path;
    this.size = size;
    this.nodes = new Map();
    this.bundle = { index: -1, entries: [] };
  }

  widthAt(level, index) {
    const hashes = Math.floor(this.size / WIDTH ** level);
    return Math.min(WIDTH, hashes - index * WIDTH);
  }

  // All nodes of a tile, from its hashes up: rows[h][i].
  tile(level, index) {
    const key = `${level}/${index}`;
    if (this.nodes.has(key)) return this.nodes.get(key);
    const width = this.widthAt(level, index);
    const path = join(this.path, `tile/${level}/${indexPath(index)}`);
    const { bytes, exact } = readPart(path, width);
    if (bytes.length < width * HASH || (exact && bytes.length !== width * HASH))
      fail(`${path}: wrong size`);
    const rows = [[]];
    for (let i = 0; i < width; i++)
      rows[0].push(bytes.subarray(i * HASH, (i + 1) * HASH));
    for (let h = 0; h < 8; h++) {
      rows.push([]);
      for (let i = 0; 2 * i + 1 < rows[h].length; i++)
        rows[h + 1].push(node(rows[h][2 * i], rows[h][2 * i + 1]));
    }
    this.nodes.set(key, rows);
    return rows;
  }

  // The root of the complete subtree of 2^level leaves.
  node(level, index) {
    const height = level % 8;
    const perTile = WIDTH / 2 ** height;
    const rows = this.tile((level - height) / 8, Math.floor(index / perTile));
    return rows[height][index % perTile];
  }

  // The root of leaves begin to end, where begin is aligned (RFC 6962, 2.1).
  range(begin, end) {
    if (end - begin === 1) return this.node(0, begin);
    const k = split(end - begin);
    if (2 * k === end - begin) {
      const level = Math.log2(end - begin);
      return this.node(level, begin / (end - begin));
    }
    return node(this.range(begin, begin + k), this.range(begin + k, end));
  }

  // PATH of RFC 6962, 2.1.1: from the leaf up.
  proof(index, begin = 0, end = this.size) {
    if (end - begin === 1) return [];
    const middle = begin + split(end - begin);
    return index < middle
      ? [...this.proof(index, begin, middle), this.cached(middle, end)]
      : [...this.proof(index, middle, end), this.cached(begin, middle)];
  }

  cached(begin, end) {
    const key = `${begin}-${end}`;
    if (!this.nodes.has(key)) this.nodes.set(key, this.range(begin, end));
    return this.nodes.get(key);
  }

  entry(index) {
    const n = Math.floor(index / WIDTH);
    if (this.bundle.index !== n) {
      const width = this.widthAt(0, n);
      const path = join(this.path, `tile/entries/${indexPath(n)}`);
      const { bytes, exact } = readPart(path, width);
      const entries = [];
      let at = 0;
      while (entries.length < width) {
        if (bytes.length < at + 2) fail(`${path}: too few entries`);
        const end = at + 2 + bytes.readUInt16BE(at);
        if (bytes.length < end) fail(`${path}: entry cut short`);
        entries.push(bytes.subarray(at + 2, end));
        at = end;
      }
      if (exact && at !== bytes.length) fail(`${path}: too many bytes`);
      this.bundle = { index: n, entries };
    }
    return this.bundle.entries[index % WIDTH];
  }
}

function node(left, right) {
  return createHash("sha256").update("\x01").update(left).update(right)
    .digest();
}

function split(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// A vkey as the library's idea of a log: key id, name, public key.
function logOf(vkey) {
  const [name] = vkey.split("+");
  // Behind the key id; base64 may hold a plus, too.
  const base64 = vkey.slice(name.length + 1 + 8 + 1);
  const key = Buffer.from(base64, "base64");
  if (key.length !== 33 || key[0] !== 1) fail("not an Ed25519 vkey");
  const logID = createHash("sha256").update(`${name}\n`).update(key).digest();
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: key.subarray(1).toString("base64url") },
    format: "jwk",
  });
  return { logID, baseURL: name, publicKey };
}

function verify({ verifyCheckpoint, verifyMerkleInclusion }, path, log) {
  const envelope = read(join(path, "checkpoint")).toString();
  const checkpoint = verifyCheckpoint(
    { inclusionProof: { checkpoint: { envelope } } },
    [log],
  );
  const folder = new Folder(path, Number(checkpoint.logSize));
  for (let i = 0; i < folder.size; i++)
    verifyMerkleInclusion(
      {
        canonicalizedBody: folder.entry(i),
        inclusionProof: { logIndex: String(i), hashes: folder.proof(i) },
      },
      checkpoint,
    );
  return `${folder.size} inclusion proofs verified`;
}

function accepts(...args) {
  try {
    verify(...args);
    return true;
  } catch {
    return false;
  }
}

// The library finds a signature's key by its id: it doesn't look at the name.
function isName(path, bytes, i) {
  const start = bytes.indexOf("\n\n\u2014 ") + 6;
  return path.endsWith("/checkpoint") && i >= start &&
    i < bytes.indexOf(" ", start);
}

// The log with each byte of each of its files flipped.
function refuseFlips(...args) {
  verify(...args);
  let refused = 0;
  for (const [path, bytes] of [...files]) {
    altered = { path, bytes: Buffer.from(bytes) };
    for (let i = 0; i < bytes.length; i++) {
      if (isName(path, bytes, i)) continue;
      refused++;
      altered.bytes[i] ^= FLIP;
      if (accepts(...args)) fail(`${path}: byte ${i} may be another`);
      altered.bytes[i] ^= FLIP;
    }
  }
  return `${refused} flipped bytes refused, in ${files.size} files`;
}

const args = process.argv.slice(2);
const run = args[0] === "--flips" ? refuseFlips : verify;
const [path, vkeyFile, modules] = args.slice(run === verify ? 0 : 1);
if (vkeyFile === undefined) {
  console.error(
    "usage: verify-sigstore.mjs [--flips] FOLDER VKEY-FILE [NODE_MODULES]",
  );
  process.exit(2);
}
try {
  const log = logOf(readFileSync(vkeyFile, "utf8").trimEnd());
  console.log(`sigstore: ${run(load(modules), path, log)}`);
} catch (error) {
  console.error(`sigstore: ${error.message}`);
  process.exitCode = 1;
}
