// The app's beginning: little, so that it is there soon, and asks at once for what is
// to be shown, while the code that shows it comes.
import { app, begin, HOME, OPEN } from "./app";
import { isSilent } from "./client/problem";
import { DOCUMENTS, fetchEditor } from "./documents/kinds";
import { patiently } from "./patiently";
import { currentPlace, navigate } from "./router";

void patiently(() => import("./root"));

if (/^\/(app\/?)?$/.test(location.pathname)) navigate(HOME, true);
if (!OPEN.includes(currentPlace().path)) {
  // What only who is signed in needs: the page names it (vite.config.ts).
  for (const link of document.querySelectorAll<HTMLLinkElement>("[rel=shell]"))
    link.rel = "modulepreload";
  if (currentPlace().path.startsWith(`${DOCUMENTS}/`)) fetchEditor();
  begin().catch((error: unknown) => {
    if (!isSilent(error)) app.set({ failed: error });
  });
}
