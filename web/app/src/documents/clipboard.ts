// Copying out is an operation of its own, on the record: what it brings comes as a frame,
// and goes to the clipboard from here.
import { call } from "../client/jmap";
import type { Doc } from "./doc";

const FORMS = ["text/html", "text/plain"] as const;
type Form = (typeof FORMS)[number];

const MIMES: { readonly [form in Form]: string } = {
  "text/html": "text/html",
  "text/plain": "text/plain;charset=utf-8",
};
const WAIT_MS = 10_000;

/** What is selected, in that form. */
async function take(doc: Doc, form: Form): Promise<Blob> {
  const stream = Number(doc.store.value.opened?.stream);
  const came = new Promise<Blob>((resolve, reject) => {
    const timer = setTimeout(() => {
      doc.clips.delete(form);
      reject(new Error("nothing came"));
    }, WAIT_MS);
    doc.clips.set(form, (bytes) => {
      clearTimeout(timer);
      resolve(new Blob([bytes], { type: form }));
    });
  });
  came.catch(() => undefined);
  await call("document.copy", { file: doc.file, stream, type: MIMES[form] });
  return came;
}

/** What is selected, into the clipboard; as text it is also what is returned. */
export async function copyOut(doc: Doc): Promise<string> {
  const [html, plain] = FORMS.map((form) => take(doc, form)) as [
    Promise<Blob>,
    Promise<Blob>,
  ];
  // Asked for while the person's press still counts; what it holds comes later.
  await navigator.clipboard.write([
    new ClipboardItem({ "text/html": html, "text/plain": plain }),
  ]);
  return (await plain).text();
}
