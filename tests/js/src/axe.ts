// A page as it stands, under axe-core.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import type { Page as Driven } from "playwright-core";

import type { Any } from "./server.js";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What is wrong, a line each. Rules about colours are all that themes can break. */
export async function check(page: Driven, rules: "all" | "colours"): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({
      resultTypes: ["violations"],
      ...(rules === "all" ? {} : { runOnly: ["color-contrast", "link-in-text-block"] }),
    })})`,
  )) as Any;
  return violations.flatMap((rule: Any) =>
    rule.nodes.map((node: Any) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
}

export const THEMES = [
  { name: "light", media: { colorScheme: "light", forcedColors: "none" } },
  { name: "dark", media: { colorScheme: "dark", forcedColors: "none" } },
  { name: "contrast", media: { colorScheme: "dark", forcedColors: "active" } },
] as const;
