// A document that is open: what the server has told of it, and what can be asked of it.
import {
  FRAMES,
  type InFrame,
  type OutFrame,
  RIGHTS,
  type StatusFrame,
} from "../../../../clients/frames";
import type { FileId } from "../../../../clients/types";
import { Refused } from "../client/problem";
import { Store } from "../store";
import { type Argument, argumentsOf } from "./cbor";
import {
  type Change,
  changesOf,
  type Comment,
  commentsOf,
  foundPlaces,
  valuesOf,
  withComment,
} from "./comments";
import { Connection, type Opened } from "./connection";
import { Done } from "./done";
import { type Rectangle, rectanglesOf } from "./geometry";
import type { DocumentKind } from "./kinds";
import { pictureOf, Tiles } from "./tiles";

const KINDS: readonly (DocumentKind | undefined)[] = [
  undefined,
  "text",
  "sheet",
  "slides",
];
const COLOURS = 8;

export interface Person {
  readonly view: number;
  readonly name: string;
  /** Which of the eight colours is theirs, for everybody. */
  readonly colour: number;
}

/**
 * opening: until the server lets one in; loading: until the document is there; lost: it
 * is being opened again; refused: it isn't open, and won't be by itself.
 */
export type Phase = "opening" | "loading" | "open" | "lost" | "refused";

interface State {
  readonly phase: Phase;
  readonly why: Refused | undefined;
  readonly opened: Opened | undefined;
  readonly kind: DocumentKind | undefined;
  readonly parts: number;
  readonly part: number;
  readonly width: number;
  readonly height: number;
  readonly pages: readonly Rectangle[];
  /** What the engine tells of its commands, by their names. */
  readonly states: { readonly [name: string]: string };
  /** What it answered, by what was asked. */
  readonly fonts: readonly string[];
  readonly styles: readonly string[];
  readonly people: readonly Person[];
  /** Of sheets or slides. */
  readonly names: readonly string[];
  readonly pictures: { readonly [part: number]: ImageBitmap };
  readonly comments: readonly Comment[];
  readonly changes: readonly Change[];
  /** undefined: nothing is being looked for. */
  readonly found: boolean | undefined;
  readonly formula: string;
  readonly address: string;
  readonly geometry: string;
  /** What was asked to be read, by who doesn't see it. */
  readonly reading: string;
  /** What was refused last, and how often something was. */
  readonly refusals: number;
  /** Something of what was typed may be missing: nobody knows. */
  readonly missed: boolean;
}

const NOTHING: State = {
  phase: "opening",
  why: undefined,
  opened: undefined,
  kind: undefined,
  parts: 0,
  part: 0,
  width: 0,
  height: 0,
  pages: [],
  states: {},
  fonts: [],
  styles: [],
  people: [],
  names: [],
  pictures: {},
  comments: [],
  changes: [],
  found: undefined,
  formula: "",
  address: "",
  geometry: "",
  reading: "",
  refusals: 0,
  missed: false,
};

/** Where somebody is: oneself, or another one. */
export interface Where {
  part: number;
  cursor: Rectangle | undefined;
  shown: boolean | undefined;
  selection: readonly Rectangle[];
  cell: Rectangle | undefined;
}

const nowhere = (): Where => ({
  part: 0,
  cursor: undefined,
  shown: undefined,
  selection: [],
  cell: undefined,
});

/** What a size in the strip of slides is. */
interface Size {
  readonly width: number;
  readonly height: number;
}

export const colourOf = (view: number): number => view % COLOURS;

/** Changes its own place only: others' are theirs. */
export class Doc {
  readonly store = new Store<State>(NOTHING);
  /** Changes too often for a store: who draws it is told. */
  own = nowhere();
  readonly others = new Map<number, Where>();
  found: readonly Rectangle[] = [];
  graphic: Rectangle | undefined;
  /** Sight goes with the cursor until somebody scrolls. */
  follows = false;
  readonly tiles = new Tiles(
    () => this.changed(),
    (tiles) => void this.send({ frame: "taken", tiles }),
  );
  /** What is drawn has changed. */
  changed: () => void = () => undefined;
  /** Something is to be brought into sight. */
  reveal: (place: Rectangle) => void = () => undefined;
  /** Who waits for what is copied, by its form. */
  readonly clips = new Map<string, (bytes: Uint8Array<ArrayBuffer>) => void>();
  #connection: Connection | undefined;
  readonly #done = new Done((frame) => void this.#connection?.send(frame));
  /** Asked behind the first picture, which doesn't wait for the answers. */
  #asks = false;
  #asksComments: ReturnType<typeof setTimeout> | undefined;
  #asksChanges: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly file: FileId) {}

  open(): void {
    this.#connection = new Connection(this.file, {
      opened: (opened) => this.#begin(opened),
      frame: (frame) => this.#take(frame),
      lost: (why) => this.store.set({ phase: "lost", why }),
      refused: (why) => this.store.set({ phase: "refused", why }),
    });
  }

  /** Awaits that it is left. */
  async close(): Promise<void> {
    clearTimeout(this.#asksChanges);
    clearTimeout(this.#asksComments);
    clearTimeout(this.#previewing);
    clearTimeout(this.#reading);
    const connection = this.#connection;
    this.#connection = undefined;
    this.tiles.clear();
    await connection?.close();
  }

  again(): void {
    if (this.store.value.phase === "refused")
      this.store.set({ phase: "opening", kind: undefined });
    this.#connection?.again();
  }

  // ---- what one may, and does

  get isOpen(): boolean {
    return this.store.value.phase === "open" && this.#connection?.isOpen === true;
  }

  may(right: keyof typeof RIGHTS): boolean {
    const rights = this.store.value.opened?.rights ?? 0;
    return (
      (rights & RIGHTS[right]) !== 0 ||
      (right !== "edit" && (rights & RIGHTS.read) !== 0)
    );
  }

  send(frame: InFrame): boolean {
    if (this.#connection?.isOpen !== true) return false;
    return this.#done.do(frame) || this.#connection.send(frame);
  }

  /** What changes the document, or goes about in it: sight follows. */
  do(frame: InFrame): void {
    if (!this.isOpen) return;
    this.follows = true;
    this.send(frame);
  }

  command(name: string, given: readonly Argument[] = []): void {
    this.do({ frame: "command", name, arguments: argumentsOf(given) });
  }

  key(code: number, character = 0): void {
    this.do({ frame: "key", character, code });
  }

  /** To a sheet or slide. */
  goToPart(part: number): void {
    const { parts } = this.store.value;
    if (part < 0 || part >= parts) return;
    this.own.selection = [];
    this.graphic = undefined;
    this.store.set({ part });
    this.changed();
  }

  /** A picture of a slide, as large as `previews` has it. */
  previews: Size | undefined;
  preview(part: number): void {
    if (this.previews !== undefined)
      this.send({ frame: "preview", part, ...this.previews });
  }

  ask(name: string): void {
    this.send({ frame: "ask", name });
  }

  find(text: string, backward: boolean, exact: boolean): void {
    this.do({ frame: "find", text, backward, exact });
  }

  // ---- what comes

  #begin(opened: Opened): void {
    // Views of before are gone with the connection.
    this.own = nowhere();
    this.others.clear();
    this.found = [];
    this.store.set({
      phase: "loading",
      why: undefined,
      opened,
      states: {},
      people: [],
    });
    this.#done.begin(Number(opened.stream), this.may("edit"));
  }

  #other(view: number): Where {
    if (view === 0) return this.own;
    const known = this.others.get(view);
    if (known !== undefined) return known;
    const one = nowhere();
    this.others.set(view, one);
    return one;
  }

  #take(frame: OutFrame): void {
    switch (frame.frame) {
      case "tile":
        void this.tiles.take(frame);
        if (this.#asks) this.#askAll();
        return;
      case "picture":
        void pictureOf(frame.pixels, frame.width, frame.height).then((picture) =>
          this.store.set({
            pictures: { ...this.store.value.pictures, [frame.part]: picture },
          }),
        );
        return;
      case "cursor":
      case "shown":
      case "selection":
      case "cell":
      case "graphic":
        this.#place(frame);
        this.changed();
        return;
      case "status":
        this.#status(frame);
        return;
      case "moved":
        this.store.set({ part: frame.part });
        this.changed();
        return;
      case "state":
        this.store.set({
          states: { ...this.store.value.states, [frame.name]: frame.value },
        });
        return;
      case "clip":
        this.#clip(frame);
        return;
      case "kept":
        this.#done.kept(frame.count);
        return;
      case "resumed":
        if (!this.#done.resumed(frame)) this.store.set({ missed: true });
        return;
      case "stale":
        if (this.#reads !== undefined) this.#readSoon();
        this.#stale(frame.part);
        return;
      case "refused":
        // A slide's picture whose showing is not on the record yet.
        if (frame.number === FRAMES.preview) this.#stale(undefined);
        else if (frame.number === FRAMES.read) this.#readSoon();
        else this.store.set({ refusals: this.store.value.refusals + 1 });
        return;
      default:
        this.#text(frame);
    }
  }

  readonly #stales = new Set<number>();
  #previewing: ReturnType<typeof setTimeout> | undefined;

  /** Of slides that change, and of those that could not be had, pictures are asked for. */
  #stale(part: number | undefined): void {
    const { kind, parts, pictures, comments } = this.store.value;
    // Where comments are moves with the text.
    if (kind === "text" && comments.length > 0)
      this.#asksComments ??= setTimeout(() => {
        this.#asksComments = undefined;
        this.ask("ViewAnnotations");
      }, 1000);
    if (kind !== "slides" || this.previews === undefined) return;
    if (part !== undefined) this.#stales.add(part);
    else
      for (let i = 0; i < parts; i++)
        if (pictures[i] === undefined) this.#stales.add(i);
    this.#previewing ??= setTimeout(() => {
      this.#previewing = undefined;
      for (const one of this.#stales) this.preview(one);
      this.#stales.clear();
    }, 500);
  }

  #reads: (InFrame & { readonly frame: "read" }) | undefined;
  #reading: ReturnType<typeof setTimeout> | undefined;

  /** What stands there, now and whenever it changes; undefined: no more. */
  read(place: { readonly part: number } & Rectangle | undefined): void {
    this.#reads = place === undefined ? undefined : { frame: "read", ...place };
    clearTimeout(this.#reading);
    this.#reading = undefined;
    if (this.#reads !== undefined) this.send(this.#reads);
  }

  #readSoon(): void {
    this.#reading ??= setTimeout(() => {
      this.#reading = undefined;
      if (this.#reads !== undefined) this.send(this.#reads);
    }, 500);
  }

  #clip({ mime, bytes }: Extract<OutFrame, { frame: "clip" }>): void {
    const form = mime.split(";", 1)[0] ?? "";
    const take = this.clips.get(form);
    this.clips.delete(form);
    take?.(bytes);
  }

  #place(
    frame: Extract<
      OutFrame,
      { frame: "cursor" | "shown" | "selection" | "cell" | "graphic" }
    >,
  ): void {
    if (frame.frame === "graphic") {
      [this.graphic] = rectanglesOf(frame.place);
      return;
    }
    const who = this.#other(frame.view);
    if (frame.frame === "shown") {
      who.shown = frame.shown;
      return;
    }
    who.part = frame.part;
    if (frame.frame === "cursor") {
      const { x, y, width, height } = frame;
      who.cursor = { x, y, width, height };
      // No word comes that it is shown until it wasn't.
      who.shown ??= true;
      if (frame.view === 0 && this.follows) this.reveal(who.cursor);
    } else if (frame.frame === "selection") {
      who.selection = rectanglesOf(frame.rectangles);
    } else {
      [who.cell] = rectanglesOf(frame.place);
      if (frame.view === 0 && this.follows && who.cell !== undefined)
        this.reveal(who.cell);
    }
  }

  #status(frame: StatusFrame): void {
    const { phase } = this.store.value;
    this.#connection?.loaded();
    this.store.set({
      phase: "open",
      kind: KINDS[frame.kind],
      parts: frame.parts,
      part: frame.part,
      width: frame.width,
      height: frame.height,
      pages: rectanglesOf(frame.pages),
    });
    this.changed();
    if (phase !== "open") this.#asks = true;
  }

  #askAll(): void {
    this.#asks = false;
    if (!this.may("text")) return;
    this.ask("CharFontName");
    this.ask("StyleApply");
    this.ask("ViewAnnotations");
    this.ask("AcceptTrackedChanges");
  }

  #text(frame: OutFrame): void {
    const { value } = this.store;
    switch (frame.frame) {
      case "person": {
        const { view, name, here } = frame;
        const people = value.people.filter((one) => one.view !== view);
        if (here) people.push({ view, name, colour: colourOf(view) });
        else this.others.delete(view);
        this.store.set({ people });
        this.changed();
        break;
      }
      case "names":
        this.store.set({ names: frame.names.split("\n").slice(0, -1) });
        break;
      case "comment":
        this.store.set({ comments: withComment(value.comments, frame.json) });
        this.changed();
        break;
      case "change":
        // It tells that there is one, in many words for each letter.
        clearTimeout(this.#asksChanges);
        this.#asksChanges = setTimeout(
          () => this.ask("AcceptTrackedChanges"),
          300,
        );
        break;
      case "found": {
        const { places } = foundPlaces(frame.json);
        this.found = places;
        this.store.set({ found: frame.found });
        const [first] = places;
        if (first !== undefined) this.reveal(first);
        this.changed();
        break;
      }
      case "formula":
        this.store.set({ formula: frame.text });
        break;
      case "reading":
        this.store.set({ reading: frame.text });
        break;
      case "address":
        this.store.set({ address: frame.address });
        break;
      case "answer":
        this.#answer(frame.name, frame.json);
        break;
    }
  }

  #answer(name: string, json: string): void {
    switch (name) {
      case "CharFontName":
        this.store.set({ fonts: valuesOf(json) });
        break;
      case "StyleApply":
        this.store.set({
          styles: valuesOf(
            json,
            this.store.value.kind === "sheet" ? "CellStyles" : "ParagraphStyles",
          ),
        });
        break;
      case "ViewAnnotations":
        this.store.set({ comments: commentsOf(json) });
        this.changed();
        break;
      case "AcceptTrackedChanges":
        this.store.set({ changes: changesOf(json) });
        break;
      case "SheetGeometryData":
        this.store.set({ geometry: json });
        break;
    }
  }
}
