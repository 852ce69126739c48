// The frame around the pages: where one can go, the search, and who one is.
import {
  Avatar,
  Button,
  CounterBadge,
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  SearchBox,
} from "@fluentui/react-components";
import {
  ClipboardTextLtr20Regular,
  Delete20Regular,
  Folder20Regular,
  Home20Regular,
  People20Regular,
  PeopleSettings20Regular,
  PersonClock20Regular,
  Rocket20Regular,
  ShieldCheckmark20Regular,
  ShieldKeyhole20Regular,
  SignOut20Regular,
  Star20Regular,
} from "@fluentui/react-icons";
import {
  type ComponentProps,
  type ComponentType,
  type LazyExoticComponent,
  type ReactNode,
  Suspense,
  useEffect,
  useState,
} from "react";

import icon from "../../pages/icon.svg";
import { attempt, hasOneOf, HOME, me, signOut } from "./app";
import { questions } from "./files/ask";
import { bringsItems, dropIntoTrash } from "./files/drag";
import FilesPage from "./files/page";
import { uploads } from "./files/uploads";
import { type Where } from "./files/model";
import type { FolderId, Relation } from "../../../clients/types";
import { Guard } from "./guard";
import { later } from "./later";
import { Name } from "./name";
import { Link, navigate, usePlace } from "./router";
import { isUnfinished, lookOnce, start } from "./start/progress";
import { useStore } from "./store";
import { CHOICES, type Choice, choose, useChoice } from "./theme";
import { Waiting } from "./waiting";
import { t, type WordKey } from "./words";

const SECURITY = "/app/security";
const START = "/app/start";
const TRASH = "/app/trash";
const Questions = later(() => import("./files/questions"), true);
const UploadsPanel = later(() => import("./files/uploads-panel"), true);

/**
 * The pages that are loaded when somebody goes there, by the path that they and
 * all below them have.
 */
const PAGES: { readonly [path: string]: LazyExoticComponent<ComponentType> } = {
  [SECURITY]: later(() => import("./security/page")),
  [HOME]: later(() => import("./home/page")),
  "/app/log": later(() => import("./log/page")),
  "/app/bar": later(() => import("./bar/page")),
  "/app/people": later(() => import("./people/page")),
  [START]: later(() => import("./start/checklist")),
  "/app/file": later(() => import("./preview/alone")),
};

const isBelow = (path: string, above: string): boolean =>
  path === above || path.startsWith(`${above}/`);

interface PlaceOf {
  readonly href: string;
  readonly text: WordKey;
  readonly icon: ReactNode;
  /** Only who has one of these roles has a use for it. */
  readonly roles?: readonly Relation[];
  /** Only while something waits for oneself, which its badge tells. */
  readonly waits?: boolean;
}

const PLACES: readonly PlaceOf[] = [
  { href: HOME, text: "home.title", icon: <Home20Regular /> },
  { href: "/app/files", text: "files.title", icon: <Folder20Regular /> },
  { href: "/app/starred", text: "starred.title", icon: <Star20Regular /> },
  { href: "/app/shared", text: "shared.short", icon: <People20Regular /> },
  { href: TRASH, text: "trash.title", icon: <Delete20Regular /> },
  {
    href: "/app/people",
    text: "people.short",
    icon: <PeopleSettings20Regular />,
    roles: ["user_admin", "security_responder"],
  },
  {
    href: "/app/bar",
    text: "bar.short",
    icon: <ShieldCheckmark20Regular />,
    roles: ["user_admin", "log_reader"],
  },
  {
    href: "/app/people/waiting",
    text: "waiting.short",
    icon: <PersonClock20Regular />,
    waits: true,
  },
  {
    href: "/app/log",
    text: "log.short",
    icon: <ClipboardTextLtr20Regular />,
    roles: ["log_reader"],
  },
  { href: SECURITY, text: "security.short", icon: <ShieldKeyhole20Regular /> },
  {
    href: START,
    text: "start.short",
    icon: <Rocket20Regular />,
    roles: ["user_admin"],
  },
];

/** What the address names, if it is files. */
function whereOf(path: string, query: URLSearchParams): Where | undefined {
  if (path === "/app/shared") return { kind: "shared" };
  if (path === "/app/starred") return { kind: "starred" };
  if (path === "/app/trash") return { kind: "trash" };
  if (path === "/app/search")
    return { kind: "search", text: query.get("q") ?? "" };
  const [, , first, id] = path.split("/");
  if (first !== "files") return undefined;
  const folder = id ?? me().home;
  return folder === undefined
    ? undefined
    : { kind: "folder", id: folder as FolderId };
}

function UserMenu() {
  const { name, login } = me();
  const choice = useChoice();
  return (
    <Menu
      checkedValues={{ theme: [choice] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        choose((checkedItems[0] ?? "system") as Choice)
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          id="me"
          appearance="transparent"
          icon={
            <Avatar
              name={name}
              aria-label={t("me.menu", { name })}
              color="brand"
              size={28}
            />
          }
        />
      </MenuTrigger>
      <MenuPopover>
        <div className="me">
          <Name text={name} />
          {login !== undefined && <Name className="hint" text={login} />}
        </div>
        <MenuList>
          <MenuDivider />
          {CHOICES.map((one) => (
            <MenuItemRadio key={one} name="theme" value={one}>
              {t(`theme.${one}`)}
            </MenuItemRadio>
          ))}
          <MenuDivider />
          <MenuItem
            icon={<ShieldKeyhole20Regular />}
            onClick={() => navigate(SECURITY)}
          >
            {t("security.title")}
          </MenuItem>
          <MenuItem
            id="sign-out"
            icon={<SignOut20Regular />}
            onClick={() => void attempt(signOut)}
          >
            {t("signOut")}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function Search() {
  const { path, query } = usePlace();
  const given = path === "/app/search" ? (query.get("q") ?? "") : "";
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "")
          navigate(`/app/search?q=${encodeURIComponent(text.trim())}`);
      }}
    >
      <SearchBox
        id="search"
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        value={text}
        onChange={(_, { value }) => setText(value)}
      />
    </form>
  );
}

/** Its place goes once all is done. */
function useStart(): boolean {
  useEffect(() => {
    if (hasOneOf(["user_admin"])) lookOnce();
  }, []);
  return useStore(start, isUnfinished);
}

/** Some places are for who has a role, or while something waits for them. */
const isShown = ({ roles, waits }: PlaceOf): boolean =>
  (roles === undefined || hasOneOf(roles)) &&
  (!waits || (me().waiting ?? 0) > 0);

/** What is dropped on the trash is thrown away. */
function TrashLink(given: ComponentProps<typeof Link>) {
  const [over, setOver] = useState(false);
  return (
    <Link
      {...given}
      className={`place${over ? " over" : ""}`}
      onDragOver={(event) => {
        if (!bringsItems(event.dataTransfer)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        dropIntoTrash(event);
      }}
    />
  );
}

function Nav() {
  const { path } = usePlace();
  const waiting = me().waiting ?? 0;
  const starts = useStart() || path === START;
  const shown = PLACES.filter(
    (place) => isShown(place) && (place.href !== START || starts),
  );
  // The nearest of those that it lies below.
  const now = shown.findLast((place) => isBelow(path, place.href));
  return (
    <nav className="nav" aria-label={t("nav.label")}>
      {shown.map((place) => {
        const Place = place.href === TRASH ? TrashLink : Link;
        return (
          <Place
            key={place.href}
            href={place.href}
            className="place"
            aria-current={place === now ? "page" : undefined}
          >
            {place.icon}
            <span>{t(place.text)}</span>
            {place.waits && (
              <CounterBadge
                count={waiting}
                size="small"
                color="danger"
                aria-label={t("waiting.count", { count: waiting })}
              />
            )}
          </Place>
        );
      })}
    </nav>
  );
}

function Page(): ReactNode {
  const { path, query } = usePlace();
  const where = whereOf(path, query);
  if (where !== undefined) return <FilesPage where={where} />;
  const found = Object.entries(PAGES).find(([above]) => isBelow(path, above));
  if (found !== undefined) {
    const [above, Found] = found;
    return (
      <Suspense key={above} fallback={<Waiting />}>
        <Found />
      </Suspense>
    );
  }
  return (
    <main className="page" id="main" tabIndex={-1}>
      <h1>{t("nowhere.title")}</h1>
      <p>
        <Link href={HOME}>{t("nowhere.home")}</Link>
      </p>
    </main>
  );
}

/** What is about files, and goes on wherever one is. */
function Asides() {
  const asked = useStore(questions, (value) => value.list.length > 0);
  const uploading = useStore(uploads, (value) => value.all > 0);
  return (
    <Suspense fallback={null}>
      {asked && <Questions />}
      {uploading && <UploadsPanel />}
    </Suspense>
  );
}

export default function Shell() {
  const { path } = usePlace();
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t("skip")}
      </a>
      <header className="top">
        <Link href={HOME} className="mark" aria-label={t("home")}>
          <img src={icon} alt="" width={24} height={24} />
          <span>{t("app.name")}</span>
        </Link>
        <Search />
        <UserMenu />
      </header>
      <div className="under">
        <Nav />
        <Guard at={path}>
          <Page />
        </Guard>
      </div>
      <Asides />
    </div>
  );
}
