// The console: what is asked for, how it goes over time, and the records, which come
// by themselves.
import { Button, mergeClasses } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  ArrowUp16Filled,
  Dismiss20Regular,
  Open20Regular,
  Pause20Filled,
  Play20Filled,
} from "@fluentui/react-icons";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Cause } from "../../../../clients/types";
import { navigate } from "../router";
import { useStore } from "../store";
import { Badge } from "./badge";
import { Export } from "./export";
import { addressOf, type Filter, isNarrow, keyOf, type RangeName, RANGES } from "./filter";
import { Filters } from "./filters";
import { RecordList } from "./list";
import { LogModel, type LogState } from "./model";
import { RateModel } from "./rate";
import { Record } from "./record";
import { t, whoText } from "./text";
import { Timeline } from "./timeline";

interface Models {
  readonly log: LogModel;
  readonly rate: RateModel;
}

/** Those of one filter; another one begins anew. */
function useModels(filter: Filter, round: number): Models {
  const key = keyOf(filter);
  const models = useMemo(() => {
    const rate = new RateModel(filter);
    return { rate, log: new LogModel(filter, (came) => rate.add(came)) };
    // The filter is what its key says.
  }, [key, round]);
  useEffect(() => {
    void models.log.start();
    void models.rate.start(models.log.now);
    return () => {
      models.log.stop();
      models.rate.stop();
    };
  }, [models]);
  return models;
}

// ---- what is said of what comes

function Missing({ state }: { state: LogState }) {
  return state.missing.map(({ from, to, why }) => (
    <p key={`${why} ${from}`} className="log-note is-wrong wrong" role="alert">
      {t(`missing.${why}`, { from: String(from), to: String(to) })}
    </p>
  ));
}

function Standing({ state, isPast }: { state: LogState; isPast: boolean }) {
  const { tail, paused, perSecond, records, denied, oneIn } = state;
  const is = tail === "live" && paused ? "paused" : tail;
  if (isPast) return <p className="hint">{t("live.past")}</p>;
  if (is === "off" || is === "withdrawn") return null;
  return (
    <div className="log-standing-line">
      <span className={`log-dot is-${is}`} aria-hidden />
      <span role="status" id="live">
        {t(`live.${is}`)}
      </span>
      {tail !== "opening" && (
        <span className="hint" id="counts">
          {t("live.rate", { count: perSecond })}
          {" · "}
          <span
            id="counted"
            data-from={state.last - records + 1}
            data-records={records}
            data-events={state.events}
          >
            {t("live.counted", { count: records, denied })}
          </span>
        </span>
      )}
      {oneIn > 1 && !paused && (
        <strong id="sampled" className="log-sampled">
          {t("live.sampled", { n: oneIn })}
        </strong>
      )}
    </div>
  );
}

const WIDER: readonly RangeName[] = ["24h", "7d", "30d"];

/** What stands below the last record that was found. */
function Below({ state, filter, onFilter }: {
  state: LogState;
  filter: Filter;
  onFilter: (filter: Filter) => void;
}) {
  const wider = WIDER.find((one) => RANGES[one].ms > RANGES[filter.range].ms);
  const none = isNarrow(filter) ? t("list.noneSuch") : t("list.none");
  if (state.wrong !== "")
    return (
      <p className="log-below wrong" role="alert">
        {state.wrong}
      </p>
    );
  return (
    <div className="log-below hint" role="status">
      {state.loading ? (
        <span>{t("list.loading")}</span>
      ) : (
        !state.more && (
          <span className={state.rows.length > 0 ? "log-at-end" : ""}>
            {state.rows.length === 0 ? none : t("list.end")}
          </span>
        )
      )}
      {state.own > 0 && (
        <span id="own">
          {t("live.own", { count: state.own })}{" "}
          <Button
            size="small"
            appearance="subtle"
            onClick={() => onFilter({ ...filter, own: true })}
          >
            {t("live.ownShow")}
          </Button>
        </span>
      )}
      {filter.own && (
        <Button
          size="small"
          appearance="subtle"
          onClick={() => {
            const { own: _, ...rest } = filter;
            onFilter(rest);
          }}
        >
          {t("live.ownHide")}
        </Button>
      )}
      {!state.loading && !state.more && filter.since === undefined && wider && (
        <Button
          size="small"
          appearance="subtle"
          onClick={() => onFilter({ ...filter, range: wider })}
        >
          {t("range.widen", { range: t(`range.${wider}`).toLowerCase() })}
        </Button>
      )}
    </div>
  );
}

// ---- beside it

function Panel({ sequence, onClose }: { sequence: number; onClose: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [sequence]);
  return (
    <aside
      className="log-panel"
      id="record"
      aria-labelledby="record-title"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header>
        <h2 id="record-title" ref={title} tabIndex={-1}>
          {t("titled.record", { number: String(sequence) })}
        </h2>
        <Button
          as="a"
          appearance="subtle"
          icon={<Open20Regular />}
          href={`/app/log/${sequence}`}
          aria-label={t("record.page")}
          title={t("record.page")}
          onClick={(event) => {
            event.preventDefault();
            navigate(`/app/log/${sequence}`);
          }}
        />
        <Button
          id="record-close"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("record.close")}
          onClick={onClose}
        />
      </header>
      <div className="log-panel-body">
        <Record key={sequence} sequence={sequence} />
      </div>
    </aside>
  );
}

/** What things are called, of those that are shown. */
function useNames(state: LogState): ReadonlyMap<string, string> {
  const names = useRef(new Map<string, string>());
  return useMemo(() => {
    const all = new Map(names.current);
    for (const { who, on } of state.rows) {
      if (who.id !== undefined) all.set(who.id, whoText(who.name));
      if (on?.id !== undefined) all.set(on.id, on.name);
    }
    if (all.size !== names.current.size) names.current = all;
    return names.current;
  }, [state.rows]);
}

export function Console({ filter, record }: {
  filter: Filter;
  record: number | undefined;
}) {
  const [round, setRound] = useState(0);
  const { log, rate } = useModels(filter, round);
  const state = useStore(log.store, (value) => value);
  const bars = useStore(rate.store, (value) => value);
  const [exports, setExports] = useState(false);
  const names = useNames(state);
  const onFilter = (to: Filter) => navigate(addressOf(to));
  const open = (sequence: number) => navigate(addressOf(filter, sequence));
  const close = () => {
    navigate(addressOf(filter));
    document.getElementById("records")?.focus();
  };
  const onScrolled = useCallback((is: boolean) => log.setScrolled(is), [log]);
  const onEnd = useCallback((cause: Cause) => void log.older(cause), [log]);

  if (state.tail === "withdrawn")
    return (
      <main className="page" id="main" tabIndex={-1}>
        <h1>{t("title")}</h1>
        <p role="alert" className="wrong" id="withdrawn">
          {t(state.records > 0 || state.last > 0 ? "withdrawn" : "noRight")}
        </p>
        <Button className="log-again" onClick={() => setRound(round + 1)}>
          {t("again")}
        </Button>
      </main>
    );

  const isPast = filter.until !== undefined;
  const held = state.held;
  return (
    <main className={mergeClasses("log", record !== undefined && "with-panel")} id="main" tabIndex={-1}>
      <div className="log-main">
        <header className="log-top">
          <h1>{t("title")}</h1>
          <Badge last={state.last} />
          <span className="gap" />
          {!isPast && (
            <Button
              id="pause"
              size="small"
              appearance={state.paused ? "primary" : "secondary"}
              icon={state.paused ? <Play20Filled /> : <Pause20Filled />}
              aria-label={t(state.paused ? "live.resume" : "live.pause")}
              onClick={() => (state.paused ? log.resume() : log.pause())}
            >
              <span className="log-button-text">
                {t(state.paused ? "live.resume" : "live.pause")}
              </span>
            </Button>
          )}
          <Button
            id="export"
            size="small"
            icon={<ArrowDownload20Regular />}
            aria-label={t("export")}
            onClick={() => setExports(true)}
          >
            <span className="log-button-text">{t("export")}</span>
          </Button>
        </header>
        <Filters filter={filter} onFilter={onFilter} names={names} />
        <Timeline
          bars={bars.bars}
          width={bars.width}
          loading={bars.loading}
          wrong={bars.wrong}
          choose={(since, until) => onFilter({ ...filter, since, until })}
        />
        <Missing state={state} />
        <Standing state={state} isPast={isPast} />
        <div className="log-body">
          {held > 0 && (
            <Button
              id="new"
              className="log-new"
              size="small"
              shape="circular"
              appearance="primary"
              icon={<ArrowUp16Filled />}
              onClick={() => {
                const list = document.getElementById("records");
                if (list !== null) list.scrollTop = 0;
                log.resume();
              }}
            >
              {t("live.new", { count: held })}
            </Button>
          )}
          <RecordList
            rows={state.rows}
            loading={state.loading}
            opened={record}
            open={open}
            close={close}
            onScrolled={onScrolled}
            onEnd={onEnd}
          />
        </div>
        <Below state={state} filter={filter} onFilter={onFilter} />
      </div>
      {record !== undefined && <Panel sequence={record} onClose={close} />}
      {exports && (
        <Export
          filter={filter}
          onClose={() => {
            setExports(false);
            document.getElementById("export")?.focus();
          }}
        />
      )}
    </main>
  );
}

