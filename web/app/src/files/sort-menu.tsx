// By what the list is sorted.
import { MenuItemRadio, MenuList } from "@fluentui/react-components";

import { OpenedMenu } from "../opened";
import type { Opened } from "../opener";
import { t } from "../words";
import { COLUMNS, type Column, type Order } from "./sort";

export default function SortMenu({
  order,
  onOrder,
  ...opened
}: Opened & {
  readonly order: Order;
  readonly onOrder: (by: Column) => void;
}) {
  return (
    <OpenedMenu
      {...opened}
      checkedValues={{ order: [order.by] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        onOrder(checkedItems[0] as Column)
      }
    >
      <MenuList>
        {COLUMNS.map((column) => (
          <MenuItemRadio key={column} name="order" value={column}>
            {t(`sort.${column}`)}
          </MenuItemRadio>
        ))}
      </MenuList>
    </OpenedMenu>
  );
}
