// Checks what a whole run of tests has left behind, server by server: that every
// event is a valid OCSF event and renders again to the same bytes; that events
// and log are one thing, without a gap; that each proof replays; and that every
// operation was allowed once and denied once.
//
//   node dist/run-check.js RUN RENDER-EVENTS
//
// RUN is the folder that the servers of the run left theirs in (server.ts). Exit
// status 1 names what doesn't hold.
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

import { type Cbor, decode } from "./cbor.js";
import { addCounts, cover, type Counts, readCatalogue } from "./coverage.js";
import { type Log, readLog } from "./folder.js";
import { decodeLeaf } from "./leaf.js";
import { checkFile, Ocsf } from "./ocsf.js";
import { describeReplay, type Replay, replayLogs } from "./replay.js";

interface Event {
  metadata: { sequence: number };
  raw_data?: string;
}

const u64 = (n: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return bytes;
};

function same(a: Cbor, b: Uint8Array | undefined): boolean {
  return a instanceof Uint8Array && b !== undefined && Buffer.compare(a, b) === 0;
}

/** Whether the openings of a leaf are those that it commits to; how many. */
function checkOpenings(leaf: Uint8Array, openings: Cbor): number {
  const texts = decodeLeaf(leaf).objects.flatMap((object) => object.texts);
  for (const opening of openings as Cbor[][]) {
    const [slot, salt, text, length, digest] = opening;
    const of = texts[slot as number];
    const hash = createHash("sha256").update(salt as Uint8Array);
    hash.update(u64(of?.field ?? 0)).update(text as Uint8Array);
    if (length !== undefined)
      hash.update(u64(length as number)).update(digest as Uint8Array);
    if (!same(hash.digest(), of?.commitment))
      throw new Error(`opening ${String(slot)} is not what was committed to`);
  }
  return (openings as Cbor[]).length;
}

/** That events tell what the log holds, each record once; how many openings. */
async function checkEvents(logs: Log[], file: string): Promise<number> {
  const leaves = new Map<number, Uint8Array>();
  for (const log of logs)
    for (const leaf of log.leaves) leaves.set(decodeLeaf(leaf).sequence, leaf);
  const entry = (n: number): Uint8Array | undefined => leaves.get(n);
  const numbers = leaves.keys();
  let records = 0;
  let openings = 0;
  const input = createInterface({ input: createReadStream(file) });
  for await (const line of input) {
    const { metadata, raw_data } = JSON.parse(line) as Event;
    if (raw_data === undefined) continue;
    const { sequence } = metadata;
    const next = numbers.next().value;
    if (sequence !== next) throw new Error(`record ${next} is missing`);
    records++;
    const [leaf, texts, cited] = decode(
      Buffer.from(raw_data, "base64"),
    ) as [Uint8Array, Cbor, [Uint8Array, Cbor][]];
    if (!same(leaf, entry(sequence)))
      throw new Error(`record ${sequence} is not the log's`);
    openings += checkOpenings(leaf, texts);
    for (const [other, others] of cited) {
      if (!same(other, entry(decodeLeaf(other).sequence)))
        throw new Error(`what record ${sequence} cites is not the log's`);
      checkOpenings(other, others);
    }
  }
  if (records === 0) throw new Error("no events");
  return openings;
}

class RunCheck {
  servers = 0;
  problems: string[] = [];
  private readonly ocsf = new Ocsf();
  private readonly counts: Counts = new Map();
  private readonly replayed: Replay = {
    leaves: 0,
    proofs: 0,
    denials: 0,
    refusals: 0,
    unchecked: 0,
    mismatches: [],
  };
  private events = 0;
  private openings = 0;

  constructor(
    private readonly run: string,
    private readonly render: string,
  ) {}

  private async check(name: string, what: () => unknown): Promise<void> {
    try {
      await what();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.problems.push(`${name}: ${text}`);
    }
  }

  // The epochs of a server's log, the oldest first.
  private readLogs(name: string): Log[] {
    const earlier = readdirSync(join(this.run, name))
      .flatMap((folder) => /^log-(\d+)$/.exec(folder)?.slice(1) ?? [])
      .sort((a, b) => Number(a) - Number(b))
      .map((base) => `log-${base}`);
    return [...earlier, "log"].map((log) => readLog(join(this.run, name, log)));
  }

  private async checkServer(name: string): Promise<void> {
    const at = (file: string): string => join(this.run, name, file);
    this.servers++;
    await this.check(name, () => {
      addCounts(this.counts, readFileSync(at("metrics.txt"), "utf8"));
    });
    await this.check(name, async () => {
      const options = { render: this.render };
      this.events += await checkFile(this.ocsf, at("events.jsonl"), options);
    });
    await this.check(name, async () => {
      const logs = this.readLogs(name);
      this.openings += await checkEvents(logs, at("events.jsonl"));
      const one = replayLogs(logs);
      for (const key of Object.keys(one) as (keyof Replay)[])
        if (key !== "mismatches") this.replayed[key] += one[key];
      this.problems.push(...one.mismatches.map((text) => `${name}: ${text}`));
    });
  }

  // All of the run must be of one table: that of the programs under test.
  private checkCoverage(names: string[]): string {
    const [catalogue, ...others] = names.map((name) =>
      readCatalogue(join(this.run, name, "log")),
    );
    if (catalogue === undefined) throw new Error("no catalogue");
    if (!others.every((other) => isDeepStrictEqual(other, catalogue)))
      throw new Error("the run is of several builds");
    const { covered, system, missing } = cover(catalogue, this.counts);
    this.problems.push(...missing);
    return `${covered} operations allowed and denied, ${system} of the server itself, ${missing.length} missing`;
  }

  async all(): Promise<number> {
    const names = readdirSync(this.run).sort();
    for (const name of names) await this.checkServer(name);
    await this.check("coverage", () => {
      console.log(this.checkCoverage(names));
    });
    console.log(
      `${this.servers} servers: ${this.events} events valid, and rendered again; ${this.openings} openings`,
    );
    console.log(describeReplay(this.replayed));
    for (const problem of this.problems) console.error(problem);
    return this.problems.length > 0 ? 1 : 0;
  }
}

const [run, render] = process.argv.slice(2);
if (run === undefined || render === undefined) {
  console.error("usage: run-check.js RUN RENDER-EVENTS");
  process.exitCode = 2;
} else process.exitCode = await new RunCheck(run, render).all();
