// The preview above the list that a file was opened from: from there one goes on to
// the files before and behind it.
import { useEffect, useRef } from "react";

import type { NodeId } from "../../../../clients/types";
import { addressOfPreview, closePreview } from "../files/acts";
import type { Item } from "../files/model";
import type { Selection } from "../files/selection";
import { navigate } from "../router";
import Preview from "./preview";
import { useItem } from "./use-item";

export default function Above({
  id,
  items,
  loading,
  selection,
}: {
  id: NodeId;
  items: readonly Item[];
  loading: boolean;
  selection?: Selection;
}) {
  const files = items.filter((item) => item.kind === "file");
  const at = files.findIndex((item) => item.id === id);
  // What came by its address may lie elsewhere, or far down in a long list.
  const { item, wrong } = useItem(id, files[at], !loading);
  const index = items.findIndex((one) => one.id === id);
  useEffect(() => {
    if (index >= 0) selection?.only(index);
  }, [id, index >= 0]); // eslint-disable-line
  // Behind the dialog's own way back, which knows nothing of the list.
  useEffect(() => () => document.getElementById("list")?.focus(), []);
  const focused = useRef<string>(undefined);
  const to = (other: Item | undefined) =>
    other &&
    (() => {
      focused.current = document.activeElement?.id;
      navigate(addressOfPreview(other.id), true);
    });
  return (
    <Preview
      key={id}
      focused={focused.current}
      item={item}
      wrong={wrong}
      onClose={closePreview}
      onBefore={to(at > 0 ? files[at - 1] : undefined)}
      onAfter={to(at >= 0 ? files[at + 1] : undefined)}
    />
  );
}
