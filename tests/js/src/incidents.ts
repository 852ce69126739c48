// Incidents as a log tells them: what each cut had to end, and who may not have
// looked. The closure is computed anew at each record that rests on one.
import { Closure, MUST, type Seed, type World } from "./closure.js";
import { FACT, type Leaf, type LeafObject, type Ref } from "./leaf.js";

interface Incident {
  seeds: Seed[];
  byAddress: boolean; // no leaf tells addresses
  spared: Set<Ref>;
  proposed: Leaf | undefined;
}

/** What a record of an incident says, read by its operation's arguments. */
export interface Told {
  readonly operation: string;
  readonly incident: Ref | undefined;
  readonly credential: Ref | undefined;
  readonly session: Ref | undefined;
  readonly principal: Ref | undefined;
  readonly spared: Ref | undefined;
  readonly cut: boolean;
  readonly since: number;
}

const AUTHORITY = new Set([
  "principal",
  "credential",
  "session",
  "grant",
  "request",
  "upload",
]);
/** They rest on what descends from the seeds. */
const LOOKS = new Set([
  "incident.scope",
  "incident.acts",
  "incident.spare",
  "incident.contain",
  "incident.propose",
  "incident.evict",
  "incident.certify",
  "incident.revert",
]);
const CUTS = new Set(["incident.contain", "incident.propose", "incident.evict"]);

export class Incidents {
  readonly #all = new Map<Ref, Incident>();

  constructor(readonly world: World) {}

  /** What is wrong with a record; undefined: nothing. */
  check(
    leaf: Leaf,
    object: LeafObject,
    told: Told,
    outcome: string,
    lives: (ref: Ref) => boolean,
  ): string | undefined {
    const incident = this.#all.get(told.incident ?? 0);
    if (outcome === "" && told.operation === "incident.open") {
      for (const { ref } of object.made)
        this.#all.set(ref, {
          seeds: [],
          byAddress: false,
          spared: new Set(),
          proposed: undefined,
        });
      return undefined;
    }
    if (incident === undefined)
      return outcome === "" && told.operation !== "incident.list"
        ? "it is about no incident"
        : undefined;
    const problem = this.#problem(leaf, object, told, outcome, incident, lives);
    if (outcome === "") note(leaf, told, incident);
    return problem;
  }

  #problem(
    leaf: Leaf,
    object: LeafObject,
    told: Told,
    outcome: string,
    incident: Incident,
    lives: (ref: Ref) => boolean,
  ): string | undefined {
    const { operation } = told;
    if (incident.byAddress) return undefined;
    const closure = new Closure(this.world, leaf.at ?? leaf.sequence - 1, incident.seeds);
    const within = (...refs: (Ref | undefined)[]) =>
      refs.some((ref) => closure.rows.has(ref ?? 0));
    const own = within(leaf.session, leaf.principal, ...leaf.credentials);
    const { proposed } = incident;
    if (outcome === "LINEAGE")
      return own ||
        operation === "incident.seed" ||
        proposed?.principal === leaf.principal ||
        within(proposed?.session, proposed?.principal)
        ? undefined
        : "of other lineage, and denied as if it weren't";
    if (outcome === "STATE" && operation === "incident.evict")
      return proposed === undefined ? undefined : "a cut was proposed";
    if (outcome !== "") return undefined;
    if (LOOKS.has(operation) && own) return "allowed to one whom it is about";
    if (!CUTS.has(operation)) return undefined;
    const digest = Buffer.from(object.bytes.get(FACT.digest) ?? []).toString("hex");
    if (digest !== closure.digest) return "it cut something else than what descends";
    if (operation === "incident.propose") return undefined;
    return this.#whole(leaf, object, operation, incident, closure, lives);
  }

  // All that it had to end, it has ended; and nothing that it had not.
  #whole(
    leaf: Leaf,
    object: LeafObject,
    operation: string,
    incident: Incident,
    closure: Closure,
    lives: (ref: Ref) => boolean,
  ): string | undefined {
    const ended = new Set(object.ended);
    const spared = (ref: Ref, verdict: number) =>
      verdict !== MUST && incident.spared.has(ref);
    for (const [ref, row] of closure.rows)
      if (
        AUTHORITY.has(row.kind) &&
        (operation === "incident.evict" || row.seed) &&
        !spared(ref, row.verdict) &&
        lives(ref) &&
        !ended.has(ref)
      )
        return `${row.kind} ${ref} descends, and lives on`;
    if (operation !== "incident.evict") return undefined;
    const { proposed } = incident;
    if (proposed === undefined) return "nobody had proposed it";
    if (proposed.principal === leaf.principal) return "one person alone cut it";
    return leaf.approved.includes(proposed.session ?? 0)
      ? undefined
      : "it doesn't say who proposed it";
  }
}

function note(leaf: Leaf, told: Told, incident: Incident): void {
  switch (told.operation) {
    case "incident.seed": {
      const { since } = told;
      if (told.credential !== undefined)
        incident.seeds.push({ kind: "credential", ref: told.credential, since });
      else if (told.session !== undefined)
        incident.seeds.push({ kind: "session", ref: told.session, since });
      else if (told.principal !== undefined)
        incident.seeds.push({ kind: "principal", ref: told.principal, since });
      else incident.byAddress = true;
      break;
    }
    case "incident.spare":
      if (told.spared !== undefined)
        incident.spared[told.cut ? "delete" : "add"](told.spared);
      incident.proposed = undefined;
      break;
    case "incident.propose":
      incident.proposed = leaf;
      break;
    case "incident.evict":
      incident.proposed = undefined;
      break;
    default:
  }
}
