// What can be done with the view and with what is chosen: a bar of commands, and
// the same as a menu where the pointer is.
import { Button } from "@fluentui/react-components";
import {
  Add20Regular,
  AppsList20Regular,
  ArrowDownload20Regular,
  ArrowSort20Regular,
  ArrowUndo20Regular,
  Copy20Regular,
  Delete20Regular,
  Dismiss20Regular,
  FolderArrowRight20Regular,
  Grid20Regular,
  Info20Regular,
  Open20Regular,
  Rename20Regular,
  Share20Regular,
  Star20Regular,
  StarOff20Regular,
} from "@fluentui/react-icons";
import { type ReactElement, useRef } from "react";

import type { FolderId } from "../../../../clients/types";
import { later } from "../later";
import { useOpener } from "../opener";
import { Toolbar } from "../toolbar";
import { t } from "../words";
import {
  askCopy,
  askMove,
  download,
  open,
  restore,
  share,
} from "./acts";
import { chooseLook, useLook } from "./look";
import type { Item, Where } from "./model";
import type { Column, Order } from "./sort";
import { star } from "./stars";
import { upload } from "./uploads";

const NewMenu = later(() => import("./new-menu"), { first: true });
const SortMenu = later(() => import("./sort-menu"), { first: true });

export interface CommandsProps {
  readonly where: Where;
  readonly chosen: readonly Item[];
  readonly order: Order;
  readonly onOrder: (by: Column) => void;
  /** All that is chosen has a star. */
  readonly starred: boolean;
  readonly details: boolean;
  readonly onDetails: () => void;
  readonly onRename: () => void;
  readonly onRemove: () => void;
  readonly onClear: () => void;
}

interface Command {
  readonly id: string;
  readonly text: string;
  readonly icon: ReactElement;
  readonly run: () => void;
}

/** What there is to do with what is chosen. */
export function commandsFor(props: CommandsProps): Command[] {
  const { where, chosen, onRename, onRemove } = props;
  const [one] = chosen;
  if (one === undefined) return [];
  const single = chosen.length === 1;
  const { starred } = props;
  // Not from where it lies.
  const elsewhere = where.kind === "shared";
  if (where.kind === "trash")
    return [
      {
        id: "restore",
        text: t("restore"),
        icon: <ArrowUndo20Regular />,
        run: () => restore(chosen),
      },
      {
        id: "purge",
        text: t("purge.do"),
        icon: <Delete20Regular />,
        run: onRemove,
      },
    ];
  const all: (Command | false)[] = [
    single && {
      id: "open",
      text: t("open"),
      icon: <Open20Regular />,
      run: () => open(one),
    },
    single && {
      id: "share",
      text: t("share"),
      icon: <Share20Regular />,
      run: () => share(one),
    },
    {
      id: "download",
      text: t("download"),
      icon: <ArrowDownload20Regular />,
      run: () => download(chosen),
    },
    {
      id: "star",
      text: t(starred ? "unstar" : "star"),
      icon: starred ? <StarOff20Regular /> : <Star20Regular />,
      run: () => star(chosen, !starred),
    },
    single && {
      id: "rename-command",
      text: t("rename"),
      icon: <Rename20Regular />,
      run: onRename,
    },
    !elsewhere && {
      id: "move",
      text: t("move"),
      icon: <FolderArrowRight20Regular />,
      run: () => askMove(chosen),
    },
    {
      id: "copy",
      text: t("copy"),
      icon: <Copy20Regular />,
      run: () => askCopy(chosen),
    },
    !elsewhere && {
      id: "trash",
      text: t("trash"),
      icon: <Delete20Regular />,
      run: onRemove,
    },
  ];
  return all.filter((command) => command !== false);
}

export function NewButton({ folder: id }: { folder: FolderId }) {
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  const { opener, opened } = useOpener();
  return (
    <>
      <Button
        {...opener}
        id="new"
        appearance="primary"
        icon={<Add20Regular />}
      >
        {t("new")}
      </Button>
      {opened !== undefined && (
        <NewMenu
          {...opened}
          folder={id}
          onFiles={() => files.current?.click()}
          onFolder={() => folders.current?.click()}
        />
      )}
      <input
        ref={files}
        id="upload-files"
        type="file"
        multiple
        hidden
        onChange={(event) => {
          upload([...(event.target.files ?? [])], id);
          event.target.value = "";
        }}
      />
      <input
        ref={folders}
        id="upload-folder"
        type="file"
        {...{ webkitdirectory: "" }}
        hidden
        onChange={(event) => {
          upload([...(event.target.files ?? [])], id);
          event.target.value = "";
        }}
      />
    </>
  );
}

function LookButton() {
  const look = useLook();
  const other = look === "list" ? "grid" : "list";
  return (
    <Button
      id="look"
      appearance="subtle"
      icon={other === "grid" ? <Grid20Regular /> : <AppsList20Regular />}
      aria-label={t(`look.${other}`)}
      onClick={() => chooseLook(other)}
    />
  );
}

function SortButton({ order, onOrder }: CommandsProps) {
  const { opener, opened } = useOpener();
  return (
    <>
      <Button
        {...opener}
        id="sort"
        appearance="subtle"
        icon={<ArrowSort20Regular />}
        aria-label={t("sort")}
      />
      {opened !== undefined && (
        <SortMenu {...opened} order={order} onOrder={onOrder} />
      )}
    </>
  );
}

export function Commands(props: CommandsProps) {
  const { where, chosen, details, onDetails, onClear } = props;
  return (
    <Toolbar label={t("commands.label")}>
      {chosen.length === 0 && where.kind === "folder" && (
        <NewButton folder={where.id} />
      )}
      {commandsFor(props).map(({ id, text, icon, run }) => (
        <Button
          key={id}
          id={id}
          appearance="subtle"
          icon={icon}
          onClick={run}
          title={text}
        >
          <span className="command-text">{text}</span>
        </Button>
      ))}
      <span className="gap" />
      {chosen.length > 0 && (
        <Button
          id="clear"
          appearance="subtle"
          icon={<Dismiss20Regular />}
          onClick={onClear}
          title={t("clear")}
        >
          <span className="command-text">
            {t("chosen", { count: chosen.length })}
          </span>
        </Button>
      )}
      <LookButton />
      {where.kind !== "search" && <SortButton {...props} />}
      {where.kind !== "trash" && (
        <Button
          id="details-toggle"
          appearance="subtle"
          icon={<Info20Regular />}
          aria-pressed={details}
          aria-label={t("details")}
          onClick={onDetails}
        />
      )}
    </Toolbar>
  );
}

