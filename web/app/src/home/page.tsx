// Where one begins: what one had last, what one has starred, what others have
// shared, and how much room there is.
import { Button, ProgressBar } from "@fluentui/react-components";
import { Folder20Regular } from "@fluentui/react-icons";
import {
  type DragEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useState,
} from "react";

import type { NodeId, Quota } from "../../../../clients/types";
import { me } from "../app";
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { onChanges } from "../client/push";
import { addressOf, open } from "../files/acts";
import { NewButton } from "../files/commands";
import { setDragged } from "../files/drag";
import { IconOf } from "../files/icon";
import { type Item, ownItem, sharedItem } from "../files/model";
import { uploadDropped } from "../files/uploads";
import { shareOf, shownName, sizeText, timeText, whenText } from "../format";
import { later } from "../later";
import { Name } from "../name";
import { isPlainClick, Link, navigate, usePlace } from "../router";
import { t } from "../words";
import { words } from "./words";
import "./style.css";

const Above = later(() => import("../preview/above"), { first: true });

const RECENT = 12;
const FEW = 8;

type Cause = "user" | "push";

interface Lists {
  readonly recent?: readonly Item[];
  readonly starred?: readonly Item[];
  readonly shared?: readonly Item[];
}

const loads: {
  readonly [list in keyof Lists]-?: (cause: Cause) => Promise<readonly Item[]>;
} = {
  recent: async (cause) =>
    (await call("recent.list", { limit: RECENT }, cause)).list.map(ownItem),
  starred: async (cause) =>
    (await call("star.list", { limit: FEW }, cause)).list.map(ownItem),
  shared: async (cause) =>
    (await call("share.with_me", { limit: FEW }, cause)).list.map(sharedItem),
};
const LISTS = Object.keys(loads) as (keyof Lists)[];

// What was shown last is there at once on the way back.
let kept: Lists = {};

function useLists(): { readonly lists: Lists; readonly wrong: string } {
  const [lists, setLists] = useState(kept);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let live = true;
    const load = (cause: Cause) => {
      for (const list of LISTS)
        loads[list](cause).then(
          (items) => {
            kept = { ...kept, [list]: items };
            if (live) setLists(kept);
          },
          (error: unknown) => live && setWrong(textOf(error)),
        );
    };
    load("user");
    const end = onChanges(() => load("push"));
    return () => {
      live = false;
      end();
    };
  }, []);
  return { lists, wrong };
}

function press(item: Item) {
  return (event: MouseEvent) => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    open(item);
  };
}

const drag = (item: Item) => ({
  draggable: true,
  onDragStart: (event: DragEvent) => setDragged(event, [item]),
});

function Card({ item }: { item: Item }) {
  return (
    <li>
      <a
        className="home-card"
        href={addressOf(item)}
        title={shownName(item.name)}
        onClick={press(item)}
        {...drag(item)}
      >
        <span className="home-picture">
          <IconOf item={item} />
        </span>
        <Name className="home-name" text={item.name} />
        <span className="hint" title={timeText(item.time)}>
          {whenText(item.time)}
          {item.about !== undefined && (
            <>
              {" · "}
              <Name text={item.about} />
            </>
          )}
        </span>
      </a>
    </li>
  );
}

function Line({ item }: { item: Item }) {
  return (
    <li>
      <a
        className="home-line"
        href={addressOf(item)}
        title={shownName(item.name)}
        onClick={press(item)}
        {...drag(item)}
      >
        <IconOf item={item} />
        <Name className="home-name" text={item.name} />
        <span className="hint">
          {item.about === undefined ? (
            whenText(item.time)
          ) : (
            <bdi>{words("by", { name: item.about })}</bdi>
          )}
        </span>
      </a>
    </li>
  );
}

function Part({
  id,
  title,
  none,
  all,
  items,
  children,
}: {
  id: string;
  title: string;
  none: string;
  all?: { readonly href: string; readonly label: string };
  items: readonly Item[] | undefined;
  children: (item: Item) => ReactNode;
}) {
  return (
    <section className={`home-part ${id}`} aria-labelledby={`home-${id}`}>
      <header>
        <h2 id={`home-${id}`}>{title}</h2>
        {all !== undefined && items !== undefined && items.length > 0 && (
          <Link href={all.href} aria-label={all.label}>
            {words("all")}
          </Link>
        )}
      </header>
      {items === undefined ? (
        <p className="hint">{t("waiting")}</p>
      ) : items.length === 0 ? (
        <p className="hint">{none}</p>
      ) : (
        <ul>{items.map(children)}</ul>
      )}
    </section>
  );
}

function Storage() {
  const [quota, setQuota] = useState<Quota>();
  useEffect(() => {
    // What can't be told is left out.
    call("quota.get", { principal: me().principal }, "prefetch").then(
      setQuota,
      () => undefined,
    );
  }, []);
  if (quota === undefined) return null;
  const used = sizeText(quota.used);
  const { limit } = quota;
  const share = limit === undefined ? 0 : shareOf(quota.used, limit);
  return (
    <section className="home-storage" aria-label={words("storage")}>
      <span className="hint">
        {limit === undefined
          ? words("used", { used })
          : words("usedOf", { used, limit: sizeText(limit) })}
      </span>
      {limit !== undefined && (
        <ProgressBar
          aria-label={words("storage")}
          value={share}
          thickness="large"
          color={share > 0.95 ? "error" : share > 0.8 ? "warning" : "brand"}
        />
      )}
    </section>
  );
}

export default function HomePage() {
  const { lists, wrong } = useLists();
  const previewed = usePlace().query.get("preview") as NodeId | null;
  const { home } = me();
  useEffect(() => {
    document.title = `${t("home.title")} · ${t("app.name")}`;
  }, []);
  const among = LISTS.map((list) => lists[list] ?? []).find((items) =>
    items.some(({ id }) => id === previewed),
  );
  return (
    <main
      id="main"
      className="page home"
      tabIndex={-1}
      onDragOver={(event) => {
        if (home !== undefined && event.dataTransfer.types.includes("Files"))
          event.preventDefault();
      }}
      onDrop={(event) => {
        if (home === undefined || !event.dataTransfer.types.includes("Files"))
          return;
        event.preventDefault();
        uploadDropped(event.dataTransfer, home);
      }}
    >
      <header className="home-top">
        <h1>{t("home.title")}</h1>
        {home !== undefined && (
          <>
            <NewButton folder={home} />
            <Button
              icon={<Folder20Regular />}
              onClick={() => navigate("/app/files")}
            >
              {words("mine")}
            </Button>
          </>
        )}
        <Storage />
      </header>
      {wrong !== "" && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      <Part
        id="recent"
        title={words("recent")}
        none={words("recentNone")}
        items={lists.recent}
      >
        {(item) => <Card key={item.id} item={item} />}
      </Part>
      <div className="home-two">
        <Part
          id="starred"
          title={words("starred")}
          none={words("starredNone")}
          all={{ href: "/app/starred", label: words("allStarred") }}
          items={lists.starred}
        >
          {(item) => <Line key={item.id} item={item} />}
        </Part>
        <Part
          id="shared"
          title={words("shared")}
          none={words("sharedNone")}
          all={{ href: "/app/shared", label: words("allShared") }}
          items={lists.shared}
        >
          {(item) => <Line key={item.id} item={item} />}
        </Part>
      </div>
      {previewed !== null && (
        <Above
          id={previewed}
          items={among ?? []}
          loading={LISTS.some((list) => lists[list] === undefined)}
        />
      )}
    </main>
  );
}
