// The log: the console, or a record on its own.
import { Button } from "@fluentui/react-components";
import { ChevronDown20Regular, ChevronUp20Regular } from "@fluentui/react-icons";
import { useEffect } from "react";

import { Link, navigate, usePlace } from "../router";
import { t as appText } from "../words";
import { Console } from "./console";
import { filterOf } from "./filter";
import { Record } from "./record";
import "./style.css";
import { t } from "./text";

function numberOf(text: string | null | undefined): number | undefined {
  return text && /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : undefined;
}

function Alone({ sequence }: { sequence: number }) {
  const title = t("titled.record", { number: String(sequence) });
  return (
    <main className="page log-alone" id="main" tabIndex={-1}>
      <p>
        <Link href="/app/log">{t("back")}</Link>
      </p>
      <div className="log-alone-head">
        <h1>{title}</h1>
        <Button
          appearance="subtle"
          icon={<ChevronUp20Regular />}
          aria-label={t("record.newer")}
          title={t("record.newer")}
          onClick={() => navigate(`/app/log/${sequence + 1}`)}
        />
        <Button
          appearance="subtle"
          icon={<ChevronDown20Regular />}
          aria-label={t("record.older")}
          title={t("record.older")}
          disabled={sequence === 1}
          onClick={() => navigate(`/app/log/${sequence - 1}`)}
        />
      </div>
      <Record key={sequence} sequence={sequence} />
    </main>
  );
}

export default function LogPage() {
  const { path, query } = usePlace();
  const alone = numberOf(path.split("/")[3]);
  const title = alone === undefined ? t("title") : t("titled.record", { number: String(alone) });
  useEffect(() => {
    document.title = `${title} · ${appText("app.name")}`;
  }, [title]);
  if (alone !== undefined) return <Alone sequence={alone} />;
  return <Console filter={filterOf(query)} record={numberOf(query.get("record"))} />;
}
