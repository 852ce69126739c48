// Replays a log: rebuilds from its leaves alone who had which right when, and
// checks each outcome by that. What was allowed must rest on a proof that is a
// derivation: rows that live, from the object up to a grant. What was denied
// must not be derivable in any way. It shares no code with the server.
//
//   node dist/replay.js FOLDER...
//
// FOLDERs are log folders: the epochs of one log, the oldest first. Exit status 1
// names each leaf that doesn't hold.
//
// What it knows beside the catalogue's table and schema, from docs/LOG.md: which
// facts a leaf has of what it made; that the folders made with a principal are,
// in this order, the top of its space, its files and its trash; that grants on
// what lies in a trash don't count; and what token.issue and file.changes deny.
import { fileURLToPath } from "node:url";

import {
  type Catalogue,
  type Log,
  type Need,
  type Operation,
  readLog,
} from "./folder.js";
import { Incidents } from "./incidents.js";
import {
  decodeLeaf,
  FACT,
  type Leaf,
  type LeafObject,
  type Made,
  parseId,
  type Ref,
  refOf,
  refText,
  sequenceOf,
} from "./leaf.js";
import {
  asOf,
  type Belonging,
  type Credential,
  type Derivation,
  type Grant,
  now,
  type Request,
  type Row,
  seenAt,
  type Session,
  State,
  unitOf,
  type View,
} from "./state.js";

// The app that the operations of a family are part of.
const APPS = new Map([
  ["files", "files"],
  ["documents", "documents"],
  ["access", "admin"],
  ["log", "log"],
  ["system", "admin"],
]);

const LOG_BEGIN = 1; // the operation that a log begins with
const CATALOGUE = 2; // and the one whose leaf names the catalogue
const ARGUMENTS = 1000; // keys below are of the argument
const STEPUP_MS = 5 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const PASSKEY = 3; // the assurance that a role wants of a person
const PASSWORD = 4; // and that of a password alone
const ALONE = "password_alone"; // the exception that this wants

export interface Replay {
  leaves: number;
  proofs: number; // allowed, and what is cited is a derivation
  denials: number; // denied, and not derivable
  refusals: number;
  unchecked: number; // their leaf was full: it tells no more than an outcome
  mismatches: string[];
}

/** A person whom nobody is, or a file of theirs. */
interface Canary {
  of: Ref; // the person
  ended: number | undefined;
}

class Mismatch extends Error {}

function fail(what: string): never {
  throw new Mismatch(what);
}

interface DecidedNeed {
  need: Need;
  derivations: Derivation[]; // in the credential's scope or not
}

function inScope(derivation: Derivation, folder: Ref | undefined): boolean {
  return (
    folder === undefined ||
    derivation.within === undefined ||
    derivation.within.includes(folder)
  );
}

// The leaves of rows, equal neighbours once.
function addLeaves(list: number[], rows: Ref[]): void {
  for (const row of rows)
    if (list.at(-1) !== sequenceOf(row)) list.push(sequenceOf(row));
}

function equal(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/**
 * Whether an object cites just these: the own rows of each, and what is above
 * behind them or, of one or of several alike, in the shared proof.
 */
function cites(object: LeafObject, parts: Derivation[]): boolean {
  for (let shared = 0; shared < 1 << parts.length; shared++) {
    const own: number[] = [];
    const joins: number[][] = [];
    for (const [i, part] of parts.entries()) {
      addLeaves(own, part.own);
      const above: number[] = [];
      addLeaves(above, part.above);
      if (shared & (1 << i)) joins.push(above);
      else addLeaves(own, part.above);
    }
    if (
      equal(own, object.proof) &&
      (joins.length === 0
        ? object.joins.length === 0
        : joins.every((above) => equal(above, object.joins)))
    )
      return true;
  }
  return false;
}

/** All choices of one element from each list. */
function choices<T>(lists: T[][]): T[][] {
  return lists.reduce<T[][]>(
    (all, list) => all.flatMap((one) => list.map((item) => [...one, item])),
    [[]],
  );
}

export class Replayer {
  readonly result: Replay = {
    leaves: 0,
    proofs: 0,
    denials: 0,
    refusals: 0,
    unchecked: 0,
    mismatches: [],
  };
  private readonly state = new State();
  private readonly leaves = new Map<number, Leaf>();
  private readonly incidents = new Incidents({
    leaves: { [Symbol.iterator]: () => this.leaves.values() },
    kindOf: (kind) => this.kindOf(kind),
    isRead: (op) => {
      const { effect, name } = this.operations.get(op) ?? {};
      return (effect === "read" && name !== "document.open") || name === "context";
    },
    sessionsOf: (principal) =>
      [...this.state.sessions]
        .filter(([, session]) => session.credential.principal === principal)
        .map(([ref]) => ref),
    credentialsOf: (principal) =>
      [...this.state.credentials]
        .filter(([, credential]) => credential.principal === principal)
        .map(([ref]) => ref),
    sessionsWith: (credential) =>
      [...this.state.sessions]
        .filter(
          ([ref, session]) =>
            session.credential.ref === credential && sequenceOf(ref) === sequenceOf(credential),
        )
        .map(([ref]) => ref),
  });
  private last: number | undefined;
  private readonly canaries = new Map<Ref, Canary>();
  private touched: number | undefined; // the leaf before, if it touched one
  private catalogue!: Catalogue;
  private operations = new Map<number, Operation>();
  private kinds = new Map<number, string>();
  private outcomes = new Map<number, { name: string; class: string }>();

  constructor(private readonly catalogues: Map<string, Catalogue>) {}

  /** The leaves of a log in order; of one epoch behind the other. */
  replay(leaves: Uint8Array[]): Replay {
    const decoded = leaves.map((bytes, i) => {
      try {
        return decodeLeaf(bytes);
      } catch (error) {
        this.result.mismatches.push(`entry ${i}: ${String(error)}`);
        return undefined;
      }
    });
    const first = decoded.find((leaf) => leaf?.op === CATALOGUE);
    if (first !== undefined) this.takeCatalogue(first);
    for (const leaf of decoded) if (leaf !== undefined) this.replayLeaf(leaf);
    return this.result;
  }

  private check(where: string, what: () => void): void {
    try {
      what();
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.result.mismatches.push(`${where}: ${error.message}`);
    }
  }

  private takeCatalogue(leaf: Leaf): void {
    const digest = leaf.objects[0]?.bytes.get(FACT.digest);
    const hex = Buffer.from(digest ?? []).toString("hex");
    const catalogue = this.catalogues.get(hex);
    if (catalogue === undefined)
      throw new Error(`leaf ${leaf.sequence}: its catalogue isn't in the folder`);
    const { operations, kinds, outcomes } = catalogue.table;
    this.catalogue = catalogue;
    this.operations = new Map(operations.map((op) => [op.number, op]));
    this.kinds = new Map(kinds.map((kind) => [kind.number, kind.kind]));
    this.outcomes = new Map(outcomes.map((o) => [o.number, o]));
  }

  // ---- a leaf ---------------------------------------------------------------

  private replayLeaf(leaf: Leaf): void {
    const at = `leaf ${leaf.sequence}`;
    this.result.leaves++;
    if (leaf.op === CATALOGUE) this.takeCatalogue(leaf);
    const op = this.operations.get(leaf.op);
    if (op === undefined) {
      this.result.mismatches.push(`${at}: operation ${leaf.op} is unknown`);
      return;
    }
    const name = `${at} (${op.name})`;
    this.check(name, () => this.checkPlace(leaf, op));
    this.leaves.set(leaf.sequence, leaf);
    this.check(name, () => this.checkAlert(leaf, op));
    if (op.effect === "system") this.check(name, () => this.checkSystem(leaf));
    else this.check(name, () => this.checkWho(leaf, op));
    for (const [k, object] of leaf.objects.entries()) {
      const where = leaf.objects.length > 1 ? `${name}, object ${k}` : name;
      if (op.effect !== "system" && leaf.outcome === 0)
        this.check(where, () => this.checkObject(leaf, op, object, k));
      this.check(where, () => this.apply(leaf, op, object));
    }
    this.check(name, () => this.checkWhole(leaf));
    this.touched = this.touches(leaf, op) ? leaf.sequence : undefined;
  }

  // An epoch begins with a number of its own, and with what was kept.
  private beginEpoch(leaf: Leaf): void {
    const numbers = leaf.objects[0]?.numbers;
    const base = Number(numbers?.get(FACT.base));
    const kept = numbers?.get(FACT.kept);
    if (base !== leaf.sequence || base <= (this.last ?? 0))
      fail(`an epoch from ${base} on`);
    if ((kept === undefined) !== (this.last === undefined))
      fail("an epoch begins without the one before it");
    if (kept === undefined) return;
    this.state.rewind(Number(kept));
    for (const [ref, canary] of this.canaries)
      if (sequenceOf(ref) > kept) this.canaries.delete(ref);
      else if ((canary.ended ?? 0) > kept) canary.ended = undefined;
  }

  private checkPlace(leaf: Leaf, op: Operation): void {
    if (leaf.op === LOG_BEGIN) this.beginEpoch(leaf);
    else if (leaf.sequence !== (this.last ?? NaN) + 1)
      fail(`its place is ${this.last === undefined ? "first" : this.last + 1}`);
    this.last = leaf.sequence;
    if (leaf.revision !== op.revision) fail(`revision ${leaf.revision}`);
    if (leaf.objects.length === 0) fail("no object");
    for (const cited of [leaf.at, leaf.cites, leaf.context])
      if (cited !== undefined && cited >= leaf.sequence)
        fail(`it cites ${cited}`);
    for (const { named } of leaf.objects)
      if (named !== undefined && !this.leaves.has(named))
        fail(`named by ${named}, which is no leaf before it`);
    if (leaf.outcome !== 0 && !this.outcomes.has(leaf.outcome))
      fail(`outcome ${leaf.outcome}`);
  }

  private classOf(outcome: number): string {
    if (outcome === 0) return "allowed";
    return this.outcomes.get(outcome)?.class ?? fail(`outcome ${outcome}`);
  }

  private nameOf(outcome: number): string {
    return this.outcomes.get(outcome)?.name ?? String(outcome);
  }

  // ---- canaries ---------------------------------------------------------------

  private isCanary(ref: Ref | undefined): boolean {
    const canary = this.canaries.get(ref ?? 0);
    return canary !== undefined && canary.ended === undefined;
  }

  // As far as the leaf tells: what a path or a name to sign in by led to stands
  // there as its object, what an argument names as that.
  private touches(leaf: Leaf, op: Operation): boolean {
    if (this.returns(leaf)) return true;
    if (op.effect === "system" || op.family === "log") return false;
    if (op.name.startsWith("canary.")) return false;
    return leaf.objects.some(
      (object) =>
        this.isCanary(object.ref) ||
        [...object.bytes].some(([key, bytes]) => {
          if (key >= ARGUMENTS) return false;
          const { letter, n } = parseId(bytes);
          return this.isCanary(this.state.ids.get(letter + n));
        }),
    );
  }

  // By a session that a cut had ended.
  private returns(leaf: Leaf): boolean {
    if (this.nameOf(leaf.outcome) !== "UNAUTHENTICATED") return false;
    const ended = this.state.rows.get(leaf.session ?? 0)?.ended;
    const by = this.operations.get(this.leaves.get(ended ?? 0)?.op ?? 0)?.name;
    return by === "incident.evict" || by === "incident.contain";
  }

  // What touches a canary has its alert right behind it, and there is no alert
  // about anything else. (Some touch more than their leaf tells: who is turned
  // away, a copy of a folder.)
  private checkAlert(leaf: Leaf, op: Operation): void {
    const isAlert = op.name === "alert.raise";
    if (this.touched !== undefined && !isAlert)
      fail(`leaf ${this.touched} touched what raises one, and this is no alert`);
    if (!isAlert) return;
    const object = leaf.objects[0];
    const about = Number(object?.numbers.get(FACT.alert));
    if (leaf.cites !== leaf.sequence - 1) fail("it isn't about the leaf before");
    if (leaf.objects.length !== 1) fail("it isn't about one thing");
    if (about === this.numberOfWord("ALERT", "return")) {
      if (!this.returns(this.leaves.get(leaf.cites) as Leaf)) fail("nobody came back");
      return;
    }
    if (about === this.numberOfWord("ALERT", "counter")) {
      if (!this.state.principals.has(object?.ref ?? 0)) fail("about nobody");
      return;
    }
    if (!this.canaries.has(object?.ref ?? 0)) fail("it is about no canary");
    const word = object?.ref === this.canaries.get(object?.ref ?? 0)?.of
      ? "canary_name"
      : "canary_file";
    if (about !== this.numberOfWord("ALERT", word)) fail(`it is a ${word}`);
  }

  private noteCanaries(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    made: Row[],
  ): void {
    const person = made.find((row) => row.kind === "principal");
    if (person !== undefined)
      for (const row of made)
        if (row === person || row.kind === "file")
          this.canaries.set(row.ref, { of: person.ref, ended: undefined });
    if (op.name !== "canary.end" || object.outcome !== 0) return;
    const whose = this.argRef(op, object, "principal") as Ref;
    if (!this.isCanary(whose)) fail("it ends what is no canary");
    for (const [ref, canary] of this.canaries)
      if (canary.of === whose) {
        canary.ended = leaf.sequence;
        if (this.state.rows.get(ref)?.ended === undefined)
          fail(`${refText(ref)} outlives its end`);
      }
  }

  // What the server did by itself says for whom: then that is somebody.
  private checkSystem(leaf: Leaf): void {
    if (leaf.session !== undefined) this.sessionOf(leaf);
    if (leaf.cites !== undefined) {
      const opening = this.leaves.get(leaf.cites);
      const object = leaf.objects[0];
      if (opening === undefined) fail(`${leaf.cites} is no leaf before it`);
      // Of a process of a document, which is nobody's, and of what somebody had typed
      // when they had left, that alone.
      if (
        leaf.session === undefined &&
        this.operations.get(leaf.op)?.family === "documents"
      ) {
        if (opening.objects[0]?.ref !== object?.ref)
          fail(`it is not about what leaf ${leaf.cites} began`);
        return;
      }
      if (
        opening.session !== leaf.session ||
        opening.principal !== leaf.principal ||
        opening.context !== leaf.context ||
        (opening.objects[0]?.ref !== object?.ref &&
          leaf.op !== this.numberOf("alert.raise"))
      )
        fail(`it is not about what leaf ${leaf.cites} began`);
    }
  }

  // ---- who ------------------------------------------------------------------

  private sessionOf(leaf: Leaf): Session {
    const session = this.state.sessions.get(leaf.session ?? 0);
    const { credential } = session ?? fail("its session was never made");
    if (!this.state.principals.has(credential.principal))
      fail("its principal was never made");
    if (credential.principal !== leaf.principal)
      fail("its session is another principal's");
    if (
      leaf.op !== this.numberOf("context") &&
      !equal(
        leaf.credentials,
        [credential.ref, session?.second?.ref].filter((r) => r !== undefined),
      )
    )
      fail("its session has another credential");
    return session as Session;
  }

  private numberOf(name: string): number | undefined {
    return this.catalogue.table.operations.find((op) => op.name === name)
      ?.number;
  }

  private checkWho(leaf: Leaf, op: Operation): void {
    const context = this.leaves.get(leaf.context ?? 0);
    if (context === undefined || context.op !== this.numberOf("context"))
      fail("its context is none");
    if (context.session !== leaf.session)
      fail("its context is another session's");
    if (this.classOf(leaf.outcome) === "denied") this.result.denials++;
    else if (leaf.outcome !== 0) this.result.refusals++;
    if (this.isOpen(op)) {
      this.checkOpen(leaf);
      return;
    }
    if (leaf.session === undefined) {
      if (leaf.principal !== undefined) fail("a principal without a session");
      const outcome = this.classOf(leaf.outcome);
      if (outcome === "allowed" || outcome === "refused")
        fail("nobody's, and not denied");
      return;
    }
    this.checkSession(leaf, op, this.sessionOf(leaf));
  }

  private isOpen(op: Operation): boolean {
    return op.needs[0]?.on === "anyone";
  }

  // Who has no session yet, and proves who it is: by what is theirs, and lives.
  private checkOpen(leaf: Leaf): void {
    if (leaf.session !== undefined) fail("it needs no session, and has one");
    const principal = this.state.principals.get(leaf.principal ?? 0);
    if (leaf.principal === undefined) {
      if (leaf.credentials.length > 0) fail("credentials of nobody");
      return;
    }
    if (principal === undefined || !now(principal))
      fail("its principal doesn't live");
    if (principal?.suspended !== undefined) fail("its principal is suspended");
    for (const ref of leaf.credentials) {
      const credential = this.state.credentials.get(ref);
      if (credential?.principal !== leaf.principal || !now(credential))
        fail("a credential that isn't theirs, or has ended");
    }
    if (leaf.credentials.length === 0) fail("it proves nothing");
    if (this.operations.get(leaf.op)?.name === "link.open")
      this.checkOpening(leaf);
  }

  // A link opens as often as it may, and the session doesn't outlive it.
  private checkOpening(leaf: Leaf): void {
    const credential = this.state.credentials.get(leaf.credentials[0] ?? 0);
    const numbers = leaf.objects[0]?.numbers;
    const link = credential?.link ?? fail("it is no link's");
    if (leaf.time >= (credential?.expires ?? 0)) fail("the link had expired");
    if (++link.opened > link.uses) fail("the link was used up");
    if (Number(numbers?.get(FACT.openings)) !== link.opened)
      fail(`it was opened ${link.opened} times`);
    if (Number(numbers?.get(FACT.expires)) > (credential?.expires ?? 0))
      fail("the session outlives the link");
  }

  // Why a link that there is doesn't open.
  private checkShut(leaf: Leaf, object: LeafObject, name: string): void {
    if (object.ref === undefined || object.ref === 0) {
      if (name !== "UNAUTHENTICATED") fail(`${name}, and there is no link`);
      return;
    }
    const principal = this.state.principals.get(object.ref);
    const credential =
      [...this.state.credentials.values()].find(
        (one) => one.principal === object.ref,
      ) ?? fail("it has no credential");
    const link = credential.link ?? fail("it is no link");
    const ended = [credential, principal].some((row) => !now(row as Row));
    const over = leaf.time >= credential.expires || link.opened >= link.uses;
    const view = leaf.at === undefined ? now : asOf(leaf.at);
    const uses = this.state.deriveApp(
      this.catalogue.schema,
      object.ref,
      this.numberOfWord("APP", "files"),
      view,
      leaf.time,
    );
    const holds: { [name: string]: boolean } = {
      UNAUTHENTICATED: ended,
      EXPIRED: over,
      SUSPENDED: principal?.suspended !== undefined,
      DENIED: uses.length === 0,
      PASSWORD: link.protected,
    };
    if (holds[name] !== true) fail(`${name}, and there is no reason`);
  }

  private isPerson(session: Session): boolean {
    const { principal } = session.credential;
    const { person } = this.state.principals.get(principal) ?? {};
    return person === "person" || person === "guest";
  }

  private mustStepUp(leaf: Leaf, op: Operation, session: Session): boolean {
    return (
      op.stepup === true &&
      this.isPerson(session) &&
      !session.credential.enrols &&
      leaf.time - session.stepped >= STEPUP_MS
    );
  }

  private checkSession(leaf: Leaf, op: Operation, session: Session): void {
    const { credential } = session;
    const principal = this.state.principals.get(credential.principal);
    const rows: Row[] = [session, credential, principal as Row];
    if (session.second !== undefined) rows.push(session.second);
    const idle = leaf.time - session.used;
    const { suspended } = principal ?? {};
    if (leaf.outcome === 0) session.used = leaf.time;
    const view = leaf.at === undefined ? now : seenAt(leaf.at);
    const live = rows.every(view);
    const expired =
      leaf.time >= credential.expires || leaf.time >= session.expires;
    const family = this.bit("FAMILY", op.family);
    const inScope =
      (credential.families & family) !== 0 &&
      !(credential.readOnly && op.effect !== "read");
    switch (this.nameOf(leaf.outcome)) {
      case "UNAUTHENTICATED":
        if (rows.every(now)) fail("denied, and its session lives");
        return;
      case "EXPIRED":
        if (!expired && idle <= 0) fail("expired, and its credential has not");
        return;
      case "SUSPENDED":
        if (suspended === undefined) fail("suspended, and it is not");
        return;
      case "STEPUP":
        if (!this.mustStepUp(leaf, op, session))
          fail("it was to be confirmed, and it was");
        return;
      case "SCOPE":
        if (inScope) fail("out of scope, and it is not");
        return;
    }
    if (this.classOf(leaf.outcome) === "failed") return;
    const seen = leaf.at === undefined ? now : asOf(leaf.at);
    if (
      this.nameOf(leaf.outcome) === "DENIED" &&
      this.useOf(leaf, op, seen)?.length === 0
    )
      return;
    if (this.classOf(leaf.outcome) === "denied")
      fail(`${this.nameOf(leaf.outcome)} is no reason for a whole operation`);
    if (suspended !== undefined) fail("its principal is suspended");
    if (this.mustStepUp(leaf, op, session)) fail("it wasn't confirmed");
    if (!live) fail("its session had ended");
    if (expired) fail("its credential had expired");
    if (!inScope) fail("its credential is not for that");
  }

  // All ways in which the app may be used; undefined where it is part of none.
  private useOf(
    leaf: Leaf,
    op: Operation,
    view: View,
  ): Derivation[] | undefined {
    const app = APPS.get(op.family);
    if (app === undefined) return undefined;
    return this.state.deriveApp(
      this.catalogue.schema,
      leaf.principal as Ref,
      this.numberOfWord("APP", app),
      view,
      leaf.time,
    );
  }

  private bit(words: string, word: string): number {
    return 2 ** this.numberOfWord(words, word);
  }

  private numberOfWord(words: string, word: string): number {
    const list = this.catalogue.table.words.find((w) => w.name === words);
    const number = list?.words.find((w) => w.word === word)?.number;
    return number ?? fail(`no word ${word}`);
  }

  // ---- an object ------------------------------------------------------------

  private isRepeat(leaf: Leaf): boolean {
    return leaf.cites !== undefined;
  }

  // What a need is on; undefined where the leaf doesn't tell.
  private objectOf(object: LeafObject, i: number): Row | undefined {
    const ref =
      i === 0 ? object.ref : Number(object.numbers.get(FACT.target) ?? 0);
    const row = this.state.rows.get(ref ?? 0);
    if (row === undefined && ref !== undefined && ref !== 0)
      fail(`${refText(ref)} was never made`);
    return row;
  }

  private decide(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    view: View,
  ): (DecidedNeed | undefined)[] {
    const { state, catalogue } = this;
    const principal = leaf.principal as Ref;
    // A repeat asks for what the row says; the rest was done the first time.
    const needs = op.needs.filter(
      (need) => !(this.isRepeat(leaf) && need.on === "target"),
    );
    return needs.map((need, i) => {
      const all = { own: [], above: [], within: undefined };
      if (need.on === "anyone") return { need, derivations: [all] };
      const row = this.objectOf(object, i);
      if (row === undefined) return undefined;
      const org = (relation: string): Derivation[] =>
        state.deriveOrg(catalogue.schema, principal, relation, view, leaf.time);
      // In the organisation, or in the unit of what is named first.
      const role = (relation: string): Derivation[] => {
        const derivations = org(relation);
        return derivations.length > 0 || i > 0
          ? derivations
          : this.inUnit(leaf, op, object, relation, view);
      };
      if (need.relation === "self") {
        const roles = op.orRole === undefined ? [] : role(op.orRole);
        return { need, derivations: row.ref === principal ? [all] : roles };
      }
      if (row.ref === state.org) {
        const relation =
          (need.on === "organisation" ? need.relation : op.orRole) ?? "";
        return { need, derivations: role(relation) };
      }
      if (need.on === "organisation") fail("it is not on the organisation");
      if (row.kind === "unit")
        return {
          need,
          derivations: this.onUnit(leaf, op, need, row.ref, view),
        };
      const derivations = state.deriveNode(
        catalogue.schema,
        principal,
        need.relation ?? "",
        row,
        view,
        leaf.time,
      );
      // A role does instead, but lies in no folder.
      if (derivations.length === 0 && op.orRole !== undefined)
        return {
          need,
          derivations: org(op.orRole).map((d) => ({ ...d, within: [row.ref] })),
        };
      return { need, derivations };
    });
  }

  // By a role in the unit, or else in the organisation.
  private onUnit(
    leaf: Leaf,
    op: Operation,
    need: Need,
    unit: Ref,
    view: View,
  ): Derivation[] {
    const { schema } = this.catalogue;
    const who = leaf.principal as Ref;
    const role = need.relation ?? "";
    const { time } = leaf;
    const own = this.state.deriveUnit(schema, who, role, unit, view, time);
    return own.length > 0
      ? own
      : this.state.deriveOrg(schema, who, op.orRole ?? "", view, time);
  }

  // The unit of what an argument names, where the row says that it counts.
  private unitNamed(
    op: Operation,
    object: LeafObject,
    view: View,
  ): Ref | undefined {
    if (op.unit === undefined) return undefined;
    const bytes = object.bytes.get(this.argument(op, op.unit));
    if (bytes === undefined) return undefined;
    const { letter, n } = parseId(bytes);
    const { state } = this;
    const ref = state.ids.get(letter + n) ?? 0;
    const row = state.rows.get(ref);
    const of = (whose: Ref): Ref | undefined =>
      unitOf(state.principals.get(whose), view);
    switch (row?.kind) {
      case "unit":
        return ref;
      case "grant": {
        const { object: on } = row as Grant;
        return state.units.has(on) && now(row) ? on : undefined;
      }
      case "credential":
        return of((row as Credential).principal);
      case "session":
        return of((row as Session).credential.principal);
      case "request":
        return of((row as Request).subject);
      default:
        return of(ref);
    }
  }

  private inUnit(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    relation: string,
    view: View,
  ): Derivation[] {
    const unit = this.unitNamed(op, object, view);
    if (unit === undefined) return [];
    return this.state.deriveUnit(
      this.catalogue.schema,
      leaf.principal as Ref,
      relation,
      unit,
      view,
      leaf.time,
    );
  }

  // By a role in a unit only those are touched who are in it and have no role
  // that doesn't lie below; and nobody gives anything to themselves.
  private isOutOfReach(leaf: Leaf, op: Operation, object: LeafObject): boolean {
    const { state } = this;
    const actor = leaf.principal as Ref;
    const { schema } = this.catalogue;
    const admin = op.orRole ?? "user_admin";
    if (op.unit === undefined) return false;
    const view = leaf.at === undefined ? now : asOf(leaf.at);
    if (state.deriveOrg(schema, actor, admin, view, leaf.time).length > 0)
      return false;
    const within = this.inUnit(leaf, op, object, admin, view)[0]?.own.at(-1);
    if (within === undefined) return false;
    const named = (name: string): Ref => this.argRef(op, object, name) as Ref;
    const far = (ref: Ref): boolean =>
      !state.isWithin(unitOf(state.principals.get(ref), view), within) ||
      state
        .rolesOf(ref, view, leaf.time)
        .some((on) => on === within || !state.isWithin(on, within));
    const own = (ref: Ref): boolean =>
      state.subjects(actor, view, leaf.time).some((s) => s.ref === ref);
    // One's own is one's own, whatever else one has.
    const others = (ref: Ref): boolean => ref !== actor && far(ref);
    switch (op.name) {
      case "session.list":
      case "session.revoke_all":
      case "credential.list":
        return others(named("principal"));
      case "session.revoke":
        return others(
          state.sessions.get(named("session"))?.credential.principal as Ref,
        );
      case "credential.end":
        return others(
          state.credentials.get(named("credential"))?.principal as Ref,
        );
      case "principal.move":
      case "principal.rename":
      case "principal.end":
      case "group.end":
      case "token.issue":
      case "invitation.issue":
      case "recovery.issue":
      case "principal.suspend":
      case "principal.resume":
        return far(named("principal"));
      case "token.revoke":
        return far(
          state.credentials.get(named("credential"))?.principal as Ref,
        );
      case "member.add":
        return (
          far(named("group")) || far(named("principal")) || own(named("principal"))
        );
      case "member.remove":
        return far(named("group"));
      case "role.grant":
        return far(named("principal")) || own(named("principal"));
      case "role.revoke": {
        const grant = state.rows.get(named("grant")) as Grant;
        return grant.object === within && grant.relation === admin;
      }
      case "unit.end":
        return named("unit") === within;
    }
    return false;
  }

  private checkObject(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    k: number,
  ): void {
    const name = this.nameOf(object.outcome);
    const first = this.isRepeat(leaf) ? this.firstOf(leaf, k) : undefined;
    switch (this.classOf(object.outcome)) {
      case "allowed":
        if (first !== undefined && first !== "allowed")
          fail(`a repeat, allowed; the first one was ${first}`);
        this.checkAllowed(leaf, op, object);
        this.result.proofs++;
        return;
      case "denied":
        if (op.name.startsWith("incident.") && name !== "DENIED") {
          this.checkRoom(leaf, name);
          this.result.denials++;
          return;
        }
        if (name === "ASSURANCE") {
          this.checkAssurance(leaf, op, object);
          this.result.denials++;
          return;
        }
        if (this.isOpen(op)) {
          if (leaf.principal !== undefined) fail("denied, and known by name");
          if (op.name === "link.open") this.checkShut(leaf, object, name);
          else if (!["UNAUTHENTICATED", "EXPIRED", "SUSPENDED"].includes(name))
            fail(`${name} is no reason to turn somebody away`);
          return;
        }
        if (name === "STEPUP" && op.name === "session.stepup") return;
        if (name === "LINEAGE") {
          if (!this.lineages(leaf, op, object).includes(false))
            fail("of other lineage, and denied as if it weren't");
          this.result.denials++;
          return;
        }
        if (name !== "DENIED" && name !== "SCOPE")
          fail(`${name} is no reason for one object`);
        // Of a repeat either the right has gone, or it is told what the first
        // one was.
        if (first !== "denied") this.checkDenied(leaf, op, object, name);
        else this.result.denials++;
        return;
      case "refused":
        this.result.refusals++;
        if (first === "allowed") fail("a repeat, refused; the first one was not");
        this.checkRefused(leaf, op, object);
        return;
    }
  }

  // A person's role counts only where they signed in with a passkey.
  private usesRole(op: Operation, object: LeafObject): boolean {
    const row = this.objectOf(object, 0);
    return op.needs[0]?.on === "organisation" || row?.ref === this.state.org;
  }

  private isTooUncertain(leaf: Leaf): boolean {
    const session = this.sessionOf(leaf);
    return this.isPerson(session) && session.assurance !== PASSKEY;
  }

  // Whom an incident may be about is told nothing; nor who has no passkey that
  // stays where it is.
  private checkRoom(leaf: Leaf, name: string): void {
    if (name === "ASSURANCE") {
      if (this.sessionOf(leaf).assurance === PASSKEY) fail("it was certain enough");
    } else if (name !== "LINEAGE" && name !== "STEPUP")
      fail(`${name} is no reason to keep somebody out`);
  }

  private checkIncident(leaf: Leaf, op: Operation, object: LeafObject): void {
    const has = (name: string) =>
      this.catalogue.table.shapes
        .find((s) => s.name === op.arguments)
        ?.fields.some((f) => f.name === name) === true;
    const ref = (name: string) => (has(name) ? this.argRef(op, object, name) : undefined);
    const number = (name: string) => (has(name) ? this.argNumber(op, object, name) : undefined);
    const problem = this.incidents.check(
      leaf,
      object,
      {
        operation: op.name,
        incident: ref("incident"),
        credential: ref("credential"),
        session: ref("session"),
        principal: ref("principal"),
        spared: ref("id"),
        cut: number("cut") === 1,
        since: number("since") ?? 0,
      },
      object.outcome === 0 ? "" : this.nameOf(object.outcome),
      (one) => this.state.rows.get(one)?.ended === undefined,
    );
    if (problem !== undefined) fail(problem);
  }

  private checkAssurance(leaf: Leaf, op: Operation, object: LeafObject): void {
    if (!this.isTooUncertain(leaf)) fail("it was certain enough");
    const view = leaf.at === undefined ? now : asOf(leaf.at);
    const decided = this.decide(leaf, op, object, view);
    if (decided.some((d) => d?.derivations.length === 0))
      fail("there was no right at all");
  }

  // What the first one of a repeat was.
  private firstOf(leaf: Leaf, k: number): string {
    const first = this.leaves.get(leaf.cites ?? 0);
    if (first?.op !== leaf.op || first.session !== leaf.session)
      fail(`leaf ${leaf.cites} is not what it repeats`);
    return this.classOf(first.objects[k]?.outcome ?? fail("an object more"));
  }

  private folderOf(leaf: Leaf): Ref | undefined {
    return this.state.sessions.get(leaf.session ?? 0)?.credential.folder;
  }

  private checkAllowed(leaf: Leaf, op: Operation, object: LeafObject): void {
    const view = leaf.at === undefined ? now : seenAt(leaf.at);
    const decided = this.decide(leaf, op, object, view);
    const problem = this.problemOf(leaf, op, object, decided);
    if (op.name === "session.begin") this.checkAlone(leaf, object);
    if (this.isOpen(op)) return;
    this.checkSecond(leaf, op, object);
    if (op.name === "approval.give") this.checkApproval(leaf, op, object);
    if (this.usesRole(op, object) && this.isTooUncertain(leaf))
      fail("allowed, and it is not certain enough who it is");
    if (problem === undefined) return this.checkRules(leaf, op, object);
    // What the first one made unfindable is no refusal of its repeat.
    if (this.isRepeat(leaf) && this.isUnfindable(object)) return;
    fail(problem);
  }

  private problemOf(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    decided: (DecidedNeed | undefined)[],
  ): string | undefined {
    const lists: Derivation[][] = [];
    for (const d of decided) {
      if (d === undefined) return "allowed, and it doesn't say on what";
      const folder = this.folderOf(leaf);
      const derivations = d.derivations.filter((one) => inScope(one, folder));
      if (d.derivations.length === 0)
        return `allowed, and there is no right to ${d.need.relation}`;
      if (derivations.length === 0)
        return "allowed, and it is out of the credential's scope";
      lists.push(derivations);
    }
    // That the app may be used stands before the rights of the first object that
    // was decided; those behind it don't say it again.
    const use = this.useOf(leaf, op, leaf.at === undefined ? now : seenAt(leaf.at));
    const k = leaf.objects.indexOf(object);
    const told = leaf.objects
      .slice(0, k)
      .some((o) => o.proof.length + o.joins.length > 0);
    // Who confirms by a password alone rests on the exception, too.
    const alone =
      op.name === "session.stepup" && object.proof.length > 0
        ? this.exceptionsOf(leaf.principal as Ref, leaf.time)
        : [];
    const holds = (parts: Derivation[]): boolean =>
      use === undefined
        ? cites(object, parts) ||
          alone.some((one) => cites(object, [...parts, one]))
        : use.some((one) => cites(object, [one, ...parts])) ||
          (told && cites(object, parts));
    return choices(lists).some(holds)
      ? undefined
      : `its proof [${object.proof.join(" ")} | ${object.joins.join(" ")}] is no derivation`;
  }

  // ---- two people -----------------------------------------------------------

  // All ways in which somebody may sign in by a password alone.
  private exceptionsOf(principal: Ref, time: number): Derivation[] {
    const { state, catalogue } = this;
    return state.deriveOrg(catalogue.schema, principal, ALONE, now, time);
  }

  // A password alone rests on an exception; all else rests on none.
  private checkAlone(leaf: Leaf, object: LeafObject): void {
    const assurance = Number(object.numbers.get(FACT.assurance));
    if ((assurance === PASSWORD) !== (object.proof.length > 0))
      fail("a password alone, and no exception; or one without need");
    if (assurance !== PASSWORD) return;
    const exceptions = this.exceptionsOf(leaf.principal as Ref, leaf.time);
    if (!exceptions.some((one) => cites(object, [one])))
      fail("a password alone, by no exception that stands");
    if (leaf.credentials.length !== 1) fail("a password alone, and another");
  }

  // Whom what needs two people is about, where it does.
  private subjectOf(leaf: Leaf, op: Operation, object: LeafObject): Ref | undefined {
    if (op.second === undefined) return undefined;
    const subject = this.argRef(op, object, "principal") as Ref;
    if (op.second !== "self") return subject;
    const own = this.state.subjects(leaf.principal as Ref, now, leaf.time);
    return own.some((one) => one.ref === subject) ? subject : undefined;
  }

  // It uses a request up that was approved, or has waited for its day.
  private checkSecond(leaf: Leaf, op: Operation, object: LeafObject): void {
    const { requests } = this.state;
    const used = object.ended.filter((ref) => requests.has(ref));
    const subject = this.subjectOf(leaf, op, object);
    if (subject === undefined || this.isRepeat(leaf)) {
      if (used.length > 0 && !op.name.startsWith("approval."))
        fail("it uses up what it doesn't need");
      return;
    }
    const request = requests.get(used[0] ?? 0);
    if (request === undefined || used.length !== 1)
      fail("it is done by one person alone");
    if (request?.operation !== op.number || request.subject !== subject)
      fail("something else was asked for");
    if (request?.asker !== leaf.principal) fail("somebody else asked for it");
    if (leaf.time >= Number(request?.expires)) fail("it was asked for too long ago");
    const approval = this.leaves.get(request?.approved ?? 0);
    if (approval === undefined) {
      if (leaf.time < (request?.ripe ?? Infinity)) fail("nobody approved it");
      return;
    }
    if (!leaf.approved.includes(approval.session as Ref))
      fail("it doesn't say who approved it");
  }

  // The records that something comes from: whether a principal made one lately.
  private isOfLineage(from: number[], principal: Ref, since: number): boolean {
    const way = [...from];
    for (const number of way) {
      const leaf = this.leaves.get(number);
      if (leaf === undefined) return true;
      if (leaf.principal === principal && leaf.time >= since) return true;
      const behind = [leaf.session, ...leaf.credentials, ...leaf.approved];
      for (const ref of behind)
        if (ref !== undefined && !way.includes(sequenceOf(ref)))
          way.push(sequenceOf(ref));
    }
    return false;
  }

  // By which of the caller's roles it may be approved: each is of other lineage
  // than who asks, or not.
  private lineages(leaf: Leaf, op: Operation, object: LeafObject): boolean[] {
    const request = this.state.requests.get(
      this.argRef(op, object, "request") ?? 0,
    );
    if (request === undefined) fail("it approves nothing that was asked for");
    const { asker, subject } = request as Request;
    if (asker === leaf.principal || subject === leaf.principal) return [false];
    const own = [leaf.session, leaf.principal, ...leaf.credentials]
      .filter((ref) => ref !== undefined)
      .map(sequenceOf);
    const [decided] = this.decide(leaf, op, object, now);
    return (decided?.derivations ?? []).map(
      (d) =>
        !this.isOfLineage(
          [...own, ...d.own.map(sequenceOf)],
          asker,
          leaf.time - DAY_MS,
        ),
    );
  }

  private checkApproval(leaf: Leaf, op: Operation, object: LeafObject): void {
    if (!this.isPerson(this.sessionOf(leaf))) fail("approved by a program");
    if (!this.lineages(leaf, op, object).includes(true))
      fail("approved by who comes from who asked");
  }

  private isUnfindable(object: LeafObject): boolean {
    return (
      object.bytes.has(FACT.tried) ||
      object.texts.some((text) => text.field === FACT.path) ||
      [0, 1].some((i) => this.objectOf(object, i)?.ended !== undefined)
    );
  }

  private checkDenied(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    name: string,
  ): void {
    const view = leaf.at === undefined ? now : asOf(leaf.at);
    const decided = this.decide(leaf, op, object, view);
    const folder = this.folderOf(leaf);
    const isDenied = decided.some((d) =>
      name === "DENIED"
        ? d?.derivations.length === 0
        : d !== undefined && !d.derivations.some((one) => inScope(one, folder)),
    );
    if (isDenied || this.isRefusedByRule(leaf, op, object, name)) {
      this.result.denials++;
    } else if (decided.includes(undefined)) {
      this.result.unchecked++;
    } else fail(`${name}, and there is a right to it`);
  }

  private checkRefused(leaf: Leaf, op: Operation, object: LeafObject): void {
    const tried = object.bytes.get(FACT.tried);
    if (tried !== undefined && this.nameOf(object.outcome) === "NOT_FOUND") {
      const { letter, n } = parseId(tried);
      const row = this.state.rows.get(this.state.ids.get(letter + n) ?? 0);
      const view = leaf.at === undefined ? now : asOf(leaf.at);
      if ((row?.kind === "folder" || row?.kind === "file") && view(row))
        fail("not found, and it is there");
    }
    if (object.proof.length + object.joins.length === 0) return;
    // It was refused behind the decision, or behind a part of it.
    const view = leaf.at === undefined ? now : seenAt(leaf.at);
    const decided = this.decide(leaf, op, object, view);
    const problems = decided.map((_, i) =>
      this.problemOf(leaf, op, object, decided.slice(0, i + 1)),
    );
    const problem = problems.at(-1);
    if (!problems.includes(undefined) && problem !== undefined) fail(problem);
  }

  // ---- arguments ------------------------------------------------------------

  private argument(op: Operation, name: string): number {
    const shape = this.catalogue.table.shapes.find(
      (s) => s.name === op.arguments,
    );
    return (
      shape?.fields.find((f) => f.name === name)?.number ??
      fail(`${op.name} has no argument ${name}`)
    );
  }

  private argNumber(
    op: Operation,
    object: LeafObject,
    name: string,
  ): number | undefined {
    const value = object.numbers.get(this.argument(op, name));
    return value === undefined ? undefined : Number(value);
  }

  private argRef(
    op: Operation,
    object: LeafObject,
    name: string,
  ): Ref | undefined {
    const bytes = object.bytes.get(this.argument(op, name));
    if (bytes === undefined) return undefined;
    const { letter, n } = parseId(bytes);
    return this.state.ids.get(letter + n) ?? fail(`${name} is unknown`);
  }

  // A credential for a person is theirs to make, and none is wider than the one
  // that issues it. What changed in all of one's files is not one folder's.
  private isRefusedByRule(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    name: string,
  ): boolean {
    if (this.isOpen(op)) return false;
    const { credential } = this.sessionOf(leaf);
    if (name === "DENIED" && this.isOutOfReach(leaf, op, object)) return true;
    if (op.name === "file.changes")
      return name === "SCOPE" && credential.folder !== undefined;
    if (op.name !== "token.issue") return false;
    const whose = this.argRef(op, object, "principal") ?? leaf.principal;
    if (name === "DENIED")
      return (
        whose !== leaf.principal &&
        this.state.principals.get(whose ?? 0)?.person !== "service"
      );
    const families = this.argNumber(op, object, "families") ?? this.families();
    const folder = this.argRef(op, object, "folder");
    return (
      (families & ~credential.families) !== 0 ||
      (credential.folder !== undefined && folder !== credential.folder)
    );
  }

  private families(): number {
    const list = this.catalogue.table.words.find((w) => w.name === "FAMILY");
    // To enrol is for people alone.
    const words = list?.words.filter((w) => w.word !== "enrol");
    return words?.reduce((all, w) => all + 2 ** w.number, 0) ?? 0;
  }

  private checkRules(leaf: Leaf, op: Operation, object: LeafObject): void {
    for (const name of ["DENIED", "SCOPE"])
      if (this.isRefusedByRule(leaf, op, object, name))
        fail(`allowed, and ${name} by the rules of ${op.name}`);
  }

  // ---- what it did ----------------------------------------------------------

  private kindOf(kind: number): string {
    return this.kinds.get(kind) ?? fail(`kind ${kind}`);
  }

  private apply(leaf: Leaf, op: Operation, object: LeafObject): void {
    const done = leaf.outcome === 0 && object.outcome === 0;
    const repeat = op.effect !== "system" && this.isRepeat(leaf);
    const { made, ended, from } = object;
    if ((!done || repeat) && made.length + ended.length > 0)
      fail("it did nothing, and made or ended something");
    for (const ref of from)
      if (!this.state.rows.has(ref)) fail(`${refText(ref)} was never made`);
    this.checkOwner(leaf, op, object);
    if (op.name.startsWith("incident.") && !repeat) this.checkIncident(leaf, op, object);
    for (const ref of ended) this.end(leaf, op, ref);
    const rows = made.map((one) => this.make(op, one));
    for (const row of rows) this.describe(leaf, op, object, row, rows);
    if (done && !repeat) this.change(leaf, op, object);
    if (done && !repeat && op.name.startsWith("canary."))
      this.noteCanaries(leaf, op, object, rows);
    this.checkEnds(op, object);
  }

  private make(op: Operation, made: Made): Row {
    const kind = this.kindOf(made.kind);
    const row: Row = { ref: made.ref, kind, ended: undefined };
    if (!op.makes.includes(kind)) fail(`it makes no ${kind}`);
    if (this.state.rows.has(made.ref))
      fail(`it makes ${refText(made.ref)} twice`);
    this.state.rows.set(made.ref, row);
    if (made.outside === undefined) return row;
    const letter = this.catalogue.table.kinds.find((k) => k.kind === kind);
    const id = `${letter?.letter}${made.outside}`;
    if (this.state.ids.has(id)) fail(`the id of ${refText(made.ref)} is taken`);
    this.state.ids.set(id, made.ref);
    return row;
  }

  private end(leaf: Leaf, op: Operation, ref: Ref): void {
    const row = this.state.rows.get(ref);
    if (row === undefined) fail(`it ends ${refText(ref)}, never made`);
    if (row.ended !== undefined) fail(`it ends ${refText(ref)} again`);
    if (!op.ends.includes(row.kind)) fail(`it ends no ${row.kind}`);
    row.ended = leaf.sequence;
  }

  // Rows are objects that get their fields here: the maps hold the same ones.
  private describe(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    row: Row,
    made: Row[],
  ): void {
    const { state } = this;
    const target = (): Ref =>
      Number(object.numbers.get(FACT.target) ?? fail("it has no target"));
    const withPrincipal = made.some((one) => one.kind === "principal");
    switch (row.kind) {
      case "organisation":
        state.org = row.ref;
        return;
      case "principal":
        state.principals.set(
          row.ref,
          Object.assign(row, {
            person: this.personOf(op, object),
            suspended: undefined,
            units: [
              this.belonging(
                row.ref,
                op.unit === "unit" ? this.argRef(op, object, "unit") : undefined,
              ),
            ],
          }),
        );
        return;
      case "app":
        state.apps.push(row.ref);
        return;
      case "unit":
        state.units.set(
          row.ref,
          Object.assign(row, { parent: this.argRef(op, object, "unit") }),
        );
        return;
      case "credential":
        state.credentials.set(
          row.ref,
          Object.assign(row, this.credentialOf(leaf, op, object, made)),
        );
        return;
      case "session":
        state.sessions.set(
          row.ref,
          Object.assign(row, this.newSession(leaf, object, row, made)),
        );
        return;
      case "grant":
        this.addGrant(op, object, row, made, withPrincipal);
        return;
      case "folder":
        if (withPrincipal && this.nth(made, row) === 2) {
          state.trashes.add(row.ref);
          state.spaces.set(
            (made.find((r) => r.kind === "principal") as Row).ref,
            made.filter((r) => r.kind === "folder").map((r) => r.ref).slice(1),
          );
        }
        return;
      case "place in a folder":
        this.addEdge(op, object, row, made, withPrincipal);
        return;
      case "request":
        state.requests.set(
          row.ref,
          Object.assign(row, {
            asker: leaf.principal as Ref,
            operation: Number(object.numbers.get(FACT.asked)),
            subject: target(),
            expires: Number(object.numbers.get(FACT.expires)),
            ripe: object.numbers.has(FACT.ripe)
              ? Number(object.numbers.get(FACT.ripe))
              : undefined,
            approved: undefined,
          }),
        );
        return;
      case "upload":
        state.owned.set(
          row.ref,
          Object.assign(row, { owner: leaf.principal as Ref }),
        );
        return;
      case "version": {
        const file = made.find((one) => one.kind === "file")?.ref;
        const owner =
          op.name === "node.copy"
            ? made[made.indexOf(row) - 2]?.ref
            : (file ??
              (op.name === "file.write" ||
              op.name === "version.restore" ||
              op.family === "documents"
                ? object.ref
                : target()));
        state.owned.set(row.ref, Object.assign(row, { owner: owner as Ref }));
        return;
      }
    }
  }

  // Whose it is: of a new principal, of whom it names, or of who made it.
  private credentialOf(
    leaf: Leaf,
    op: Operation,
    object: LeafObject,
    made: Row[],
  ): Omit<Credential, keyof Row> {
    const expires = object.numbers.get(FACT.expires);
    const own = op.family === "enrol";
    const given = made.find((one) => one.kind === "principal")?.ref;
    const kinds = this.catalogue.table.words.find(
      (w) => w.name === "CREDENTIAL_KIND",
    );
    const kind = kinds?.words.find(
      (w) => w.number === Number(object.numbers.get(FACT.credentialKind)),
    )?.word;
    const has = (name: string): boolean =>
      given === undefined &&
      this.catalogue.table.shapes
        .find((s) => s.name === op.arguments)
        ?.fields.some((f) => f.name === name) === true;
    const principal =
      given ?? (own ? leaf.principal : Number(object.numbers.get(FACT.target)));
    if (principal === undefined || !this.state.principals.has(principal))
      fail("a credential of nobody");
    const isLink = op.name === "link.make";
    return {
      principal,
      families: Number(object.numbers.get(FACT.families)),
      readOnly:
        (has("read_only") && this.argNumber(op, object, "read_only") === 1) ||
        (isLink &&
          this.argNumber(op, object, "relation") !==
            this.numberOfWord("RELATION", "edit")),
      folder: has("folder") ? this.argRef(op, object, "folder") : undefined,
      expires: expires === undefined ? Infinity : Number(expires),
      enrols: ["invitation", "recovery", "reissue"].includes(kind ?? ""),
      link: isLink
        ? {
            opened: 0,
            uses: this.argNumber(op, object, "uses") ?? Infinity,
            protected: Number(object.numbers.get(FACT.protected)) === 1,
          }
        : undefined,
    };
  }

  // That of a secret made beside it, or of who signs in.
  private newSession(
    leaf: Leaf,
    object: LeafObject,
    row: Row,
    made: Row[],
  ): Omit<Session, keyof Row> {
    const beside = made[made.indexOf(row) - 1];
    const credentials =
      beside?.kind === "credential" ? [beside.ref] : leaf.credentials;
    const [first, second] = credentials.map((ref) =>
      this.state.credentials.get(ref),
    );
    if (first === undefined) fail("a session without a credential");
    const signedIn = beside?.kind !== "credential";
    return {
      credential: first,
      second,
      assurance: Number(object.numbers.get(FACT.assurance) ?? 1),
      expires: signedIn ? Number(object.numbers.get(FACT.expires)) : Infinity,
      stepped: signedIn ? leaf.time : 0,
      used: leaf.time,
    };
  }

  // What changes rows that go on.
  private change(leaf: Leaf, op: Operation, object: LeafObject): void {
    const target = this.state.principals.get(
      Number(object.numbers.get(FACT.target) ?? 0),
    );
    const session = this.state.sessions.get(leaf.session ?? 0);
    if (op.name === "principal.suspend" && target !== undefined)
      target.suspended = leaf.sequence;
    if (op.name === "principal.resume" && target !== undefined)
      target.suspended = undefined;
    if (op.name === "approval.give") {
      const request = this.state.requests.get(
        this.argRef(op, object, "request") ?? 0,
      );
      if (request !== undefined) request.approved = leaf.sequence;
    }
    if (op.name === "principal.move") this.move(leaf, op, object);
    if (op.name === "session.stepup" && session !== undefined) {
      session.stepped = leaf.time;
      session.assurance = Number(object.numbers.get(FACT.assurance));
    }
  }

  // From the record on: its number stands for a row that nothing else names.
  private belonging(ref: Ref, unit: Ref | undefined): Belonging {
    return { ref, kind: "belonging", ended: undefined, unit };
  }

  private move(leaf: Leaf, op: Operation, object: LeafObject): void {
    const ref = this.argRef(op, object, "principal");
    const unit = this.argRef(op, object, "unit");
    const principal = this.state.principals.get(ref ?? 0);
    const last = principal?.units.at(-1);
    if (principal === undefined || last === undefined || !now(principal))
      fail("it moves nobody who lives");
    if (Number(object.numbers.get(FACT.grantee)) !== ref)
      fail("whom it concerns is not whom it moves");
    if (last.unit === unit) fail("it moves nobody anywhere");
    if (unit !== undefined && this.state.units.get(unit)?.ended !== undefined)
      fail("the unit had ended");
    last.ended = leaf.sequence;
    principal.units.push(this.belonging(refOf(leaf.sequence, 0), unit));
  }

  private nth(made: Row[], row: Row): number {
    return made.filter((one) => one.kind === row.kind).indexOf(row);
  }

  private personOf(op: Operation, object: LeafObject): string {
    if (op.name === "group.create" || op.name === "app.install") return "group";
    if (op.name === "link.make") return "link";
    if (op.name.startsWith("canary.")) return "person";
    if (op.effect === "system") return "ceremony";
    const number = this.argNumber(op, object, "kind");
    const list = this.catalogue.table.words.find(
      (w) => w.name === "PRINCIPAL_KIND",
    );
    return (
      list?.words.find((w) => w.number === number)?.word ?? fail("no kind")
    );
  }

  private relationOf(bits: number, nth: number): string {
    const list = this.catalogue.table.words.find((w) => w.name === "RELATION");
    const given = list?.words.filter(
      ({ number }) => Math.floor(bits / 2 ** number) % 2 === 1,
    );
    return given?.[nth]?.word ?? fail("a grant of no relation");
  }

  private addGrant(
    op: Operation,
    object: LeafObject,
    row: Row,
    made: Row[],
    withPrincipal: boolean,
  ): void {
    const { state } = this;
    // To everyone each of the apps that it makes; or one to guests.
    if (op.name === "app.install") {
      const apps = made.filter((one) => one.kind === "app");
      const group = made.find((one) => one.kind === "principal") as Row;
      const target = Number(object.numbers.get(FACT.target));
      if (apps.length > 0) state.everyone = group.ref;
      else state.guests = group.ref;
      if (apps.length === 0 && !state.apps.includes(target))
        fail("its target is no app");
      state.addGrant(
        Object.assign(row, {
          object: apps[this.nth(made, row)]?.ref ?? target,
          relation: "use",
          principal: group.ref,
          expires: undefined,
        }),
      );
      return;
    }
    if (op.name === "link.make") {
      this.addLink(op, object, row, made);
      return;
    }
    if (withPrincipal) {
      const bits = Number(object.numbers.get(FACT.relations));
      const relation = this.relationOf(bits, this.nth(made, row));
      const onOrg = this.catalogue.schema.some(
        (r) => r.object === "organisation" && r.by.includes(relation),
      );
      const top = made.find((one) => one.kind === "folder") as Row;
      // Behind the canary's own: the right on its file.
      const file = made.find((one) => one.kind === "file");
      const isReader = this.nth(made, row) > 0 && file !== undefined;
      const principal = made.find((one) => one.kind === "principal") as Row;
      state.addGrant(
        Object.assign(row, {
          object: onOrg
            ? (state.org as Ref)
            : isReader
              ? file.ref
              : top.ref,
          relation,
          principal: isReader
            ? (this.argRef(op, object, "reader") as Ref)
            : principal.ref,
          expires: undefined,
        }),
      );
      return;
    }
    if (op.name === "export.open") {
      this.addExport(object, row, made);
      return;
    }
    const principal = this.argRef(op, object, "principal") as Ref;
    const isMember = op.name === "member.add";
    const isApp = op.name === "app.grant";
    const on = op.name === "policy.except"
      ? (state.org as Ref)
      : isMember
      ? this.groupOf(op, object)
      : isApp
        ? this.appOf(op, object)
        : (this.unitOf(op, object) ?? (object.ref as Ref));
    const expires = this.argNumber(op, object, "expires");
    if (Number(object.numbers.get(FACT.grantee)) !== principal)
      fail("its grantee is not whom it names");
    if (state.principals.get(principal)?.ended !== undefined)
      fail("its grantee had ended");
    state.addGrant(
      Object.assign(row, {
        object: on,
        relation: isMember
          ? "member"
          : isApp
            ? "use"
            : this.relationOf(
              2 ** (this.argNumber(op, object, "relation") as number),
              0,
            ),
        principal,
        expires,
      }),
    );
  }

  // What a link is made for, as long as it lasts.
  private addLink(op: Operation, object: LeafObject, row: Row, made: Row[]): void {
    const link = (made.find((one) => one.kind === "principal") as Row).ref;
    if (Number(object.numbers.get(FACT.grantee)) !== link)
      fail("its grantee is not the link");
    this.state.addGrant(
      Object.assign(row, {
        object: object.ref as Ref,
        relation: this.relationOf(
          2 ** (this.argNumber(op, object, "relation") as number),
          0,
        ),
        principal: link,
        expires: Number(object.numbers.get(FACT.expires)),
      }),
    );
  }

  // The right to read all of a principal's files, and their trash.
  private addExport(object: LeafObject, row: Row, made: Row[]): void {
    const whose = Number(object.numbers.get(FACT.target));
    const folders = this.state.spaces.get(whose) ?? fail("it has no files");
    const bits = Number(object.numbers.get(FACT.relations));
    this.state.addGrant(
      Object.assign(row, {
        object: folders[this.nth(made, row)] as Ref,
        relation: this.relationOf(bits, 0),
        principal: Number(object.numbers.get(FACT.grantee)),
        expires: Number(object.numbers.get(FACT.expires)),
      }),
    );
  }

  // What a copy comes from: the nth folder or file is of the nth one.
  private sourcesOf(object: LeafObject): Ref[] {
    return object.from.filter((ref) => {
      const kind = this.state.rows.get(ref)?.kind;
      return kind === "folder" || kind === "file";
    });
  }

  // A copy lies in the copy of what its original lies in, the first where it says.
  private copyParent(object: LeafObject, child: Ref, made: Row[]): Ref {
    const sources = this.sourcesOf(object);
    const copies = made.filter((r) => r.kind === "folder" || r.kind === "file");
    if (copies.length !== sources.length) fail("a copy of nothing");
    const n = copies.findIndex((copy) => copy.ref === child);
    if (sources[0] !== object.ref) fail("it copies something else");
    if (n === 0)
      return Number(
        object.numbers.get(FACT.target) ?? fail("it doesn't say where to"),
      );
    const [place] = this.state.places(sources[n] as Ref, now);
    const in_ = sources.indexOf(place?.parent ?? 0);
    return copies[in_]?.ref ?? fail("a copy that lies nowhere");
  }

  // The unit that a role is given in, if it is one.
  private unitOf(op: Operation, object: LeafObject): Ref | undefined {
    if (op.name !== "role.grant") return undefined;
    const ref = this.argRef(op, object, "unit");
    if (ref === undefined) return undefined;
    if (this.state.units.get(ref)?.ended !== undefined)
      fail("the unit had ended");
    if (Number(object.numbers.get(FACT.target)) !== ref)
      fail("its target is not the unit");
    return ref;
  }

  private appOf(op: Operation, object: LeafObject): Ref {
    const ref = this.state.apps[(this.argNumber(op, object, "app") ?? 0) - 1];
    if (Number(object.numbers.get(FACT.target)) !== ref)
      fail("its target is not the app");
    return ref as Ref;
  }

  // A group that lives, which nobody is in through themselves.
  private groupOf(op: Operation, object: LeafObject): Ref {
    const ref = this.argRef(op, object, "group") as Ref;
    const group = this.state.principals.get(ref);
    if (group?.person !== "group" || group.ended !== undefined)
      fail("it is no group that lives");
    if (Number(object.numbers.get(FACT.target)) !== ref)
      fail("its target is not the group");
    return ref;
  }

  // Places come behind what they hold; those that a thing gets later name it.
  private addEdge(
    op: Operation,
    object: LeafObject,
    row: Row,
    made: Row[],
    withPrincipal: boolean,
  ): void {
    const { state } = this;
    const before = made[made.indexOf(row) - 1];
    const isNew = before?.kind === "folder" || before?.kind === "file";
    const child = isNew ? before.ref : (object.ref as Ref);
    const top = made.find((one) => one.kind === "folder") as Row;
    let parent: Ref | undefined;
    if (!isNew)
      parent = Number(
        object.numbers.get(FACT.target) ?? fail("it doesn't say where to"),
      );
    else if (op.name === "node.copy")
      parent = this.copyParent(object, child, made);
    else if (!withPrincipal) parent = object.ref;
    else if (before?.kind === "file")
      parent = made.filter((one) => one.kind === "folder")[1]?.ref;
    else if (before !== top) parent = top.ref;
    const folder = state.rows.get(parent ?? 0);
    if (parent !== undefined && (folder?.kind !== "folder" || !now(folder)))
      fail("what it lies in is no folder that lives");
    if ((op.name === "node.trash") !== state.trashes.has(parent ?? 0))
      fail(`${refText(parent ?? 0)} is no place for it`);
    state.addEdge(child, Object.assign(row, { parent }));
    if (state.places(child, now).length !== 1)
      fail(`${refText(child)} lies in two places`);
  }

  // An upload is whose it is, a version is of its file.
  private checkOwner(leaf: Leaf, op: Operation, object: LeafObject): void {
    for (const ref of object.from) {
      const row = this.state.owned.get(ref);
      if (row?.kind === "upload" && row.owner !== leaf.principal)
        fail("it takes another's upload");
      if (
        row?.kind === "version" &&
        row.owner !== object.ref &&
        row.owner !== Number(object.numbers.get(FACT.target)) &&
        !object.from.includes(row.owner)
      )
        fail("it takes another file's version");
    }
    if (op.name !== "subject.erase" || object.outcome !== 0) return;
    const subject = Number(object.numbers.get(FACT.target));
    if (this.state.principals.get(subject)?.ended === undefined)
      fail("it erases a principal that has not ended");
  }

  // What an ending takes with it.
  private checkEnds(op: Operation, object: LeafObject): void {
    const { state } = this;
    const name: { [operation: string]: string } = {
      "principal.end": "principal",
      "group.end": "principal",
      "unit.end": "unit",
      "token.revoke": "credential",
      "credential.end": "credential",
      "session.revoke": "session",
      "share.revoke": "grant",
      "role.revoke": "grant",
      "app.revoke": "grant",
      "policy.end": "grant",
      "approval.refuse": "request",
    };
    const argument = name[op.name];
    if (argument !== undefined && object.ended.length > 0) {
      const ref = this.argRef(op, object, argument);
      if (!object.ended.includes(ref as Ref)) fail("it doesn't end what it says");
    }
    if (op.name === "policy.end" && object.ended.length > 0)
      for (const session of state.sessions.values())
        if (
          session.credential.principal ===
            Number(object.numbers.get(FACT.grantee)) &&
          session.assurance === PASSWORD &&
          now(session)
        )
          fail(`${refText(session.ref)} outlives the exception that let it in`);
    if (op.name === "member.add" || op.name === "member.remove")
      this.checkMembersEnd(op, object);
    for (const ref of object.ended) {
      const row = state.rows.get(ref);
      if (row?.kind === "grant")
        this.checkLinkEnds(op, row as Grant);
      if (row?.kind === "principal")
        for (const credential of state.credentials.values())
          if (credential.principal === ref && now(credential))
            fail(`${refText(credential.ref)} outlives its principal`);
      if (row?.kind === "principal" || row?.kind === "credential")
        for (const session of state.sessions.values())
          if (
            (session.credential.ref === ref ||
              session.second?.ref === ref ||
              session.credential.principal === ref) &&
            now(session)
          )
            fail(`${refText(session.ref)} outlives its credential`);
      if (row?.kind === "folder" || row?.kind === "file")
        if (state.places(ref, now).length > 0)
          fail(`the place of ${refText(ref)} outlives it`);
    }
  }

  // A link is nothing beside its right.
  private checkLinkEnds(op: Operation, grant: Grant): void {
    const principal = this.state.principals.get(grant.principal);
    if (op.name === "share.revoke" && principal?.person === "link" && now(principal))
      fail(`${refText(grant.principal)} outlives its right`);
  }

  // Only their membership in that group.
  private checkMembersEnd(op: Operation, object: LeafObject): void {
    for (const ref of object.ended) {
      const row = this.state.rows.get(ref) as Partial<Grant> | undefined;
      if (this.state.requests.has(ref)) continue;
      if (
        row?.relation !== "member" ||
        row.object !== this.argRef(op, object, "group") ||
        row.principal !== this.argRef(op, object, "principal")
      )
        fail(`${refText(ref)} is not that membership`);
    }
    if (
      op.name === "member.remove" &&
      object.outcome === 0 &&
      object.ended.length !== 1
    )
      fail("it takes nobody out");
  }

  private checkWhole(leaf: Leaf): void {
    const places = leaf.objects.flatMap((o) => o.made.map((m) => m.ref));
    if (places.some((ref, i) => i > 0 && ref <= (places[i - 1] as Ref)))
      fail("the places of what it made are out of order");
  }
}

/** Replays the epochs of a log, each as a folder has it. */
export function replayLogs(logs: Log[]): Replay {
  const catalogues = logs.flatMap((log) => [...log.catalogues]);
  const replayer = new Replayer(new Map(catalogues));
  for (const log of logs) replayer.replay(log.leaves);
  return replayer.result;
}

export function describeReplay(r: Replay): string {
  const unchecked = r.unchecked > 0 ? `, ${r.unchecked} that tell too little` : "";
  return `${r.leaves} leaves: ${r.proofs} proofs replayed, ${r.denials} denials without a derivation, ${r.refusals} refusals${unchecked}`;
}

function main(folders: string[]): number {
  if (folders.length === 0) {
    console.error("usage: replay.js FOLDER...");
    return 2;
  }
  const result = replayLogs(folders.map((folder) => readLog(folder)));
  for (const mismatch of result.mismatches) console.error(mismatch);
  console.log(
    `${describeReplay(result)}, ${result.mismatches.length} mismatches`,
  );
  return result.mismatches.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2));
