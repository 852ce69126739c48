// The document in another form, as it is at this moment: what is open and not saved
// yet, too.
import { problemOf } from "../client/problem";
import type { FileId } from "../../../../clients/types";
import type { DocumentKind } from "./kinds";
import type { Word } from "./words";

export interface Form {
  readonly format: string;
  readonly word: Word;
}

const PDF: Form = { format: "pdf", word: "asPdf" };

/** Those that people send to others, in the order that they are looked for. */
export const FORMS: { readonly [kind in DocumentKind]: readonly Form[] } = {
  text: [
    { format: "docx", word: "asWord" },
    PDF,
    { format: "odt", word: "asOpenText" },
  ],
  sheet: [
    { format: "xlsx", word: "asExcel" },
    PDF,
    { format: "ods", word: "asOpenSheet" },
    { format: "csv", word: "asCsv" },
  ],
  slides: [
    { format: "pptx", word: "asPowerPoint" },
    PDF,
    { format: "odp", word: "asOpenSlides" },
  ],
};

async function get(address: string): Promise<Blob> {
  const answer = await fetch(address);
  if (!answer.ok) throw await problemOf(answer);
  return answer.blob();
}

/** "Plan" of "Plan.docx". */
export const bareName = (name: string): string => {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
};

/** Into the person's own folder of downloads. */
export async function downloadAs(file: FileId, name: string, format: string): Promise<void> {
  const blob = await get(`/documents/export?file=${file}&format=${format}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${bareName(name)}.${format}`;
  link.click();
  // The browser has it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Its pages, as PDF. */
export const pagesOf = async (file: FileId): Promise<ArrayBuffer> =>
  (await get(`/documents/print?file=${file}`)).arrayBuffer();
