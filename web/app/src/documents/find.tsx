// Find and replace, above the document's corner.
import { Button, Checkbox, Input } from "@fluentui/react-components";
import {
  ArrowDown20Regular,
  ArrowUp20Regular,
  Dismiss20Regular,
} from "@fluentui/react-icons";
import { type KeyboardEvent, useEffect, useState } from "react";

import { useDoc, useEditor, useEdits } from "./context";
import { words } from "./words";

export function Find({ onClose }: { onClose: () => void }) {
  const { doc, refocus } = useEditor();
  const edits = useEdits();
  const found = useDoc((value) => value.found);
  const [text, setText] = useState("");
  const [other, setOther] = useState("");
  const [exact, setExact] = useState(false);
  useEffect(() => document.getElementById("find-text")?.focus(), []);
  useEffect(
    () => () => {
      doc.found = [];
      doc.store.set({ found: undefined });
      doc.changed();
    },
    [doc],
  );
  const find = (backward: boolean) => {
    if (text !== "") doc.find(text, backward, exact);
  };
  const replace = (all: boolean) => {
    if (text === "") return;
    doc.do({ frame: "replace", text, with: other, all, exact });
    if (!all) doc.find(text, false, exact);
  };
  const close = () => {
    onClose();
    refocus();
  };
  return (
    <div
      className="d-find"
      role="search"
      aria-label={words("find")}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === "Escape") close();
      }}
    >
      <div>
        <Input
          id="find-text"
          className="grow"
          placeholder={words("findLabel")}
          aria-label={words("findLabel")}
          value={text}
          onChange={(_, { value }) => {
            setText(value);
            doc.store.set({ found: undefined });
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") find(event.shiftKey);
          }}
        />
        <Button
          id="find-before"
          appearance="subtle"
          icon={<ArrowUp20Regular />}
          aria-label={words("findBefore")}
          onClick={() => find(true)}
        />
        <Button
          id="find-next"
          appearance="subtle"
          icon={<ArrowDown20Regular />}
          aria-label={words("findNext")}
          onClick={() => find(false)}
        />
        <Button
          id="find-close"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={words("closeFind")}
          onClick={close}
        />
      </div>
      {edits && (
        <div>
          <Input
            id="replace-text"
            className="grow"
            placeholder={words("replaceLabel")}
            aria-label={words("replaceLabel")}
            value={other}
            onChange={(_, { value }) => setOther(value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") replace(false);
            }}
          />
        </div>
      )}
      <div>
        <Checkbox
          label={words("findCase")}
          checked={exact}
          onChange={(_, { checked }) => setExact(checked === true)}
        />
        <span className="grow hint" role="status" id="find-told">
          {found === undefined ? "" : words(found ? "foundOne" : "notFound")}
        </span>
        {edits && (
          <>
            <Button id="replace-one" size="small" onClick={() => replace(false)}>
              {words("replaceOne")}
            </Button>
            <Button id="replace-all" size="small" onClick={() => replace(true)}>
              {words("replaceAll")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
