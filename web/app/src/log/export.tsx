// All that fits, to a file: piece by piece onto the disk where the browser can, with
// how far it is; else the browser's own download.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  ProgressBar,
} from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import { problemOf, textOf } from "../client/problem";
import { sizeText } from "../format";
import { type Filter, queryOf } from "./filter";
import { t } from "./text";

type State =
  | { readonly is: "asked" | "under" | "done" | "stopped" }
  | { readonly is: "cut"; readonly why: string };

interface Far {
  readonly events: number;
  readonly records: number;
  readonly bytes: number;
}

const NOTHING: Far = { events: 0, records: 0, bytes: 0 };
const NEWLINE = 10;

type Pick = (options: object) => Promise<FileSystemFileHandle>;
const picker = (): Pick | undefined =>
  (window as unknown as { showSaveFilePicker?: Pick }).showSaveFilePicker?.bind(window);

/** Counts lines; of these, those that are a record's first event have its bytes. */
function counter(tell: (far: Far) => void): TransformStream<Uint8Array, Uint8Array> {
  let far = NOTHING;
  let line = "";
  const text = new TextDecoder();
  return new TransformStream({
    transform(chunk, controller) {
      let { events, records } = far;
      for (const byte of chunk) if (byte === NEWLINE) events++;
      const lines = (line + text.decode(chunk, { stream: true })).split("\n");
      line = lines.pop() ?? "";
      records += lines.filter((one) => one.includes('"raw_data":')).length;
      far = { events, records, bytes: far.bytes + chunk.length };
      tell(far);
      controller.enqueue(chunk);
    },
  });
}

async function toFile(
  query: string,
  file: FileSystemFileHandle,
  signal: AbortSignal,
  tell: (far: Far) => void,
): Promise<void> {
  const answer = await fetch(`/log/export?${query}`, { signal });
  if (!answer.ok || answer.body === null) throw await problemOf(answer);
  const out = await file.createWritable();
  const body = answer.body.pipeThrough(counter(tell));
  // What came before it was stopped stays in the file.
  await body
    .pipeTo(out, { signal, preventAbort: true, preventClose: true })
    .finally(() => out.close());
}

function Progress({ far, state }: { far: Far; state: State }) {
  const events = t("export.events", { count: far.events });
  const records = t("time.records", { count: far.records });
  const size = sizeText(far.bytes);
  switch (state.is) {
    case "under":
      return (
        <>
          <ProgressBar aria-label={t("export.under")} />
          <p id="export-far">{t("export.progress", { events, size })}</p>
        </>
      );
    case "done":
      return (
        <p id="export-done" className="good" role="status">
          {t("export.done", { events, records, size })}
        </p>
      );
    case "stopped":
      return <p role="status">{t("export.stopped", { events })}</p>;
    case "cut":
      return (
        <p className="wrong" role="alert">
          {t("export.cut", { why: state.why })}
        </p>
      );
    default:
      return null;
  }
}

export function Export({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const [state, setState] = useState<State>({ is: "asked" });
  const [far, setFar] = useState(NOTHING);
  const ending = useRef<AbortController>(undefined);
  useEffect(() => () => ending.current?.abort(), []);
  const pick = picker();
  const query = queryOf(filter, Date.now());

  const start = async () => {
    let file: FileSystemFileHandle;
    try {
      if (pick === undefined) return;
      file = await pick({ suggestedName: t("export.name") });
    } catch {
      return; // no file was chosen
    }
    const end = new AbortController();
    ending.current = end;
    setFar(NOTHING);
    setState({ is: "under" });
    try {
      await toFile(query, file, end.signal, setFar);
      setState({ is: "done" });
    } catch (error) {
      setState(end.signal.aborted ? { is: "stopped" } : { is: "cut", why: textOf(error) });
    }
  };

  return (
    <Dialog
      open
      modalType={state.is === "under" ? "alert" : "modal"}
      onOpenChange={(_, { open }) => {
        if (!open) onClose();
      }}
    >
      <DialogSurface className="narrow" id="export-dialog">
        <DialogBody>
          <DialogTitle>{t("export.title")}</DialogTitle>
          <DialogContent className="fields">
            <p>{t("export.text")}</p>
            {pick === undefined && <p className="hint">{t("export.linkText")}</p>}
            <Progress far={far} state={state} />
          </DialogContent>
          <DialogActions>
            {state.is === "under" ? (
              <Button id="export-cancel" onClick={() => ending.current?.abort()}>
                {t("export.cancel")}
              </Button>
            ) : (
              <>
                {pick === undefined ? (
                  <Button
                    as="a"
                    appearance="primary"
                    id="export-link"
                    href={`/log/export?${query}`}
                    download={t("export.name")}
                  >
                    {t("export.link")}
                  </Button>
                ) : (
                  <Button
                    id="export-start"
                    appearance="primary"
                    onClick={() => void start()}
                  >
                    {t("export.start")}
                  </Button>
                )}
                <Button onClick={onClose}>{t("export.close")}</Button>
              </>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
