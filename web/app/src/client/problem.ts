// What went wrong, in words for people, with the number to quote where the server
// gave one.
import type { ErrorCode } from "../../../../clients/types";
import { t, type WordKey } from "../words";
import { en } from "../words/en";

export class Refused extends Error {
  constructor(
    readonly code: ErrorCode | string,
    text: string,
    /** what an administrator finds in the server's own log */
    readonly request?: string,
  ) {
    super(text);
  }
}

const isKey = (key: string): key is WordKey => key in en;

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function plain(error: unknown): string {
  if (error instanceof Refused) {
    const key = `error.${error.code}`;
    return isKey(key) ? t(key) : sentence(error.message);
  }
  // The browser's own: closed by the person, or timed out.
  if (error instanceof DOMException) {
    if (error.name === "NotAllowedError") return t("error.passkeyUnused");
    if (error.name === "InvalidStateError") return t("error.passkeyThere");
  }
  if (error instanceof TypeError) return t("error.unreachable");
  return error instanceof Error ? sentence(error.message) : String(error);
}

/** Theirs to put right: nobody else has to look anything up. */
const OWN: readonly string[] = [
  "UNAUTHENTICATED",
  "EXPIRED",
  "PASSWORD",
  "WEAK",
  "NAME",
  "EXISTS",
] satisfies readonly ErrorCode[];

export function textOf(error: unknown): string {
  const text = plain(error);
  return error instanceof Refused &&
    error.request !== undefined &&
    !OWN.includes(error.code)
    ? `${text} ${t("error.quote", { number: error.request })}`
    : text;
}

export const isCode = (error: unknown, ...codes: ErrorCode[]): boolean =>
  error instanceof Refused && (codes as string[]).includes(error.code);

/** Nothing to tell: the person gave it up, or has to sign in first. */
export const isSilent = (error: unknown): boolean =>
  error instanceof GivenUp ||
  isCode(error, "UNAUTHENTICATED", "EXPIRED") ||
  (error instanceof DOMException && error.name === "AbortError");

export class GivenUp extends Error {}

export async function problemOf(answer: Response): Promise<Refused> {
  const problem = (await answer.json().catch(() => ({}))) as {
    code?: string;
    detail?: string;
    request?: string;
  };
  const code =
    answer.status === 401 ? "UNAUTHENTICATED" : (problem.code ?? "HTTP");
  return new Refused(
    code,
    problem.detail ?? t("error.status", { status: answer.status }),
    problem.request ?? answer.headers.get("chancery-request") ?? undefined,
  );
}
