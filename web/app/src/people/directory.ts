// Who there is: all people, groups, programs and units that the one who is signed
// in administers. It is read once, a page after the other, and kept up by what is
// done here.
import type {
  Principal,
  PrincipalId,
  Relation,
  Unit,
  UnitId,
} from "../../../../clients/types";
import { me } from "../app";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { Store, useStore } from "../store";

const PAGE = 500;

/** Which roles one has: in the organisation, or in units. */
export interface Reach {
  readonly org: ReadonlySet<Relation>;
  readonly units: ReadonlyMap<UnitId, ReadonlySet<Relation>>;
}

interface Directory {
  readonly reach: Reach | undefined;
  /** In the order in which they were made. */
  readonly list: readonly Principal[];
  readonly units: readonly Unit[];
  /** All have come. */
  readonly whole: boolean;
  readonly wrong: string;
}

const NOTHING: Directory = {
  reach: undefined,
  list: [],
  units: [],
  whole: false,
  wrong: "",
};

export const directory = new Store<Directory>(NOTHING);

export const useDirectory = (): Directory =>
  useStore(directory, (value) => value);

// ---- what one may

const isUnit = (id: string): id is UnitId => id.startsWith("n");

async function reachOf(): Promise<Reach> {
  const { list } = await call(
    "role.list",
    { principal: me().principal },
    "prefetch",
  );
  const org = new Set<Relation>();
  const units = new Map<UnitId, Set<Relation>>();
  for (const { object, relation } of list)
    if (isUnit(object))
      units.set(object, (units.get(object) ?? new Set()).add(relation));
    else org.add(relation);
  return { org, units };
}

/** In the organisation. */
export const hasRole = (role: Relation): boolean =>
  directory.value.reach?.org.has(role) === true;

/** Somewhere. */
export function hasRoleAnywhere(role: Relation): boolean {
  const { reach } = directory.value;
  return (
    hasRole(role) ||
    [...(reach?.units.values() ?? [])].some((roles) => roles.has(role))
  );
}

/** The units that one has this role in itself. */
export const unitsWith = (role: Relation): readonly UnitId[] =>
  [...(directory.value.reach?.units ?? [])]
    .filter(([, roles]) => roles.has(role))
    .map(([unit]) => unit);

// ---- reading

type Paged = "principal.list" | "unit.list";
type One<N extends Paged> = N extends "unit.list" ? Unit : Principal;

/** All pages of a list; each is told as it comes. */
async function pages<N extends Paged>(
  name: N,
  unit: UnitId | undefined,
  took: (list: readonly One<N>[]) => void,
  first: "user" | "prefetch",
): Promise<void> {
  let after: string | undefined;
  let more = true;
  for (let cause = first; more; cause = "prefetch") {
    const page: { list: readonly One<N>[]; more: boolean } = (await call(
      name,
      {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
        ...(unit === undefined ? {} : { unit }),
      } as never,
      cause,
    )) as never;
    took(page.list);
    after = page.list.at(-1)?.id;
    more = page.more && after !== undefined;
  }
}

function gather<T extends { readonly id: string }>() {
  const all = new Map<string, T>();
  return {
    take: (list: readonly T[]) => {
      for (const one of list) all.set(one.id, one);
    },
    list: () => [...all.values()],
  };
}

async function readUnits(reach: Reach): Promise<readonly Unit[]> {
  const units = gather<Unit>();
  if (reach.org.has("user_admin"))
    await pages("unit.list", undefined, units.take, "prefetch");
  else
    for (const unit of unitsWith("user_admin"))
      await pages("unit.list", unit, units.take, "prefetch");
  return units.list();
}

let reading: Promise<void> | undefined;

async function read(): Promise<void> {
  const reach = await reachOf();
  directory.set({ reach });
  if (!hasRoleAnywhere("user_admin")) {
    directory.set({ whole: true });
    return;
  }
  const found = gather<Principal>();
  const took = (list: readonly Principal[]) => {
    found.take(list);
    // What was there before stays in sight until all of it is read anew.
    if (!directory.value.whole) directory.set({ list: found.list() });
  };
  const units = readUnits(reach).then((list) => {
    directory.set({ units: list });
    return list;
  });
  if (reach.org.has("user_admin")) {
    await Promise.all([pages("principal.list", undefined, took, "user"), units]);
  } else {
    for (const unit of await units)
      if (!unit.ended) await pages("principal.list", unit.id, took, "user");
  }
  directory.set({ list: found.list(), whole: true });
}

/** Reads it, or reads it anew; what is known is shown meanwhile. */
export function open(): Promise<void> {
  reading ??= read()
    .catch((error: unknown) => {
      if (!isCode(error, "UNAUTHENTICATED", "EXPIRED"))
        directory.set({ wrong: textOf(error), whole: true });
    })
    .finally(() => {
      reading = undefined;
    });
  return reading;
}

// ---- what was done here

export function put(...changed: readonly Principal[]): void {
  const by = new Map<PrincipalId, Principal>(
    changed.map((one) => [one.id, one]),
  );
  const list = directory.value.list.map((one) => {
    const now = by.get(one.id);
    by.delete(one.id);
    return now ?? one;
  });
  directory.set({ list: [...list, ...by.values()] });
}

export function putUnit(changed: Unit): void {
  const rest = directory.value.units.filter((one) => one.id !== changed.id);
  directory.set({ units: [...rest, changed] });
}

// ---- looking up

export const findPrincipal = (id: string | undefined): Principal | undefined =>
  directory.value.list.find((one) => one.id === id);

export const liveUnits = (): readonly Unit[] =>
  directory.value.units.filter((one) => !one.ended);

export const unitName = (id: UnitId | undefined): string =>
  directory.value.units.find((one) => one.id === id)?.name ?? "";

export const isPerson = (one: Principal): boolean =>
  one.kind === "person" || one.kind === "guest";

export type StateOf = "active" | "suspended" | "ended";

export const stateOf = (one: Principal): StateOf =>
  one.ended ? "ended" : one.suspended ? "suspended" : "active";
