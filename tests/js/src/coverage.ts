// What a whole test run has covered of the table of operations: each row must
// have been allowed once and denied once, but for those that only the server
// itself does; the table says why.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Catalogue, Operation } from "./folder.js";

/** Objects by operation and outcome. */
export type Counts = Map<string, Map<string, number>>;

const SERIES =
  /^chancery_objects_total\{operation="([^"]*)",outcome="([^"]*)"\} (\d+)$/;

/** Adds what a server's metrics tell. */
export function addCounts(counts: Counts, metrics: string): Counts {
  for (const line of metrics.split("\n")) {
    const [, operation, outcome, n] = SERIES.exec(line) ?? [];
    if (operation === undefined || outcome === undefined) continue;
    const outcomes = counts.get(operation) ?? new Map<string, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + Number(n));
    counts.set(operation, outcomes);
  }
  return counts;
}

export function countOf(
  counts: Counts,
  operation: string,
  outcome: string,
): number {
  return counts.get(operation)?.get(outcome) ?? 0;
}

export interface Coverage {
  covered: number;
  system: number; // rows that no client can name
  missing: string[];
}

/** What anyone may, and gives nothing by itself, is denied to nobody. */
function isDenied(op: Operation): boolean {
  return op.needs[0]?.on !== "anyone" || op.makes.length > 0;
}

export function cover(catalogue: Catalogue, counts: Counts): Coverage {
  const coverage: Coverage = { covered: 0, system: 0, missing: [] };
  for (const op of catalogue.table.operations) {
    if (op.effect === "system") {
      coverage.system++;
      if (!op.system) coverage.missing.push(`${op.name}: system, without a why`);
      continue;
    }
    const outcomes = isDenied(op) ? ["allowed", "denied"] : ["allowed"];
    const never = outcomes.filter(
      (outcome) => countOf(counts, op.name, outcome) === 0,
    );
    if (never.length === 0) coverage.covered++;
    for (const outcome of never)
      coverage.missing.push(`${op.name}: never ${outcome}`);
  }
  return coverage;
}

/** The catalogue that a log folder has; the programs under test have one. */
export function readCatalogue(folder: string): Catalogue {
  const [name, ...others] = readdirSync(folder).filter((file) =>
    /^catalogue-[0-9a-f]{64}\.json$/.test(file),
  );
  if (name === undefined || others.length > 0)
    throw new Error(`${folder}: one catalogue was expected`);
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as Catalogue;
}
