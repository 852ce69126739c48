// A menu that useOpener has opened.
import {
  Menu,
  MenuPopover,
  type MenuProps,
} from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Opened } from "./opener";

interface OpenedMenuProps
  extends Opened,
    Pick<MenuProps, "checkedValues" | "onCheckedValueChange"> {
  readonly position?: "above-end" | "below-end" | "below-start";
  /** The list, and what stands above it. */
  readonly children: ReactNode;
}

export function OpenedMenu({
  target,
  onClose,
  position = "below-start",
  children,
  ...given
}: OpenedMenuProps) {
  const [where, align] = position.split("-") as ["above" | "below", "start" | "end"];
  return (
    <Menu
      {...given}
      open
      positioning={{ target, position: where, align }}
      onOpenChange={(_, { open, type }) => {
        if (!open) onClose(type !== "clickOutside");
      }}
    >
      <MenuPopover>{children}</MenuPopover>
    </Menu>
  );
}
