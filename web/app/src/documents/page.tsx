// A document that is open, in the whole window.
import { Input as TextField, Field, Spinner } from "@fluentui/react-components";
import { Suspense, useEffect, useMemo, useRef, useState } from "react";

import type { FileId } from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { shownName } from "../format";
import { later } from "../later";
import { phone } from "../phone";
import { useItem } from "../preview/use-item";
import { usePlace } from "../router";
import { useStore } from "../store";
import { t } from "../words";
import { Canvas, type Ready } from "./canvas";
import { copyOut } from "./clipboard";
import { ContextMenu, type Point } from "./context-menu";
import { type Editor, EditorProvider, type Panel, useEditor } from "./context";
import { Doc } from "./doc";
import { Fault, Lost, Missed } from "./faults";
import { Find } from "./find";
import { Foot } from "./foot";
import { Head } from "./head";
import { Input } from "./input";
import { type Own, pressOwn } from "./keys";
import { Changes, Comments } from "./panels";
import { Pointer } from "./pointer";
import { Reading } from "./reading";
import {
  drawHeaders,
  drawLines,
  FormulaBar,
  Header,
  Sheets,
  useGeometry,
} from "./sheet";
import { SheetToolbar } from "./sheet-toolbar";
import { Slides } from "./slides";
import { TextToolbar } from "./toolbar";
import { Versions } from "./versions";
import { words } from "./words";
import "./style.css";

const Print = later(() => import("./print"));

const LABELS = { text: "text", sheet: "sheet", slides: "slide" } as const;
const ADDRESS = /^(https?:\/\/|mailto:)/i;

function LinkDialog({ doc, onClose }: { doc: Doc; onClose: () => void }) {
  return (
    <Asking
      title={words("linkTitle")}
      button={words("insert")}
      onClose={onClose}
      onDone={async (form) => {
        const url = given(form, "url").trim();
        if (!ADDRESS.test(url)) throw new Error(words("linkWrong"));
        doc.command("SetHyperlink", [given(form, "text").trim() || url, url]);
        onClose();
      }}
    >
      <Field label={words("linkText")}>
        <TextField name="text" id="link-text" />
      </Field>
      <Field label={words("linkAddress")}>
        <TextField name="url" id="link-url" type="url" />
      </Field>
    </Asking>
  );
}

/** The document, and around a sheet the names of its columns and rows. */
function Framed(given: {
  doc: Doc;
  label: string;
  onReady: (ready: Ready) => () => void;
}) {
  const { doc } = given;
  const { view } = useEditor();
  const sheet = useStore(doc.store, ({ kind }) => kind === "sheet");
  const columns = useRef<HTMLCanvasElement>(null);
  const rows = useRef<HTMLCanvasElement>(null);
  const geometry = useGeometry(doc, sheet);
  useEffect(() => {
    if (view === undefined) return;
    view.lines = (context) => drawLines(view, geometry, context);
    view.layout();
  }, [view, geometry, sheet]);
  return (
    <div className={sheet ? "d-framed" : "d-bare"}>
      {sheet && (
        <>
          <span className="d-corner" />
          <Header across canvas={columns} geometry={geometry} />
          <Header across={false} canvas={rows} geometry={geometry} />
        </>
      )}
      <Canvas
        {...given}
        onPlaced={(shown) => {
          if (sheet) drawHeaders(shown, geometry, { columns, rows });
        }}
      />
    </div>
  );
}

/** What is open of one file; another one is another of these. */
function Document({ id, onReopen }: { id: FileId; onReopen: () => void }) {
  const doc = useMemo(() => new Doc(id), [id]);
  const [ready, setReady] = useState<Ready>();
  const [panel, setPanel] = useState<Panel>();
  const [writes, setWrites] = useState(false);
  const [finds, setFinds] = useState(false);
  const [links, setLinks] = useState(false);
  const [prints, setPrints] = useState(false);
  const { phase, kind, opened, why } = useStore(doc.store, (value) => value);
  // What isn't there yet may be refused for now, and is tried again.
  const waits = phase === "lost" && kind === undefined && why !== undefined;
  const { item } = useItem(id, undefined, true);
  const [renamed, setRenamed] = useState<string>();
  const name = renamed ?? item?.name ?? opened?.name ?? "";
  const field = useRef<HTMLTextAreaElement>(undefined);
  const input = useRef<Input>(undefined);
  const [menu, setMenu] = useState<Point>();

  useEffect(() => {
    doc.open();
    return () => void doc.close();
  }, [doc]);
  useEffect(() => {
    if (name !== "")
      document.title = `${shownName(name)} · ${t("app.name")}`;
  }, [name]);
  useEffect(() => {
    if (phase === "open") field.current?.focus({ preventScroll: true });
  }, [phase]);
  useEffect(() => {
    if (kind === "slides" || (kind === "text" && phone.matches))
      ready?.view.fit();
  }, [kind, ready]);

  const editor: Editor = {
    doc,
    view: ready?.view,
    // Behind what the key that led here does by itself.
    refocus: () =>
      void setTimeout(() => field.current?.focus({ preventScroll: true })),
    openFind: () => {
      setFinds(true);
      document.getElementById("find-text")?.focus();
    },
    openLink: () => setLinks(true),
    openComment: () => {
      setPanel("comments");
      setWrites(true);
    },
    openPanel: (which) => {
      setWrites(false);
      setPanel((now) => (now === which ? undefined : which));
    },
    save: () =>
      void attempt(async () => {
        await call("document.save", { file: id });
        tell({ intent: "success", text: words("savedNow") });
      }),
    print: () => {
      if (doc.may("print")) setPrints(true);
      else tell({ intent: "error", text: words("printDenied") });
    },
    reopen: onReopen,
    copy: (cut) =>
      void attempt(async () => {
        if (!doc.may("copy")) throw new Error(words("copyDenied"));
        doc.command("Copy");
        await input.current?.put(await copyOut(doc));
        if (cut && doc.may("edit")) doc.command("Cut");
      }),
    paste: () =>
      void attempt(async () => {
        const items = await navigator.clipboard.read().catch(() => {
          throw new Error(words("pasteDenied"));
        });
        await input.current?.pasteItems(items);
      }),
  };
  const now = useRef(editor);
  now.current = editor;

  const own: Own = {
    find: () => now.current.openFind(),
    replace: () => now.current.openFind(),
    save: () => now.current.save(),
    print: () => now.current.print(),
    link: () => now.current.openLink(),
    comment: () => now.current.openComment(),
    leave: () =>
      (
        document.querySelector<HTMLElement>(".d-tools button") ??
        document.getElementById("document-back")
      )?.focus(),
  };
  const onReady = (one: Ready) => {
    field.current = one.field;
    const typed = new Input(
      doc,
      one.field,
      own,
      (cut) => now.current.copy(cut),
    );
    input.current = typed;
    const pointer = new Pointer(one.view, () =>
      one.field.focus({ preventScroll: true }),
    );
    setReady(one);
    return () => {
      typed.close();
      pointer.close();
      setReady(undefined);
    };
  };

  return (
    <EditorProvider value={editor}>
      <div
        className="document"
        onKeyDown={(event) => {
          if (event.defaultPrevented) return;
          if (pressOwn(own, event)) event.preventDefault();
        }}
      >
        <Head item={item} name={name} onName={setRenamed} />
        <Lost />
        <Missed />
        {phase === "refused" || waits ? (
          <main id="main" className="d-main" tabIndex={-1}>
            <Fault item={item} />
          </main>
        ) : (
          <>
            {kind !== undefined && doc.may("edit") && (
              <section aria-label={words("toolbar")}>
                {kind === "sheet" ? <SheetToolbar /> : <TextToolbar />}
              </section>
            )}
            {kind === "sheet" && doc.may("text") && <FormulaBar />}
            <div className="d-middle">
              {kind === "slides" && <Slides />}
              <main
                id="main"
                className="d-main"
                tabIndex={-1}
                onContextMenu={(event) => {
                  if (!(event.target instanceof Element)) return;
                  if (event.target.closest(".d-box") === null) return;
                  event.preventDefault();
                  setMenu({ x: event.clientX, y: event.clientY });
                }}
              >
                {menu !== undefined && (
                  <ContextMenu at={menu} onClose={() => setMenu(undefined)} />
                )}
                {finds && <Find onClose={() => setFinds(false)} />}
                <Framed
                  doc={doc}
                  label={words(LABELS[kind ?? "text"], { name })}
                  onReady={onReady}
                />
                {kind === undefined && (
                  <div className="d-wait">
                    <Spinner
                      label={
                        name === ""
                          ? words("openingBare")
                          : words("opening", { name })
                      }
                    />
                  </div>
                )}
              </main>
              {panel === "comments" && doc.may("text") && (
                <Comments
                  writes={writes}
                  onWrites={setWrites}
                  onClose={() => setPanel(undefined)}
                />
              )}
              {panel === "changes" && (
                <Changes onClose={() => setPanel(undefined)} />
              )}
              {panel === "reading" && (
                <Reading onClose={() => setPanel(undefined)} />
              )}
              {panel === "versions" && (
                <Versions name={name} onClose={() => setPanel(undefined)} />
              )}
            </div>
            {kind === "sheet" && <Sheets />}
            <Foot />
          </>
        )}
        {prints && (
          <Suspense fallback={null}>
            <Print file={id} name={name} onDone={() => setPrints(false)} />
          </Suspense>
        )}
        {links && <LinkDialog doc={doc} onClose={() => setLinks(false)} />}
      </div>
    </EditorProvider>
  );
}

export default function DocumentPage() {
  const { path } = usePlace();
  const id = (path.split("/")[3] ?? "") as FileId;
  const [opened, setOpened] = useState(0);
  return (
    <Document
      key={`${id} ${opened}`}
      id={id}
      onReopen={() => setOpened((before) => before + 1)}
    />
  );
}
