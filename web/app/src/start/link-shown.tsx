// A file that a link opens, as the preview shows files: in a sandbox of its own.
import { Spinner } from "@fluentui/react-components";
import { useEffect, useState } from "react";

import type { Node } from "../../../../clients/types";
import { isSilent, textOf } from "../client/problem";
import { bytesAt } from "../preview/bytes";
import { Frame } from "../preview/frame";
import type { Showing } from "../preview/kinds";
import { words } from "../preview/words";
import { isClosed } from "./link-model";
import { s } from "./words";

interface Got {
  readonly bytes: ArrayBuffer;
  readonly cut: boolean;
}

export default function LinkShown({
  file,
  address,
  showing,
  onClosed,
}: {
  file: Node;
  address: string;
  showing: Showing;
  onClosed: (error: unknown) => void;
}) {
  const [got, setGot] = useState<Got>();
  const [wrong, setWrong] = useState("");
  const [shown, setShown] = useState(false);
  const { kind, type } = showing;
  useEffect(() => {
    const leaving = new AbortController();
    setGot(undefined);
    setWrong("");
    setShown(false);
    bytesAt(address, { kind, type }, leaving.signal).then(setGot, (error) => {
      if (isClosed(error)) onClosed(error);
      else if (!isSilent(error)) setWrong(textOf(error));
    });
    return () => leaving.abort();
  }, [address, kind, type, onClosed]);
  if (wrong !== "")
    return (
      <p className="hint" role="status">
        {wrong}
      </p>
    );
  return (
    <div className="link-shown" data-shown={shown}>
      {got?.cut && <p className="hint">{words("cut")}</p>}
      {!shown && <Spinner label={s("link.loading")} />}
      {got !== undefined && (
        <Frame
          key={address}
          name={file.name}
          kind={kind}
          type={type}
          bytes={got.bytes}
          onTold={(what) => {
            if (what.is === "shown") setShown(true);
            if (what.is === "failed") setWrong(words(what.why));
          }}
          onReady={() => undefined}
        />
      )}
    </div>
  );
}
