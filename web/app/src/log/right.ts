// By which right it was done: the leaves that the record cites as its proof, as the
// steps that lead from the person to what they acted on.
import { call } from "../client/jmap";
import type { Cbor } from "./cbor";
import { type Event, rowOfLines } from "./event";
import { type Part, readBundle } from "./leaf";
import { relationText, t, whoText } from "./text";

export type StepKind = "person" | "group" | "share" | "role" | "app" | "folder" | "file" | "link" | "other";

export interface Step {
  readonly kind: StepKind;
  readonly text: string;
  /** How the record itself puts it. */
  readonly what: string;
  readonly record: number;
  /** Of a share: the record that made what it is on. */
  readonly on?: number;
}

export interface Path {
  readonly steps: readonly Step[];
  /** Cited as well: what lies above the thing that the right is on. */
  readonly above: readonly number[];
}

// Numbers of operations, of their arguments' fields and of relations: promises of the
// operation table.
const OP = {
  canaryInstall: 17,
  appInstall: 18,
  install: 20,
  principalCreate: 30,
  shareGrant: 36,
  roleGrant: 39,
  folderCreate: 50,
  fileCreate: 51,
  nodeMove: 57,
  nodeRestore: 59,
  nodeCopy: 65,
  exportOpen: 74,
  groupCreate: 150,
  memberAdd: 153,
  unitCreate: 156,
  appGrant: 161,
  linkMake: 164,
  canaryPlant: 190,
} as const;

const RELATIONS = [
  "",
  "owner",
  "edit",
  "read",
  "self",
  "user_admin",
  "log_reader",
  "security_responder",
  "operator",
  "member",
  "use",
  "see",
  "text",
  "copy",
  "print",
  "export",
  "password_alone",
] as const;

const NAMES: { readonly [op: number]: number } = {
  [OP.canaryInstall]: 1005,
  [OP.install]: 1005,
  [OP.principalCreate]: 2,
  [OP.groupCreate]: 1,
  [OP.folderCreate]: 3,
  [OP.fileCreate]: 3,
  [OP.nodeMove]: 3,
  [OP.nodeCopy]: 3,
  [OP.linkMake]: 3,
  [OP.unitCreate]: 1,
  [OP.canaryPlant]: 1,
};

const opOf = (part: Part): number => Number(part.fields.get(2));

/** The first text of a field; one that was erased says so. */
function textOf(part: Part, field: number | undefined): string | undefined {
  const found = part.openings.find((one) => one.field === field);
  return found === undefined ? undefined : (found.text ?? t("erased"));
}

function numberOf(part: Part, key: number): number | undefined {
  const [object] = part.fields.get(18) as readonly ReadonlyMap<number, Cbor>[];
  const numbers = object?.get(11);
  const value = numbers instanceof Map ? (numbers as ReadonlyMap<number, Cbor>).get(key) : undefined;
  return value === undefined ? undefined : Number(value);
}

/** The leaf that made what a leaf was about. */
function madeBy(part: Part): number | undefined {
  const [object] = part.fields.get(18) as readonly ReadonlyMap<number, Cbor>[];
  const ref = object?.get(2);
  return Array.isArray(ref) ? Number(ref[0]) : ref === undefined ? undefined : Number(ref);
}

function relationOf(part: Part, field: number): string | undefined {
  const word = RELATIONS[numberOf(part, field) ?? 0];
  return word ? relationText(word) : undefined;
}

function stepOf(part: Part, who: string, what: string): Step {
  const op = opOf(part);
  const name = textOf(part, NAMES[op]) ?? t("erased");
  const step = (kind: StepKind, text: string): Step => ({
    kind,
    text,
    what,
    record: part.sequence,
  });
  switch (op) {
    case OP.principalCreate:
    case OP.canaryInstall:
    case OP.canaryPlant:
      return step("person", name === who ? t("step.space") : t("step.space.of", { name }));
    case OP.install:
      return step("other", t("step.install"));
    case OP.groupCreate:
      return step("group", t("step.group", { name }));
    case OP.memberAdd:
      return step("group", t("step.member"));
    case OP.shareGrant: {
      const relation = relationOf(part, 3);
      const on = madeBy(part);
      return {
        ...step("share", relation ? t("step.share.of", { relation }) : t("step.share")),
        ...(on !== undefined && { on }),
      };
    }
    case OP.roleGrant: {
      const relation = relationOf(part, 2);
      return step("role", relation ? t("step.role.of", { relation }) : t("step.role"));
    }
    case OP.exportOpen:
      return step("share", t("step.export"));
    case OP.appInstall:
    case OP.appGrant:
      return step("app", t("step.app"));
    case OP.unitCreate:
      return step("group", t("step.unit", { name }));
    case OP.linkMake:
      return step("link", t("step.link"));
    case OP.folderCreate:
      return step("folder", t("step.folder", { name }));
    case OP.fileCreate:
      return step("file", t("step.file", { name }));
    case OP.nodeMove:
    case OP.nodeRestore:
    case OP.nodeCopy:
      return step("folder", t("step.place"));
    default:
      return step("other", t("step.other"));
  }
}

const isOfApp = ({ kind }: Step): boolean =>
  kind === "app" || kind === "group" || kind === "person";

const isThing = ({ kind }: Step): boolean =>
  kind === "folder" || kind === "file" || kind === "person" || kind === "other";

async function ask(number: number, who: string): Promise<Step> {
  const given = await call("log.show", { sequence: number }, "prefetch");
  const { record } = await readBundle(given.bundle);
  return stepOf(record, who, rowOfLines(given.events ?? "")?.what ?? "");
}

/**
 * From the person on. The record holds first what lets them use the app, then the
 * grant, to whom it is and through which groups, and the things from the one that was
 * acted on upwards, in this order or the grant last. A leaf that made several rows of
 * them is one step.
 */
export async function pathOf(event: Event): Promise<Path> {
  const who = whoText(event.actor?.user?.name ?? "");
  const proof = event.unmapped?.proof ?? [];
  const numbers = proof.filter((number, i) => number !== proof[i - 1]);
  const steps = await Promise.all(numbers.map((number) => ask(number, who)));
  const rest = steps[0]?.kind === "app" ? steps.findIndex((one) => !isOfApp(one)) : 0;
  const ofApp = steps.splice(0, rest < 0 ? 1 : rest);
  const grants = steps.filter((one) => !isThing(one));
  const things = steps.filter(isThing).toReversed();
  const on = grants.find(({ kind }) => kind === "share")?.on;
  const at = things.findIndex(({ record }) => record === on);
  const above = at > 0 ? things.splice(0, at) : [];
  return {
    steps: [...ofApp.toReversed(), ...grants.toReversed(), ...things],
    above: above.map(({ record }) => record),
  };
}
