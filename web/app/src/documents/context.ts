// What the editor's parts share: the document, what is in sight of it, and where the
// keyboard goes when they are done.
import { createContext, useContext } from "react";

import { useStore } from "../store";
import type { Doc } from "./doc";
import type { View } from "./view";

export type Panel = "comments" | "changes" | "versions" | "reading";

export interface Editor {
  readonly doc: Doc;
  readonly view: View | undefined;
  /** Back to the text. */
  readonly refocus: () => void;
  readonly openFind: () => void;
  readonly openLink: () => void;
  readonly openComment: () => void;
  readonly openPanel: (panel: Panel) => void;
  readonly save: () => void;
  readonly print: () => void;
  /** Left, and opened again as it is then. */
  readonly reopen: () => void;
  readonly copy: (cut: boolean) => void;
  readonly paste: () => void;
}

const Context = createContext<Editor | undefined>(undefined);

export const EditorProvider = Context.Provider;

export function useEditor(): Editor {
  const editor = useContext(Context);
  if (editor === undefined) throw new Error("no document");
  return editor;
}

type State = Doc["store"]["value"];

export function useDoc<S>(select: (state: State) => S): S {
  return useStore(useEditor().doc.store, select);
}

/** Whether it can be changed, now. */
export const useEdits = (): boolean => {
  const { doc } = useEditor();
  return useDoc(({ phase, opened }) => phase === "open" && opened !== undefined) && doc.may("edit");
};
