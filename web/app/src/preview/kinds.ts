// Which files are shown, how, and up to which size.
import type { Kind } from "./protocol";

const MB = 1 << 20;

export const LIMITS: { readonly [kind in Kind]: number } = {
  image: 64 * MB,
  pdf: 128 * MB,
  audio: 128 * MB,
  video: 256 * MB,
  // Of more the beginning is shown.
  text: 2 * MB,
};

const ENDINGS: { readonly [ending: string]: string } = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
  pdf: "application/pdf",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  wav: "audio/wav",
  flac: "audio/flac",
  mp4: "video/mp4",
  webm: "video/webm",
};

const TEXT_ENDINGS = new Set(
  `adoc bat c cc cfg conf cpp cs css csv diff go h hpp htm html ics ini java js json
  jsonl kt log lua md mjs patch php pl properties ps1 py r rb rs rst sh sql srt svelte
  swift tex toml ts tsv tsx txt vcf vue xml yaml yml`.split(/\s+/),
);
const TEXT_TYPE =
  /^(text\/.+|application\/(json|xml|javascript|sql|toml|(x-)?yaml|x-(sh|httpd-php|tex)|[\w.-]+\+(json|xml)))$/;
const IMAGE_TYPES = new Set(
  Object.values(ENDINGS).filter((type) => type.startsWith("image/")),
);

export interface Showing {
  readonly kind: Kind;
  readonly type: string;
}

const endingOf = (name: string): string =>
  name.slice(name.lastIndexOf(".") + 1).toLowerCase();

function byType(type: string): Kind | undefined {
  if (IMAGE_TYPES.has(type)) return "image";
  if (type === "application/pdf") return "pdf";
  if (type.startsWith("audio/")) return "audio";
  if (type.startsWith("video/")) return "video";
  return TEXT_TYPE.test(type) ? "text" : undefined;
}

/** undefined: it can't be shown. */
export function showingOf(
  name: string,
  given: string | undefined,
): Showing | undefined {
  const type = (given ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const said = byType(type);
  if (said !== undefined) return { kind: said, type };
  // Its type says nothing, or nothing that a browser knows.
  const ending = endingOf(name);
  const meant = ENDINGS[ending];
  const kind = byType(meant ?? "");
  if (kind !== undefined && meant !== undefined) return { kind, type: meant };
  return TEXT_ENDINGS.has(ending) ? { kind: "text", type: "text/plain" } : undefined;
}
