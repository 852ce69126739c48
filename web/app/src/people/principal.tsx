// The page of one: a person, a guest, a program or a group.
import {
  Avatar,
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Spinner,
} from "@fluentui/react-components";
import {
  Bot20Regular,
  MoreHorizontal20Regular,
  PeopleTeam20Regular,
} from "@fluentui/react-icons";
import { type ReactNode, useEffect, useState } from "react";

import type { Principal } from "../../../../clients/types";
import { shownName } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { t } from "../words";
import { About } from "./about";
import { type Act, ActDialog, ACTS, fits } from "./acts";
import { AppRights } from "./app-rights";
import { AllThatLets } from "./authority";
import { findPrincipal, hasRole, stateOf, useDirectory } from "./directory";
import { kindText } from "./fields";
import { principalLink, readsLog } from "./links";
import { Members } from "./members";
import { Memberships } from "./memberships";
import { StateMark } from "./marks";
import { Roles } from "./roles";
import { Credentials, Sessions } from "./sign-ins";
import { Tokens } from "./tokens";
import { Why } from "./why";
import { p, type PeopleKey } from "./words";

interface Part {
  readonly at: string;
  readonly text: PeopleKey;
  readonly is: (one: Principal) => boolean;
  readonly body: (one: Principal) => ReactNode;
}

const isGroup = (one: Principal): boolean => one.kind === "group";
const isProgram = (one: Principal): boolean => one.kind === "service";

const PARTS: readonly Part[] = [
  {
    at: "members",
    text: "part.members",
    is: (one) => isGroup(one) && !one.ended,
    body: (one) => <Members group={one} />,
  },
  {
    at: "about",
    text: "part.about",
    is: () => true,
    body: (one) => <About one={one} />,
  },
  {
    at: "rights",
    text: "part.rights",
    is: () => true,
    body: (one) => (
      <>
        <Memberships one={one} />
        <Roles one={one} />
        {hasRole("user_admin") && <AppRights one={one} />}
      </>
    ),
  },
  {
    at: "sign-in",
    text: "part.signIn",
    is: (one) => !isGroup(one) && !isProgram(one),
    body: (one) => (
      <>
        <Sessions one={one} />
        <Credentials one={one} />
      </>
    ),
  },
  {
    at: "tokens",
    text: "part.tokens",
    is: isProgram,
    body: (one) => <Tokens one={one} />,
  },
  {
    at: "why",
    text: "part.why",
    is: () => true,
    body: (one) => (
      <>
        <Why one={one} />
        {readsLog() && <AllThatLets one={one} />}
      </>
    ),
  },
];

const actsOf = (one: Principal): readonly Act[] =>
  ACTS.filter(
    (act) =>
      fits(act, one) &&
      (hasRole("user_admin") || (act !== "export" && act !== "erase")),
  );

const IN_SIGHT = 4;

function Acts({ one, onAct }: { one: Principal; onAct: (act: Act) => void }) {
  const acts = actsOf(one);
  const rest = acts.slice(IN_SIGHT);
  return (
    <div className="p-acts">
      <span className="p-wide buttons">
        {acts.slice(0, IN_SIGHT).map((act) => (
          <Button key={act} onClick={() => onAct(act)}>
            {p(`act.${act}`)}
          </Button>
        ))}
      </span>
      {acts.length > 0 && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button
              id="more"
              className={rest.length > 0 ? "" : "p-thin"}
              icon={<MoreHorizontal20Regular />}
              aria-label={p("more")}
            />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {acts.map((act, i) => (
                <MenuItem
                  key={act}
                  className={i < IN_SIGHT ? "p-thin" : ""}
                  onClick={() => onAct(act)}
                >
                  {p(`act.${act}`)}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </div>
  );
}

function Face({ one }: { one: Principal }) {
  const icon = isGroup(one) ? (
    <PeopleTeam20Regular />
  ) : isProgram(one) ? (
    <Bot20Regular />
  ) : undefined;
  return (
    <Avatar
      name={one.name}
      size={56}
      aria-hidden
      color={one.ended ? "neutral" : "colorful"}
      idForColor={one.id}
      {...(icon === undefined ? {} : { icon, initials: "" })}
    />
  );
}

function Found({ one, at }: { one: Principal; at: string }) {
  const [doing, setDoing] = useState<Act>();
  const parts = PARTS.filter((part) => part.is(one));
  const now = parts.find((part) => part.at === at) ?? parts[0];
  const close = () => setDoing(undefined);
  useEffect(() => {
    document.title = `${shownName(one.name)} · ${t("app.name")}`;
  }, [one.name]);
  return (
    <div className="p-one">
      <header className="p-one-head">
        <Face one={one} />
        <div>
          <h2>
            <Name text={one.name} />
          </h2>
          <span className="hint">
            {kindText(one.kind)}
            {one.login !== undefined && (
              <>
                {" · "}
                <Name text={one.login} />
              </>
            )}{" "}
            {stateOf(one) !== "active" && <StateMark state={stateOf(one)} />}
          </span>
        </div>
        <Acts one={one} onAct={setDoing} />
      </header>
      <nav className="p-tabs" aria-label={shownName(one.name)}>
        {parts.map((part) => (
          <Link
            key={part.at}
            href={`${principalLink(one.id)}/${part.at}`}
            aria-current={part === now ? "page" : undefined}
          >
            {p(part.text)}
          </Link>
        ))}
      </nav>
      <div className="p-parts" key={`${one.id} ${now?.at}`}>
        {now?.body(one)}
      </div>
      {doing !== undefined && (
        <ActDialog act={doing} who={[one]} onClose={close} onDone={close} />
      )}
    </div>
  );
}

export function PrincipalPage({ id, at }: { id: string; at: string }) {
  const { whole } = useDirectory();
  const one = findPrincipal(id);
  if (one !== undefined) return <Found one={one} at={at} />;
  return (
    <div className="p-one">
      {whole ? (
        <p>{p("one.none")}</p>
      ) : (
        <Spinner label={t("waiting")} className="p-spinner" />
      )}
    </div>
  );
}
