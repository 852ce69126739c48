// What descends from a compromise, computed from the leaves alone (docs/EVICTION.md),
// without the server's code: every leaf in its order, each rule as it is written.
import { createHash } from "node:crypto";

import { type Leaf, type LeafObject, type Ref, sequenceOf } from "./leaf.js";

export const MAY = 1;
export const MUST = 2;

/** What is known to be compromised. */
export interface Seed {
  readonly kind: "credential" | "session" | "principal";
  readonly ref: Ref;
  readonly since: number;
}

export interface Tainted {
  readonly kind: string;
  verdict: number;
  /** What it did from then on. */
  since: number;
  readonly seed: boolean;
}

/** What the leaves say, as far as it is needed. */
export interface World {
  readonly leaves: Iterable<Leaf>;
  kindOf(made: number): string;
  /** Reads, which nothing descends from, but an open document. */
  isRead(op: number): boolean;
  /** All that a principal ever had to act by. */
  sessionsOf(principal: Ref): Iterable<Ref>;
  credentialsOf(principal: Ref): Iterable<Ref>;
  /** The sessions that were made in one leaf with a credential. */
  sessionsWith(credential: Ref): Iterable<Ref>;
}

const GIVES = new Set(["grant", "principal", "unit"]);
const CONTENT = new Set(["file", "folder", "version"]);
const LEFT = new Set(["place in a folder", "blob"]);

export class Closure {
  readonly rows = new Map<Ref, Tainted>();
  /** What a right that a leaf gave makes of what was done by it. */
  readonly #lends = new Map<number, number>();

  constructor(
    readonly world: World,
    readonly at: number,
    seeds: readonly Seed[],
  ) {
    for (const seed of seeds) this.#sow(seed);
    for (const leaf of world.leaves) if (leaf.sequence <= at) this.#take(leaf);
  }

  get digest(): string {
    const lines = [...this.rows]
      .filter(([ref]) => sequenceOf(ref) <= this.at)
      .sort(([a], [b]) => a - b)
      .map(([ref, { verdict }]) => `${ref} ${verdict}\n`);
    return createHash("sha256").update(lines.join("")).digest("hex");
  }

  #add(ref: Ref, kind: string, verdict: number, since: number, seed = false): void {
    const row = this.rows.get(ref);
    if (row === undefined) {
      this.rows.set(ref, { kind, verdict, since, seed });
      return;
    }
    row.since = Math.min(row.since, since);
    row.verdict = Math.max(row.verdict, verdict);
  }

  #sow({ kind, ref, since }: Seed): void {
    const { world } = this;
    const sessions = kind === "principal" ? world.sessionsOf(ref) : [];
    const credentials = kind === "principal" ? world.credentialsOf(ref) : [];
    for (const one of credentials)
      if (sequenceOf(one) <= this.at) this.#add(one, "credential", MUST, since, true);
    for (const one of sessions)
      if (sequenceOf(one) <= this.at) this.#add(one, "session", MUST, since, true);
    if (kind === "principal") return;
    this.#add(ref, kind, MUST, since, true);
    if (kind === "credential")
      for (const one of world.sessionsWith(ref)) this.#add(one, "session", MUST, since, true);
  }

  // By whom it was done, or approved.
  #ofActor(leaf: Leaf): number {
    const from = (ref: Ref | undefined): number => {
      const row = this.rows.get(ref ?? 0);
      return row !== undefined && leaf.time >= row.since ? row.verdict : 0;
    };
    const principal = this.rows.get(leaf.principal ?? 0);
    return Math.max(
      from(leaf.session),
      ...(leaf.session === undefined ? leaf.credentials.map(from) : []),
      ...leaf.approved.map(from),
      principal?.kind === "principal" ? principal.verdict : 0,
    );
  }

  // By which right, and from what.
  #ofObject(object: LeafObject): number {
    const rights = [...object.proof, ...object.joins].map((n) => this.#lends.get(n) ?? 0);
    const sources = object.from.map((ref) => {
      const row = this.rows.get(ref);
      if (row?.kind === "stream") return row.verdict;
      return row !== undefined && CONTENT.has(row.kind) ? MAY : 0;
    });
    return Math.max(0, ...rights, ...sources);
  }

  #take(leaf: Leaf): void {
    if (leaf.outcome !== 0 || this.world.isRead(leaf.op)) return;
    const actor = this.#ofActor(leaf);
    let most = actor;
    const given: boolean[] = [];
    for (const object of leaf.objects) {
      if (object.outcome !== 0) continue;
      const verdict = Math.max(actor, this.#ofObject(object));
      most = Math.max(most, verdict);
      for (const made of object.made) {
        const kind = this.world.kindOf(made.kind);
        if (GIVES.has(kind)) given.push(verdict === MUST);
        if (verdict > 0 && !LEFT.has(kind)) this.#add(made.ref, kind, verdict, leaf.time);
      }
    }
    if (most > 0 && given.length > 0)
      this.#lends.set(leaf.sequence, given.every(Boolean) ? MUST : MAY);
  }
}
