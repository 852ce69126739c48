// What the mouse and fingers do on a document. Who may change it has the mouse itself;
// who may only read marks text.
import type { Place, View } from "./view";

const DOWN = 0;
const UP = 1;
const MOVED = 2;
const SHIFT = 0x1000;
const CTRL = 0x2000;
const ALT = 0x4000;
const START = 2;
const END = 1;

const heldKeys = (event: MouseEvent): number =>
  (event.shiftKey ? SHIFT : 0) |
  (event.ctrlKey || event.metaKey ? CTRL : 0) |
  (event.altKey ? ALT : 0);

const buttonsOf = (event: MouseEvent): number => (event.button === 2 ? 4 : 1);

export class Pointer {
  readonly #off = new AbortController();
  #down = false;
  #last: PointerEvent | undefined;
  #frame = 0;
  #clicks = { count: 0, at: 0, x: 0, y: 0 };

  constructor(
    private readonly view: View,
    private readonly focus: () => void,
  ) {
    const { signal } = this.#off;
    const { box } = view;
    box.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    box.addEventListener("pointermove", (event) => this.#move(event), { signal });
    for (const type of ["pointerup", "pointercancel"] as const)
      box.addEventListener(type, (event) => this.#release(event), { signal });
    box.addEventListener("click", (event) => this.#tap(event), { signal });
    box.addEventListener(
      "wheel",
      (event) => {
        view.doc.follows = false;
        if (!event.ctrlKey) return;
        event.preventDefault();
        view.fits = false;
        view.zoomTo(view.zoom * Math.exp(-event.deltaY / 400), event);
      },
      { signal, passive: false },
    );
    box.addEventListener("touchmove", () => (view.doc.follows = false), {
      signal,
      passive: true,
    });
  }

  close(): void {
    this.#off.abort();
    cancelAnimationFrame(this.#frame);
  }

  #mouse(type: number, { x, y }: Place, event: MouseEvent, count: number): void {
    const { doc } = this.view;
    if (!doc.isOpen) return;
    if (doc.may("edit"))
      doc.send({
        frame: "mouse",
        type,
        x,
        y,
        count,
        buttons: buttonsOf(event),
        modifiers: heldKeys(event),
      });
    else if (doc.may("text") && type !== UP) {
      if (type === DOWN && count === 2) doc.command("SelectWord");
      else
        doc.send({
          frame: "select",
          type: type === DOWN && !event.shiftKey ? START : END,
          x,
          y,
        });
    }
  }

  /** How often it was pressed at one place, as the engine counts: one to three. */
  #count(event: MouseEvent): number {
    const { count, at, x, y } = this.#clicks;
    const near = Math.hypot(event.clientX - x, event.clientY - y) < 5;
    const again = near && event.timeStamp - at < 500 ? (count % 3) + 1 : 1;
    this.#clicks = {
      count: again,
      at: event.timeStamp,
      x: event.clientX,
      y: event.clientY,
    };
    return again;
  }

  /** Not beside the text: there the scroll bars are. */
  #isInside({ clientX, clientY }: MouseEvent): boolean {
    const { box } = this.view;
    const { left, top } = box.getBoundingClientRect();
    return (
      clientX - left < box.clientWidth && clientY - top < box.clientHeight
    );
  }

  #press(event: PointerEvent): void {
    if (event.pointerType === "touch" || event.button !== 0) return;
    if (!this.#isInside(event)) return;
    event.preventDefault();
    this.focus();
    this.view.box.setPointerCapture(event.pointerId);
    this.#down = true;
    this.#mouse(DOWN, this.view.placeOf(event), event, this.#count(event));
  }

  #move(event: PointerEvent): void {
    if (!this.#down) return;
    this.#last = event;
    if (this.#frame === 0)
      this.#frame = requestAnimationFrame(() => this.#drag());
  }

  /** As often as the screen shows it; beyond the edge the document comes along. */
  #drag(): void {
    this.#frame = 0;
    const event = this.#last;
    if (!this.#down || event === undefined) return;
    const { box } = this.view;
    const { left, top, width, height } = box.getBoundingClientRect();
    const beyond = (at: number, from: number, to: number) =>
      at < from ? at - from : at > to ? at - to : 0;
    const dx = beyond(event.clientX, left, left + width);
    const dy = beyond(event.clientY, top, top + height);
    if (dx !== 0 || dy !== 0) {
      box.scrollBy(dx / 2, dy / 2);
      this.#frame = requestAnimationFrame(() => this.#drag());
    }
    this.#mouse(MOVED, this.view.placeOf(event), event, 1);
  }

  #release(event: PointerEvent): void {
    if (!this.#down) return;
    this.#down = false;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#mouse(UP, this.view.placeOf(event), event, this.#clicks.count);
  }

  /** A finger scrolls; where it only touches, the cursor goes. */
  #tap(event: MouseEvent): void {
    if (!(event instanceof PointerEvent) || event.pointerType !== "touch") return;
    this.focus();
    const place = this.view.placeOf(event);
    const count = this.#count(event);
    this.#mouse(DOWN, place, event, count);
    this.#mouse(UP, place, event, count);
  }
}
