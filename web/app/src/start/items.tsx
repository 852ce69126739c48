// How each item of the checklist is done, with commands as they are typed here, and
// its state in words.
import { Button } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons";
import type { ComponentType } from "react";

import type { SetupProgress } from "../../../../clients/types";
import { attempt, tell } from "../app";
import { timeText } from "../format";
import { Link } from "../router";
import { isOld, type ItemKey } from "./progress";
import { s } from "./words";

interface HowProps {
  readonly progress: SetupProgress;
  readonly ahead: number;
}

function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <pre tabIndex={0} aria-label={s("command.label")}>
        {text}
      </pre>
      <Button
        appearance="subtle"
        icon={<Copy20Regular />}
        aria-label={s("command.copy", { text })}
        onClick={() =>
          void attempt(async () => {
            await navigator.clipboard.writeText(text);
            tell({ intent: "success", text: s("command.copied") });
          })
        }
      />
    </div>
  );
}

function Second() {
  return (
    <>
      <p>{s("how.second")}</p>
      <Link className="text-link" href="/app/people">
        {s("how.secondDo")}
      </Link>
    </>
  );
}

function People() {
  return (
    <>
      <p>{s("how.people")}</p>
      <span className="links-of">
        <Link className="text-link" href="/app/people">
          {s("how.peopleOne")}
        </Link>
        <Link className="text-link" href="/app/people/import">
          {s("how.peopleMany")}
        </Link>
      </span>
    </>
  );
}

function Backup() {
  return (
    <>
      <p>{s("how.backup")}</p>
      <Command text="chancery backup /backup/chancery --keys /backup/chancery-keys" />
      <p className="hint">{s("how.backupDaily")}</p>
    </>
  );
}

function Mirror({ progress }: HowProps) {
  const trust = progress.certificate || progress.local ? "" : " --ca tls.crt";
  const where = `--url ${location.origin}${trust}`;
  return (
    <>
      <p>{s(progress.local ? "how.mirrorLocal" : "how.mirror")}</p>
      <Command text={`chancery login ${where}`} />
      <Command text={`chancery log mirror ~/chancery-mirror ${where}`} />
      {trust !== "" && <p className="hint">{s("how.mirrorTrust")}</p>}
      <p className="hint">{s("how.mirrorVerify")}</p>
      <Command text="chancery log verify ~/chancery-mirror" />
    </>
  );
}

function Time({ progress }: HowProps) {
  return (
    <>
      <p>{s("how.time")}</p>
      <Command text="timedatectl set-ntp true" />
      {progress.clock_suspect && (
        <>
          <p>{s("how.timeSuspect")}</p>
          <Command text="chancery clock" />
        </>
      )}
    </>
  );
}

export const HOW: { readonly [item in ItemKey]: ComponentType<HowProps> } = {
  second: Second,
  people: People,
  backup: Backup,
  mirror: Mirror,
  time: Time,
};

export function stateOf(
  item: ItemKey,
  progress: SetupProgress,
  ahead: number,
): string {
  const { administrators, people, invited, backup, mirror } = progress;
  switch (item) {
    case "second":
      return s("state.second", { count: administrators });
    case "people":
      return invited > 0
        ? `${s("state.people", { count: people })} ${s("state.invited", { count: invited })}`
        : s("state.people", { count: people });
    case "backup":
      if (backup === undefined) return s("state.none");
      return s(isOld(backup) ? "state.backupOld" : "state.backup", {
        time: timeText(backup),
      });
    case "mirror":
      if (progress.mirrored) return s("state.mirrored");
      return mirror === undefined
        ? s("state.none")
        : s("state.mirror", { time: timeText(mirror) });
    case "time": {
      if (progress.clock_suspect) return s("state.suspect");
      const seconds = Math.round(Math.abs(ahead) / 1000);
      return seconds < 2
        ? s("state.time")
        : s(ahead > 0 ? "state.ahead" : "state.behind", { count: seconds });
    }
  }
}
