// Onto paper: the pages come as PDF, which the frame of previews draws, and the
// browser's own window asks for the printer.
import { Spinner } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import type { FileId } from "../../../../clients/types";
import { tellError } from "../app";
import { Frame, type Shower } from "../preview/frame";
import { words } from "./words";
import { pagesOf } from "./written";

export default function Print({
  file,
  name,
  onDone,
}: {
  file: FileId;
  name: string;
  onDone: () => void;
}) {
  const [bytes, setBytes] = useState<ArrayBuffer>();
  useEffect(() => {
    let live = true;
    pagesOf(file).then(
      (pages) => live && setBytes(pages),
      (error: unknown) => {
        if (!live) return;
        tellError(error);
        onDone();
      },
    );
    return () => {
      live = false;
    };
  }, [file]); // eslint-disable-line
  const shower = useRef<Shower>(undefined);
  return (
    <div className="d-print" id="printing" role="status">
      <Spinner size="tiny" label={words("printing")} />
      {bytes !== undefined && (
        <div className="d-paper" aria-hidden="true">
          <Frame
            name={name}
            kind="pdf"
            type="application/pdf"
            bytes={bytes}
            prints
            onReady={(one) => {
              shower.current = one;
            }}
            onTold={({ is }) => {
              if (is === "shown") shower.current?.ask({ is: "print" });
              if (is === "printed" || is === "failed") onDone();
            }}
          />
        </div>
      )}
    </div>
  );
}
