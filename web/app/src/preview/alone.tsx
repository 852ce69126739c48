// A file at its own address, with nothing around it.
import type { FileId } from "../../../../clients/types";
import { addressOfFolder } from "../files/acts";
import { navigate, usePlace } from "../router";
import Preview from "./preview";
import { useItem } from "./use-item";

export default function Alone() {
  const { path } = usePlace();
  const id = (path.split("/")[3] ?? "") as FileId;
  const { item, wrong } = useItem(id, undefined, true);
  const close = () =>
    navigate(item?.parent ? addressOfFolder(item.parent) : "/app/shared", true);
  return (
    <main id="main" className="page">
      <Preview
        key={id}
        item={item}
        wrong={wrong}
        onClose={close}
        onBefore={undefined}
        onAfter={undefined}
      />
    </main>
  );
}
