// What can be done where the pointer is.
import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  type PositioningVirtualElement,
} from "@fluentui/react-components";
import {
  ClipboardPaste20Regular,
  CommentAdd20Regular,
  Copy20Regular,
  Cut20Regular,
  Link20Regular,
} from "@fluentui/react-icons";

import { useDoc, useEditor, useEdits } from "./context";
import { withKeys } from "./tools";
import { words } from "./words";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function ContextMenu({ at, onClose }: { at: Point; onClose: () => void }) {
  const { doc, copy, paste, openComment, openLink, refocus } = useEditor();
  const edits = useEdits();
  const sheet = useDoc(({ kind }) => kind === "sheet");
  const target: PositioningVirtualElement = {
    getBoundingClientRect: () => new DOMRect(at.x, at.y, 0, 0),
  };
  return (
    <Menu
      open
      positioning={{ target }}
      onOpenChange={(_, { open }) => {
        if (open) return;
        onClose();
        refocus();
      }}
    >
      <MenuPopover>
        <MenuList>
          {edits && (
            <MenuItem icon={<Cut20Regular />} disabled={!doc.may("copy")} onClick={() => copy(true)}>
              {withKeys(words("cut"), "Ctrl+X")}
            </MenuItem>
          )}
          <MenuItem icon={<Copy20Regular />} disabled={!doc.may("copy")} onClick={() => copy(false)}>
            {withKeys(words("copy"), "Ctrl+C")}
          </MenuItem>
          {edits && (
            <>
              <MenuItem icon={<ClipboardPaste20Regular />} onClick={paste}>
                {withKeys(words("paste"), "Ctrl+V")}
              </MenuItem>
              <MenuDivider />
              {doc.may("text") && (
                <MenuItem icon={<CommentAdd20Regular />} onClick={openComment}>
                  {words("commentNew")}
                </MenuItem>
              )}
              {!sheet && (
                <MenuItem icon={<Link20Regular />} onClick={openLink}>
                  {words("link")}
                </MenuItem>
              )}
            </>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
