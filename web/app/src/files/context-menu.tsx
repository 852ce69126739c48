// What can be done with what is chosen, where the pointer is.
import {
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  type PositioningVirtualElement,
} from "@fluentui/react-components";
import { Info20Regular } from "@fluentui/react-icons";

import { t } from "../words";
import { commandsFor, type CommandsProps } from "./commands";

export default function ContextMenu({
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
