// The secret that a link brought: an invitation, a recovery code, or the token of
// the installation. It stands behind "#" in the address, which no server is told;
// from there it is taken into memory, so that the history doesn't keep it.
import { Store, useStore } from "../store";

interface Held {
  readonly secret: string;
  /** It is the first administrator who enrols. */
  readonly first: boolean;
}

const held = new Store<Held>({ secret: "", first: false });

/** Of a whole link what is behind "#", of anything else all. */
export const secretOf = (text: string): string =>
  text.slice(text.indexOf("#") + 1).trim();

function take(): void {
  const secret = secretOf(location.hash);
  if (secret === "") return;
  history.replaceState(null, "", location.pathname + location.search);
  held.set({ secret, first: false });
}

take();
addEventListener("hashchange", take);

export function hand(secret: string, first = false): void {
  held.set({ secret, first });
}

/** Another link may be opened in the same tab. */
export const useHeld = (): Held => useStore(held, (value) => value);
