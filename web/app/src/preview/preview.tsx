// A file, shown above the page that it was opened from.
import { Button, Input, Spinner } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  ChevronDown20Regular,
  ChevronLeft20Regular,
  ChevronRight20Regular,
  ChevronUp20Regular,
  Dismiss20Regular,
  ZoomIn20Regular,
  ZoomOut20Regular,
} from "@fluentui/react-icons";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from "react";

import { me } from "../app";
import { addressOf } from "../client/bytes";
import { IconOf } from "../files/icon";
import type { Item } from "../files/model";
import { Name } from "../name";
import { Waiting } from "../waiting";
import { Frame, type Shower } from "./frame";
import { LIMITS, type Showing, showingOf } from "./kinds";
import {
  type FromFrame,
  isOf,
  type Key,
  SCROLLS,
  type ToFrame,
} from "./protocol";
import { useFile } from "./use-file";
import { words } from "./words";
import "./style.css";

interface Told {
  readonly shown: boolean;
  readonly failed?: "unreadable" | "password";
  readonly percent?: number;
  readonly page?: { readonly at: number; readonly count: number };
  readonly found?: { readonly at: number; readonly count: number };
}

function taken(told: Told, what: FromFrame): Told {
  switch (what.is) {
    case "shown":
      return { ...told, shown: true };
    case "failed":
      return { ...told, failed: what.why };
    case "zoom":
      return { ...told, percent: what.percent };
    case "pages":
      return { ...told, page: what };
    case "found":
      return { ...told, found: what };
    default:
      return told;
  }
}

// ---- what is at the top

function Pages({ at, count, onGo }: { at: number; count: number; onGo: (page: number) => void }) {
  const [typed, setTyped] = useState<string>();
  return (
    <form
      className="preview-pages"
      onSubmit={(event) => {
        event.preventDefault();
        const page = Number(typed);
        if (page >= 1 && page <= count) onGo(page);
        setTyped(undefined);
      }}
    >
      <Input
        id="preview-page"
        size="small"
        inputMode="numeric"
        aria-label={words("page")}
        value={typed ?? String(at)}
        onChange={(_, { value }) => setTyped(value.replace(/\D/g, ""))}
        onBlur={() => setTyped(undefined)}
      />
      <span>{words("pages", { count })}</span>
    </form>
  );
}

function Find({
  found,
  onFind,
}: {
  found: Told["found"];
  onFind: (text: string, way: 1 | -1) => void;
}) {
  const [text, setText] = useState("");
  return (
    <search className="preview-find">
      <Input
        id="preview-find"
        size="small"
        value={text}
        aria-label={words("find")}
        placeholder={words("find")}
        onChange={(_, { value }) => setText(value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onFind(text, event.shiftKey ? -1 : 1);
        }}
      />
      <span role="status" className="hint">
        {found !== undefined &&
          text !== "" &&
          (found.count === 0 ? words("foundNone") : words("found", found))}
      </span>
      <Button
        appearance="subtle"
        size="small"
        icon={<ChevronUp20Regular />}
        aria-label={words("findBefore")}
        onClick={() => onFind(text, -1)}
      />
      <Button
        appearance="subtle"
        size="small"
        icon={<ChevronDown20Regular />}
        aria-label={words("findNext")}
        onClick={() => onFind(text, 1)}
      />
    </search>
  );
}

function Zoom({ percent, ask }: { percent: number; ask: (what: ToFrame) => void }) {
  return (
    <span className="preview-zoom">
      <Button
        appearance="subtle"
        icon={<ZoomOut20Regular />}
        aria-label={words("zoomOut")}
        onClick={() => ask({ is: "zoom", to: "out" })}
      />
      <Button
        appearance="subtle"
        size="small"
        id="preview-percent"
        aria-label={words("zoomFit", { percent })}
        onClick={() => ask({ is: "zoom", to: "fit" })}
      >
        {percent} %
      </Button>
      <Button
        appearance="subtle"
        icon={<ZoomIn20Regular />}
        aria-label={words("zoomIn")}
        onClick={() => ask({ is: "zoom", to: "in" })}
      />
    </span>
  );
}

function Message({ children, href, name }: { children: ReactNode; href?: string | undefined; name: string }) {
  return (
    <div className="preview-message" role="status">
      <h2>{words("none")}</h2>
      <p>{children}</p>
      {href !== undefined && (
        <Button as="a" appearance="primary" href={href} download={name} icon={<ArrowDownload20Regular />}>
          {words("download")}
        </Button>
      )}
    </div>
  );
}

// ---- the body

function Body({
  item,
  wrong,
  showing,
  told,
  href,
  onTold,
  onReady,
}: {
  item: Item | undefined;
  wrong: string;
  showing: Showing | undefined;
  told: Told;
  href: string | undefined;
  onTold: (what: FromFrame) => void;
  onReady: (shower: Shower | undefined) => void;
}) {
  const large =
    showing !== undefined &&
    showing.kind !== "text" &&
    (item?.size ?? 0) > LIMITS[showing.kind];
  const file = useFile(item, large ? undefined : showing);
  const message = (text: string, withFile = true) => (
    <Message href={withFile ? href : undefined} name={item?.name ?? ""}>
      {text}
    </Message>
  );
  if (wrong !== "") return message(wrong, false);
  if (item === undefined) return <Waiting />;
  if (file.gone) return message(words("gone"), false);
  if (showing === undefined) return message(words("noneText"));
  if (large) return message(words("large"));
  if (file.wrong !== "") return message(file.wrong, false);
  if (told.failed !== undefined) return message(words(told.failed));
  return (
    <>
      {(file.cut || file.newer) && (
        <p className="preview-note" role="status">
          {words(file.newer ? "newer" : "cut")}{" "}
          {file.newer && (
            <Button size="small" onClick={file.again}>
              {words("newerShow")}
            </Button>
          )}
        </p>
      )}
      {!told.shown && (
        <div className="preview-wait">
          <Spinner label={words("loading", { name: item.name })} />
        </div>
      )}
      {file.bytes !== undefined && (
        <Frame
          key={file.version}
          name={item.name}
          {...showing}
          bytes={file.bytes}
          onTold={onTold}
          onReady={onReady}
        />
      )}
    </>
  );
}

interface PreviewProps {
  /** Where the keyboard was in the preview that this one follows: an id. */
  readonly focused?: string | undefined;
  /** undefined: it isn't known yet. */
  readonly item: Item | undefined;
  /** Why it can't be known. */
  readonly wrong: string;
  readonly onClose: () => void;
  /** To the file before or behind it; undefined: there is none. */
  readonly onBefore: (() => void) | undefined;
  readonly onAfter: (() => void) | undefined;
}

/** Of one file: another one is shown by another one of these (its key). */
export default function Preview(props: PreviewProps) {
  const { focused = "", item, wrong, onClose, onBefore, onAfter } = props;
  const box = useRef<HTMLDialogElement>(null);
  const shower = useRef<Shower>(undefined);
  const [told, setTold] = useState<Told>({ shown: false });
  const showing = item && showingOf(item.name, item.type);
  const href =
    item?.version && addressOf(me().principal, item.version, item.name);

  useEffect(() => {
    const place = box.current;
    if (place?.open === false) place.showModal();
    document.getElementById(focused)?.focus();
    return () => place?.close();
  }, []); // eslint-disable-line

  const ask = (what: ToFrame) => shower.current?.ask(what);
  const go = (key: Key) => {
    if (key === "Escape") onClose();
    else if (key === "find") document.getElementById("preview-find")?.focus();
    // Of the person's own hand: what is shown can't turn the pages of a folder.
    else if (navigator.userActivation.isActive)
      (key === "ArrowLeft" ? onBefore : onAfter)?.();
  };
  const onTold = (what: FromFrame) => {
    if (what.is === "key") return go(what.key);
    setTold((now) => taken(now, what));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement && event.key !== "Escape") return;
    const held = event.ctrlKey || event.metaKey;
    if (isOf(SCROLLS, event.key)) {
      event.preventDefault();
      ask({ is: "scroll", key: event.key });
    } else if (event.key === "ArrowLeft") onBefore?.();
    else if (event.key === "ArrowRight") onAfter?.();
    else if (event.key === "+" && !held) ask({ is: "zoom", to: "in" });
    else if (event.key === "-" && !held) ask({ is: "zoom", to: "out" });
    else if (held && event.key.toLowerCase() === "f" && showing?.kind === "pdf") {
      event.preventDefault();
      go("find");
    }
  };

  return (
    <dialog
      ref={box}
      id="preview"
      className="preview"
      tabIndex={-1}
      aria-label={words("label", { name: item?.name ?? "" })}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={onKeyDown}
    >
      <header>
        <Button
          id="preview-close"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={words("close")}
          onClick={onClose}
        />
        {item !== undefined && <IconOf item={item} />}
        <h1>
          <Name text={item?.name ?? ""} />
        </h1>
        {told.page !== undefined && (
          <Pages {...told.page} onGo={(number) => ask({ is: "page", number })} />
        )}
        {told.percent !== undefined && <Zoom percent={told.percent} ask={ask} />}
        {told.shown && showing?.kind === "pdf" && (
          <Find
            found={told.found}
            onFind={(text, way) => ask({ is: "find", text, way })}
          />
        )}
        <span className="preview-ways">
          <Button
            id="preview-before"
            appearance="subtle"
            icon={<ChevronLeft20Regular />}
            aria-label={words("before")}
            disabledFocusable={onBefore === undefined}
            onClick={() => onBefore?.()}
          />
          <Button
            id="preview-after"
            appearance="subtle"
            icon={<ChevronRight20Regular />}
            aria-label={words("after")}
            disabledFocusable={onAfter === undefined}
            onClick={() => onAfter?.()}
          />
        </span>
        {href !== undefined && (
          <Button
            as="a"
            appearance="subtle"
            href={href}
            download={item?.name}
            icon={<ArrowDownload20Regular />}
            aria-label={words("download")}
          />
        )}
      </header>
      <div className="preview-body">
        <Body
          item={item}
          wrong={wrong}
          showing={showing}
          told={told}
          href={href}
          onTold={onTold}
          onReady={(one) => {
            shower.current = one;
          }}
        />
      </div>
    </dialog>
  );
}
