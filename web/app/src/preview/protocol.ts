// What the app and the frame of a preview say to each other. The frame reads what
// anybody may have written, so what comes from it is believed to be nothing more
// than what is checked here.

export type Kind = "image" | "pdf" | "text" | "audio" | "video";

/** With it comes the port for all that follows. */
export interface Show {
  readonly kind: Kind;
  readonly type: string;
  readonly bytes: ArrayBuffer;
  readonly theme: string;
  /** "Page {number}", for who hears it. */
  readonly pageLabel: string;
}

/** Data that pdf.js asks for when a file needs it. */
export const RESOURCES = ["cMapUrl", "standardFontDataUrl", "wasmUrl"] as const;
export type ResourceKind = (typeof RESOURCES)[number];

/** Those that scroll a page, for the frame is seldom where the keyboard is. */
export const SCROLLS = [
  "ArrowUp",
  "ArrowDown",
  "PageUp",
  "PageDown",
  "Home",
  "End",
] as const;
export type Scroll = (typeof SCROLLS)[number];

export const ZOOMS = ["in", "out", "fit"] as const;
export type Zoom = (typeof ZOOMS)[number];

export type ToFrame =
  | { readonly is: "theme"; readonly theme: string }
  | { readonly is: "scroll"; readonly key: Scroll }
  | { readonly is: "zoom"; readonly to: Zoom }
  | { readonly is: "page"; readonly number: number }
  /** All pages, onto paper. */
  | { readonly is: "print" }
  | { readonly is: "find"; readonly text: string; readonly way: 1 | -1 }
  | {
      readonly is: "resource";
      readonly id: number;
      readonly bytes: ArrayBuffer | undefined;
    };

export const KEYS = ["Escape", "ArrowLeft", "ArrowRight", "find"] as const;
export type Key = (typeof KEYS)[number];

export type FromFrame =
  | { readonly is: "shown" }
  | { readonly is: "printed" }
  | { readonly is: "failed"; readonly why: "unreadable" | "password" }
  | { readonly is: "pages"; readonly at: number; readonly count: number }
  | { readonly is: "zoom"; readonly percent: number }
  | { readonly is: "found"; readonly at: number; readonly count: number }
  | { readonly is: "key"; readonly key: Key }
  | {
      readonly is: "want";
      readonly id: number;
      readonly kind: ResourceKind;
      readonly name: string;
    };

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

export const isOf = <T extends string>(
  list: readonly T[],
  value: unknown,
): value is T => (list as readonly unknown[]).includes(value);

/** What the frame said; undefined: nothing that it may say. */
export function readFromFrame(data: unknown): FromFrame | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { is, why, at, count, percent, key, id, kind, name } = data as {
    readonly [field: string]: unknown;
  };
  switch (is) {
    case "shown":
    case "printed":
      return { is };
    case "failed":
      return isOf(["unreadable", "password"] as const, why)
        ? { is, why }
        : undefined;
    case "pages":
    case "found":
      return isCount(at) && isCount(count) ? { is, at, count } : undefined;
    case "zoom":
      return isCount(percent) ? { is, percent } : undefined;
    case "key":
      return isOf(KEYS, key) ? { is, key } : undefined;
    case "want":
      return isCount(id) && isOf(RESOURCES, kind) && typeof name === "string"
        ? { is, id, kind, name }
        : undefined;
    default:
      return undefined;
  }
}
