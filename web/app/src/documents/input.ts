// What is typed, through a field that nobody sees: a letter is a key, what an input
// method makes is told as it stands until it is final. The field stays empty, so that
// the browser has nothing of the document to correct.
import type { Copied } from "./clipboard";
import type { Doc } from "./doc";
import { BACKSPACE, ENTER, type Own, press } from "./keys";

/** Kept in the field, so that a phone's keyboard has something to delete. */
const FILLER = " ";
const PICTURES = ["image/png", "image/jpeg"];

export class Input {
  #composing = false;
  readonly #off = new AbortController();
  /** What one has copied here, to be pasted with all that it is. */
  #copied: Copied | undefined;
  /** It is to go to the clipboard now. */
  #leaves: Copied | undefined;

  constructor(
    private readonly doc: Doc,
    private readonly field: HTMLTextAreaElement,
    private readonly own: Own,
    private readonly copy: (cut: boolean) => void,
  ) {
    const { signal } = this.#off;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      take: (event: HTMLElementEventMap[K]) => void,
    ) => field.addEventListener(type, take, { signal });
    on("keydown", (event) => this.#key(event));
    on("beforeinput", (event) => this.#before(event as InputEvent));
    on("input", () => {
      if (!this.#composing) this.#empty();
    });
    on("compositionstart", () => {
      this.#composing = true;
    });
    on("compositionupdate", ({ data }) => this.#compose(data, false));
    on("compositionend", ({ data }) => {
      this.#composing = false;
      this.#compose(data, true);
      this.#empty();
    });
    on("paste", (event) => this.#paste(event as ClipboardEvent));
    on("copy", (event) => this.#copy(event as ClipboardEvent, false));
    on("cut", (event) => this.#copy(event as ClipboardEvent, true));
    this.#empty();
  }

  close(): void {
    this.#off.abort();
  }

  #empty(): void {
    this.field.value = FILLER;
    this.field.setSelectionRange(1, 1);
  }

  #key(event: KeyboardEvent): void {
    // An input method has it.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && this.doc.found.length > 0) {
      this.doc.found = [];
      this.doc.changed();
    }
    if (press(this.doc, this.own, event)) event.preventDefault();
  }

  #compose(text: string, final: boolean): void {
    if (this.doc.may("edit")) this.doc.do({ frame: "input", text, final });
  }

  type(text: string): void {
    if (!this.doc.may("edit")) return;
    // One letter may do more than itself: correct a word, begin a list.
    if (text.length === 1) this.doc.key(0, text.codePointAt(0));
    else this.doc.do({ frame: "input", text, final: true });
  }

  #before(event: InputEvent): void {
    if (this.#composing || event.inputType === "insertCompositionText") return;
    event.preventDefault();
    const { data, inputType } = event;
    switch (inputType) {
      case "insertText":
      case "insertReplacementText":
      case "insertFromDictation":
        if (data !== null && data !== "") this.type(data);
        break;
      case "insertLineBreak":
      case "insertParagraph":
        if (this.doc.may("edit")) this.doc.key(ENTER, 13);
        break;
      case "deleteContentBackward":
        if (this.doc.may("edit")) this.doc.key(BACKSPACE);
        break;
      case "deleteWordBackward":
        if (this.doc.may("edit")) this.doc.command("DelToStartOfWord");
        break;
      case "historyUndo":
        if (this.doc.may("edit")) this.doc.command("Undo");
        break;
      case "historyRedo":
        if (this.doc.may("edit")) this.doc.command("Redo");
        break;
    }
  }

  #copy(event: ClipboardEvent, cut: boolean): void {
    event.preventDefault();
    const { html, plain } = this.#leaves ?? {};
    if (plain === undefined) {
      this.copy(cut);
      return;
    }
    event.clipboardData?.setData("text/plain", plain);
    event.clipboardData?.setData("text/html", html ?? "");
  }

  /**
   * Into the clipboard, as a copy of the browser's own: what a page writes there by
   * itself loses its styles to the content policy.
   */
  async put(copied: Copied): Promise<void> {
    this.#copied = copied;
    this.#leaves = copied;
    this.field.focus({ preventScroll: true });
    const done = document.execCommand("copy");
    this.#leaves = undefined;
    if (!done) await navigator.clipboard.writeText(copied.plain);
  }

  async #paste(event: ClipboardEvent): Promise<void> {
    event.preventDefault();
    const data = event.clipboardData;
    if (data === null) return;
    const picture = [...data.files].find(({ type }) => PICTURES.includes(type));
    await this.#take(data.getData("text/plain"), data.getData("text/html"), picture);
  }

  /** What the page may read of the clipboard by itself. */
  async pasteItems(items: readonly ClipboardItem[]): Promise<void> {
    const of = async (type: string) =>
      items.find(({ types }) => types.includes(type))?.getType(type);
    const text = async (type: string) => (await (await of(type))?.text()) ?? "";
    await this.#take(await text("text/plain"), await text("text/html"), await of("image/png"));
  }

  /** The best of the forms that something has. */
  async #take(plain: string, html: string, picture: Blob | undefined): Promise<void> {
    if (!this.doc.may("edit")) return;
    const own = this.#copied?.plain.trim();
    // The document has it itself, with its formulas, as soon as it says so.
    const has = this.doc.store.value.states["Paste"] === "enabled";
    if (has && own !== undefined && own !== "" && plain.trim() === own) {
      this.doc.command("Paste");
      return;
    }
    if (html !== "") this.paste("text/html", html);
    else if (picture !== undefined)
      this.pasteBytes(picture.type, new Uint8Array(await picture.arrayBuffer()));
    else if (plain !== "") this.paste("text/plain;charset=utf-8", plain);
  }

  paste(mime: string, text: string): void {
    this.pasteBytes(mime, new TextEncoder().encode(text));
  }

  pasteBytes(mime: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.doc.do({ frame: "paste", mime, bytes });
  }
}
