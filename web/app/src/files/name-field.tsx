import { useEffect, useRef, useState } from "react";

import { t } from "../words";
import type { Item } from "./model";

/** The name, to be changed where it stands; `done` without one: it stays. */
export function NameField({
  item,
  done,
}: {
  item: Item;
  done: (name: string | undefined) => void;
}) {
  const [name, setName] = useState(item.name);
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => {
    const dot = item.kind === "file" ? item.name.lastIndexOf(".") : -1;
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : item.name.length);
  }, [item.kind, item.name]);
  const finish = (given: string | undefined) => {
    if (over.current) return;
    over.current = true;
    done(given);
  };
  return (
    <input
      ref={field}
      id="rename"
      className="rename"
      value={name}
      aria-label={t("rename.label", { name: item.name })}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => finish(name.trim())}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish(name.trim());
        if (event.key === "Escape") finish(undefined);
      }}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}
