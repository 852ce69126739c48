// Copying out is an operation of its own, on the record: what it brings comes as a frame,
// and goes to the clipboard from here.
import { call } from "../client/jmap";
import type { Doc } from "./doc";
import { words } from "./words";

export interface Copied {
  readonly html: string;
  readonly plain: string;
}

const WAIT_MS = 10_000;

/** What is selected, in that form. */
async function take(doc: Doc, form: string): Promise<string> {
  const stream = Number(doc.store.value.opened?.stream);
  const came = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      doc.clips.delete(form);
      reject(new Error(words("copyNone")));
    }, WAIT_MS);
    doc.clips.set(form, (bytes) => {
      clearTimeout(timer);
      resolve(new TextDecoder().decode(bytes));
    });
  });
  came.catch(() => undefined);
  await call("document.copy", { file: doc.file, stream, type: form });
  return came;
}

export async function copyOut(doc: Doc): Promise<Copied> {
  const [html, plain] = await Promise.all([
    take(doc, "text/html"),
    take(doc, "text/plain"),
  ]);
  return { html, plain };
}
