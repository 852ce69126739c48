// What was done last, for as long as it can be undone by a key; and told, with a
// button that does the same.
import { tell, untell } from "../app";
import { t } from "../words";

let last: { readonly notice: number; readonly undo: () => void } | undefined;

/** Of two things that could be undone the later one is offered. */
export function tellUndoable(text: string, undo: () => void): void {
  forget();
  const action = { label: t("undo"), run: undoLast };
  last = { notice: tell({ intent: "success", text, action }), undo };
}

function forget(): void {
  if (last !== undefined) untell(last.notice);
  last = undefined;
}

export function undoLast(): void {
  const undo = last?.undo;
  forget();
  undo?.();
}
