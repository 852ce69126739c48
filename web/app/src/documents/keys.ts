// What the keyboard means: keys that move, as the server numbers them (src/kit/key.def),
// and the shortcuts that people know from their word processors.
import type { Doc } from "./doc";

const SHIFT = 0x1000;
const CTRL = 0x2000;
export const ENTER = 1280;
export const BACKSPACE = 1283;

const MOVING: { readonly [key: string]: number } = {
  ArrowDown: 1024,
  ArrowUp: 1025,
  ArrowLeft: 1026,
  ArrowRight: 1027,
  Home: 1028,
  End: 1029,
  PageUp: 1030,
  PageDown: 1031,
  Escape: 1281,
};

const CHANGING: { readonly [key: string]: number } = {
  Enter: ENTER,
  Tab: 1282,
  Backspace: BACKSPACE,
  Delete: 1286,
  F2: 769,
};

const CHARACTERS: { readonly [key: string]: number } = { Enter: 13, Tab: 9 };

/** With Ctrl, or the command key. */
const SHORTCUTS: { readonly [key: string]: string } = {
  b: "Bold",
  i: "Italic",
  u: "Underline",
  z: "Undo",
  y: "Redo",
  a: "SelectAll",
  l: "LeftPara",
  e: "CenterPara",
  r: "RightPara",
  j: "JustifyPara",
  m: "IncrementIndent",
  "1": "SpacePara1",
  "2": "SpacePara2",
  "5": "SpacePara15",
  "]": "Grow",
  "[": "Shrink",
  "=": "SubScript",
  " ": "ResetAttributes",
  Backspace: "DelToStartOfWord",
  Delete: "DelToEndOfWord",
  Enter: "InsertPagebreak",
};

const SHIFTED: { readonly [key: string]: string } = {
  z: "Redo",
  m: "DecrementIndent",
  l: "DefaultBullet",
  ">": "Grow",
  ".": "Grow",
  "<": "Shrink",
  ",": "Shrink",
  "+": "SuperScript",
  e: "TrackChanges",
  " ": "InsertNonBreakingSpace",
};

/** Of texts: these change a paragraph. */
const TEXT_ONLY = new Set([
  "DelToStartOfWord",
  "DelToEndOfWord",
  "InsertPagebreak",
]);

const HEADINGS: { readonly [code: string]: string } = {
  Digit0: "Default Paragraph Style",
  Digit1: "Heading 1",
  Digit2: "Heading 2",
  Digit3: "Heading 3",
};

/** What the app itself does. */
export interface Own {
  readonly find: () => void;
  readonly replace: () => void;
  readonly save: () => void;
  readonly print: () => void;
  readonly link: () => void;
  readonly comment: () => void;
  /** Tab is a letter here: another key leads out of the text. */
  readonly leave: () => void;
}

export interface Key {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** What the app does by a key, also beside the text. */
export function pressOwn(own: Own, event: Key): boolean {
  const { altKey: alt, shiftKey: shift } = event;
  if (!(event.ctrlKey || event.metaKey) || alt || shift) return false;
  const mine = {
    f: own.find,
    h: own.replace,
    k: own.link,
    p: own.print,
    s: own.save,
  }[event.key.toLowerCase()];
  mine?.();
  return mine !== undefined;
}

/** Whether the key meant something; what didn't is the browser's. */
export function press(doc: Doc, own: Own, event: Key): boolean {
  const { key, shiftKey: shift, altKey: alt } = event;
  const held = event.ctrlKey || event.metaKey;
  const { kind } = doc.store.value;
  const edits = doc.may("edit");
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (key === "F6") {
    own.leave();
    return true;
  }
  if (held && alt) {
    const style = HEADINGS[event.code];
    if (style !== undefined && kind === "text" && edits) {
      doc.command("StyleApply", [style, "ParagraphStyles"]);
      return true;
    }
    if (letter === "m") {
      own.comment();
      return true;
    }
    return false;
  }
  if (alt) return false;
  if (held) {
    if (pressOwn(own, event)) return true;
    const command = (shift ? SHIFTED : SHORTCUTS)[letter];
    if (
      command !== undefined &&
      (edits || command === "SelectAll") &&
      (kind === "text" || !TEXT_ONLY.has(command))
    ) {
      doc.command(command);
      return true;
    }
  }
  const code = MOVING[key] ?? (edits ? CHANGING[key] : undefined);
  if (code === undefined) return false;
  const held2 = (shift ? SHIFT : 0) | (held ? CTRL : 0);
  doc.key(code | held2, CHARACTERS[key] ?? 0);
  return true;
}
