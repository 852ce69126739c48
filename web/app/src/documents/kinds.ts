// Which files are documents that are opened and edited here: by their ending, as the
// server goes by it.
export type DocumentKind = "text" | "sheet" | "slides";

const ENDINGS: { readonly [ending: string]: DocumentKind } = {
  docx: "text",
  odt: "text",
  doc: "text",
  rtf: "text",
  xlsx: "sheet",
  ods: "sheet",
  xls: "sheet",
  pptx: "slides",
  odp: "slides",
  ppt: "slides",
};

export const documentOf = (name: string): DocumentKind | undefined => {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
};

/** The editor, ahead of a press that is likely to come. */
export const fetchEditor = (): void =>
  // Where it doesn't come it is fetched when it is needed.
  void import("./page").catch(() => undefined);

/** Below it documents stand by their ids. */
export const DOCUMENTS = "/app/documents";
