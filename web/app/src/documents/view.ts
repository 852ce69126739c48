// What is in sight of a document: drawn from tiles onto one canvas that stands still,
// above which the document is scrolled. All places are twips; drawing goes by the
// screen's own pixels, so that tiles are as sharp as they came.
import { TILE_PIXELS } from "../../../../clients/frames";
import { colourOf, type Doc, type Where } from "./doc";
import { meet, type Rectangle, TWIPS_A_PIXEL } from "./geometry";

export const ZOOM_MIN = 0.25;
export const ZOOM_MAX = 4;
const STEPS = [0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 3, 4];
/** Room around slides, in pixels. */
const ROOM = 24;
/** Kept between what is brought into sight and the edge. */
const EDGE = 40;

export interface Place {
  readonly x: number;
  readonly y: number;
}

interface Colours {
  readonly page: string;
  readonly edge: string;
  readonly shadow: string;
  readonly selection: string;
  readonly found: string;
  readonly comment: string;
  readonly people: readonly string[];
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    page: of("--d-page"),
    edge: of("--d-edge"),
    shadow: of("--d-shadow"),
    selection: of("--d-selection"),
    found: of("--d-found"),
    comment: of("--d-comment"),
    people: Array.from({ length: 8 }, (_, i) => of(`--d-person-${i}`)),
  };
}

export class View {
  /** Pixels of the page for a twip, times 15. */
  zoom = 1;
  /** Twips that a tile is wide. */
  scale = TILE_PIXELS * TWIPS_A_PIXEL;
  fits = false;
  /** Where the document's upper left corner is, in pixels of what is scrolled. */
  #origin: Place = { x: 0, y: 0 };
  #ratio = 1;
  #asked = "";
  #frame = 0;
  #colours: Colours;
  readonly #context: CanvasRenderingContext2D;
  readonly #observer: ResizeObserver;
  /** Of a sheet: where columns and rows end, in pixels of the screen. */
  lines: (context: CanvasRenderingContext2D) => void = () => undefined;
  /** What stands on the document is to be placed anew. */
  placed: () => void = () => undefined;
  zoomed: () => void = () => undefined;

  constructor(
    readonly doc: Doc,
    readonly box: HTMLElement,
    readonly canvas: HTMLCanvasElement,
    readonly space: HTMLElement,
  ) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    this.#context = context;
    this.#colours = coloursOf(box);
    this.#observer = new ResizeObserver(() => this.layout());
    this.#observer.observe(box);
    box.addEventListener("scroll", this.draw, { passive: true });
    doc.changed = this.draw;
    doc.reveal = (place) => this.reveal(place);
    this.#unsubscribe = doc.store.subscribe(() => this.layout());
  }

  readonly #unsubscribe: () => void;

  close(): void {
    this.#observer.disconnect();
    this.#unsubscribe();
    cancelAnimationFrame(this.#frame);
    this.box.removeEventListener("scroll", this.draw);
    this.doc.changed = () => undefined;
    this.doc.reveal = () => undefined;
  }

  /** The theme is another one. */
  recolour(): void {
    this.#colours = coloursOf(this.box);
    this.draw();
  }

  // ---- places

  /** Pixels of the page. */
  pixels(twips: number): number {
    return (twips * TILE_PIXELS) / (this.scale * this.#ratio);
  }

  twips(pixels: number): number {
    return (pixels * this.scale * this.#ratio) / TILE_PIXELS;
  }

  /** In pixels of what is in sight. */
  at({ x, y }: Place): Place {
    return {
      x: this.pixels(x) + this.#origin.x - this.box.scrollLeft,
      y: this.pixels(y) + this.#origin.y - this.box.scrollTop,
    };
  }

  /** Where in the document something on the screen is. */
  placeOf({ clientX, clientY }: { clientX: number; clientY: number }): Place {
    const box = this.box.getBoundingClientRect();
    return {
      x: Math.round(
        this.twips(clientX - box.left + this.box.scrollLeft - this.#origin.x),
      ),
      y: Math.round(
        this.twips(clientY - box.top + this.box.scrollTop - this.#origin.y),
      ),
    };
  }

  /** What is in sight, in twips. */
  get seen(): Rectangle {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.box;
    return {
      x: this.twips(scrollLeft - this.#origin.x),
      y: this.twips(scrollTop - this.#origin.y),
      width: this.twips(clientWidth),
      height: this.twips(clientHeight),
    };
  }

  /** Brings it into sight, if it isn't. */
  reveal(place: Rectangle): void {
    const { x, y } = this.at(place);
    const { clientWidth, clientHeight } = this.box;
    const width = this.pixels(place.width);
    const height = this.pixels(place.height);
    const edge = Math.min(EDGE, clientHeight / 4);
    let dy = 0;
    if (y < 0) dy = y - edge;
    else if (y + height > clientHeight) dy = y + height - clientHeight + edge;
    let dx = 0;
    if (x < 0) dx = x - EDGE;
    else if (x + width > clientWidth) dx = x + width - clientWidth + EDGE;
    if (dx !== 0 || dy !== 0) this.box.scrollBy(dx, dy);
  }

  /** The page that most of what is in sight belongs to, from 0. */
  get page(): number {
    const { y, height } = this.seen;
    const middle = y + height / 2;
    const { pages } = this.doc.store.value;
    let at = 0;
    pages.forEach((page, i) => {
      if (page.y <= middle) at = i;
    });
    return at;
  }

  goToPage(page: number): void {
    const place = this.doc.store.value.pages[page];
    if (place === undefined) return;
    this.box.scrollTop = this.pixels(place.y) + this.#origin.y - ROOM / 2;
  }

  // ---- zoom

  /** That place of the screen stays where it is. */
  zoomTo(zoom: number, fixed?: { clientX: number; clientY: number }): void {
    const box = this.box.getBoundingClientRect();
    // Of a sheet its corner stays, else what is in the middle.
    const share = this.doc.store.value.kind === "sheet" ? 0 : 0.5;
    const point = fixed ?? {
      clientX: box.left + this.box.clientWidth * share,
      clientY: box.top + this.box.clientHeight * share,
    };
    const place = this.placeOf(point);
    this.zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom));
    this.layout();
    const { x, y } = this.at(place);
    this.box.scrollBy(
      x - (point.clientX - box.left),
      y - (point.clientY - box.top),
    );
    this.zoomed();
  }

  step(way: 1 | -1): void {
    this.fits = false;
    const steps = way > 0 ? STEPS : [...STEPS].reverse();
    const next = steps.find((one) =>
      way > 0 ? one > this.zoom + 0.01 : one < this.zoom - 0.01,
    );
    if (next !== undefined) this.zoomTo(next);
  }

  /** A page is as wide as there is room for. */
  fit(): void {
    this.fits = true;
    this.layout();
    this.zoomed();
  }

  #fitted(): number {
    const { kind, width, height, pages } = this.doc.store.value;
    const { clientWidth, clientHeight } = this.box;
    if (kind === "sheet" || width === 0) return 1;
    if (kind === "slides")
      return Math.min(
        (clientWidth - 2 * ROOM) / (width / TWIPS_A_PIXEL),
        (clientHeight - 2 * ROOM) / (height / TWIPS_A_PIXEL),
      );
    const widest = Math.max(width, ...pages.map((page) => page.width));
    return clientWidth / (widest / TWIPS_A_PIXEL);
  }

  // ---- layout

  layout(): void {
    const { kind, width, height } = this.doc.store.value;
    const { clientWidth, clientHeight } = this.box;
    if (clientWidth === 0) return;
    this.#ratio = devicePixelRatio;
    if (this.fits)
      this.zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, this.#fitted()));
    // A tile is a whole number of twips wide: the zoom is what comes of that.
    this.scale = Math.max(
      64,
      Math.round((TILE_PIXELS * TWIPS_A_PIXEL) / (this.zoom * this.#ratio)),
    );
    const room = kind === "slides" ? ROOM : 0;
    const all = {
      width: this.pixels(width) + 2 * room,
      height: this.pixels(height) + 2 * room,
    };
    const whole = (n: number) => Math.round(n * this.#ratio) / this.#ratio;
    const centred = kind !== "sheet";
    this.#origin = {
      x: whole(room + (centred ? Math.max(0, (clientWidth - all.width) / 2) : 0)),
      y: whole(
        room +
          (kind === "slides" ? Math.max(0, (clientHeight - all.height) / 2) : 0),
      ),
    };
    this.#look();
    this.space.style.width = `${Math.max(all.width, 1)}px`;
    this.space.style.height = `${Math.max(all.height, 1)}px`;
    const across = Math.round(clientWidth * this.#ratio);
    const down = Math.round(clientHeight * this.#ratio);
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.canvas.style.width = `${clientWidth}px`;
      this.canvas.style.height = `${clientHeight}px`;
      this.#draw();
    } else {
      this.draw();
    }
  }

  /** As many as there are to be seen; a sheet has no end. */
  #tilesOf(): { readonly across: number; readonly down: number } {
    const { kind, width, height, pages } = this.doc.store.value;
    if (kind === "sheet") return { across: Infinity, down: Infinity };
    const end = (own: number, ends: number[]) =>
      Math.ceil(Math.max(own, ...ends) / this.scale);
    return {
      across: end(width, pages.map(({ x, width }) => x + width)),
      down: end(height, pages.map(({ y, height }) => y + height)),
    };
  }

  /** Tells the server what is looked at, with what is likely to be next. */
  #look(): void {
    const { part, kind } = this.doc.store.value;
    if (!this.doc.isOpen || kind === undefined) return;
    const seen = this.seen;
    const all = this.#tilesOf();
    const first = Math.max(0, Math.floor(seen.y / this.scale - 0.25));
    const last = Math.min(all.down, Math.ceil((seen.y + seen.height) / this.scale + 0.25));
    const left = Math.max(0, Math.floor(seen.x / this.scale));
    const right = Math.min(all.across, Math.ceil((seen.x + seen.width) / this.scale));
    const port = {
      frame: "viewport",
      part: kind === "text" ? 0 : part,
      x: left * this.scale,
      y: first * this.scale,
      width: Math.max(1, right - left) * this.scale,
      height: Math.max(1, last - first) * this.scale,
      scale: this.scale,
    } as const;
    const asked = `${this.doc.store.value.opened?.stream} ${Object.values(port).join(" ")}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.doc.send(port);
  }

  // ---- drawing

  readonly draw = (): void => {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  };

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { kind } = this.doc.store.value;
    this.#look();
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (kind !== undefined) {
      context.save();
      this.#drawPages();
      this.#drawTiles();
      if (kind === "sheet") this.lines(context);
      this.#drawSelections();
      context.restore();
    }
    this.placed();
  }

  /** In pixels of the screen: whole ones. */
  #device({ x, y, width, height }: Rectangle): Rectangle {
    const ratio = this.#ratio;
    const at = this.at({ x, y });
    const left = Math.round(at.x * ratio);
    const top = Math.round(at.y * ratio);
    return {
      x: left,
      y: top,
      width: Math.round((at.x + this.pixels(width)) * ratio) - left,
      height: Math.round((at.y + this.pixels(height)) * ratio) - top,
    };
  }

  /** Pages with their shadows; from here on nothing is drawn beside them. */
  #drawPages(): void {
    const { kind, pages, width, height } = this.doc.store.value;
    const context = this.#context;
    const { page: white, edge, shadow } = this.#colours;
    if (kind === "sheet") {
      context.fillStyle = white;
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
      return;
    }
    const seen = this.seen;
    const list =
      kind === "text" && pages.length > 0
        ? pages.filter((page) => meet(page, seen))
        : [{ x: 0, y: 0, width, height }];
    context.beginPath();
    for (const page of list) {
      const { x, y, width: w, height: h } = this.#device(page);
      context.save();
      context.shadowColor = shadow;
      context.shadowBlur = 6 * this.#ratio;
      context.shadowOffsetY = 2 * this.#ratio;
      context.fillStyle = white;
      context.fillRect(x, y, w, h);
      context.restore();
      context.strokeStyle = edge;
      context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
      context.rect(x, y, w, h);
    }
    context.clip();
  }

  #drawTiles(): void {
    const { part, kind } = this.doc.store.value;
    const at = kind === "text" ? 0 : part;
    const { tiles } = this.doc;
    const seen = this.seen;
    const context = this.#context;
    const scale = this.scale;
    const all = this.#tilesOf();
    const right = Math.min(all.across - 1, Math.floor((seen.x + seen.width) / scale));
    const bottom = Math.min(all.down - 1, Math.floor((seen.y + seen.height) / scale));
    const sharp: [ImageBitmap, Rectangle][] = [];
    let whole = true;
    for (let row = Math.max(0, Math.floor(seen.y / scale)); row <= bottom; row++)
      for (
        let column = Math.max(0, Math.floor(seen.x / scale));
        column <= right;
        column++
      ) {
        const tile = tiles.at(at, scale, column, row);
        if (tile?.picture === undefined) whole = false;
        else sharp.push([tile.picture, this.#device(tile)]);
      }
    // Who waits for all that is in sight sees it here.
    this.canvas.toggleAttribute("data-whole", whole);
    // What is coarse, or was, is better than nothing.
    if (!whole)
      for (const tile of tiles.others(at, scale)) {
        if (tile.picture === undefined || !meet(tile, seen)) continue;
        const { x, y, width, height } = this.#device(tile);
        context.drawImage(tile.picture, x, y, width, height);
      }
    for (const [picture, { x, y }] of sharp) context.drawImage(picture, x, y);
  }

  #drawSelections(): void {
    const { selection, found, comment, people } = this.#colours;
    const { doc } = this;
    const part = doc.store.value.part;
    const text = doc.store.value.kind === "text";
    for (const { range, resolved } of doc.store.value.comments)
      if (!resolved) this.#fill(range, comment);
    this.#fill(doc.found, found);
    for (const [view, who] of doc.others)
      if (text || who.part === part)
        this.#fill(who.selection, `${people[colourOf(view)]}40`);
    this.#fill(doc.own.selection, selection);
    if (text) return;
    for (const [view, who] of doc.others)
      if (who.part === part) this.#cell(who, people[colourOf(view)] ?? "");
  }

  #fill(list: readonly Rectangle[], colour: string): void {
    const seen = this.seen;
    this.#context.fillStyle = colour;
    for (const one of list) {
      if (!meet(one, seen)) continue;
      const { x, y, width, height } = this.#device(one);
      this.#context.fillRect(x, y, width, height);
    }
  }

  #cell({ cell }: Where, colour: string): void {
    if (cell === undefined) return;
    const { x, y, width, height } = this.#device(cell);
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = 2 * this.#ratio;
    this.#context.strokeRect(x, y, width, height);
  }
}
