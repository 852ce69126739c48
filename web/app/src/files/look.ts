// List or grid, as chosen on this device.
import { Store, useStore } from "../store";

export const LOOKS = ["list", "grid"] as const;
export type Look = (typeof LOOKS)[number];

const KEPT = "chancery view";

const look = new Store<{ readonly look: Look }>({
  look: localStorage.getItem(KEPT) === "grid" ? "grid" : "list",
});

export const useLook = (): Look => useStore(look, (value) => value.look);

export function chooseLook(to: Look): void {
  localStorage.setItem(KEPT, to);
  look.set({ look: to });
}
