// A link to a folder: what is in it and below, a page at a time; files may be added
// where it lets one.
import { Button, Spinner } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  ArrowUpload20Regular,
} from "@fluentui/react-icons";
import {
  type DragEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";

import type { FolderId, LinkOpened, Node } from "../../../../clients/types";
import { tell, tellError } from "../app";
import { IconOf } from "../files/icon";
import { Name } from "../name";
import { aboutOf, LinkFile } from "./link-file";
import { LinkFrame, SendingBar, useSending } from "./link-frame";
import {
  addFile,
  archiveOf,
  downloadOf,
  isClosed,
  mayEdit,
  pageOf,
} from "./link-model";
import { s } from "./words";

/** Folders from the link's own down to the one that is shown. */
type Way = readonly Node[];

function wayOf(state: unknown, top: Node): Way {
  const { way } = (state ?? {}) as { way?: Way };
  return way?.[0]?.id === top.id ? way : [top];
}

/** The way stands in the history, so that "back" goes up. */
function useWay(top: Node): [Way, (way: Way) => void] {
  const [way, setWay] = useState(() => wayOf(history.state, top));
  useEffect(() => {
    const back = (event: PopStateEvent) => setWay(wayOf(event.state, top));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, [top]);
  const go = useCallback((to: Way) => {
    history.pushState({ way: to }, "");
    setWay(to);
  }, []);
  return [way, go];
}

interface Listed {
  readonly list: readonly Node[];
  readonly next?: string | undefined;
}

function useFolder(
  link: LinkOpened,
  folder: FolderId,
  onClosed: (error: unknown) => void,
) {
  const [listed, setListed] = useState<Listed>();
  const load = useCallback(
    async (before?: Listed) => {
      try {
        const page = await pageOf(link, folder, before?.next);
        setListed({
          list: [...(before?.list ?? []), ...page.list],
          next: page.next,
        });
      } catch (error) {
        if (isClosed(error)) onClosed(error);
        else tellError(error);
      }
    },
    [link, folder, onClosed],
  );
  useEffect(() => {
    setListed(undefined);
    void load();
  }, [load]);
  return { listed, load };
}

function Row({
  link,
  node,
  onInto,
}: {
  link: LinkOpened;
  node: Node;
  onInto: () => void;
}) {
  const { name } = node;
  return (
    <li>
      <IconOf item={node} />
      <button type="button" className="into" onClick={onInto}>
        <Name text={name} />
        {node.kind === "file" && (
          <span className="hint">{aboutOf(node)}</span>
        )}
      </button>
      {node.kind === "file" && (
        <Button
          as="a"
          appearance="subtle"
          icon={<ArrowDownload20Regular />}
          aria-label={s("link.downloadOne", { name })}
          href={downloadOf(link, node)}
          download={name}
        />
      )}
    </li>
  );
}

function Above({ way, go }: { way: Way; go: (way: Way) => void }) {
  if (way.length < 2) return null;
  return (
    <nav className="crumbs small" aria-label={s("link.above")} id="above">
      {way.slice(0, -1).map((folder, i) => (
        <span key={folder.id}>
          <button
            type="button"
            className="plain"
            onClick={() => go(way.slice(0, i + 1))}
          >
            <Name text={folder.name} />
          </button>
          <span aria-hidden>/</span>
        </span>
      ))}
    </nav>
  );
}

interface FolderProps {
  readonly link: LinkOpened;
  readonly here: Node;
  readonly above: ReactNode;
  readonly onInto: (node: Node) => void;
  readonly onClosed: (error: unknown) => void;
}

function Folder({ link, here, above, onInto, onClosed }: FolderProps) {
  const folder = here.id as FolderId;
  const { listed, load } = useFolder(link, folder, onClosed);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = useCallback(
    (file: File, how: Parameters<typeof addFile>[3]) =>
      addFile(link, folder, file, how),
    [link, folder],
  );
  const { sending, wrong, send } = useSending(take, onClosed);
  const edits = mayEdit(link);

  const add = async (files: readonly File[]) => {
    const count = await send(files);
    if (count === 0) return;
    tell({ intent: "success", text: s("link.added", { count }) });
    await load();
  };
  const drop = edits && {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void add([...event.dataTransfer.files]);
    },
  };

  return (
    <LinkFrame link={link} node={here} above={above}>
      <div className="buttons">
        {edits && (
          <Button
            id="choose"
            appearance="primary"
            icon={<ArrowUpload20Regular />}
            disabledFocusable={sending !== undefined}
            onClick={() => input.current?.click()}
          >
            {s("link.add")}
          </Button>
        )}
        <Button
          as="a"
          id="download-all"
          icon={<ArrowDownload20Regular />}
          href={archiveOf(link, here)}
          download={`${here.name}.zip`}
        >
          {s("link.all")}
        </Button>
        {edits && (
          <input
            ref={input}
            id="add"
            type="file"
            multiple
            hidden
            onChange={(event) => {
              void add([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        )}
      </div>
      <SendingBar sending={sending} wrong={wrong} />
      <div className={over ? "link-files over" : "link-files"} {...drop}>
        {listed === undefined ? (
          <Spinner />
        ) : listed.list.length === 0 ? (
          <p className="hint" id="empty">
            {s(edits ? "link.drop" : "link.empty")}
          </p>
        ) : (
          <ul className="rows-of" id="files" aria-label={s("link.files")}>
            {listed.list.map((node) => (
              <Row
                key={node.id}
                link={link}
                node={node}
                onInto={() => onInto(node)}
              />
            ))}
          </ul>
        )}
        {listed?.next !== undefined && (
          <Button id="more" onClick={() => void load(listed)}>
            {s("link.more")}
          </Button>
        )}
      </div>
    </LinkFrame>
  );
}

export function LinkFolder({
  link,
  top,
  onClosed,
}: {
  link: LinkOpened;
  top: Node;
  onClosed: (error: unknown) => void;
}) {
  const [way, go] = useWay(top);
  const here = way.at(-1) ?? top;
  const props = { link, above: <Above way={way} go={go} />, onClosed };
  return here.kind === "folder" ? (
    <Folder {...props} here={here} onInto={(node) => go([...way, node])} />
  ) : (
    <LinkFile key={here.id} {...props} file={here} />
  );
}
