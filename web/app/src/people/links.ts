// Where things stand in the app.
import type { Id, PrincipalId } from "../../../../clients/types";
import { hasOneOf } from "../app";

export const readsLog = (): boolean => hasOneOf(["log_reader"]);

export const recordLink = (sequence: number): string =>
  `/app/log/${sequence}`;

/** The log console, with what it is to show in the address. */
export function logLink(filter: {
  readonly principal?: PrincipalId;
  readonly object?: Id;
}): string {
  return `/app/log?${new URLSearchParams(filter)}`;
}

/** Of a person, a program or a group. */
export const principalLink = (id: PrincipalId): string => `/app/people/${id}`;
