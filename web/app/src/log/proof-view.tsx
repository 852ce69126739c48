// The proof of a record, as it was checked here: the hashes from its bytes up to the
// root that the log has signed, and what this browser knew of the log before.
import { Button, Spinner } from "@fluentui/react-components";
import {
  CheckmarkCircle20Filled,
  DismissCircle20Filled,
  Info20Regular,
  Warning20Filled,
} from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import { check, type Verdict } from "./check";
import { isLoud, type Memory, remember } from "./memory";
import { bytesOf64, type Checked, type Given } from "./proof";
import { agoText, t } from "./text";

const SHOWN = 16;

/** Of a hash what tells it from others; all of it is in its title. */
function Hash({ hex }: { hex: string }) {
  return (
    <code className="log-hash" title={hex}>
      {hex.slice(0, SHOWN)}…
    </code>
  );
}

function Way({ checked }: { checked: Checked }) {
  const { way } = checked;
  return (
    <ol className="log-way" aria-label={t("proof.label")} id="proof-way">
      <li className="root">
        <CheckmarkCircle20Filled className="good" />
        <div>
          <strong>{t("proof.root")}</strong>
          <Hash hex={way.root} />
        </div>
      </li>
      {way.steps.toReversed().map(({ beside, left, hash }) => (
        <li key={hash} className={left ? "left" : "right"}>
          <i aria-hidden />
          <div>
            {hash !== way.root && <Hash hex={hash} />}
            <span className="hint">
              {t("proof.step", { side: t(left ? "proof.left" : "proof.right") })}{" "}
              <Hash hex={beside} />
            </span>
          </div>
        </li>
      ))}
      <li className="leaf">
        <i aria-hidden />
        <div>
          <strong>{t("proof.leaf")}</strong>
          <Hash hex={way.leaf} />
        </div>
      </li>
    </ol>
  );
}

function memoryText(memory: Memory, checked: Checked): string {
  const size = checked.proof.checkpoint.size;
  switch (memory.is) {
    case "grown":
    case "fork":
      return t(`memory.${memory.is}`, {
        size: memory.known.size,
        known: memory.known.size,
        ago: agoText(memory.known.time),
      });
    case "smaller":
      return t("memory.smaller", { size, known: memory.known.size });
    default:
      return t(`memory.${memory.is}`);
  }
}

function Remembered({ memory, checked, sequence }: {
  memory: Memory;
  checked: Checked;
  sequence: number;
}) {
  const [trusted, setTrusted] = useState(false);
  const loud = isLoud(memory) && !trusted;
  return (
    <div
      id="memory"
      className={loud ? "log-note is-wrong" : "log-note"}
      {...(loud ? { role: "alert" } : {})}
    >
      {loud ? <Warning20Filled className="wrong" /> : <Info20Regular />}
      <div>
        <p className={loud ? "wrong" : "hint"}>
          {trusted ? t("memory.first") : memoryText(memory, checked)}
        </p>
        {loud && memory.is === "key" && (
          <Button
            size="small"
            onClick={() => {
              remember(checked, sequence);
              setTrusted(true);
            }}
          >
            {t("memory.trust")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** A file of what the page has in memory. */
function save(name: string, parts: BlobPart): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([parts]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Files({ sequence, given }: { sequence: number; given: Given }) {
  const name = `record-${sequence}.tlog-proof`;
  return (
    <span className="buttons">
      <Button size="small" onClick={() => save(name, given.proof)}>
        {t("proof.download")}
      </Button>
      <Button size="small" onClick={() => save(`${name}.leaf`, bytesOf64(given.leaf))}>
        {t("proof.leafFile")}
      </Button>
    </span>
  );
}

function Good({ sequence, verdict }: {
  sequence: number;
  verdict: Verdict & { is: "good" };
}) {
  const { checked, given, memory } = verdict;
  const { index, checkpoint, note } = checked.proof;
  return (
    <>
      <div id="proof-verdict" className="log-note is-good" role="status">
        <CheckmarkCircle20Filled className="good" />
        <div>
          {checked.signed && <strong className="good">{t("proof.good")}</strong>}
          <p className="hint">
            {checked.signed
              ? t("proof.goodText", { index: index + 1, size: checkpoint.size })
              : t("proof.unsigned")}
          </p>
        </div>
      </div>
      <Remembered memory={memory} checked={checked} sequence={sequence} />
      <Way checked={checked} />
      <details>
        <summary>{t("proof.checkpoint")}</summary>
        <pre className="log-code">{note}</pre>
      </details>
      <Files sequence={sequence} given={given} />
    </>
  );
}

export function ProofView({ sequence, leaf }: {
  sequence: number;
  leaf: Uint8Array;
}) {
  const [verdict, setVerdict] = useState<Verdict>({ is: "checking" });
  useEffect(() => {
    const end = new AbortController();
    void check(sequence, leaf, setVerdict, end.signal);
    return () => end.abort();
  }, [sequence, leaf]);
  return (
    <section className="log-part" id="proof">
      <h2>{t("proof.title")}</h2>
      {verdict.is === "good" && <Good sequence={sequence} verdict={verdict} />}
      {verdict.is === "wrong" && (
        <div id="proof-verdict" className="log-note is-wrong" role="alert">
          <DismissCircle20Filled className="wrong" />
          <div>
            <strong className="wrong">{t("proof.bad")}</strong>
            <p>{t(`proof.wrong.${verdict.why}`)}</p>
            <p className="hint">
              {t("proof.tell", { command: "chancery log verify" })}
            </p>
          </div>
        </div>
      )}
      {verdict.is === "unasked" && <p className="wrong">{verdict.why}</p>}
      {(verdict.is === "checking" || verdict.is === "waiting") && (
        <Spinner
          size="tiny"
          labelPosition="after"
          label={t(`proof.${verdict.is}`)}
        />
      )}
    </section>
  );
}
