// A record about a file, as a sentence that begins with who did it.
import type { Activity, Relation } from "../../../../clients/types";
import { t, type WordKey } from "../words";
import { en } from "../words/en";

const isKey = (key: string): key is WordKey => key in en;

export function doneText(
  one: Activity,
  relationText: (relation: Relation) => string,
): string {
  const key = `did.${one.operation}`;
  const values = {
    name: one.name ?? "",
    who: one.grantee_name ?? t("did.somebody"),
    right: one.relation === undefined ? "" : relationText(one.relation),
  };
  // Some are told otherwise where there is nothing to name.
  const bare = `${key}.bare`;
  const text = isKey(bare) && values.name === "" ? t(bare) : "";
  const told = text || t(isKey(key) ? key : "did.other", values);
  return one.outcome === "allowed"
    ? told
    : t("did.not", { what: told, outcome: t(`activity.${one.outcome}`) });
}
