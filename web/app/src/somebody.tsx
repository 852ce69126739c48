// Picks a person, guest, group or service by how their name begins: what is typed
// is looked up as it is typed.
import { Combobox, Field, Option } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { FoundPrincipal, PrincipalKind } from "../../../clients/types";
import { attempt, me } from "./app";
import { call } from "./client/jmap";
import { isCode } from "./client/problem";
import { Name } from "./name";
import { t, type WordKey } from "./words";

const TOLD = 12;
/** Typing pauses for so long before it is looked up. */
const PAUSE_MS = 120;

export function kindText(kind: PrincipalKind | undefined): string {
  const key: WordKey | undefined =
    kind === "group" ||
    kind === "guest" ||
    kind === "service" ||
    kind === "link"
      ? `kind.${kind}`
      : undefined;
  return key === undefined ? "" : t(key);
}

async function find(text: string): Promise<readonly FoundPrincipal[]> {
  try {
    const args = { text: text.slice(0, 100), limit: TOLD };
    const { list } = await call("principal.find", args, "prefetch");
    return list.filter((one) => one.id !== me().principal);
  } catch (error) {
    // What has no letter in it yet names nobody.
    if (isCode(error, "INVALID")) return [];
    throw error;
  }
}

/** What is found of a text, once that was looked up. */
function useFound(text: string): readonly FoundPrincipal[] | undefined {
  const [found, setFound] = useState<readonly FoundPrincipal[]>();
  useEffect(() => {
    setFound(undefined);
    if (text === "") return undefined;
    let wanted = true;
    const timer = setTimeout(
      () =>
        void attempt(async () => {
          const list = await find(text);
          if (wanted) setFound(list);
        }),
      PAUSE_MS,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text]);
  return found;
}

const hintOf = (one: FoundPrincipal): string =>
  [one.login, kindText(one.kind)].filter(Boolean).join(" · ");

export function Somebody({
  id,
  label,
  who,
  onPick,
}: {
  id: string;
  label: string;
  who: FoundPrincipal | undefined;
  onPick: (one: FoundPrincipal | undefined) => void;
}) {
  const [text, setText] = useState("");
  const shown = who?.name ?? text;
  const found = useFound(who === undefined ? text.trim() : "");
  return (
    <Field label={label} className="grow">
      <Combobox
        id={id}
        placeholder={t("share.find")}
        autoComplete="off"
        value={shown}
        selectedOptions={who === undefined ? [] : [who.id]}
        onChange={(event) => {
          setText(event.target.value);
          onPick(undefined);
        }}
        onOptionSelect={(_, { optionValue }) => {
          const one = found?.find((other) => other.id === optionValue);
          if (one === undefined) return;
          setText("");
          onPick(one);
        }}
      >
        {found?.map((one) => (
          <Option key={one.id} value={one.id} text={one.name}>
            <Name text={one.name} />
            <span className="hint">
              <bdi>{hintOf(one)}</bdi>
            </span>
          </Option>
        ))}
        {found?.length === 0 && (
          <Option disabled text="">
            {t("share.unknown")}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}
