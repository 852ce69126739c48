// Above the document: its name, whether it is saved, who is here, and sharing.
import { Button, Input } from "@fluentui/react-components";
import {
  ArrowLeft20Regular,
  CloudCheckmark20Regular,
  CloudOff20Regular,
  CloudSync20Regular,
  Comment20Regular,
  Eye20Regular,
  Share20Regular,
} from "@fluentui/react-icons";
import { useState } from "react";

import { addressOfFolder, rename, share } from "../files/acts";
import { IconOf } from "../files/icon";
import type { Item } from "../files/model";
import { shownName } from "../format";
import { initialsOf } from "../initials";
import { Name } from "../name";
import { navigate } from "../router";
import { useDoc, useEditor, useEdits } from "./context";
import { colourStyle } from "./colours";
import { FileMenu } from "./file-menu";
import { FindTool } from "./toolbar";
import { words } from "./words";

const SHOWN = 5;

/** "Plan" and ".docx": what is renamed is what people call it. */
function partsOf(name: string): [string, string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
}

function Title({ item, name, onName }: { item: Item | undefined; name: string; onName: (name: string) => void }) {
  const edits = useEdits();
  const { refocus } = useEditor();
  const [typed, setTyped] = useState<string>();
  const [bare, ending] = partsOf(name);
  if (typed === undefined || item === undefined)
    return (
      <h1>
        {edits && item !== undefined ? (
          <button
            type="button"
            id="document-name"
            title={words("rename", { name })}
            onClick={() => setTyped(bare)}
          >
            <Name text={name} />
          </button>
        ) : (
          <Name text={name} />
        )}
      </h1>
    );
  const done = () => {
    const to = typed.trim();
    setTyped(undefined);
    if (to === "" || to === bare) return;
    onName(to + ending);
    void rename({ ...item, name }, to + ending);
  };
  return (
    <Input
      id="document-rename"
      autoFocus
      aria-label={words("name")}
      value={typed}
      onChange={(_, { value }) => setTyped(value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          done();
          refocus();
        }
        if (event.key === "Escape") setTyped(undefined);
      }}
    />
  );
}

function Saved() {
  const phase = useDoc((value) => value.phase);
  const modified = useDoc(({ states }) => states["ModifiedStatus"] === "true");
  const edits = useEdits();
  const { doc } = useEditor();
  if (phase === "lost") return <CloudOff20Regular />;
  if (phase !== "open") return null;
  if (!doc.may("edit"))
    return (
      <span className="d-saved" id="saved" title={words("reading")}>
        <Eye20Regular />
        <span>{words("readOnly")}</span>
      </span>
    );
  if (!edits) return null;
  return (
    <span className="d-saved" id="saved">
      {modified ? <CloudSync20Regular /> : <CloudCheckmark20Regular />}
      <span>{words(modified ? "unsaved" : "saved")}</span>
    </span>
  );
}

function People() {
  const people = useDoc((value) => value.people);
  if (people.length === 0) return null;
  const names = people.map(({ name }) => name).join(", ");
  const more = people.slice(SHOWN).map(({ name }) => shownName(name));
  return (
    <ul className="d-people" id="people" aria-label={words("people", { names })}>
      {people.slice(0, SHOWN).map(({ view, name, colour }) => (
        <li
          key={view}
          style={colourStyle(colour)}
          title={shownName(name)}
          aria-label={words("person", { name })}
        >
          <span aria-hidden="true">{initialsOf(shownName(name))}</span>
        </li>
      ))}
      {more.length > 0 && (
        <li className="d-more" title={more.join(", ")}>
          <span aria-hidden="true">{`+${more.length}`}</span>
        </li>
      )}
    </ul>
  );
}

export const goBack = (item: Item | undefined): void =>
  navigate(item?.parent ? addressOfFolder(item.parent) : "/app/shared");

export function Head({
  item,
  name,
  onName,
}: {
  item: Item | undefined;
  name: string;
  onName: (name: string) => void;
}) {
  const { doc, openPanel } = useEditor();
  const count = useDoc(({ comments }) => comments.length);
  const open = useDoc(({ phase }) => phase === "open" || phase === "lost");
  return (
    <header className="d-head">
      <Button
        id="document-back"
        appearance="subtle"
        icon={<ArrowLeft20Regular />}
        aria-label={words("back")}
        title={words("back")}
        onClick={() => goBack(item)}
      />
      {open && <FileMenu item={item} name={name} />}
      {item !== undefined && <IconOf item={item} />}
      <div className="d-title">
        <Title item={item} name={name} onName={onName} />
        <Saved />
      </div>
      <People />
      {open && <FindTool />}
      {open && doc.may("text") && (
        <Button
          id="comments-toggle"
          appearance="subtle"
          icon={<Comment20Regular />}
          aria-label={
            count > 0 ? words("commentsCount", { count }) : words("comments")
          }
          title={words("comments")}
          onClick={() => openPanel("comments")}
        />
      )}
      {item !== undefined && (
        <Button
          id="document-share"
          className="d-share"
          appearance="primary"
          icon={<Share20Regular />}
          aria-label={words("share")}
          onClick={() => share(item)}
        >
          <span className="d-share-text">{words("share")}</span>
        </Button>
      )}
    </header>
  );
}
