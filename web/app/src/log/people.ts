// Who is meant by a name: those that the page has seen, and those that the server
// finds.
import { call } from "../client/jmap";

export interface Somebody {
  readonly id: string;
  readonly name: string;
}

const FOUND_MAX = 20;

export async function findPeople(
  text: string,
  names: ReadonlyMap<string, string>,
): Promise<readonly Somebody[]> {
  const typed = text.toLowerCase();
  const seen = [...names]
    .filter(([id, name]) => id.startsWith("p") && name.toLowerCase().includes(typed))
    .map(([id, name]) => ({ id, name }));
  const args = { text, limit: FOUND_MAX };
  const { list } = await call("principal.find", args, "prefetch").catch(() => ({
    list: [] as readonly Somebody[],
  }));
  const all = new Map([...seen, ...list].map((one) => [one.id, one]));
  return [...all.values()].slice(0, FOUND_MAX);
}
