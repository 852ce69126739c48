// The uploads, at the page's corner: all of them in a line, and those of them that
// one may want to see.
import { Button, ProgressBar } from "@fluentui/react-components";
import {
  ArrowClockwise20Regular,
  CheckmarkCircle20Filled,
  Dismiss20Regular,
} from "@fluentui/react-icons";

import { reach } from "../client/reach";
import { shareOf, sizeText } from "../format";
import { Name } from "../name";
import { useStore } from "../store";
import { t } from "../words";
import { clear, endAll, endOne, type Job, tryAgain, uploads } from "./uploads";

function stateText(job: Job): string {
  switch (job.state) {
    case "waiting":
      return t("uploads.waiting");
    case "sending":
      return `${sizeText(job.sent)} / ${sizeText(job.size)}`;
    case "done":
      return t("uploads.done");
    case "failed":
      return job.wrong;
    case "ended":
      return t("uploads.ended");
  }
}

function One({ job }: { job: Job }) {
  const { id, name, size, state } = job;
  return (
    <li>
      <div className="upload-what">
        <Name text={name} />
        <span className={state === "failed" ? "wrong" : "hint"}>
          {stateText(job)}
        </span>
        {state === "sending" && (
          <ProgressBar
            aria-label={t("uploads.progress", { name })}
            value={shareOf(job.sent, size)}
          />
        )}
      </div>
      {(state === "waiting" || state === "sending") && (
        <Button
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("uploads.end", { name })}
          onClick={() => endOne(id)}
        />
      )}
      {state === "failed" && (
        <Button
          appearance="subtle"
          icon={<ArrowClockwise20Regular />}
          aria-label={t("uploads.again", { name })}
          onClick={() => tryAgain(id)}
        />
      )}
      {state === "done" && <CheckmarkCircle20Filled className="good" />}
    </li>
  );
}

export default function UploadsPanel() {
  const { all, under, failed, share, listed } = useStore(
    uploads,
    (value) => value,
  );
  const away = useStore(reach, (value) => value.away || value.full);
  const summary = away && under > 0
    ? t("uploads.held", { count: under })
    : under > 0
      ? t("uploads.under", { count: under })
      : failed > 0
        ? t("uploads.failed", { count: failed })
        : t("uploads.over");
  return (
    <section className="uploads" aria-label={t("uploads.title")}>
      <header>
        <span role="status">{summary}</span>
        {under > 1 && (
          <Button id="uploads-end" appearance="subtle" onClick={endAll}>
            {t("uploads.endAll")}
          </Button>
        )}
        <Button
          id="uploads-clear"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("uploads.clear")}
          disabled={under > 0}
          onClick={clear}
        />
      </header>
      {under > 0 && all > 1 && (
        <ProgressBar aria-label={t("uploads.title")} value={shareOf(share, 1)} />
      )}
      <ul>
        {listed.map((job) => (
          <One key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}
