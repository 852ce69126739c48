// The uploads under way, at the page's corner.
import { Button, ProgressBar } from "@fluentui/react-components";
import {
  ArrowClockwise20Regular,
  CheckmarkCircle20Filled,
  Dismiss20Regular,
} from "@fluentui/react-icons";

import { sizeText } from "../format";
import { useStore } from "../store";
import { Name } from "../name";
import { t } from "../words";
import { clear, end, isUnderWay, type Job, jobs, tryAgain } from "./uploads";

const SHOWN = 50;

function stateText(job: Job): string {
  switch (job.state) {
    case "waiting":
      return t("uploads.waiting");
    case "sending":
      return `${sizeText(job.sent)} / ${sizeText(job.file.size)}`;
    case "done":
      return t("uploads.done");
    case "failed":
      return job.wrong;
    case "ended":
      return t("uploads.ended");
  }
}

function One({ job }: { job: Job }) {
  const { name, size } = job.file;
  return (
    <li>
      <div className="upload-what">
        <Name text={name} />
        <span className={job.state === "failed" ? "wrong" : "hint"}>
          {stateText(job)}
        </span>
        {job.state === "sending" && (
          <ProgressBar
            aria-label={name}
            value={size === 0 ? 1 : job.sent / size}
          />
        )}
      </div>
      {isUnderWay(job) && (
        <Button
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("uploads.end", { name })}
          onClick={() => end(job)}
        />
      )}
      {job.state === "failed" && (
        <Button
          appearance="subtle"
          icon={<ArrowClockwise20Regular />}
          aria-label={t("uploads.again", { name })}
          onClick={() => tryAgain(job)}
        />
      )}
      {job.state === "done" && <CheckmarkCircle20Filled className="good" />}
    </li>
  );
}

export default function UploadsPanel() {
  const list = useStore(jobs, (value) => value.list);
  const under = list.filter(isUnderWay).length;
  const first = [...list].sort(
    (a, b) => Number(isUnderWay(b)) - Number(isUnderWay(a)) || b.id - a.id,
  );
  return (
    <section className="uploads" aria-label={t("uploads.title")}>
      <header>
        <span role="status">
          {under > 0 ? t("uploads.under", { count: under }) : t("uploads.over")}
        </span>
        <Button
          id="uploads-clear"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("uploads.clear")}
          disabled={under > 0}
          onClick={clear}
        />
      </header>
      <ul>
        {first.slice(0, SHOWN).map((job) => (
          <One key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}
