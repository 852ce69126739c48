// The frame around the pages: where one can go, the search, and who one is.
import { Button, SearchBox } from "@fluentui/react-components";
import {
  type ComponentType,
  type ReactNode,
  useEffect,
  useState,
} from "react";

import icon from "../../pages/icon.svg";
import { HOME, me } from "./app";
import { DOCUMENTS } from "./documents/kinds";
import { questions } from "./files/ask";
import FilesPage from "./files/page";
import { uploads } from "./files/uploads";
import { type Where } from "./files/model";
import type { FolderId } from "../../../clients/types";
import { Guard } from "./guard";
import { initialsOf } from "./initials";
import { keys, onKey } from "./keys/keys";
import { later } from "./later";
import { isBelow, Nav, SECURITY, START } from "./nav";
import { useOpener } from "./opener";
import { Link, navigate, usePlace } from "./router";
import { useStore } from "./store";
import { Waiting } from "./waiting";
import { t } from "./words";

const page = (load: () => Promise<{ default: ComponentType }>) =>
  later(load, { meanwhile: Waiting });

const MeMenu = later(() => import("./me-menu"), { first: true });
const Questions = later(() => import("./files/questions"), { first: true });
const UploadsPanel = later(() => import("./files/uploads-panel"), { first: true });
const DocumentPage = page(() => import("./documents/page"));
const KeyList = later(() => import("./keys/list"));

/**
 * The pages that are loaded when somebody goes there, by the path that they and
 * all below them have.
 */
const PAGES: { readonly [path: string]: ComponentType } = {
  [SECURITY]: page(() => import("./security/page")),
  [HOME]: page(() => import("./home/page")),
  "/app/log": page(() => import("./log/page")),
  "/app/bar": page(() => import("./bar/page")),
  "/app/people": page(() => import("./people/page")),
  [START]: page(() => import("./start/checklist")),
  "/app/file": page(() => import("./preview/alone")),
};

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
  const { opener, opened } = useOpener();
  return (
    <>
      <Button
        {...opener}
        id="me"
        appearance="transparent"
        aria-label={t("me.menu", { name: me().name })}
        icon={<span className="initials" data-initials={initialsOf(me().name)} />}
      />
      {opened !== undefined && <MeMenu {...opened} />}
    </>
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

function Page(): ReactNode {
  const { path, query } = usePlace();
  const where = whereOf(path, query);
  if (where !== undefined) return <FilesPage where={where} />;
  const found = Object.entries(PAGES).find(([above]) => isBelow(path, above));
  if (found !== undefined) {
    const [above, Found] = found;
    return <Found key={above} />;
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

/** What goes on wherever one is. */
function Asides() {
  const asked = useStore(questions, (value) => value.list.length > 0);
  const uploading = useStore(uploads, (value) => value.all > 0);
  const keysListed = useStore(keys, (value) => value.listed);
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      {asked && <Questions />}
      {uploading && <UploadsPanel />}
      {keysListed && <KeyList />}
    </>
  );
}

export default function Shell() {
  const { path } = usePlace();
  // A document has the whole window.
  if (isBelow(path, DOCUMENTS))
    return (
      <>
        <Guard at={path}>
          <DocumentPage />
        </Guard>
        <Asides />
      </>
    );
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
