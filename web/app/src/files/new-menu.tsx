// What can be made in a folder.
import { MenuDivider, MenuItem, MenuList } from "@fluentui/react-components";
import {
  ArrowUpload20Regular,
  FolderAdd20Regular,
  FolderArrowUp20Regular,
} from "@fluentui/react-icons";

import type { FolderId } from "../../../../clients/types";
import { OpenedMenu } from "../opened";
import type { Opened } from "../opener";
import { t } from "../words";
import { newFolder } from "./acts";

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
        <MenuItem icon={<ArrowUpload20Regular />} onClick={onFiles}>
          {t("upload.files")}
        </MenuItem>
        <MenuItem icon={<FolderArrowUp20Regular />} onClick={onFolder}>
          {t("upload.folder")}
        </MenuItem>
      </MenuList>
    </OpenedMenu>
  );
}
