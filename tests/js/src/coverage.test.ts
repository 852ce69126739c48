// The coverage of a run fails where it should.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addCounts, cover } from "./coverage.js";
import type { Catalogue, Operation } from "./folder.js";

const row = (name: string, more: Partial<Operation> = {}): Operation => ({
  number: 1,
  revision: 1,
  name,
  effect: "read",
  family: "self",
  needs: [],
  makes: [],
  ends: [],
  ...more,
});

function missing(rows: Operation[], ...metrics: string[]): string[] {
  const table = { operations: rows } as unknown as Catalogue["table"];
  return cover(
    { table, schema: [] },
    metrics.reduce(addCounts, new Map()),
  ).missing;
}

const did = (operation: string, outcome: string, n = 1): string =>
  `chancery_objects_total{operation="${operation}",outcome="${outcome}"} ${n}\n`;

test("allowed here and denied there is covered", () => {
  const rows = [row("node.get")];
  const [here, there] = [did("node.get", "allowed"), did("node.get", "denied")];
  assert.deepEqual(missing(rows, here, `# HELP x\n${there}`), []);
});

test("never allowed, or never denied, is named", () => {
  const rows = [row("node.get"), row("node.get.all")];
  assert.deepEqual(
    missing(
      rows,
      did("node.get", "allowed") + did("node.get", "denied", 0),
      did("node.get.all", "refused") + did("node.get.all", "denied"),
    ),
    ["node.get: never denied", "node.get.all: never allowed"],
  );
  assert.equal(missing(rows).length, 4);
});

test("the server's own need no coverage, but a reason", () => {
  const rows = [
    row("system.start", { effect: "system", system: "core's own start" }),
    row("system.stop", { effect: "system" }),
  ];
  assert.deepEqual(missing(rows), ["system.stop: system, without a why"]);
});
