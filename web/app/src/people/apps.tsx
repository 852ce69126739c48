// Who may use each app, and who has each role: what was given, and all who have it.
import { Button } from "@fluentui/react-components";
import { Apps20Regular, ShieldTask20Regular } from "@fluentui/react-icons";
import { type ReactNode, useState } from "react";

import type {
  AccessWhoCan,
  App,
  Cause,
  Grant,
  Principal,
  WhoCan,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { APPS } from "./app-rights";
import { directory } from "./directory";
import { expiring, kindText, UntilField, WhoField } from "./fields";
import { principalLink } from "./links";
import { type Loaded, useLoaded } from "./loaded";
import { type Role, ROLES } from "./roles";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { p } from "./words";

/** An app, or a role in the organisation. */
type Thing =
  | { readonly app: App; readonly name: string }
  | { readonly role: Role; readonly name: string };

const listOf = (thing: Thing, cause: Cause) =>
  "app" in thing
    ? call("app.list", { app: thing.app }, cause)
    : call("role.list", {}, cause).then(({ list }) => ({
        list: list.filter((grant) => grant.relation === thing.role),
      }));

function Give({
  thing,
  onClose,
  onDone,
}: {
  thing: Thing;
  onClose: () => void;
  onDone: () => void;
}) {
  const [who, setWho] = useState<Principal>();
  const { name } = thing;
  return (
    <Asking
      title={p("thing.giveTitle", { name })}
      button={p("give")}
      disabled={who === undefined}
      onClose={onClose}
      onDone={async (form) => {
        if (who === undefined) return;
        const to = { principal: who.id, ...expiring(form) };
        const made =
          "app" in thing
            ? await byTwo("app.grant", { app: thing.app, ...to })
            : await byTwo("role.grant", { relation: thing.role, ...to });
        if (made !== undefined)
          tell({
            intent: "success",
            text: p("role.given", { name: who.name, role: name }),
          });
        onDone();
      }}
    >
      <WhoField
        label={p("member.who")}
        list={directory.value.list.filter(
          (one) =>
            !one.ended &&
            ["person", "guest", "group", "service"].includes(one.kind),
        )}
        onPick={setWho}
      />
      <UntilField />
    </Asking>
  );
}

function Given({ thing }: { thing: Thing }) {
  const loaded = useLoaded((cause) => listOf(thing, cause), thing.name);
  const [asks, setAsks] = useState(false);
  const take = (grant: Grant) =>
    attempt(async () => {
      const args = { grant: grant.id };
      await ("app" in thing
        ? call("app.revoke", args)
        : call("role.revoke", args));
      tell({
        intent: "success",
        text: p("role.taken", { name: grant.name ?? "", role: thing.name }),
      });
      await loaded.again();
    });
  return (
    <Section
      id="given"
      title={p("section.given")}
      hint={p("app" in thing ? "section.givenApp" : "section.givenRole")}
      act={
        <Button id="thing-give" onClick={() => setAsks(true)}>
          {p("give")}
        </Button>
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list}
        none={p("given.none")}
        row={(grant) => (
          <li key={grant.id}>
            <div>
              <Link href={principalLink(grant.principal)}>
                <Name text={grant.name ?? ""} />
              </Link>
              <span className="hint">
                {grant.kind !== undefined && `${kindText(grant.kind)} · `}
                {p("since", { time: dateText(grant.created) })}
                {grant.expires !== undefined &&
                  ` · ${p("until", { time: dateText(grant.expires) })}`}
              </span>
            </div>
            <Button
              aria-label={p("role.takeFrom", {
                role: thing.name,
                name: grant.name ?? "",
              })}
              onClick={() => void take(grant)}
            >
              {p("take")}
            </Button>
          </li>
        )}
      />
      {asks && (
        <Give
          thing={thing}
          onClose={() => setAsks(false)}
          onDone={() => {
            setAsks(false);
            void loaded.again();
          }}
        />
      )}
    </Section>
  );
}

const PAGE = 200;

function WhoRow({ one }: { one: WhoCan }) {
  return (
    <li>
      <div>
        <Link href={principalLink(one.principal)}>
          <Name text={one.name} />
        </Link>
        <span className="hint">
          {kindText(one.kind)}
          {one.group_name !== undefined &&
            ` · ${p("through", { name: one.group_name })}`}
          {one.expires !== undefined &&
            ` · ${p("until", { time: dateText(one.expires) })}`}
        </span>
      </div>
    </li>
  );
}

/** Asked for: of a large organisation it is a long list. */
function All({ thing }: { thing: Thing }) {
  const [list, setList] = useState<readonly WhoCan[]>();
  const [more, setMore] = useState(true);
  const what: AccessWhoCan =
    "app" in thing
      ? { relation: "use", app: thing.app }
      : { relation: thing.role };
  const read = () =>
    attempt(async () => {
      const after = list?.at(-1)?.principal;
      const page = await call("access.who_can", {
        ...what,
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      setList([...(list ?? []), ...page.list]);
      setMore(page.more);
    });
  const loaded: Loaded<unknown> = {
    value: list,
    wrong: "",
    again: async () => undefined,
  };
  return (
    <Section
      id="who-can"
      title={p("section.whoCan")}
      hint={p("section.whoCanText")}
    >
      {list !== undefined && (
        <Rows
          of={loaded}
          list={list}
          none={p("whoCan.none")}
          row={(one) => <WhoRow key={one.principal} one={one} />}
        />
      )}
      {more && (
        <Button id="who-can-ask" onClick={() => void read()}>
          {p(list === undefined ? "whoCan.ask" : "whoCan.more")}
        </Button>
      )}
    </Section>
  );
}

function ThingPage({
  thing,
  icon,
  about,
}: {
  thing: Thing;
  icon: ReactNode;
  about: string;
}) {
  return (
    <div className="p-one">
      <header className="p-one-head">
        <span className="p-face">{icon}</span>
        <div>
          <h2>{thing.name}</h2>
          <span className="hint">{about}</span>
        </div>
      </header>
      <div className="p-parts">
        <Given thing={thing} />
        <All thing={thing} />
      </div>
    </div>
  );
}

function Cards({
  list,
  at,
}: {
  list: readonly { key: string; name: string; about: string; icon: ReactNode }[];
  at: string;
}) {
  return (
    <ul className="p-cards">
      {list.map(({ key, name, about, icon }) => (
        <li key={key}>
          <Link href={`/app/people/${at}/${key}`} className="p-card">
            <span className="p-face">{icon}</span>
            <span>
              <strong>{name}</strong>
              <span className="hint">{about}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function AppsPage({ at }: { at: string | undefined }) {
  const app = APPS.find((one) => one === at);
  if (app !== undefined)
    return (
      <ThingPage
        key={app}
        thing={{ app, name: p(`app.${app}`) }}
        icon={<Apps20Regular />}
        about={p(`app.${app}.about`)}
      />
    );
  return (
    <Cards
      at="apps"
      list={APPS.map((one) => ({
        key: one,
        name: p(`app.${one}`),
        about: p(`app.${one}.about`),
        icon: <Apps20Regular />,
      }))}
    />
  );
}

export function RolesPage({ at }: { at: string | undefined }) {
  const role = ROLES.find((one) => one === at);
  if (role !== undefined)
    return (
      <ThingPage
        key={role}
        thing={{ role, name: p(`role.${role}`) }}
        icon={<ShieldTask20Regular />}
        about={p(`role.${role}.about`)}
      />
    );
  return (
    <Cards
      at="roles"
      list={ROLES.map((one) => ({
        key: one,
        name: p(`role.${one}`),
        about: p(`role.${one}.about`),
        icon: <ShieldTask20Regular />,
      }))}
    />
  );
}
