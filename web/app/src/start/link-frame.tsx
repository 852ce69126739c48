// The frame of what a link opens, and what is under way there.
import { ProgressBar } from "@fluentui/react-components";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import icon from "../../../pages/icon.svg";
import type { LinkOpened, Node } from "../../../../clients/types";
import { timeText } from "../format";
import { textOf } from "../client/problem";
import { Name } from "../name";
import { t } from "../words";
import { isClosed, mayEdit } from "./link-model";
import "./style.css";
import { s } from "./words";

export function LinkFrame({
  link,
  node,
  above,
  children,
}: {
  link: LinkOpened;
  node: Node;
  above?: ReactNode;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${node.name} · ${t("app.name")}`;
    heading.current?.focus();
  }, [node.id, node.name]);
  return (
    <div className="shell start link-shell">
      <header className="top">
        <span className="mark">
          <img src={icon} alt="" width={24} height={24} />
          <span>{t("app.name")}</span>
        </span>
        <span className="hint">
          {s("link.until", { time: timeText(link.expires) })}
        </span>
      </header>
      <div className="under">
        <main className="page" id="main">
          <header className="fields link-head">
            {above}
            <h1 ref={heading} tabIndex={-1}>
              <Name text={node.name} />
            </h1>
            <p className="hint">{s(mayEdit(link) ? "link.edits" : "link.reads")}</p>
          </header>
          {children}
        </main>
      </div>
    </div>
  );
}

// ---- bytes that go up

interface Sending {
  readonly name: string;
  readonly part: number;
}

/** What was chosen, one after the other; what is refused doesn't hold up the others. */
export function useSending(
  take: (
    file: File,
    how: { progress: (sent: number) => void; signal: AbortSignal },
  ) => Promise<void>,
  onClosed: (error: unknown) => void,
) {
  const [sending, setSending] = useState<Sending>();
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    const mine = (leaving.current = new AbortController());
    return () => mine.abort();
  }, []);
  const send = useCallback(
    async (files: readonly File[]): Promise<number> => {
      let sent = 0;
      setWrong([]);
      for (const file of files) {
        const { name, size } = file;
        setSending({ name, part: 0 });
        const progress = (n: number) =>
          setSending({ name, part: size === 0 ? 1 : n / size });
        try {
          await take(file, { progress, signal: leaving.current.signal });
          sent++;
        } catch (error) {
          if (isClosed(error)) {
            onClosed(error);
            break;
          }
          const text = s("link.refused", { name, why: textOf(error) });
          setWrong((before) => [...before, text]);
        }
      }
      setSending(undefined);
      return sent;
    },
    [take, onClosed],
  );
  return { sending, wrong, send };
}

export function SendingBar({
  sending,
  wrong,
}: {
  sending: Sending | undefined;
  wrong: readonly string[];
}) {
  return (
    <>
      <div role="status" className="fields sending">
        {sending !== undefined && (
          <>
            <span>{s("link.sending", { name: sending.name })}</span>
            <ProgressBar
              aria-label={s("link.sending", { name: sending.name })}
              value={sending.part}
            />
          </>
        )}
      </div>
      {wrong.length > 0 && (
        <div className="wrong" role="alert" id="wrong">
          {wrong.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      )}
    </>
  );
}
