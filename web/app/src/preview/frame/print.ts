// The pages of a PDF onto paper: pictures of them, each on a page of its own.
import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";

import type { Frame } from "./main";

/** Of a printer's dots to PDF's points: 200 an inch. */
const SCALE = 200 / 72;

async function pictureOf(pdf: PDFDocumentProxy, number: number): Promise<HTMLImageElement> {
  const page = await pdf.getPage(number);
  const viewport = page.getViewport({ scale: SCALE });
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport, intent: "print" }).promise;
  page.cleanup();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  // Hundreds of them as they are drawn would be more than there is memory for.
  canvas.width = canvas.height = 0;
  if (blob === null) throw new Error("no picture");
  const picture = new Image();
  picture.className = "printed";
  // Not decode(): of a frame that nobody sees the browser draws nothing by itself.
  await new Promise((resolve, reject) => {
    picture.onload = resolve;
    picture.onerror = reject;
    picture.src = URL.createObjectURL(blob);
  });
  return picture;
}

/** The first page says how large the paper is. */
async function setPaper(pdf: PDFDocumentProxy): Promise<void> {
  const { width, height } = (await pdf.getPage(1)).getViewport({ scale: 1 });
  const paper = new CSSStyleSheet();
  paper.replaceSync(`@page { size: ${width}pt ${height}pt; margin: 0; }`);
  document.adoptedStyleSheets = [paper];
}

export async function printPages(pdf: PDFDocumentProxy, frame: Frame): Promise<void> {
  await setPaper(pdf);
  const pictures: HTMLImageElement[] = [];
  for (let number = 1; number <= pdf.numPages; number++)
    pictures.push(await pictureOf(pdf, number));
  document.body.append(...pictures);
  // The browser holds here until its window is closed.
  print();
  for (const picture of pictures) {
    URL.revokeObjectURL(picture.src);
    picture.remove();
  }
  frame.tell({ is: "printed" });
}
