// The keys that work on every page, and the list of all there are.
import { Store } from "../store";

const KEPT = "chancery single keys";

/**
 * Keys of one character can be had by somebody who dictates, or whose hand is not
 * steady: so they can be switched off, on this device.
 */
export const keys = new Store<{
  readonly listed: boolean;
  readonly single: boolean;
}>({ listed: false, single: localStorage.getItem(KEPT) !== "off" });

export const list = (): void => keys.set({ listed: true });
export const unlist = (): void => keys.set({ listed: false });

export function setSingle(single: boolean): void {
  localStorage.setItem(KEPT, single ? "on" : "off");
  keys.set({ single });
}

const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select";
/** What has keys of its own, or asks for something first. */
const OTHERS = "[role=menu], [role=listbox], [role=dialog], [role=alertdialog]";

export function onKey(event: KeyboardEvent): void {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey)
    return;
  if (!keys.value.single || !(target instanceof Element)) return;
  if (target.closest(`${TYPED}, ${OTHERS}`) !== null) return;
  const above = target.closest("dialog");
  if (key === "?" && above?.id !== "keys") list();
  else if (key === "/" && above === null)
    document.querySelector<HTMLInputElement>("#search")?.select();
  else return;
  event.preventDefault();
}
