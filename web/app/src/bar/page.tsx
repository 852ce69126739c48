// The bar: the controls that are tried on the live system, how each came out last,
// and what proves it; and beside it, what stands open now.
import "./style.css";

import { Badge, Button, Spinner } from "@fluentui/react-components";
import {
  CheckmarkCircle24Filled,
  Copy20Regular,
  DismissCircle24Filled,
  QuestionCircle24Filled,
} from "@fluentui/react-icons";
import { type ReactNode, useCallback, useEffect, useState } from "react";

import type { Cause } from "../../../../clients/types";
import { attempt, hasOneOf, tell } from "../app";
import { isCode, isSilent, textOf } from "../client/problem";
import { timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { t } from "../words";
import { type BarLine, type BarShown, readBar } from "./model";
import { Open } from "./open";
import { Records, RecordLink } from "./records";
import { b } from "./words";

const COMMAND = "chancery bar";
const STALE_DAYS = 7;
const DAY_MS = 86_400_000;

type State = NonNullable<BarLine["state"]> | "never";

const stateOf = (line: BarLine): State => line.state ?? "never";

const ICONS: { readonly [state in State]: ReactNode } = {
  green: <CheckmarkCircle24Filled className="good" />,
  red: <DismissCircle24Filled className="bar-red" />,
  inconclusive: <QuestionCircle24Filled className="bar-red" />,
  never: <QuestionCircle24Filled className="bar-never" />,
};

const COLOURS = {
  green: "success",
  red: "danger",
  inconclusive: "warning",
  never: "informative",
} as const satisfies { [state in State]: string };

/** "NIST SP 800-53 IA-2(1), IA-2(2); CISA SCuBA MS.AAD.3.1" */
function standardsOf({ nist, scuba, cis }: BarLine): string {
  const part = (name: string, ids: string | undefined) =>
    ids === undefined || ids === ""
      ? []
      : [`${name} ${ids.trim().split(/\s+/).join(", ")}`];
  return [
    ...part("NIST SP 800-53", nist),
    ...part("CISA SCuBA", scuba),
    ...part("CIS", cis),
  ].join("; ");
}

const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1);

function Control({ line }: { line: BarLine }) {
  const state = stateOf(line);
  const records = line.records ?? [];
  return (
    <li className="bar-control">
      {ICONS[state]}
      <div>
        <h2>
          {sentence(line.title)}{" "}
          <Badge appearance="tint" color={COLOURS[state]}>
            {b(`state.${state}`)}
          </Badge>
        </h2>
        {line.text !== undefined && (
          <p className="bar-text">
            <Name text={sentence(line.text)} />{" "}
            {state === "inconclusive" && b("inconclusive.text")}
          </p>
        )}
        <p className="hint">{b("answers", { standards: standardsOf(line) })}</p>
        {records.length > 0 && <Records list={records} />}
      </div>
    </li>
  );
}

function Summary({ bar }: { bar: BarShown }) {
  const count = bar.list.length;
  const green = bar.list.filter((line) => line.state === "green").length;
  const never = bar.time === undefined;
  const holds = !never && green === count;
  const days =
    bar.time === undefined
      ? 0
      : Math.floor((Date.now() - Date.parse(bar.time)) / DAY_MS);
  const state: State = never ? "never" : holds ? "green" : "red";
  return (
    <div className={`bar-summary ${state}`} role="status">
      {ICONS[state]}
      <div>
        <strong>
          {b(never ? "all.never" : holds ? "all.green" : "all.red", {
            count,
            green,
          })}
        </strong>
        <span className="hint">
          {bar.time === undefined ? (
            b("all.neverText")
          ) : (
            <>
              <Name
                text={b("all.run", {
                  time: timeText(bar.time),
                  name: bar.by_name ?? "",
                })}
              />
              {bar.sequence !== undefined && (
                <>
                  {" · "}
                  <RecordLink sequence={bar.sequence} text={b("all.record")} />
                </>
              )}
            </>
          )}
        </span>
        {days >= STALE_DAYS && (
          <span className="wrong">{b("all.stale", { days })}</span>
        )}
      </div>
    </div>
  );
}

function Again({ onLook }: { onLook: () => void }) {
  return (
    <section className="bar-again" aria-labelledby="bar-again">
      <h2 id="bar-again">{b("run.title")}</h2>
      <p className="hint">{b("run.text")}</p>
      <span className="bar-command">
        <code>{COMMAND}</code>
        <Button
          size="small"
          icon={<Copy20Regular />}
          onClick={() =>
            void attempt(async () => {
              await navigator.clipboard.writeText(COMMAND);
              tell({ intent: "success", text: b("run.copied") });
            })
          }
        >
          {b("run.copy")}
        </Button>
      </span>
      <Button id="look-again" onClick={onLook}>
        {b("run.look")}
      </Button>
    </section>
  );
}

/** What was read; "denied": it isn't for who asks. */
type Came = BarShown | "denied" | undefined;

function useBar(): [Came, string, () => void] {
  const [came, setCame] = useState<Came>();
  const [wrong, setWrong] = useState("");
  const read = useCallback(async (cause: Cause) => {
    try {
      setCame(await readBar(cause));
      setWrong("");
    } catch (error) {
      if (isCode(error, "DENIED", "SCOPE")) setCame("denied");
      else if (!isSilent(error)) setWrong(textOf(error));
    }
  }, []);
  useEffect(() => void read("user"), [read]);
  return [came, wrong, () => void read("user")];
}

function Refusal() {
  return (
    <main className="page" id="main" tabIndex={-1}>
      <h1>{b("refused.title")}</h1>
      <p>{b("refused.text")}</p>
      <p>
        <Link href="/app/files">{t("nowhere.home")}</Link>
      </p>
    </main>
  );
}

function Bar() {
  const [came, wrong, look] = useBar();
  const readsLog = hasOneOf(["log_reader"]);
  // Who reads the log sees what stands open, if not the bar.
  if (came === "denied" && !readsLog) return <Refusal />;
  return (
    <main className="page bar" id="main" tabIndex={-1}>
      <h1>{b("title")}</h1>
      <div className="bar-columns">
        <div className="bar-main">
          {wrong !== "" && (
            <p className="wrong" role="alert">
              {wrong}
            </p>
          )}
          {came === undefined && wrong === "" && (
            <Spinner label={t("waiting")} />
          )}
          {came !== undefined && came !== "denied" && (
            <>
              <p className="hint">{b("intro")}</p>
              <Summary bar={came} />
              <ol className="bar-list">
                {came.list.map((line) => (
                  <Control key={line.control} line={line} />
                ))}
              </ol>
            </>
          )}
          {came === "denied" && <Open />}
        </div>
        {came !== undefined && came !== "denied" && (
          <div className="bar-side">
            <Again onLook={look} />
            <Open />
          </div>
        )}
      </div>
    </main>
  );
}

export default function BarPage() {
  useEffect(() => {
    document.title = `${b("title")} · ${t("app.name")}`;
  }, []);
  return hasOneOf(["user_admin", "log_reader"]) ? <Bar /> : <Refusal />;
}
