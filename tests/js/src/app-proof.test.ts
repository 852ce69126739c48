// The proofs as the web app verifies them, by its own module: over real ones of a
// server, each of which is then spoilt, byte by byte.
import assert from "node:assert/strict";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { eventually, Refused, ROOT, Server } from "./server.js";
import { loadSource } from "./source.js";

const RECORDS = 70; // over a power of two, and not at one

interface Given {
  proof: string;
  leaf: string;
  key: string;
}

interface Module {
  checkInclusion: (given: Given) => Promise<{ signed: boolean; proof: { index: number; checkpoint: Checkpoint } }>;
  continues: (
    earlier: { size: number; root: string },
    ofLast: Given,
  ) => Promise<{ goesOn: boolean }>;
  leafHash: (leaf: Uint8Array) => Promise<Uint8Array>;
  hexOf: (bytes: Uint8Array) => string;
}

interface Checkpoint {
  size: number;
  root: string;
}

let server: Server;
let proofs: Module;

before(async () => {
  server = await Server.start("app-proof");
  proofs = (await loadSource(path.join(ROOT, "web/app/src/log/proof.ts"))) as Module;
});
after(() => server.stop());

/** A record that was just made is under no checkpoint for a moment. */
const prove = (sequence: number): Promise<Given> =>
  eventually(`a proof of ${sequence}`, async () => {
    try {
      return (await server.op("log.prove", { sequence })) as Given;
    } catch (error) {
      if (error instanceof Refused && error.code === "STATE") return undefined;
      throw error;
    }
  });

const isWrong = async (given: Given, why: string): Promise<void> => {
  await assert.rejects(proofs.checkInclusion(given), { why });
};

test("the known answers of RFC 6962", async () => {
  const hash = async (hex: string) => proofs.hexOf(await proofs.leafHash(Buffer.from(hex, "hex")));
  assert.equal(await hash(""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  assert.equal(await hash("00"), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
});

test("each record's proof holds, in trees of every shape", async () => {
  const seen: Checkpoint[] = [];
  for (let sequence = 1; sequence <= RECORDS; sequence++) {
    const { proof, signed } = await proofs.checkInclusion(await prove(sequence));
    assert.equal(signed, true);
    assert.equal(proof.index, sequence - 1);
    seen.push(proof.checkpoint);
  }
  // Each of these goes on from all that were before it.
  const sizes = [...new Map(seen.map((one) => [one.size, one])).values()];
  for (const earlier of sizes) {
    const { goesOn } = await proofs.continues(earlier, await prove(earlier.size));
    assert.equal(goesOn, true, String(earlier.size));
    const other = { size: earlier.size, root: "00".repeat(32) };
    assert.equal((await proofs.continues(other, await prove(earlier.size))).goesOn, false);
  }
});

test("a proof of which anything is other isn't one", async () => {
  const given = await prove(23);
  const leaf = Buffer.from(given.leaf, "base64");
  for (let i = 0; i < leaf.length; i++) {
    const spoilt = Buffer.from(leaf);
    spoilt[i] = (spoilt[i] ?? 0) ^ 1;
    await isWrong({ ...given, leaf: spoilt.toString("base64") }, "path");
  }
  const [head = "", note = ""] = given.proof.split(/\n\n(.*)/s);
  const lines = head.split("\n");
  for (let i = 2; i < lines.length; i++) {
    const hash = Buffer.from(lines[i] ?? "", "base64");
    hash[7] = (hash[7] ?? 0) ^ 4;
    const other = lines.map((line, k) => (k === i ? hash.toString("base64") : line));
    await isWrong({ ...given, proof: `${other.join("\n")}\n\n${note}` }, "path");
  }
  const [first = ""] = lines.slice(2);
  await isWrong({ ...given, proof: given.proof.replace(`${first}\n`, "") }, "path");
  await isWrong({ ...given, proof: given.proof.replace(`${first}\n`, `${first}\n${first}\n`) }, "path");
  await isWrong({ ...given, proof: given.proof.replace("index 22", "index 21") }, "path");
  await isWrong({ ...given, proof: given.proof.replace("index 22", "index 022") }, "form");
  await isWrong({ ...given, proof: given.proof.replace("@v1", "@v2") }, "form");
  await isWrong({ ...given, proof: given.proof.trimEnd() }, "form");
  await isWrong({ ...given, key: given.key.replace(/.$/, "") }, "form");
});

test("a checkpoint that another key has signed isn't the log's", async () => {
  const given = await prove(5);
  const other = await Server.start("app-proof-other");
  try {
    const theirs = (await other.op("log.prove", { sequence: 1 })) as Given;
    await isWrong({ ...given, key: theirs.key }, "signature");
    // The whole of another log's proof holds, as that log's.
    await proofs.checkInclusion(theirs);
    await isWrong({ ...theirs, key: given.key }, "signature");
  } finally {
    await other.stop();
  }
  const signature = given.proof.trimEnd().split(" ").at(-1) ?? "";
  const bytes = Buffer.from(signature, "base64");
  for (const at of [0, 10, bytes.length - 1]) {
    const spoilt = Buffer.from(bytes);
    spoilt[at] = (spoilt[at] ?? 0) ^ 1;
    await isWrong({ ...given, proof: given.proof.replace(signature, spoilt.toString("base64")) }, "signature");
  }
});
