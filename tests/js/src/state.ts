// What a log says there is: principals, credentials, sessions, grants, places in
// folders, each with the number that made it and the one that ended it. Rights
// are derived from that alone, by the schema of the catalogue.
import type { Rule } from "./folder.js";
import { type Ref, sequenceOf } from "./leaf.js";

export interface Row {
  ref: Ref;
  kind: string;
  ended: number | undefined;
}

export interface Principal extends Row {
  person: string; // which kind of principal
  suspended: number | undefined;
  units: Belonging[]; // one behind the other
}

/** That a principal belongs to a unit, or to none, from one move to the next. */
export interface Belonging extends Row {
  unit: Ref | undefined;
}

/** A part of the organisation. */
export interface Unit extends Row {
  parent: Ref | undefined;
}

export interface Credential extends Row {
  principal: Ref;
  families: number;
  readOnly: boolean;
  folder: Ref | undefined;
  expires: number; // Infinity: it doesn't by itself
  enrols: boolean; // an invitation, or a recovery code
  link: Link | undefined;
}

/** What bounds the opening of a link. */
export interface Link {
  opened: number; // how often
  uses: number; // and at most
  protected: boolean; // by a password
}

export interface Session extends Row {
  credential: Credential;
  second: Credential | undefined;
  assurance: number;
  expires: number;
  stepped: number; // when its owner was last there for certain
  used: number; // when it did something last
}

export interface Grant extends Row {
  object: Ref;
  relation: string;
  principal: Ref;
  expires: number | undefined;
}

/** What waits for a second person. */
export interface Request extends Row {
  asker: Ref;
  operation: number;
  subject: Ref; // whom it is about
  expires: number;
  ripe: number | undefined; // when it needs no second person any more
  approved: number | undefined; // the leaf that approved it
}

/** A place in a folder; of the top of a space, in none. */
export interface Edge extends Row {
  parent: Ref | undefined;
}

/** What an upload, or a version, belongs to. */
export interface Owned extends Row {
  owner: Ref;
}

/** Which rows count: those that live now, or lived then. */
export type View = (row: Row) => boolean;

export const now: View = (row) => row.ended === undefined;

/** The unit that a principal belongs to, or did as it was seen. */
export function unitOf(
  principal: Principal | undefined,
  view: View,
): Ref | undefined {
  return principal?.units.find(view)?.unit;
}

/** As a reader saw it who looked then; what it used may not have ended since. */
export function seenAt(at: number): View {
  return (row) => now(row) && sequenceOf(row.ref) <= at;
}

/** As it was then. */
export function asOf(at: number): View {
  return (row) =>
    sequenceOf(row.ref) <= at && (row.ended === undefined || row.ended > at);
}

/** A principal, or a group that it is in: the memberships, from the group down. */
interface Subject {
  ref: Ref;
  rows: Ref[];
}

/**
 * One way in which somebody has a right: the rows that it rests on, as a proof
 * cites them. Those of the object come first (a grant on it, itself, its place),
 * then those of the folders above, up to the top, and a grant on one of these.
 */
export interface Derivation {
  own: Ref[];
  above: Ref[];
  within: Ref[] | undefined; // the object and the folders above; or everywhere
}

/** A step on the way up: a folder or file, and the edge that holds it. */
interface Step {
  node: Row;
  edge: Edge | undefined;
}

const GROUPS_NEST = 8;

function isOver(grant: Grant, time: number): boolean {
  return grant.expires !== undefined && time >= grant.expires;
}

const STAY_ENDED = new Set([
  "principal",
  "credential",
  "session",
  "grant",
  "unit",
  "request",
  "folder",
  "file",
]);

export class State {
  readonly rows = new Map<Ref, Row>();
  readonly principals = new Map<Ref, Principal>();
  readonly credentials = new Map<Ref, Credential>();
  readonly sessions = new Map<Ref, Session>();
  readonly requests = new Map<Ref, Request>();
  readonly owned = new Map<Ref, Owned>();
  readonly apps: Ref[] = []; // in the order of their numbers, from 1
  everyone: Ref | undefined;
  guests: Ref | undefined;
  readonly units = new Map<Ref, Unit>();
  readonly trashes = new Set<Ref>();
  readonly spaces = new Map<Ref, Ref[]>(); // of a principal: files and trash
  readonly ids = new Map<string, Ref>(); // by letter and outer number
  org: Ref | undefined;
  private readonly grants = new Map<Ref, Grant[]>();
  private readonly memberships = new Map<Ref, Grant[]>(); // by member
  private readonly edges = new Map<Ref, Edge[]>();

  addGrant(grant: Grant): void {
    const on = this.grants.get(grant.object) ?? [];
    this.grants.set(grant.object, [...on, grant]);
    if (grant.relation !== "member") return;
    const of = this.memberships.get(grant.principal) ?? [];
    this.memberships.set(grant.principal, [...of, grant]);
  }

  addEdge(child: Ref, edge: Edge): void {
    this.edges.set(child, [...(this.edges.get(child) ?? []), edge]);
  }

  /** The places of a folder or file: one, where all is well. */
  places(child: Ref, view: View): Edge[] {
    return (this.edges.get(child) ?? []).filter(view);
  }

  /**
   * As a restore makes it: what came behind a leaf never was, but what enforces
   * something and ended since has ended.
   */
  rewind(kept: number): void {
    for (const principal of this.principals.values()) {
      const stood = principal.units.filter((u) => sequenceOf(u.ref) <= kept);
      const last = stood.at(-1);
      if (last !== undefined) last.ended = undefined;
      principal.units = stood;
    }
    for (const row of this.rows.values()) {
      if (sequenceOf(row.ref) > kept) row.ended = kept;
      else if ((row.ended ?? 0) > kept && !STAY_ENDED.has(row.kind))
        row.ended = undefined;
    }
  }

  /**
   * The principal, and all ways in which it is in groups: each with the rows
   * from the group down, group and membership in turn.
   */
  subjects(principal: Ref, view: View, time: number): Subject[] {
    const all: Subject[] = [];
    const add = (subject: Subject, below: Ref[]): void => {
      all.push(subject);
      if (below.length === GROUPS_NEST) return;
      for (const grant of this.memberships.get(subject.ref) ?? []) {
        const group = this.principals.get(grant.object);
        if (group === undefined || below.includes(group.ref)) continue;
        if (!view(grant) || !view(group) || isOver(grant, time)) continue;
        add(
          { ref: group.ref, rows: [group.ref, grant.ref, ...subject.rows] },
          [...below, group.ref],
        );
      }
    };
    add({ ref: principal, rows: [] }, []);
    // Everyone is in that group, without a row that says so; guests and links
    // are in theirs.
    const { person } = this.principals.get(principal) ?? {};
    const ref = this.isOutside(principal)
      ? this.guests
      : ["person", "service", "ceremony"].includes(person ?? "")
        ? this.everyone
        : undefined;
    const standing = this.principals.get(ref ?? 0);
    if (standing !== undefined && view(standing))
      add({ ref: standing.ref, rows: [standing.ref] }, [standing.ref]);
    return all;
  }

  /** Guests, and who has a link: no role is theirs, whatever groups they are in. */
  private isOutside(principal: Ref): boolean {
    const { person } = this.principals.get(principal) ?? {};
    return person === "guest" || person === "link";
  }

  /** The grants on one object that reach somebody, each with its memberships. */
  private grantsOn(
    object: Ref,
    subjects: Subject[],
    rule: Rule | undefined,
    view: View,
    time: number,
  ): Ref[][] {
    return (this.grants.get(object) ?? [])
      .filter(
        (grant) =>
          view(grant) &&
          rule?.by.includes(grant.relation) === true &&
          !isOver(grant, time),
      )
      .flatMap((grant) =>
        subjects
          .filter((subject) => subject.ref === grant.principal)
          .map((subject) => [grant.ref, ...subject.rows]),
      );
  }

  // From the object to the top; undefined where a step has ended.
  private wayUp(object: Ref, view: View): Step[] | undefined {
    const way: Step[] = [];
    for (let at: Ref | undefined = object; at !== undefined; ) {
      const node = this.rows.get(at);
      const edge: Edge | undefined = this.places(at, view)[0];
      if (node === undefined || edge === undefined || !view(node))
        return undefined;
      if (way.some((step) => step.node === node)) return undefined;
      way.push({ node, edge: edge.parent === undefined ? undefined : edge });
      at = edge.parent;
    }
    return way;
  }

  /** All ways in which the principal is in a relation to a folder or file. */
  deriveNode(
    schema: Rule[],
    principal: Ref,
    relation: string,
    object: Row,
    view: View,
    time: number,
  ): Derivation[] {
    const ruleOf = (kind: string): Rule | undefined =>
      schema.find((r) => r.object === kind && r.relation === relation);
    const way = this.wayUp(object.ref, view);
    const own = way?.[0];
    if (way === undefined || own === undefined) return [];
    const rows = (steps: Step[]): Ref[] =>
      steps.flatMap(({ node, edge }) =>
        edge === undefined ? [node.ref] : [node.ref, edge.ref],
      );
    const above = rows(way.slice(1));
    const within = way.map((step) => step.node.ref);
    const subjects = this.subjects(principal, view, time);
    // What lies in a trash is reached by grants above the trash only.
    const inTrash = way
      .map(({ node }, i) => i > 0 && this.trashes.has(node.ref))
      .lastIndexOf(true);
    const all: Derivation[] = [];
    for (const [i, { node }] of way.entries()) {
      const rule = ruleOf(node.kind);
      const grants = this.grantsOn(node.ref, subjects, rule, view, time);
      for (const grant of i < inTrash ? [] : grants)
        all.push(
          i === 0
            ? { own: [...grant, ...rows([own])], above, within }
            : { own: rows([own]), above: [...above, ...grant], within },
        );
      if (rule?.inherits !== true) break;
    }
    return all;
  }

  /** The units from one up; undefined where one has ended. */
  private unitsUp(unit: Ref, view: View): Ref[] | undefined {
    const way: Ref[] = [];
    for (let at: Ref | undefined = unit; at !== undefined; ) {
      const row: Unit | undefined = this.units.get(at);
      if (row === undefined || !view(row) || way.includes(at)) return undefined;
      way.push(at);
      at = row.parent;
    }
    return way;
  }

  isWithin(unit: Ref | undefined, within: Ref): boolean {
    if (unit === undefined) return false;
    return this.unitsUp(unit, () => true)?.includes(within) === true;
  }

  /** The same for a unit, those by a role in the nearest one first. */
  deriveUnit(
    schema: Rule[],
    principal: Ref,
    relation: string,
    unit: Ref,
    view: View,
    time: number,
  ): Derivation[] {
    const rule = schema.find(
      (r) => r.object === "unit" && r.relation === relation,
    );
    const way = this.unitsUp(unit, view) ?? [];
    if (this.isOutside(principal)) return [];
    const subjects = this.subjects(principal, view, time);
    return way.flatMap((one, i) =>
      this.grantsOn(one, subjects, rule, view, time).map((grant) => ({
        own: [...grant, ...way.slice(0, i + 1)],
        above: [],
        within: [],
      })),
    );
  }

  /** All ways in which somebody may use an app. */
  deriveApp(
    schema: Rule[],
    principal: Ref,
    app: number,
    view: View,
    time: number,
  ): Derivation[] {
    const rule = schema.find((r) => r.object === "app");
    const subjects = this.subjects(principal, view, time);
    const object = this.apps[app - 1] ?? 0;
    return this.grantsOn(object, subjects, rule, view, time).map((own) => ({
      own,
      above: [],
      within: undefined,
    }));
  }

  /** What somebody, or a group of theirs, has roles in. */
  rolesOf(principal: Ref, view: View, time: number): Ref[] {
    const subjects = this.subjects(principal, view, time).map((s) => s.ref);
    return [this.org as Ref, ...this.units.keys()].filter((object) =>
      (this.grants.get(object) ?? []).some(
        (grant) =>
          view(grant) &&
          !isOver(grant, time) &&
          subjects.includes(grant.principal),
      ),
    );
  }

  /** The same for the organisation. */
  deriveOrg(
    schema: Rule[],
    principal: Ref,
    relation: string,
    view: View,
    time: number,
  ): Derivation[] {
    if (this.org === undefined || this.isOutside(principal)) return [];
    const rule = schema.find(
      (r) => r.object === "organisation" && r.relation === relation,
    );
    const subjects = this.subjects(principal, view, time);
    return this.grantsOn(this.org, subjects, rule, view, time).map((own) => ({
      own,
      above: [],
      within: [],
    }));
  }
}
