// What a browser says of itself, for people: "Chrome 118, Linux".
const NAMES: { readonly [name: string]: string } = {
  Edg: "Edge",
  Version: "Safari",
};

export function agentText(agent: string): string {
  const browser = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(agent);
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0];
  if (browser === null) return agent;
  const [, name = "", version = ""] = browser;
  const text = `${NAMES[name] ?? name} ${version}`;
  return system === undefined ? text : `${text}, ${system}`;
}
