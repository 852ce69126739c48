// The files pages: folders, what is shared with one, the trash, and what a search
// finds.
import { Button, MessageBar, MessageBarBody } from "@fluentui/react-components";
import { ChevronRight16Regular } from "@fluentui/react-icons";
import {
  type DragEvent,
  useEffect,
  useMemo,
  useState,
} from "react";

import type { FolderId, NodeId } from "../../../../clients/types";
import { me } from "../app";
import { shownName } from "../format";
import { later, loadSoon } from "../later";
import { Link, navigate, usePlace } from "../router";
import { useStore } from "../store";
import { Name } from "../name";
import { t } from "../words";
import {
  addressOfFolder,
  hold,
  open,
  paste,
  purge,
  rename,
  trash,
} from "./acts";
import { bringsFiles, bringsSomething, dropInto } from "./drag";
import { Grid } from "./grid";
import { List } from "./list";
import { useLook } from "./look";
import { undoLast } from "./undo";
import {
  type Crumb,
  type Item,
  LOADED_MAX,
  reload,
  show,
  view,
  type Where,
} from "./model";
import { useSelection } from "./selection";
import { loadStars, stars } from "./stars";
import { type Column, type Order, sorted } from "./sort";
import { Commands } from "./commands";

const Previewing = later(() => import("../preview/above"), { first: true });
const ContextMenu = later(() => import("./context-menu"), { first: true });
const Details = later(() => import("./details"), { first: true });

// ---- where one is

function titleOf(where: Where, crumbs: readonly Crumb[]): string {
  switch (where.kind) {
    case "folder":
      return crumbs.at(-1)?.name ?? t("files.title");
    case "shared":
      return t("shared.title");
    case "starred":
      return t("starred.title");
    case "trash":
      return t("trash.title");
    case "search":
      return t("search.title", { text: where.text });
  }
}

function CrumbLink({ id, name }: { id: FolderId; name: string }) {
  const [over, setOver] = useState(false);
  return (
    <Link
      href={addressOfFolder(id)}
      className={over ? "over" : undefined}
      onDragOver={(event: DragEvent) => {
        if (!bringsSomething(event.dataTransfer)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event: DragEvent) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        dropInto(event, id);
      }}
    >
      <Name text={name} />
    </Link>
  );
}

function Crumbs({ where }: { where: Where }) {
  const crumbs = useStore(view, (value) => value.crumbs);
  const { home } = me();
  const own = where.kind === "folder" && home !== undefined;
  const above = crumbs.slice(0, -1);
  const atHome = where.kind === "folder" && where.id === home;
  return (
    <nav className="crumbs" aria-label={t("crumbs.label")}>
      {own && !atHome && (
        <>
          <CrumbLink id={home} name={t("files.title")} />
          <ChevronRight16Regular />
        </>
      )}
      {above.map((crumb) => (
        <span key={crumb.id}>
          <CrumbLink {...crumb} />
          <ChevronRight16Regular />
        </span>
      ))}
      <h1>
        <Name text={titleOf(where, crumbs)} />
      </h1>
    </nav>
  );
}

// ---- the page

const TIME_LABELS = {
  folder: "column.modified",
  search: "column.modified",
  shared: "column.shared",
  starred: "column.starred",
  trash: "column.trashed",
} as const;

const EMPTY = {
  folder: "empty.folder",
  search: "empty.search",
  shared: "empty.shared",
  starred: "empty.starred",
  trash: "empty.trash",
} as const;

function Foot({ shown, chosen }: { shown: number; chosen: number }) {
  const cut = useStore(view, (value) => value.cut);
  return (
    <div className="foot" role="status">
      {chosen > 0
        ? t("chosen", { count: chosen })
        : cut
          ? t("cut", { count: shown, max: LOADED_MAX })
          : t("items", { count: shown })}
    </div>
  );
}

export default function FilesPage({ where }: { where: Where }) {
  const state = useStore(view, (value) => value);
  const [order, setOrder] = useState<Order>({ by: "name", down: false });
  const [renaming, setRenaming] = useState<NodeId>();
  const [details, setDetails] = useState(false);
  const [menu, setMenu] = useState<{ x: number; y: number }>();
  const [over, setOver] = useState(false);

  const key = JSON.stringify(where);
  useEffect(() => show(where), [key]); // eslint-disable-line
  const items = useMemo(
    () =>
      where.kind === "search"
        ? state.items
        : sorted(state.items, order),
    [state.items, order, where.kind],
  );
  const selection = useSelection(items, key);
  const chosen = useMemo(
    () => items.filter((item) => selection.chosen.has(item.id)),
    [items, selection.chosen],
  );
  // Once there is something to see.
  useEffect(() => {
    if (state.loading) return;
    loadStars();
    loadSoon();
  }, [state.loading]);
  const folder = where.kind === "folder" ? where.id : undefined;
  const previewed = usePlace().query.get("preview") as NodeId | null;
  const title = titleOf(where, state.crumbs);
  useEffect(() => {
    document.title = `${shownName(title)} · ${t("app.name")}`;
  }, [title]);

  const reorder = (by: Column) =>
    setOrder((now) => ({ by, down: now.by === by ? !now.down : by !== "name" }));
  const up = () => {
    const above = state.crumbs.at(-2)?.id ?? me().home;
    if (folder !== undefined && folder !== me().home && above !== undefined)
      navigate(addressOfFolder(above));
  };
  const remove = (which: readonly Item[]) => {
    if (which.length === 0) return;
    if (where.kind === "trash") purge(which);
    else trash(which);
  };
  const Shown = useLook() === "grid" ? Grid : List;
  const editable = where.kind !== "trash";
  const starIds = useStore(stars, (value) => value.ids);
  const toggleDetails = () => {
    if (editable) setDetails((is) => !is);
  };
  const commands = {
    where,
    chosen,
    starred: chosen.length > 0 && chosen.every(({ id }) => starIds.has(id)),
    order,
    onOrder: reorder,
    details,
    onDetails: toggleDetails,
    onRename: () => setRenaming(chosen[0]?.id),
    onRemove: () => remove(chosen),
    onClear: () => selection.clear(),
  };

  return (
    <main
      id="main"
      tabIndex={-1}
      data-where={where.kind}
      className={`files${over ? " over" : ""}`}
      onDragOver={(event) => {
        if (folder === undefined || !bringsFiles(event.dataTransfer)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        if (folder === undefined) return;
        event.preventDefault();
        if (bringsFiles(event.dataTransfer)) dropInto(event, folder);
      }}
    >
      <div className="middle">
        <Crumbs where={where} />
        <Commands {...commands} />
        {state.wrong !== "" && (
          <MessageBar intent="error">
            <MessageBarBody>
              {state.wrong}{" "}
              <Button size="small" onClick={() => reload()}>
                {t("tryAgain")}
              </Button>
            </MessageBarBody>
          </MessageBar>
        )}
        <Shown
          items={items}
          label={shownName(title)}
          timeLabel={t(TIME_LABELS[where.kind])}
          order={order}
          onOrder={reorder}
          selection={selection}
          renaming={renaming}
          onRenaming={setRenaming}
          editable={editable}
          stars={starIds}
          startRename={() => {
            if (editable) setRenaming(selection.active);
          }}
          undo={undoLast}
          open={(item) => {
            if (where.kind !== "trash") open(item);
          }}
          rename={(item, name) => void rename(item, name)}
          trash={() => remove(chosen)}
          up={up}
          details={toggleDetails}
          hold={(how) => {
            // Of what others share nothing is taken away from where it lies.
            if (editable && (how === "copy" || where.kind !== "shared"))
              hold(how, chosen);
          }}
          paste={() => {
            if (folder !== undefined) paste(folder);
          }}
          menu={(x, y) => setMenu({ x, y })}
        />
        {items.length === 0 && !state.loading && state.wrong === "" && (
          <p className="empty">{t(EMPTY[where.kind])}</p>
        )}
        {state.loading && items.length === 0 && (
          <p className="empty">{t("waiting")}</p>
        )}
        <Foot shown={items.length} chosen={chosen.length} />
      </div>
      {menu !== undefined && chosen.length > 0 && (
        <ContextMenu
        {...commands}
        at={menu}
        onClose={() => {
          setMenu(undefined);
          document.getElementById("list")?.focus();
        }}
        />
      )}
      {details && (
        <Details item={chosen[0]} onClose={() => setDetails(false)} />
      )}
      {previewed !== null && where.kind !== "trash" && (
        <Previewing
          id={previewed}
          items={items}
          loading={state.loading}
          selection={selection}
        />
      )}
    </main>
  );
}
