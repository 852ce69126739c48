// Lighthouse on the pages where people begin, at a desk and on a phone as it simulates
// one: a program that prints a table and fails where a score is below what was set.
// Not a test: it judges the machine, too. LIGHTHOUSE: the folder where it is installed;
// RUNS: so often each, of which the median counts.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";

import { makeWorld } from "./app-world.js";
import { Browser, PROGRAM } from "./browser.js";
import { type Any, Server } from "./server.js";

const LIGHTHOUSE = path.join(
  process.env["LIGHTHOUSE"] ?? "bench/lighthouse",
  "node_modules/lighthouse/cli/index.js",
);
const RUNS = Number(process.env["RUNS"] ?? 3);

const LEAST = { performance: 95, accessibility: 100, "best-practices": 100 } as const;
type Category = keyof typeof LEAST;
const CATEGORIES = Object.keys(LEAST) as Category[];

const METRICS = [
  ["FCP", "first-contentful-paint"],
  ["LCP", "largest-contentful-paint"],
  ["TBT", "total-blocking-time"],
  ["SI", "speed-index"],
] as const;

const DEVICES = [
  ["desktop", ["--preset=desktop"]],
  ["phone", []],
] as const;

const run = promisify(execFile);

/** It loses the trace of a page now and then, and asks to be run again: so often at most. */
const TRIES = 4;

/** One report. */
async function report(url: string, cookie: string | undefined, how: readonly string[]): Promise<Any> {
  for (let tried = 1; ; tried++) {
    const made = await reportOnce(url, cookie, how);
    const { runtimeError } = made;
    if (runtimeError === undefined) return made;
    console.error(`${url}: ${runtimeError.message}`);
    if (tried === TRIES) throw new Error(runtimeError.message);
  }
}

async function reportOnce(
  url: string,
  cookie: string | undefined,
  how: readonly string[],
): Promise<Any> {
  const file = path.join(server.folder, "report.json");
  fs.rmSync(file, { force: true });
  // Where none could be made it says so in the report, and ends with an error.
  const failed = await run(
    process.execPath,
    [
      LIGHTHOUSE,
      url,
      "--quiet",
      "--output=json",
      `--output-path=${file}`,
      `--only-categories=${CATEGORIES.join()}`,
      "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
      ...(cookie === undefined ? [] : [`--extra-headers=${JSON.stringify({ cookie })}`]),
      ...how,
    ],
    { env: { ...process.env, CHROME_PATH: PROGRAM } },
  ).catch((error: unknown) => error);
  if (!fs.existsSync(file)) throw failed;
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

const median = (of: number[]): number => of.sort((a, b) => a - b)[of.length >> 1] ?? NaN;

/** Why a category has less than all of its score. */
function lacks({ categories, audits }: Any, category: Category): string[] {
  return categories[category].auditRefs
    .map(({ id, weight }: Any) => ({ weight, ...audits[id] }))
    .filter(({ weight, score, scoreDisplayMode }: Any) =>
      scoreDisplayMode === "error" || (weight > 0 && score !== null && score < 0.9),
    )
    .map(({ id, displayValue, errorMessage }: Any) => `${id} ${errorMessage ?? displayValue ?? ""}`);
}

const server = await Server.start("lighthouse");
const browser = await Browser.start();
const { anna } = await makeWorld(server, browser);
const cookies = await anna.page.pw.context().cookies();
const session = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");

const row = (cells: readonly (string | number)[]): void =>
  console.log(cells.map((cell, i) => String(cell)[i < 2 ? "padEnd" : "padStart"](9)).join(" "));

row(["page", "device", "perf", "access", "best", ...METRICS.map(([name]) => name)]);
for (const [name, address, cookie] of [
  ["sign-in", "/app/sign-in", undefined],
  ["files", "/app/files", session],
] as const)
  for (const [device, how] of DEVICES) {
    const reports: Any[] = [];
    for (let i = 0; i < RUNS; i++) reports.push(await report(server.url(address), cookie, how));
    // An error is no score, and less than any.
    const scores = CATEGORIES.map((category) => {
      const all = reports.map(({ categories }) => Math.round(100 * (categories[category].score ?? 0)));
      return category === "performance" ? median(all) : Math.min(...all);
    });
    row([
      name,
      device,
      ...scores,
      ...METRICS.map(([, id]) => `${Math.round(median(reports.map(({ audits }) => audits[id].numericValue)))} ms`),
    ]);
    CATEGORIES.forEach((category, i) => {
      if ((scores[i] ?? 0) >= LEAST[category]) return;
      process.exitCode = 1;
      console.log(`  ${category} is to be ${LEAST[category]}:`);
      for (const line of new Set(reports.flatMap((one) => lacks(one, category)))) console.log(`    ${line}`);
    });
  }

await browser.stop();
await server.stop();
