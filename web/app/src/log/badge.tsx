// How the log stands, always in sight: how many records, when it was last signed,
// whether somebody mirrors it, and whether searches find all of it. What isn't well
// is said in words.
import { Button } from "@fluentui/react-components";
import { ShieldCheckmark20Filled, ShieldError20Filled } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import type { LogState as Standing } from "../../../../clients/types";
import { call } from "../client/jmap";
import { Name } from "../name";
import { agoText, t } from "./text";

const EVERY_MS = 20_000;
/** Checkpoints come within a second of what they sign. */
const OLD_MS = 60_000;
const BEHIND = 1000;

/** The worst first; nothing where all is well. */
function troublesOf(is: Standing, now: number): string[] {
  const troubles: string[] = [];
  const { size, checkpoint_size, checkpoint_time, indexed, mirrors } = is;
  const signed = checkpoint_time === undefined ? undefined : Date.parse(checkpoint_time);
  if (signed === undefined) troubles.push(t("badge.noCheckpoint"));
  else if (checkpoint_size < size && now - signed > OLD_MS)
    troubles.push(t("badge.oldCheckpoint", { ago: agoText(signed, now) }));
  const live = mirrors.filter((one) => one.live);
  const [last] = mirrors;
  if (last === undefined) troubles.push(t("badge.noMirror"));
  else if (live.length === 0)
    troubles.push(t("badge.lostMirror", { ago: agoText(Date.parse(last.time), now) }));
  else {
    const behind = size - Math.max(...live.map((one) => one.size));
    if (behind > BEHIND) troubles.push(t("badge.behindMirror", { count: behind }));
  }
  if (size - indexed > BEHIND) troubles.push(t("badge.lag", { count: size - indexed }));
  return troubles;
}

function Facts({ is, troubles }: { is: Standing; troubles: readonly string[] }) {
  const facts: [string, string][] = [
    [t("badge.records"), is.size.toLocaleString()],
    [t("badge.signed"), is.checkpoint_size.toLocaleString()],
    [
      t("badge.signedAt"),
      is.checkpoint_time === undefined
        ? t("badge.none")
        : agoText(Date.parse(is.checkpoint_time)),
    ],
    [t("badge.indexed"), is.indexed.toLocaleString()],
  ];
  return (
    <div className="log-standing">
      {troubles.length === 0 ? (
        <p className="good">{t("badge.fine")}</p>
      ) : (
        troubles.map((text) => (
          <p key={text} className="wrong">
            {text}
          </p>
        ))
      )}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>{t("badge.mirrors")}</dt>
          {is.mirrors.length === 0 && <dd>{t("badge.none")}</dd>}
          {is.mirrors.map((one) => (
            <dd key={`${one.principal} ${one.time}`}>
              <Name
                text={t(one.live ? "badge.mirrorLive" : "badge.mirrorLast", {
                  name: one.name,
                  count: one.size,
                  ago: agoText(Date.parse(one.time)),
                })}
              />
            </dd>
          ))}
        </div>
      </dl>
    </div>
  );
}

/** `last`: the number of the last record that came, which the server needn't be asked. */
export function Badge({ last }: { last: number }) {
  const [is, setIs] = useState<Standing>();
  const [failed, setFailed] = useState(false);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const ask = () => {
      if (document.visibilityState === "hidden") return;
      call("log.status", {}, "push").then(
        (answer) => {
          setIs(answer);
          setFailed(false);
        },
        () => setFailed(true),
      );
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, []);
  if (is === undefined)
    return failed ? (
      <span className="hint" id="badge">
        {t("badge.unknown")}
      </span>
    ) : null;
  const troubles = failed ? [t("badge.unknown")] : troublesOf(is, Date.now());
  const size = Math.max(is.size, last === 0 ? 0 : last - is.base + 1);
  const [trouble] = troubles;
  const signed =
    is.checkpoint_time === undefined
      ? t("badge.noCheckpoint")
      : t("badge.checkpoint", { ago: agoText(Date.parse(is.checkpoint_time)) });
  const parts = [t("badge.size", { count: size }), signed];
  if (is.mirrors.some(({ live }) => live)) parts.push(t("badge.mirrored"));
  const text = (
    <span className="log-badge-text">
      {parts.join(" · ")}
      {trouble !== undefined && <span className="wrong">{trouble}</span>}
    </span>
  );
  return (
    <div
      className="log-badge-box"
      onKeyDown={(event) => {
        if (event.key === "Escape") setOpen(false);
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <Button
        id="badge"
        size="small"
        appearance="subtle"
        className={trouble === undefined ? "log-badge" : "log-badge is-wrong"}
        icon={trouble === undefined ? <ShieldCheckmark20Filled /> : <ShieldError20Filled />}
        aria-expanded={open}
        aria-controls="badge-facts"
        onClick={() => setOpen(!open)}
      >
        {text}
      </Button>
      {open && (
        <div
          id="badge-facts"
          className="log-badge-facts"
          role="region"
          aria-label={t("badge.label")}
          tabIndex={-1}
        >
          <Facts is={is} troubles={troubles} />
        </div>
      )}
    </div>
  );
}
