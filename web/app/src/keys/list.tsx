// The keys that work where one is: above all else, a preview too.
import { Button, Checkbox } from "@fluentui/react-components";
import { Dismiss20Regular } from "@fluentui/react-icons";
import { Fragment, useEffect, useRef, useState } from "react";

import { useStore } from "../store";
import { t } from "../words";
import { keys, setSingle, unlist } from "./keys";
import "./style.css";
import { words } from "./words";

type Word = Parameters<typeof words>[0];

/** Held together with "+"; one way or another. */
type Ways = readonly [text: Word, ...ways: string[]];

interface Group {
  readonly title: Word;
  /** What is on the page where they work. */
  readonly at: string;
  readonly list: readonly Ways[];
}

const EVERYWHERE: Group = {
  title: "everywhere",
  at: "body",
  list: [
    ["everywhere.search", "/"],
    ["everywhere.results", "↓"],
    ["everywhere.list", "?"],
    ["everywhere.next", "Tab", "Shift+Tab"],
    ["everywhere.close", "Esc"],
  ],
};

const PREVIEW: Group = {
  title: "preview",
  at: "#preview",
  list: [
    ["preview.before", "←"],
    ["preview.after", "→"],
    ["preview.scroll", "↑", "↓", "Page Up", "Page Down", "Home", "End"],
    ["preview.zoom", "+", "-"],
    ["preview.find", "Ctrl+F"],
    ["preview.close", "Esc"],
  ],
};

const PAGES: readonly Group[] = [
  {
    title: "files",
    at: "#list",
    list: [
      ["files.walk", "arrows"],
      ["files.ends", "Home", "End"],
      ["files.named", "letters"],
      ["files.open", "Enter"],
      ["files.up", "Alt+↑", "Backspace"],
      ["files.toggle", "space"],
      ["files.range", "Shift+arrows"],
      ["files.step", "Ctrl+arrows"],
      ["files.all", "Ctrl+A"],
      ["files.none", "Esc"],
      ["files.rename", "F2"],
      ["files.cut", "Ctrl+X"],
      ["files.copy", "Ctrl+C"],
      ["files.paste", "Ctrl+V"],
      ["files.trash", "Delete"],
      ["files.undo", "Ctrl+Z"],
      ["files.details", "Alt+Enter"],
      ["files.menu", "Shift+F10"],
    ],
  },
  {
    title: "records",
    at: "#records",
    list: [
      ["records.walk", "↑", "↓"],
      ["records.ends", "Home", "End"],
      ["records.open", "Enter"],
      ["records.close", "Esc"],
    ],
  },
  {
    title: "time",
    at: "#timeline",
    list: [
      ["time.walk", "←", "→"],
      ["time.range", "Shift+←", "Shift+→"],
      ["time.show", "Enter"],
      ["time.none", "Esc"],
    ],
  },
  {
    title: "table",
    at: ".p-grid",
    list: [
      ["table.walk", "↑", "↓"],
      ["table.ends", "Home", "End"],
      ["table.open", "Enter"],
    ],
  },
  {
    title: "chosen",
    at: ".p-grid[aria-multiselectable=true]",
    list: [
      ["chosen.toggle", "space"],
      ["chosen.range", "Shift+↑", "Shift+↓"],
      ["chosen.all", "Ctrl+A"],
      ["chosen.none", "Esc"],
    ],
  },
];

const OUT_OF_TRASH = "#main:not([data-where=trash])";
const IN_FOLDER = "[data-where=folder]";

/** Those that don't work wherever the others of their group do. */
const ONLY: { readonly [word in Word]?: string } = {
  "everywhere.results": "main [role=grid]",
  "files.open": OUT_OF_TRASH,
  "files.up": IN_FOLDER,
  "files.rename": OUT_OF_TRASH,
  "files.cut": `${OUT_OF_TRASH}:not([data-where=shared])`,
  "files.copy": OUT_OF_TRASH,
  "files.paste": IN_FOLDER,
  "files.details": OUT_OF_TRASH,
};

const isHere = (at: string): boolean => document.querySelector(at) !== null;

/** What works here: nothing below a preview does. */
function groupsHere(): readonly Group[] {
  const groups = isHere(PREVIEW.at)
    ? [PREVIEW]
    : [EVERYWHERE, ...PAGES.filter(({ at }) => isHere(at))];
  return groups.map((group) => ({
    ...group,
    list: group.list.filter(([text]) => isHere(ONLY[text] ?? "body")),
  }));
}

const CTRL = /Mac|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

function nameOf(key: string): string {
  if (key === "arrows" || key === "letters" || key === "space")
    return words(key);
  return key === "Ctrl" ? CTRL : key;
}

/** "+" alone is a key. */
const partsOf = (way: string): readonly string[] =>
  way.length > 1 ? way.split("+") : [way];

function Way({ way }: { way: string }) {
  return (
    <span className="keys-way">
      {partsOf(way).map((key, i) => (
        <Fragment key={key}>
          {i > 0 && "+"}
          <kbd>{nameOf(key)}</kbd>
        </Fragment>
      ))}
    </span>
  );
}

function Row({ of: [text, ...ways] }: { of: Ways }) {
  return (
    <div>
      <dt>{words(text)}</dt>
      <dd>
        {ways.map((way, i) => (
          <Fragment key={way}>
            {i > 0 && ` ${words("or")} `}
            <Way way={way} />
          </Fragment>
        ))}
      </dd>
    </div>
  );
}

export default function KeyList() {
  const box = useRef<HTMLDialogElement>(null);
  const [groups] = useState(groupsHere);
  const single = useStore(keys, (value) => value.single);
  useEffect(() => {
    const place = box.current;
    if (place?.open === false) place.showModal();
    return () => place?.close();
  }, []);
  return (
    <dialog
      ref={box}
      id="keys"
      className="keys"
      aria-labelledby="keys-title"
      onCancel={(event) => {
        event.preventDefault();
        unlist();
      }}
    >
      <header>
        <h2 id="keys-title">{t("keys.title")}</h2>
        <Button
          id="keys-close"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={words("close")}
          onClick={unlist}
        />
      </header>
      <div className="keys-groups">
        {groups.map(({ title, at, list }) => (
          <section key={at} aria-label={words(title)}>
            <h3>{words(title)}</h3>
            <dl>
              {list.map((one) => (
                <Row key={one[0]} of={one} />
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Checkbox
        id="keys-single"
        checked={single}
        label={words("single")}
        onChange={(_, { checked }) => setSingle(checked === true)}
      />
    </dialog>
  );
}
