// A newer app than this page's may be served by now: then the page is loaded anew
// where nothing is lost by that, which is when somebody goes to another place.
import { loadAnewNext } from "../router";

const script = document.querySelector<HTMLScriptElement>("script[type=module]");
const AGAIN_MS = 10_000;
const KEPT = "chancery loaded anew";

/** Whether another app is served than the one that this page is of. */
export async function isReplaced(): Promise<boolean> {
  const answer = await fetch("/app/", { cache: "no-store" });
  if (!answer.ok || script === null) return false;
  return !(await answer.text()).includes(new URL(script.src).pathname);
}

/** After the server was away: it may be another one. */
export async function checkVersion(): Promise<void> {
  if (await isReplaced()) loadAnewNext();
}

/** Where that doesn't help it isn't done again and again. */
export async function reloadOnce(): Promise<void> {
  const last = Number(sessionStorage.getItem(KEPT) ?? 0);
  if (Date.now() - last < AGAIN_MS) return;
  sessionStorage.setItem(KEPT, String(Date.now()));
  location.reload();
  await new Promise(() => undefined);
}
