// What a browser says of itself, for people.
import { t } from "./words";

/** "Chrome 118 on Linux" of what a browser says of itself. */
export function agentText(agent: string | undefined): string {
  if (agent === undefined) return t("security.program");
  const browser = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(agent);
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0];
  if (browser === null) return agent;
  const names: { readonly [name: string]: string } = {
    Edg: "Edge",
    Version: "Safari",
  };
  const [, name = "", version = ""] = browser;
  const text = `${names[name] ?? name} ${version}`;
  return system === undefined ? text : `${text}, ${system}`;
}
