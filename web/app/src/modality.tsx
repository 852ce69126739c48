// A dialog hides the page behind it from who doesn't see it, by a library (tabster)
// that is there as long as something uses it, and with the last that did goes before
// it has shown the page again. So something always does.
import { useFocusFinders } from "@fluentui/react-components";
import { useEffect } from "react";

const HIDDEN = "aria-hidden";

/**
 * Of a dialog that opens while the one before it still goes, it takes the page for
 * hidden by itself, and would leave it so: without a dialog it never is.
 */
function useShown(): void {
  useEffect(() => {
    const page = document.getElementById("app");
    if (page === null) return;
    const watch = new MutationObserver(() => {
      if (page.hasAttribute(HIDDEN) && document.querySelector("[aria-modal=true]") === null)
        page.removeAttribute(HIDDEN);
    });
    watch.observe(page, { attributes: true, attributeFilter: [HIDDEN] });
    watch.observe(document.body, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, []);
}

export default function Modality() {
  useFocusFinders();
  useShown();
  return null;
}
