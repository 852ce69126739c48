// Administration: people and all that says what they may.
import "./style.css";

import { Spinner } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";

import type { Relation } from "../../../../clients/types";
import { Link, usePlace } from "../router";
import { t } from "../words";
import { hasRole, hasRoleAnywhere, open, useDirectory } from "./directory";
import { PeopleList } from "./list";
import { p, type PeopleKey } from "./words";

export const PEOPLE = "/app/people";

interface Tab {
  readonly at: string;
  readonly text: PeopleKey;
  /** Who has one of these has a use for it. */
  readonly roles: readonly Relation[];
  /** In the organisation, not only in a unit. */
  readonly org?: boolean;
  readonly body: (rest: readonly string[]) => ReactNode;
}

const TABS: readonly Tab[] = [
  {
    at: "",
    text: "tab.people",
    roles: ["user_admin"],
    body: () => <PeopleList />,
  },
];

const isFor = (tab: Tab): boolean =>
  tab.roles.some(tab.org ? hasRole : hasRoleAnywhere);

export function Refusal() {
  return (
    <main className="page" id="main" tabIndex={-1}>
      <h1>{p("refused.title")}</h1>
      <p>{p("refused.text")}</p>
      <p>
        <Link href="/app/files">{t("nowhere.home")}</Link>
      </p>
    </main>
  );
}

function Tabs({ now }: { now: Tab }) {
  return (
    <nav className="p-tabs" aria-label={p("title")}>
      {TABS.filter(isFor).map((tab) => (
        <Link
          key={tab.at}
          href={tab.at === "" ? PEOPLE : `${PEOPLE}/${tab.at}`}
          aria-current={tab === now ? "page" : undefined}
        >
          {p(tab.text)}
        </Link>
      ))}
    </nav>
  );
}

export default function PeoplePage() {
  const { path } = usePlace();
  const { reach, wrong } = useDirectory();
  useEffect(() => {
    void open();
  }, []);
  const [, , , first = "", ...rest] = path.split("/");
  const tab = TABS.find((one) => one.at === first) ?? TABS[0];
  useEffect(() => {
    document.title = `${p(tab?.text ?? "title")} · ${t("app.name")}`;
  }, [tab]);
  if (wrong !== "")
    return (
      <main className="page" id="main" tabIndex={-1}>
        <h1>{p("title")}</h1>
        <p className="wrong" role="alert">
          {wrong}
        </p>
      </main>
    );
  if (reach === undefined)
    return (
      <main className="page" id="main" tabIndex={-1}>
        <Spinner label={t("waiting")} />
      </main>
    );
  if (tab === undefined || !isFor(tab)) return <Refusal />;
  return (
    <main className="p-page" id="main" tabIndex={-1}>
      <h1>{p("title")}</h1>
      <Tabs now={tab} />
      {tab.body(rest)}
    </main>
  );
}
