// What a row of the list and a tile of the grid have alike.
import { Star16Filled } from "@fluentui/react-icons";
import type { DragEvent, MouseEvent } from "react";

import { documentOf, fetchEditor } from "../documents/kinds";
import { shownName } from "../format";
import { Name } from "../name";
import { isPlainClick } from "../router";
import { t } from "../words";
import { addressOf } from "./acts";
import type { ListProps } from "./doing";
import { setDragged, useDropping } from "./drag";
import { isFolder, type Item } from "./model";
import { NameField } from "./name-field";
import { isFinger, isTouch, usePress } from "./touch";

export interface CellProps extends ListProps {
  readonly item: Item;
  readonly index: number;
  readonly dragging: () => readonly Item[];
  readonly refocus: () => void;
}

/** Choosing, opening, dragging and dropping of one item. */
export function useItemActs(props: CellProps) {
  const { item, index, selection, renaming, editable } = props;
  const chosen = selection.chosen.has(item.id);
  const folder = isFolder(item) && editable && !chosen ? item.id : undefined;
  const { over, dropping } = useDropping(folder);
  const press = usePress(item, index, selection, props.open, props.menu);
  return {
    chosen,
    acts: {
      id: `row-${item.id}`,
      onPointerEnter: () => {
        if (!isFolder(item) && documentOf(item.name) !== undefined) fetchEditor();
      },
      "aria-selected": chosen,
      draggable: editable && renaming !== item.id && !isTouch(),
      onDragStart: (event: DragEvent) => {
        if (!chosen) selection.only(index);
        setDragged(event, chosen ? props.dragging() : [item]);
      },
      ...dropping,
      ...press,
    },
    classes: `${chosen ? " chosen" : ""}${
      selection.active === item.id ? " active" : ""
    }${over ? " over" : ""}`,
  };
}

export function Tick({ item, index, selection }: CellProps) {
  return (
    <input
      type="checkbox"
      className="tick"
      tabIndex={-1}
      aria-label={t("select", { name: item.name })}
      checked={selection.chosen.has(item.id)}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onChange={() => selection.toggle(index)}
    />
  );
}

export function Starred({ item, stars }: CellProps) {
  if (!stars.has(item.id)) return null;
  return <Star16Filled className="star-mark" aria-label={t("starred")} />;
}

/** The name, which opens it; or the field for another one. */
export function NameOrField(props: CellProps) {
  const { item } = props;
  if (props.renaming === item.id)
    return (
      <NameField
        item={item}
        done={(name) => {
          props.onRenaming(undefined);
          if (name !== undefined) props.rename(item, name);
          props.refocus();
        }}
      />
    );
  return (
    <a
      href={addressOf(item)}
      tabIndex={-1}
      draggable={false}
      className="link"
      title={shownName(item.name)}
      onClick={(event: MouseEvent) => {
        if (isFinger(event)) {
          event.preventDefault();
        } else if (isPlainClick(event)) {
          event.preventDefault();
          event.stopPropagation();
          props.open(item);
        } else if (event.shiftKey) {
          event.preventDefault();
        } else {
          event.stopPropagation();
        }
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Name text={item.name} />
    </a>
  );
}
