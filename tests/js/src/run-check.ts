// Checks what a whole run of tests has left behind, server by server: that every
// event is a valid OCSF event and renders again to the same bytes; that events
// and log are one thing, without a gap; that each proof replays; and that every
// operation was allowed once and denied once.
//
//   node dist/run-check.js RUN RENDER-EVENTS
//
// RUN is the folder that the servers of the run left theirs in (server.ts). Exit
// status 1 names what doesn't hold.
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

import { addCounts, cover, type Counts, readCatalogue } from "./coverage.js";
import { type Log, readLog } from "./folder.js";
import { checkFile, Ocsf } from "./ocsf.js";
import { checkEvents } from "./openings.js";
import { describeReplay, type Replay, replayLogs } from "./replay.js";

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
      const input = createReadStream(at("events.jsonl"));
      this.openings += await checkEvents(logs, createInterface({ input }));
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
