// Where one can go: a list beside the page; on a phone a bar below it, whose last
// button has what finds no room.
import {
  ClipboardTextLtr20Regular,
  Delete20Regular,
  Folder20Regular,
  Home20Regular,
  MoreHorizontal20Regular,
  People20Regular,
  PeopleSettings20Regular,
  PersonClock20Regular,
  Rocket20Regular,
  ShieldCheckmark20Regular,
  ShieldKeyhole20Regular,
  Star20Regular,
} from "@fluentui/react-icons";
import {
  type ComponentProps,
  type JSX,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";

import type { Relation } from "../../../clients/types";
import { hasOneOf, HOME, me } from "./app";
import { bringsItems, dropIntoTrash } from "./files/drag";
import { later } from "./later";
import { useOpener } from "./opener";
import { phone } from "./phone";
import { Link, usePlace } from "./router";
import { isUnfinished, lookOnce, start } from "./start/progress";
import { useStore } from "./store";
import { t, type WordKey } from "./words";

const MorePlaces = later(() => import("./nav-more"), { first: true });

export const SECURITY = "/app/security";
export const START = "/app/start";
const TRASH = "/app/trash";

export const isBelow = (path: string, above: string): boolean =>
  path === above || path.startsWith(`${above}/`);

export interface PlaceOf {
  readonly href: string;
  readonly text: WordKey;
  readonly icon: JSX.Element;
  /** Only who has one of these roles has a use for it. */
  readonly roles?: readonly Relation[];
  /** Only while something waits for oneself, which its badge tells. */
  readonly waits?: boolean;
}

/** One's own places, and behind them those of who administers. */
const PLACES: readonly PlaceOf[] = [
  { href: HOME, text: "home.title", icon: <Home20Regular /> },
  { href: "/app/files", text: "files.title", icon: <Folder20Regular /> },
  { href: "/app/starred", text: "starred.title", icon: <Star20Regular /> },
  { href: "/app/shared", text: "shared.short", icon: <People20Regular /> },
  { href: TRASH, text: "trash.title", icon: <Delete20Regular /> },
  {
    href: "/app/people/waiting",
    text: "waiting.short",
    icon: <PersonClock20Regular />,
    waits: true,
  },
  { href: SECURITY, text: "security.short", icon: <ShieldKeyhole20Regular /> },
  {
    href: START,
    text: "start.short",
    icon: <Rocket20Regular />,
    roles: ["user_admin"],
  },
  {
    href: "/app/people",
    text: "people.short",
    icon: <PeopleSettings20Regular />,
    roles: ["user_admin", "security_responder"],
  },
  {
    href: "/app/log",
    text: "log.short",
    icon: <ClipboardTextLtr20Regular />,
    roles: ["log_reader"],
  },
  {
    href: "/app/bar",
    text: "bar.short",
    icon: <ShieldCheckmark20Regular />,
    roles: ["user_admin", "log_reader"],
  },
];

/** So many find room in the bar, with a button for the others or without. */
const IN_BAR = 5;

const usePhone = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      phone.addEventListener("change", changed);
      return () => phone.removeEventListener("change", changed);
    },
    () => phone.matches,
  );

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
function TrashLink({ className, ...given }: ComponentProps<typeof Link>) {
  const [over, setOver] = useState(false);
  return (
    <Link
      {...given}
      className={`${className ?? ""}${over ? " over" : ""}`}
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

function Badge() {
  const count = me().waiting ?? 0;
  return (
    <span
      className="count"
      role="img"
      aria-label={t("waiting.count", { count })}
    >
      {count}
    </span>
  );
}

function More({
  places,
  now,
}: {
  places: readonly PlaceOf[];
  now: PlaceOf | undefined;
}) {
  const here = places.find((place) => place === now);
  const { opener, opened } = useOpener();
  return (
    <>
      <button
        {...opener}
        type="button"
        id="nav-more"
        className="place"
        aria-current={here === undefined ? undefined : "true"}
      >
        {here?.icon ?? <MoreHorizontal20Regular />}
        <span>{t("nav.more")}</span>
        {places.some((place) => place.waits) && <Badge />}
      </button>
      {opened !== undefined && (
        <MorePlaces {...opened} places={places} now={now} />
      )}
    </>
  );
}

export function Nav() {
  const { path } = usePlace();
  const isPhone = usePhone();
  const starts = useStart() || path === START;
  const shown = PLACES.filter(
    (place) => isShown(place) && (place.href !== START || starts),
  );
  // The nearest of those that it lies below.
  const now = shown
    .filter((place) => isBelow(path, place.href))
    .reduce<PlaceOf | undefined>(
      (best, place) =>
        best === undefined || place.href.length > best.href.length
          ? place
          : best,
      undefined,
    );
  const room = isPhone && shown.length > IN_BAR ? IN_BAR - 1 : shown.length;
  const firstOfRole = shown.find((place) => place.roles !== undefined);
  return (
    <nav className="nav" aria-label={t("nav.label")}>
      {shown.slice(0, room).map((place) => {
        const Place = place.href === TRASH ? TrashLink : Link;
        return (
          <Place
            key={place.href}
            href={place.href}
            className={place === firstOfRole ? "place apart" : "place"}
            aria-current={place === now ? "page" : undefined}
          >
            {place.icon}
            <span>{t(place.text)}</span>
            {place.waits && <Badge />}
          </Place>
        );
      })}
      {room < shown.length && <More places={shown.slice(room)} now={now} />}
    </nav>
  );
}
