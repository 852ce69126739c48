// A PDF, page by page: those near what is in sight are drawn, with their text above
// the picture, so that it can be chosen and found.
import "pdfjs-dist/legacy/build/pdf.worker.min.mjs";
import {
  getDocument,
  type PDFDocumentProxy,
  type PDFPageProxy,
  type RenderTask,
  TextLayer,
} from "pdfjs-dist/legacy/build/pdf.mjs";

import type { ResourceKind, Show, ToFrame } from "../protocol";
import { Finder } from "./find";
import { printPages } from "./print";
import type { Frame, Shown } from "./main";

const GAP = 12;
const STEPS = [0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1, 1.25, 1.5, 2, 3, 4];
/** Of CSS pixels to PDF's points. */
const UNIT = 96 / 72;
/** A larger picture is more than a phone has memory for. */
const PIXELS_MAX = 16_000_000;

interface Page {
  readonly number: number;
  readonly box: HTMLDivElement;
  width: number;
  height: number;
  proxy?: PDFPageProxy;
  task?: RenderTask | undefined;
  layer?: TextLayer | undefined;
  /** The scale at which it is drawn; 0: it isn't. */
  drawn: number;
}

class View {
  readonly pages: Page[];
  #scale: number | undefined;
  readonly #finder: Finder;
  readonly #near: IntersectionObserver;
  #at = 0;

  constructor(
    private readonly pdf: PDFDocumentProxy,
    first: PDFPageProxy,
    private readonly frame: Frame,
    label: string,
  ) {
    const { width, height } = first.getViewport({ scale: UNIT });
    this.#near = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const page = this.pages[Number((target as HTMLElement).dataset["at"])];
          if (page === undefined) continue;
          if (isIntersecting) void this.#draw(page);
          else this.#undraw(page);
        }
      },
      { rootMargin: "100% 0px" },
    );
    this.pages = Array.from({ length: pdf.numPages }, (_, i) => {
      const box = document.createElement("div");
      box.className = "pdf-page";
      box.dataset["at"] = String(i);
      box.setAttribute("role", "region");
      box.ariaLabel = label.replace("{number}", String(i + 1));
      return { number: i + 1, box, width, height, drawn: 0 };
    });
    this.#finder = new Finder(pdf, (i) => this.pages[i]?.layer);
    frame.box.append(...this.pages.map((page) => page.box));
    this.#layOut();
    for (const page of this.pages) this.#near.observe(page.box);
    addEventListener("scroll", () => this.#tellWhere(), { passive: true });
    addEventListener("resize", () => {
      if (this.#scale === undefined) this.#layOut();
    });
  }

  /** As wide as there is room for, and on a large screen no wider than it reads well. */
  #scaleNow(): number {
    const widest = Math.max(...this.pages.map((page) => page.width));
    const room = document.documentElement.clientWidth - 2 * GAP;
    return this.#scale ?? Math.min(room / widest, 1.5);
  }

  #layOut(): void {
    const page = this.pages[this.#at];
    const into = page ? -page.box.getBoundingClientRect().top / page.box.offsetHeight : 0;
    const scale = this.#scaleNow();
    for (const one of this.pages) {
      one.box.style.width = `${one.width * scale}px`;
      one.box.style.height = `${one.height * scale}px`;
      one.box.style.setProperty("--total-scale-factor", String(scale * UNIT));
    }
    if (page && Number.isFinite(into))
      scrollTo({ top: page.box.offsetTop + into * page.box.offsetHeight });
    for (const one of this.pages) if (one.drawn > 0) void this.#draw(one);
    this.frame.tell({ is: "zoom", percent: Math.round(scale * 100) });
    this.#tellWhere();
  }

  #tellWhere(): void {
    const middle = innerHeight / 2;
    const at = this.pages.findIndex(
      ({ box }) => box.getBoundingClientRect().bottom + GAP > middle,
    );
    this.#at = at < 0 ? this.pages.length - 1 : at;
    this.frame.tell({ is: "pages", at: this.#at + 1, count: this.pages.length });
  }

  async #draw(page: Page): Promise<void> {
    const scale = this.#scaleNow();
    if (page.drawn === scale) return;
    page.drawn = scale;
    page.task?.cancel();
    page.layer?.cancel();
    page.proxy ??= await this.pdf.getPage(page.number);
    const size = page.proxy.getViewport({ scale: UNIT });
    if (size.width !== page.width || size.height !== page.height) {
      page.width = size.width;
      page.height = size.height;
      this.#layOut();
    }
    if (page.drawn !== scale) return;
    const area = page.width * page.height * scale * scale;
    const fine = Math.min(devicePixelRatio || 1, Math.sqrt(PIXELS_MAX / area));
    const viewport = page.proxy.getViewport({ scale: UNIT * scale * fine });
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    const text = document.createElement("div");
    text.className = "pdf-text";
    const task = page.proxy.render({ canvas, viewport });
    const layer = new TextLayer({
      textContentSource: await page.proxy.getTextContent(),
      container: text,
      viewport: page.proxy.getViewport({ scale: UNIT * scale }),
    });
    page.task = task;
    page.layer = layer;
    try {
      await Promise.all([task.promise, layer.render()]);
      if (page.drawn !== scale) return;
      page.box.replaceChildren(canvas, text);
      this.#finder.mark(page.number - 1);
    } catch (error) {
      if (page.drawn === scale && (error as Error).name !== "RenderingCancelledException")
        page.box.replaceChildren(canvas);
    }
  }

  /** What is far away gives its memory back. */
  #undraw(page: Page): void {
    if (page.drawn === 0) return;
    page.drawn = 0;
    page.task?.cancel();
    page.layer?.cancel();
    page.layer = undefined;
    page.box.replaceChildren();
    page.proxy?.cleanup();
  }

  goTo(number: number): void {
    this.pages[number - 1]?.box.scrollIntoView({ block: "start" });
  }

  #zoom(to: "in" | "out" | "fit"): void {
    const now = this.#scaleNow();
    this.#scale =
      to === "fit"
        ? undefined
        : to === "in"
          ? (STEPS.find((step) => step > now * 1.01) ?? now)
          : (STEPS.findLast((step) => step < now * 0.99) ?? now);
    this.#layOut();
  }

  async #find(text: string, way: 1 | -1): Promise<void> {
    const found = await this.#finder.find(text, way, this.#at);
    if (found === undefined) return;
    this.frame.tell({ is: "found", at: found.at, count: found.count });
    const page = this.pages[found.page];
    if (page === undefined) return;
    if (!this.#finder.reveal()) this.goTo(page.number);
  }

  take(asked: ToFrame): void {
    switch (asked.is) {
      case "zoom":
        return this.#zoom(asked.to);
      case "page":
        return this.goTo(asked.number);
      case "find":
        return void this.#find(asked.text, asked.way);
      case "print":
        return void printPages(this.pdf, this.frame);
      default:
        return undefined;
    }
  }
}

export async function showPdf(
  { bytes, pageLabel }: Show,
  frame: Frame,
): Promise<Shown> {
  class Factory {
    fetch(asked: { kind: ResourceKind; filename: string }) {
      return frame.want(asked.kind, asked.filename);
    }
  }
  const pdf = await getDocument({
    data: new Uint8Array(bytes),
    BinaryDataFactory: Factory,
    // Not addresses here: that there are such, and below which name.
    cMapUrl: "cmaps/",
    standardFontDataUrl: "fonts/",
    wasmUrl: "wasm/",
    useWorkerFetch: false,
    enableXfa: false,
  }).promise;
  return new View(pdf, await pdf.getPage(1), frame, pageLabel);
}
