// What can be made in a folder.
import { MenuDivider, MenuItem, MenuList } from "@fluentui/react-components";
import {
  ArrowUpload20Regular,
  DocumentText20Regular,
  FolderAdd20Regular,
  FolderArrowUp20Regular,
  SlideText20Regular,
  Table20Regular,
} from "@fluentui/react-icons";

import type { FolderId } from "../../../../clients/types";
import { fetchEditor } from "../documents/kinds";
import { OpenedMenu } from "../opened";
import type { Opened } from "../opener";
import { t } from "../words";
import { newDocument, newFolder } from "./acts";

const DOCUMENTS = [
  { kind: "text", icon: <DocumentText20Regular /> },
  { kind: "sheet", icon: <Table20Regular /> },
  { kind: "slides", icon: <SlideText20Regular /> },
] as const;

export default function NewMenu({
  folder,
  onFiles,
  onFolder,
  ...opened
}: Opened & {
  readonly folder: FolderId;
  readonly onFiles: () => void;
  readonly onFolder: () => void;
}) {
  return (
    <OpenedMenu {...opened}>
      <MenuList>
        <MenuItem
          id="new-folder"
          icon={<FolderAdd20Regular />}
          onClick={() => newFolder(folder)}
        >
          {t("newFolder")}
        </MenuItem>
        <MenuDivider />
        {DOCUMENTS.map(({ kind, icon }) => (
          <MenuItem
            key={kind}
            id={`new-${kind}`}
            icon={icon}
            onPointerEnter={fetchEditor}
            onClick={() => newDocument(kind, folder)}
          >
            {t(`new.${kind}`)}
          </MenuItem>
        ))}
        <MenuDivider />
        <MenuItem
          id="new-files"
          icon={<ArrowUpload20Regular />}
          onClick={onFiles}
        >
          {t("upload.files")}
        </MenuItem>
        <MenuItem icon={<FolderArrowUp20Regular />} onClick={onFolder}>
          {t("upload.folder")}
        </MenuItem>
      </MenuList>
    </OpenedMenu>
  );
}
