// TypeScript that isn't of the tests, run as it stands: what a browser gets of it,
// but for the packing.
import * as fs from "node:fs";
import { createRequire } from "node:module";
import type * as typescript from "typescript";

/** The module of one source file that imports nothing. */
export async function loadSource(file: string): Promise<unknown> {
  const { transpileModule, ScriptTarget, ModuleKind } = createRequire(
    import.meta.url,
  )("typescript") as typeof typescript;
  const { outputText } = transpileModule(fs.readFileSync(file, "utf8"), {
    compilerOptions: { target: ScriptTarget.ES2022, module: ModuleKind.ES2022 },
  });
  const bytes = Buffer.from(outputText).toString("base64");
  return import(`data:text/javascript;base64,${bytes}`) as Promise<unknown>;
}
