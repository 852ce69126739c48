// How many records there were over time, and how many were denied: bars to read, a
// table of the same, and a brush by mouse, touch or keyboard that asks for a time.
import { Button } from "@fluentui/react-components";
import { DataBarVertical20Regular, Table20Regular } from "@fluentui/react-icons";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

import type { Bar } from "./rate";
import { exactTime, rowTime, t } from "./text";

const HIGH = 100;
const LABELS = 4;

interface Brush {
  readonly from: number;
  readonly to: number;
}

const ordered = ({ from, to }: Brush): readonly [number, number] =>
  from <= to ? [from, to] : [to, from];

const sum = (bars: readonly Bar[], of: "count" | "denied" | "failed"): number =>
  bars.reduce((all, bar) => all + bar[of], 0);

const recordsText = (count: number): string => t("time.records", { count });

const barText = (bar: Bar): string =>
  t("time.bar", {
    time: exactTime(bar.time),
    count: recordsText(bar.count),
    denied: bar.denied,
    failed: bar.failed,
  });

function Bars({ bars, brush }: { bars: readonly Bar[]; brush: Brush | undefined }) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const [from, to] = brush === undefined ? [0, -1] : ordered(brush);
  return (
    <svg
      viewBox={`0 0 ${bars.length} ${HIGH}`}
      preserveAspectRatio="none"
      aria-hidden
    >
      {brush !== undefined && (
        <rect className="log-brush" x={from} y={0} width={to - from + 1} height={HIGH} />
      )}
      {bars.map(({ time, count, denied, failed }, i) => {
        // What is there at all can be seen.
        const part = (n: number) => (n === 0 ? 0 : Math.max(2, (n / most) * HIGH));
        const all = part(count);
        const bad = Math.min(all, part(denied));
        const broken = Math.min(all - bad, part(failed));
        return (
          <g key={time}>
            <rect className="bar" x={i + 0.1} width={0.8} y={HIGH - all} height={all} />
            <rect className="bar denied" x={i + 0.1} width={0.8} y={HIGH - bad} height={bad} />
            <rect
              className="bar failed"
              x={i + 0.1}
              width={0.8}
              y={HIGH - bad - broken}
              height={broken}
            />
          </g>
        );
      })}
    </svg>
  );
}

function Table({ bars }: { bars: readonly Bar[] }) {
  return (
    <div className="log-table" tabIndex={0} role="group" aria-label={t("time.label")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("time.when")}</th>
            <th scope="col">{t("time.many")}</th>
            <th scope="col">{t("time.denied")}</th>
            <th scope="col">{t("time.failed")}</th>
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(({ count }) => count > 0)
            .toReversed()
            .map((bar) => (
              <tr key={bar.time}>
                <th scope="row">{exactTime(bar.time)}</th>
                <td>{bar.count.toLocaleString()}</td>
                <td>{bar.denied.toLocaleString()}</td>
                <td>{bar.failed.toLocaleString()}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

export interface TimelineProps {
  readonly bars: readonly Bar[];
  readonly width: number;
  readonly loading: boolean;
  readonly wrong: string;
  readonly choose: (since: number, until: number) => void;
}

export function Timeline({ bars, width, loading, wrong, choose }: TimelineProps) {
  const [brush, setBrush] = useState<Brush>();
  const [table, setTable] = useState(false);
  const drags = useRef(false);
  const last = bars.length - 1;

  const apply = () => {
    if (brush === undefined) return;
    const [from, to] = ordered(brush);
    setBrush(undefined);
    const since = bars[from]?.time;
    const until = bars[to]?.time;
    if (since !== undefined && until !== undefined) choose(since, until + width);
  };

  const at = (event: PointerEvent<HTMLElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    const i = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    return Math.max(0, Math.min(last, i));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (bars.length === 0) return;
    const to = brush?.to ?? last + 1;
    const steps: { readonly [key: string]: number } = {
      ArrowLeft: to - 1,
      ArrowRight: to + 1,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (event.key === "Enter") apply();
    else if (event.key === "Escape") setBrush(undefined);
    else if (next !== undefined) {
      const there = Math.max(0, Math.min(last, next));
      const from = event.shiftKey ? (brush?.from ?? there) : there;
      setBrush({ from, to: there });
    } else return;
    event.preventDefault();
  };

  const [from, to] = brush === undefined ? [0, last] : ordered(brush);
  const chosen = bars.slice(from, to + 1);
  const one = chosen.length === 1 ? chosen[0] : undefined;
  const text =
    wrong !== ""
      ? t("time.none", { why: wrong })
      : brush === undefined
        ? t("time.total", {
            count: recordsText(sum(bars, "count")),
            denied: sum(bars, "denied"),
            failed: sum(bars, "failed"),
          })
        : one !== undefined
          ? barText(one)
          : t("time.chosen", {
              since: exactTime(chosen[0]?.time ?? 0),
              until: exactTime((chosen.at(-1)?.time ?? 0) + width),
              count: recordsText(sum(chosen, "count")),
            });

  return (
    <section className="log-time" aria-label={t("time.label")}>
      <div className="log-time-head">
        <p className="hint" id="time-text" aria-live="polite">
          {text}
        </p>
        <span className="log-key" aria-hidden>
          <i className="all" /> {t("time.all")} <i className="denied" /> {t("time.denied")}{" "}
          <i className="failed" /> {t("time.failed")}
        </span>
        <Button
          id="time-table"
          size="small"
          appearance="subtle"
          icon={table ? <DataBarVertical20Regular /> : <Table20Regular />}
          aria-label={table ? t("time.chart") : t("time.table")}
          title={table ? t("time.chart") : t("time.table")}
          onClick={() => setTable(!table)}
        />
      </div>
      {table ? (
        <Table bars={bars} />
      ) : (
        <>
          <div
            id="timeline"
            className="log-bars"
            role="application"
            tabIndex={0}
            aria-label={`${t("time.label")}. ${t("time.help")}`}
            aria-describedby="time-text"
            aria-busy={loading}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => {
              if (event.button !== 0 || bars.length === 0) return;
              event.currentTarget.setPointerCapture(event.pointerId);
              drags.current = true;
              setBrush({ from: at(event), to: at(event) });
            }}
            onPointerMove={(event) => {
              const to = at(event);
              if (drags.current) setBrush((was) => was && { from: was.from, to });
            }}
            onPointerUp={() => {
              if (drags.current) apply();
              drags.current = false;
            }}
            onPointerCancel={() => {
              drags.current = false;
              setBrush(undefined);
            }}
            onBlur={() => setBrush(undefined)}
          >
            <Bars bars={bars} brush={brush} />
          </div>
          <div className="log-axis hint" aria-hidden>
            {Array.from({ length: LABELS + 1 }, (_, i) => {
              const bar = bars[Math.round((i * last) / LABELS)];
              return <span key={i}>{bar && rowTime(bar.time)}</span>;
            })}
          </div>
        </>
      )}
    </section>
  );
}
