// Finds text in a PDF: in the text of all pages, shown in those that are drawn.
import type {
  PDFDocumentProxy,
  TextLayer,
} from "pdfjs-dist/legacy/build/pdf.mjs";

interface Hit {
  readonly page: number;
  readonly from: number;
  readonly to: number;
}

interface Found {
  readonly page: number;
  /** From 1; 0: nothing is found. */
  readonly at: number;
  readonly count: number;
}

const ALL = "found";
const THIS = "found-now";

export class Finder {
  readonly #texts: Promise<string>[] = [];
  #text = "";
  #hits: readonly Hit[] = [];
  #at = -1;
  #generation = 0;

  constructor(
    private readonly pdf: PDFDocumentProxy,
    private readonly layerOf: (page: number) => TextLayer | undefined,
  ) {}

  /** The text of a page's pieces, one after the other, as its layer has them. */
  #textOf(page: number): Promise<string> {
    return (this.#texts[page] ??= this.pdf
      .getPage(page + 1)
      .then((proxy) => proxy.getTextContent())
      .then(({ items }) =>
        items.map((item) => ("str" in item ? item.str : "")).join(""),
      )
      .catch(() => ""));
  }

  async #search(text: string, from: number): Promise<boolean> {
    const mine = ++this.#generation;
    const wanted = text.toLowerCase();
    const hits: Hit[] = [];
    for (let page = 0; page < this.pdf.numPages && wanted !== ""; page++) {
      const all = (await this.#textOf(page)).toLowerCase();
      if (mine !== this.#generation) return false;
      let at = all.indexOf(wanted);
      while (at >= 0) {
        hits.push({ page, from: at, to: at + wanted.length });
        at = all.indexOf(wanted, at + wanted.length);
      }
    }
    this.#text = text;
    this.#hits = hits;
    this.#at = hits.findIndex((hit) => hit.page >= from);
    if (this.#at < 0 && hits.length > 0) this.#at = 0;
    return true;
  }

  /** The next one that way; of another text the first from that page on. */
  async find(
    text: string,
    way: 1 | -1,
    from: number,
  ): Promise<Found | undefined> {
    if (text !== this.#text) {
      if (!(await this.#search(text, from))) return undefined;
    } else if (this.#hits.length > 0) {
      const count = this.#hits.length;
      this.#at = (this.#at + way + count) % count;
    }
    this.#markAll();
    return {
      page: this.#hits[this.#at]?.page ?? -1,
      at: this.#at + 1,
      count: this.#hits.length,
    };
  }

  #rangeOf({ page, from, to }: Hit): Range | undefined {
    const layer = this.layerOf(page);
    if (layer === undefined) return undefined;
    const range = new Range();
    let at = 0;
    let begun = false;
    for (const [i, text] of layer.textContentItemsStr.entries()) {
      const node = layer.textDivs[i]?.firstChild;
      const end = at + text.length;
      if (node && !begun && from < end) {
        range.setStart(node, from - at);
        begun = true;
      }
      if (node && begun && to <= end) {
        range.setEnd(node, to - at);
        return range;
      }
      at = end;
    }
    return undefined;
  }

  #markAll(): void {
    const now = this.#hits[this.#at];
    const ranges = (hits: readonly Hit[]) =>
      new Highlight(...hits.flatMap((hit) => this.#rangeOf(hit) ?? []));
    CSS.highlights.set(ALL, ranges(this.#hits.filter((hit) => hit !== now)));
    CSS.highlights.set(THIS, ranges(now === undefined ? [] : [now]));
  }

  /** Of a page that has just been drawn. */
  mark(page: number): void {
    if (!this.#hits.some((hit) => hit.page === page)) return;
    this.#markAll();
  }

  /** Brings what was found into sight, where it is drawn. */
  reveal(): boolean {
    const hit = this.#hits[this.#at];
    const range = hit && this.#rangeOf(hit);
    const piece = range?.startContainer.parentElement;
    piece?.scrollIntoView({ block: "center", inline: "nearest" });
    return piece != null;
  }
}
