// What can be done with the view and with what is chosen: a bar of commands, and
// the same as a menu where the pointer is.
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  type PositioningVirtualElement,
  Toolbar,
} from "@fluentui/react-components";
import {
  Add20Regular,
  AppsList20Regular,
  ArrowDownload20Regular,
  ArrowSort20Regular,
  ArrowUndo20Regular,
  ArrowUpload20Regular,
  Copy20Regular,
  Delete20Regular,
  Dismiss20Regular,
  DocumentText20Regular,
  FolderAdd20Regular,
  FolderArrowRight20Regular,
  FolderArrowUp20Regular,
  Grid20Regular,
  Info20Regular,
  Open20Regular,
  Rename20Regular,
  Share20Regular,
  SlideText20Regular,
  Star20Regular,
  StarOff20Regular,
  Table20Regular,
} from "@fluentui/react-icons";
import { type ReactElement, useRef } from "react";

import type { FolderId } from "../../../../clients/types";
import { t } from "../words";
import {
  askCopy,
  askMove,
  download,
  newDocument,
  newFolder,
  open,
  restore,
  share,
} from "./acts";
import { chooseLook, useLook } from "./look";
import type { Item, Where } from "./model";
import { COLUMNS, type Column, type Order } from "./sort";
import { star } from "./stars";
import { upload } from "./uploads";

interface CommandsProps {
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
function commandsFor(props: CommandsProps): Command[] {
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

const NEW = [
  { kind: "text", icon: <DocumentText20Regular /> },
  { kind: "sheet", icon: <Table20Regular /> },
  { kind: "slides", icon: <SlideText20Regular /> },
] as const;

export function NewMenu({ folder: id }: { folder: FolderId }) {
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button id="new" appearance="primary" icon={<Add20Regular />}>
            {t("new")}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              id="new-folder"
              icon={<FolderAdd20Regular />}
              onClick={() => newFolder(id)}
            >
              {t("newFolder")}
            </MenuItem>
            <MenuDivider />
            {NEW.map(({ kind, icon }) => (
              <MenuItem
                key={kind}
                id={`new-${kind}`}
                icon={icon}
                onClick={() => newDocument(kind, id)}
              >
                {t(`new.${kind}`)}
              </MenuItem>
            ))}
            <MenuDivider />
            <MenuItem
              icon={<ArrowUpload20Regular />}
              onClick={() => files.current?.click()}
            >
              {t("upload.files")}
            </MenuItem>
            <MenuItem
              icon={<FolderArrowUp20Regular />}
              onClick={() => folders.current?.click()}
            >
              {t("upload.folder")}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
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

function SortMenu({ order, onOrder }: CommandsProps) {
  return (
    <Menu
      checkedValues={{ order: [order.by] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        onOrder(checkedItems[0] as Column)
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          id="sort"
          appearance="subtle"
          icon={<ArrowSort20Regular />}
          aria-label={t("sort")}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {COLUMNS.map((column) => (
            <MenuItemRadio key={column} name="order" value={column}>
              {t(`sort.${column}`)}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

export function Commands(props: CommandsProps) {
  const { where, chosen, details, onDetails, onClear } = props;
  return (
    <Toolbar className="commands" aria-label={t("commands.label")}>
      {chosen.length === 0 && where.kind === "folder" && (
        <NewMenu folder={where.id} />
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
      {where.kind !== "search" && <SortMenu {...props} />}
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

export function ContextMenu({
  at,
  onClose,
  ...props
}: CommandsProps & {
  readonly at: { readonly x: number; readonly y: number };
  readonly onClose: () => void;
}) {
  const target: PositioningVirtualElement = {
    getBoundingClientRect: () => new DOMRect(at.x, at.y, 0, 0),
  };
  return (
    <Menu
      open
      positioning={{ target }}
      onOpenChange={(_, { open: is }) => {
        if (!is) onClose();
      }}
    >
      <MenuPopover>
        <MenuList>
          {commandsFor(props).map(({ id, text, icon, run }) => (
            <MenuItem key={id} icon={icon} onClick={run}>
              {text}
            </MenuItem>
          ))}
          {props.where.kind !== "trash" && !props.details && (
            <MenuItem icon={<Info20Regular />} onClick={props.onDetails}>
              {t("details")}
            </MenuItem>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
