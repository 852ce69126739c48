// For who responds to incidents, and administers nobody: somebody is found by name,
// and their sessions are seen and ended.
import { Combobox, Field, Option } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { FoundPrincipal, Principal } from "../../../../clients/types";
import { call } from "../client/jmap";
import { shownName } from "../format";
import { Name } from "../name";
import { kindText } from "./fields";
import { Sessions } from "./sign-ins";
import { p } from "./words";

const PAUSE_MS = 150;
const MOST = 20;

function useFound(text: string): readonly FoundPrincipal[] {
  const [list, setList] = useState<readonly FoundPrincipal[]>([]);
  useEffect(() => {
    if (text === "") {
      setList([]);
      return undefined;
    }
    let live = true;
    const timer = setTimeout(() => {
      call("principal.find", { text, limit: MOST }, "prefetch").then(
        (found) =>
          live && setList(found.list.filter((one) => one.kind !== "group")),
        () => live && setList([]),
      );
    }, PAUSE_MS);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [text]);
  return list;
}

export function Responder() {
  const [text, setText] = useState("");
  const [who, setWho] = useState<Principal>();
  const found = useFound(text.trim());
  return (
    <div className="p-parts">
      <Field
        label={p("responder.who")}
        hint={p("responder.hint")}
        className="p-why"
      >
        <Combobox
          id="who"
          freeform
          value={text}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            setWho(undefined);
          }}
          onOptionSelect={(_, { optionValue, optionText }) => {
            setText(optionText ?? "");
            setWho(found.find((one) => one.id === optionValue));
          }}
        >
          {found.map((one) => (
            <Option key={one.id} value={one.id} text={shownName(one.name)}>
              <span className="p-option">
                <Name text={one.name} />
                <span className="hint">
                  {kindText(one.kind)}
                  {one.login !== undefined && ` · ${shownName(one.login)}`}
                </span>
              </span>
            </Option>
          ))}
          {found.length === 0 && (
            <Option disabled value="" text="">
              {p("who.none")}
            </Option>
          )}
        </Combobox>
      </Field>
      {who !== undefined && <Sessions key={who.id} one={who} />}
    </div>
  );
}
