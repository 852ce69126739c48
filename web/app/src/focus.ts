// Where the keyboard is, as far as neither the browser nor Fluent sees to it.

// ---- groups of buttons that are walked by arrow keys (toolbars, tabs, menus)
//
// Fluent puts a mark before and behind each, which Tab reaches and which passes it
// on, and hides it from screen readers: but what can be focused must not be hidden.
// So Tab doesn't stop at the marks; by script they are focused as before.
const isMark = (node: EventTarget | null): node is HTMLElement =>
  node instanceof HTMLElement &&
  node.hasAttribute("data-tabster-dummy") &&
  node.parentElement?.dataset["tabster"]?.includes('"mover"') === true;

const passOver = (node: EventTarget | null) => {
  if (isMark(node)) node.tabIndex = -1;
};

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

// ---- what had the focus is gone
//
// The browser would leave it nowhere, and who works by keyboard would begin again at
// the top. It goes to where one was before a dialog or a menu, to what has taken the
// place of what is gone, or to the content of another page.

/** What one comes out of again: it lies above the page, or beside what is in it. */
const ABOVE = "dialog, [role=dialog], [role=alertdialog], [role=menu], .above > *";
const BESIDE = "aside, .notice, .uploads";
const TABBED =
  "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, [tabindex='0']";
const REMEMBERED = 20;

interface Had {
  readonly element: HTMLElement;
  readonly layer: Element | null;
  readonly path: string;
}

/** What has had the focus, the last one last. */
let had: readonly Had[] = [];
let byFinger = false;
addEventListener("keydown", () => (byFinger = false), true);
addEventListener(
  "pointerdown",
  ({ pointerType }) => (byFinger = pointerType === "touch"),
  true,
);
addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLElement) || target.dataset["tabsterDummy"] === "")
    return;
  const one = {
    element: target,
    layer: target.closest(`${ABOVE}, ${BESIDE}`),
    path: location.pathname,
  };
  had = [...had.filter(({ element }) => element !== target), one].slice(
    -REMEMBERED,
  );
});

const isShown = (element: Element): boolean =>
  element.isConnected && element.checkVisibility();

const listOf = (main: HTMLElement | null) =>
  main?.querySelector<HTMLElement>("[role=grid]");

/** The list of the page, if it is one; else all of it. */
function toContent(): void {
  const main = document.getElementById("main");
  (listOf(main) ?? main)?.focus({ preventScroll: true });
}

function toBefore({ layer, path }: Had): void {
  // Through what lies beside a list one has only passed on the way.
  const passed = layer?.matches(BESIDE) && listOf(document.getElementById("main"));
  if (passed) return toContent();
  const back = had.findLast(
    (one) =>
      one.path === path &&
      isShown(one.element) &&
      !one.element.matches(":disabled"),
  );
  if (back === undefined) toContent();
  else back.element.focus();
}

/** What Tab would have come to next, or before: in the nearest that has any. */
function toNeighbour(
  gone: Element,
  layer: Element | null,
  changes: readonly MutationRecord[],
): void {
  const change = changes.find(
    ({ target, removedNodes }) =>
      target.isConnected &&
      [...removedNodes].some((node) => node.contains(gone)),
  );
  if (change === undefined) return toContent();
  const { target, nextSibling } = change;
  const next = nextSibling?.isConnected ? nextSibling : null;
  const isBehind = (one: Element) =>
    next === null
      ? (target.compareDocumentPosition(one) &
          (Node.DOCUMENT_POSITION_FOLLOWING |
            Node.DOCUMENT_POSITION_CONTAINED_BY)) ===
        Node.DOCUMENT_POSITION_FOLLOWING
      : next.contains(one) ||
        (next.compareDocumentPosition(one) &
          Node.DOCUMENT_POSITION_FOLLOWING) !==
          0;
  let box = target instanceof Element ? target : null;
  for (; box !== null && box.id !== "main"; box = box.parentElement) {
    // What is done by a bar of commands is done to the list.
    if (box.matches("[role=toolbar]")) break;
    const all = [...box.querySelectorAll<HTMLElement>(TABBED)].filter(
      (one) => one.tabIndex >= 0 && isShown(one),
    );
    const near = all.find(isBehind) ?? all.at(-1);
    if (near !== undefined) return near.focus();
    if (box === layer) break;
  }
  toContent();
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) addedNodes.forEach(passOver);
  const last = had.at(-1);
  if (
    byFinger ||
    last === undefined ||
    last.element.isConnected ||
    document.activeElement !== document.body
  )
    return;
  const { element, layer, path } = last;
  if (path !== location.pathname) toContent();
  else if (layer !== null && !layer.isConnected) toBefore(last);
  else toNeighbour(element, layer, changes);
}).observe(document.body, { childList: true, subtree: true });

// From a search to what it finds.
addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" || event.defaultPrevented) return;
  const { target } = event;
  if (!(target instanceof HTMLInputElement) || target.type !== "search") return;
  event.preventDefault();
  toContent();
});
