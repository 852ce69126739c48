// What pdf.js needs for some files: maps of characters, the fonts that every reader
// has, and what reads rare kinds of pictures. It is loaded when a file asks for it.
import type { ResourceKind } from "./protocol";

const urls = {
  ...import.meta.glob<string>("/node_modules/pdfjs-dist/cmaps/*.bcmap", {
    query: "?url",
    import: "default",
    eager: true,
  }),
  ...import.meta.glob<string>(
    "/node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}",
    { query: "?url", import: "default", eager: true },
  ),
  ...import.meta.glob<string>(
    "/node_modules/pdfjs-dist/wasm/{jbig2,openjpeg,qcms_bg}.wasm",
    { query: "?url", import: "default", eager: true },
  ),
};

const FOLDERS: { readonly [kind in ResourceKind]: string } = {
  cMapUrl: "cmaps",
  standardFontDataUrl: "standard_fonts",
  wasmUrl: "wasm",
};

export async function resource(
  kind: ResourceKind,
  name: string,
): Promise<ArrayBuffer | undefined> {
  const url = urls[`/node_modules/pdfjs-dist/${FOLDERS[kind]}/${name}`];
  if (url === undefined) return undefined;
  const answer = await fetch(url);
  return answer.ok ? answer.arrayBuffer() : undefined;
}
