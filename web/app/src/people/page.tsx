// Administration: people and all that says what they may.
import "./style.css";

import { CounterBadge, Spinner } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";

import type { Relation } from "../../../../clients/types";
import { Link, usePlace } from "../router";
import { useStore } from "../store";
import { t } from "../words";
import { AppsPage, RolesPage } from "./apps";
import { hasRole, hasRoleAnywhere, open, useDirectory } from "./directory";
import { Groups } from "./groups";
import { Import } from "./import";
import { PeopleList } from "./list";
import { PolicyPage } from "./policy";
import { Responder } from "./responder";
import { PrincipalPage } from "./principal";
import { Level } from "./section";
import { UnitPage } from "./unit";
import { Units } from "./units";
import { deciding, lookAhead, WaitingPage } from "./waiting";
import { p, type PeopleKey } from "./words";

export const PEOPLE = "/app/people";

interface Tab {
  readonly at: string;
  readonly text: PeopleKey;
  /** Who has one of these has a use for it. */
  readonly roles: readonly Relation[];
  /** In the organisation, not only in a unit. */
  readonly org?: boolean;
  /** Who has this one does it elsewhere. */
  readonly unless?: Relation;
  readonly body: (rest: string | undefined) => ReactNode;
}

const PEOPLE_TAB: Tab = {
  at: "",
  text: "tab.people",
  roles: ["user_admin"],
  body: () => <PeopleList />,
};

const WAITING_TAB: Tab = {
  at: "waiting",
  text: "tab.waiting",
  roles: ["user_admin"],
  body: () => <WaitingPage />,
};

const TABS: readonly Tab[] = [
  PEOPLE_TAB,
  {
    at: "sessions",
    text: "tab.sessions",
    roles: ["security_responder"],
    unless: "user_admin",
    body: () => <Responder />,
  },
  {
    at: "groups",
    text: "tab.groups",
    roles: ["user_admin"],
    body: () => <Groups />,
  },
  {
    at: "units",
    text: "tab.units",
    roles: ["user_admin"],
    body: (id) => (id === undefined ? <Units /> : <UnitPage key={id} id={id} />),
  },
  {
    at: "apps",
    text: "tab.apps",
    roles: ["user_admin"],
    org: true,
    body: (app) => <AppsPage at={app} />,
  },
  {
    at: "roles",
    text: "tab.roles",
    roles: ["user_admin"],
    org: true,
    body: (role) => <RolesPage at={role} />,
  },
  WAITING_TAB,
  {
    at: "policy",
    text: "tab.policy",
    roles: ["user_admin", "security_responder"],
    org: true,
    body: () => <PolicyPage />,
  },
];

/** Not among the tabs: they are come to from elsewhere. */
const IMPORT: Tab = {
  at: "import",
  text: "import.title",
  roles: ["user_admin"],
  body: () => <Import />,
};

const isPrincipal = (text: string): boolean => /^p[0-9a-z]{13}$/.test(text);

/** The first that one has a use for, where the address names none. */
function tabOf(first: string): Tab | undefined {
  if (isPrincipal(first)) return PEOPLE_TAB;
  const named = [...TABS, IMPORT].find((tab) => tab.at === first);
  return named === PEOPLE_TAB ? (TABS.find(isFor) ?? named) : named;
}

const isFor = (tab: Tab): boolean =>
  tab.roles.some(tab.org ? hasRole : hasRoleAnywhere) &&
  (tab.unless === undefined || !hasRoleAnywhere(tab.unless));

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

function Nowhere() {
  return (
    <main className="page" id="main" tabIndex={-1}>
      <h1>{t("nowhere.title")}</h1>
      <p>
        <Link href="/app/people">{p("nowhere.people")}</Link>
      </p>
    </main>
  );
}

function Tabs({ now }: { now: Tab }) {
  const { count } = useStore(deciding, (value) => value);
  if (!TABS.some(isFor)) return null;
  return (
    <nav className="p-tabs" aria-label={p("title")}>
      {TABS.filter(isFor).map((tab) => (
        <Link
          key={tab.at}
          href={tab.at === "" ? PEOPLE : `${PEOPLE}/${tab.at}`}
          aria-current={tab === now ? "page" : undefined}
        >
          {p(tab.text)}
          {tab === WAITING_TAB && count > 0 && (
            <CounterBadge
              className="p-count"
              count={count}
              size="small"
              aria-label={p("waiting.badge", { count })}
            />
          )}
        </Link>
      ))}
    </nav>
  );
}

export default function PeoplePage() {
  const { path } = usePlace();
  const { reach, wrong } = useDirectory();
  useEffect(() => {
    void open().then(() => hasRoleAnywhere("user_admin") && lookAhead());
  }, []);
  const [, , , first = "", second] = path.split("/");
  const tab = tabOf(first);
  const named = isPrincipal(first);
  useEffect(() => {
    if (!named) document.title = `${p(tab?.text ?? "title")} · ${t("app.name")}`;
  }, [tab, named]);
  if (wrong !== "" || reach === undefined)
    return (
      <main className="page" id="main" tabIndex={-1}>
        <h1>{p("title")}</h1>
        {wrong === "" ? (
          <Spinner label={t("waiting")} />
        ) : (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        )}
      </main>
    );
  if (tab === undefined) return <Nowhere />;
  // What is about oneself, everybody may see.
  if (!isFor(tab) && tab !== WAITING_TAB) return <Refusal />;
  return (
    <main className="p-page" id="main" tabIndex={-1}>
      <h1>{p(isFor(tab) ? "title" : "tab.waiting")}</h1>
      <Tabs now={tab === IMPORT ? PEOPLE_TAB : tab} />
      {named ? (
        <PrincipalPage id={first} at={second ?? ""} />
      ) : (
        <Level value={second === undefined ? "h2" : "h3"}>
          {tab.body(second)}
        </Level>
      )}
    </main>
  );
}
