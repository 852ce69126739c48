// Groups of buttons that are walked by arrow keys (toolbars, tabs, menus). Fluent
// puts a mark before and behind each, which Tab reaches and which passes it on, and
// hides it from screen readers: but what can be focused must not be hidden. So Tab
// doesn't stop at the marks; by script they are focused as before.
const isMark = (node: EventTarget | null): node is HTMLElement =>
  node instanceof HTMLElement &&
  node.hasAttribute("data-tabster-dummy") &&
  node.parentElement?.dataset["tabster"]?.includes('"mover"') === true;

const passOver = (node: EventTarget | null) => {
  if (isMark(node)) node.tabIndex = -1;
};

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) addedNodes.forEach(passOver);
}).observe(document.body, { childList: true, subtree: true });

addEventListener("focusout", (event) => passOver(event.target));

// Tab goes to the tab that is shown, not to the first.
let byTab = false;
addEventListener("keydown", ({ key }) => (byTab = key === "Tab"), true);
addEventListener("focusin", ({ target, relatedTarget }) => {
  if (!byTab || !(target instanceof HTMLElement)) return;
  const list = target.closest("[role=tablist]");
  if (list === null || list.contains(relatedTarget as Node | null)) return;
  list.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
});

export {};
