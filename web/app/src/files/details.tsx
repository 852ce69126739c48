// What is known of a file or folder: its facts, versions, who has access, and who
// did what with it.
import { Button, Input, Tab, TabList } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  Dismiss20Regular,
} from "@fluentui/react-icons";
import {
  type ReactNode,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";

import type {
  Cause,
  Activity,
  FileId,
  Node,
  Version,
} from "../../../../clients/types";
import { attempt, me, tell } from "../app";
import { addressOf } from "../client/bytes";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { sizeText, timeText } from "../format";
import { Name } from "../name";
import { t } from "../words";
import { IconOf } from "./icon";
import { isFile, type Item } from "./model";
import { Links, relationText, WhoHasAccess } from "./share";
import { doneText } from "./activity";

const TABS = ["about", "versions", "access", "activity"] as const;
type TabName = (typeof TABS)[number];

/** As people know it: by the end of its name. */
function typeText(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1
    ? t("about.typeOf", { ending: name.slice(dot + 1).toUpperCase() })
    : t("about.file");
}

function About({ item }: { item: Item }) {
  const [node, setNode] = useState<Node>();
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    call("node.get", { node: item.id }).then(setNode, (error: unknown) =>
      setWrong(textOf(error)),
    );
  }, [item]);
  if (wrong !== "") return <p className="hint">{wrong}</p>;
  if (node === undefined) return <p className="hint">{t("waiting")}</p>;
  const facts: [string, string][] =
    node.kind === "folder"
      ? [[t("about.kind"), t("about.folder")]]
      : [
          [t("about.type"), typeText(node.name)],
          [t("about.size"), sizeText(node.size ?? 0)],
        ];
  facts.push(
    [t("about.modified"), timeText(node.modified)],
    [t("about.created"), timeText(node.created)],
  );
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function VersionName({
  version,
  onDone,
  onClose,
}: {
  version: Version;
  onDone: () => void;
  onClose: () => void;
}) {
  const [label, setLabel] = useState(version.label ?? "");
  return (
    <form
      className="give"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(async () => {
          await call("version.name", { version: version.id, label });
          onDone();
        });
      }}
    >
      <Input
        className="grow"
        aria-label={t("versions.label", { time: timeText(version.modified) })}
        value={label}
        autoFocus
        maxLength={100}
        onChange={(_, { value }) => setLabel(value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
        }}
      />
      <Button type="submit">{t("versions.save")}</Button>
    </form>
  );
}

function Versions({ item, file }: { item: Item; file: FileId }) {
  const [list, setList] = useState<readonly Version[]>();
  const [naming, setNaming] = useState<Version["id"]>();
  const [wrong, setWrong] = useState("");
  const load = useCallback(
    (cause: Cause) => {
      call("version.list", { file, limit: 500 }, cause).then(
        (page) => setList(page.list),
        (error: unknown) => setWrong(textOf(error)),
      );
    },
    [file],
  );
  useEffect(() => load("user"), [load]);
  // A new version of it changes the item.
  const seen = useRef(item);
  useEffect(() => {
    if (seen.current !== item) load("push");
    seen.current = item;
  }, [load, item]);
  if (wrong !== "") return <p className="hint">{wrong}</p>;
  if (list === undefined) return <p className="hint">{t("waiting")}</p>;
  return (
    <ul className="rows-of" id="versions">
      {list.map((version, i) => (
        <li key={version.id}>
          <div>
            <Name
              text={
                version.label ??
                (i === 0 ? t("versions.current") : timeText(version.created))
              }
            />
            <span className="hint">
              {timeText(version.created)} · {sizeText(version.size)}
            </span>
            {naming === version.id ? (
              <VersionName
                version={version}
                onClose={() => setNaming(undefined)}
                onDone={() => {
                  setNaming(undefined);
                  load("prefetch");
                }}
              />
            ) : (
              <span className="buttons">
                {i > 0 && (
                  <Button
                    size="small"
                    onClick={() =>
                      void attempt(async () => {
                        await call("version.restore", { version: version.id });
                        tell({
                          intent: "success",
                          text: t("versions.restored"),
                        });
                        load("prefetch");
                      })
                    }
                  >
                    {t("versions.restore")}
                  </Button>
                )}
                <Button size="small" onClick={() => setNaming(version.id)}>
                  {t("versions.name")}
                </Button>
              </span>
            )}
          </div>
          <Button
            as="a"
            appearance="subtle"
            icon={<ArrowDownload20Regular />}
            href={addressOf(me().principal, version.id, item.name)}
            download={item.name}
            aria-label={t("versions.download", {
              time: timeText(version.created),
            })}
          />
        </li>
      ))}
    </ul>
  );
}

function ActivityList({ item }: { item: Item }) {
  const [list, setList] = useState<readonly Activity[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState("loading");
  const load = useCallback(
    (after?: string) => {
      call("activity.list", {
        node: item.id,
        limit: 50,
        ...(after === undefined ? {} : { after }),
      }).then(
        (page) => {
          setList((had) =>
            after === undefined ? page.list : [...had, ...page.list],
          );
          setNext(page.next);
          setState("");
        },
        (error: unknown) =>
          setState(isCode(error, "DENIED") ? t("share.owner") : textOf(error)),
      );
    },
    [item],
  );
  useEffect(() => load(), [load]);
  if (state === "loading") return <p className="hint">{t("waiting")}</p>;
  if (state !== "") return <p className="hint">{state}</p>;
  return (
    <>
      {list.length === 0 && <p className="hint">{t("activity.none")}</p>}
      <ul className="rows-of" id="activity">
        {list.map((one) => (
          <li key={`${one.sequence} ${one.operation}`}>
            <div>
              <span>
                <Name className="who" text={one.by_name ?? t("activity.unknown")} />{" "}
                <bdi>{doneText(one, relationText)}</bdi>
              </span>
              <span className="hint">{timeText(one.time)}</span>
            </div>
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <Button onClick={() => load(next)}>{t("activity.more")}</Button>
      )}
    </>
  );
}

function Body({ tab, item }: { tab: TabName; item: Item }): ReactNode {
  switch (tab) {
    case "about":
      return <About item={item} />;
    case "versions":
      return isFile(item.id) ? <Versions item={item} file={item.id} /> : null;
    case "access":
      return (
        <>
          <WhoHasAccess node={item.id} />
          <Links node={item.id} />
        </>
      );
    case "activity":
      return <ActivityList item={item} />;
  }
}

export default function Details({
  item,
  onClose,
}: {
  item: Item | undefined;
  onClose: () => void;
}) {
  const [tab, setTab] = useState<TabName>("about");
  const tabs = TABS.filter(
    (one) => one !== "versions" || item?.kind === "file",
  );
  const shown = tabs.includes(tab) ? tab : "about";
  return (
    <aside className="details" aria-label={t("details")} id="details">
      <header>
        {item !== undefined && <IconOf item={item} />}
        <h2>
          <Name text={item?.name ?? t("details")} />
        </h2>
        <Button
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={t("close")}
          onClick={onClose}
        />
      </header>
      {item === undefined ? (
        <p className="hint inset">{t("details.none")}</p>
      ) : (
        <>
          <TabList
            selectedValue={shown}
            size="small"
            onTabSelect={(_, { value }) => setTab(value as TabName)}
          >
            {tabs.map((one) => (
              <Tab key={one} value={one} id={`tab-${one}`}>
                {t(`tab.${one}`)}
              </Tab>
            ))}
          </TabList>
          <div
            className="inset"
            role="tabpanel"
            aria-labelledby={`tab-${shown}`}
            tabIndex={0}
            key={item.id}
          >
            <Body tab={shown} item={item} />
          </div>
        </>
      )}
    </aside>
  );
}
