// What the pages without a signed-in person look like: a card, its heading with
// the focus whenever another step begins, and what went wrong.
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import icon from "../../../pages/icon.svg";
import { textOf } from "../client/problem";
import { t } from "../words";
import "./style.css";
import { s } from "./words";

export const STEPS = ["address", "you", "passkey", "codes"] as const;

function Steps({ now }: { now: number }) {
  const name = (step: (typeof STEPS)[number]) => s(`steps.${step}`);
  const is = STEPS[now];
  return (
    <ol
      className="steps"
      aria-label={
        is &&
        s("steps.now", { now: now + 1, count: STEPS.length, name: name(is) })
      }
    >
      {STEPS.map((step, i) => (
        <li
          key={step}
          className={i < now ? "over" : i === now ? "now" : ""}
          aria-current={i === now ? "step" : undefined}
        >
          <span>{name(step)}</span>
        </li>
      ))}
    </ol>
  );
}

export function Frame({
  title,
  step,
  wide = false,
  wrong = "",
  children,
}: {
  title: string;
  /** which of the first administrator's steps */
  step?: number | undefined;
  wide?: boolean;
  wrong?: string;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
    heading.current?.focus();
  }, [title]);
  return (
    <main className="sign-in start" id="main" tabIndex={-1}>
      <div className={wide ? "card wide" : "card"}>
        <div className="mark">
          <img src={icon} alt="" width={32} height={32} />
          <span>{t("app.name")}</span>
        </div>
        {step !== undefined && <Steps now={step} />}
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
        {wrong !== "" && (
          <p className="wrong" role="alert" id="wrong">
            {wrong}
          </p>
        )}
        {children}
      </div>
    </main>
  );
}

/** Tries one thing at a time, and keeps what went wrong. */
export function useTry() {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const tryTo = useCallback(
    async (
      what: () => Promise<void>,
      text: (error: unknown) => string = textOf,
    ) => {
      setBusy(true);
      setWrong("");
      try {
        await what();
      } catch (error) {
        setWrong(text(error));
      } finally {
        setBusy(false);
      }
    },
    [],
  );
  return { busy, wrong, tryTo };
}

export const fieldOf = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
};

/** Codes are shown in groups, and typed so. */
export const codeOf = (form: HTMLFormElement, name: string): string =>
  fieldOf(form, name).replace(/\s/g, "");
