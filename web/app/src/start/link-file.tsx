// A link to a file: what it is, its bytes, and another one in its place.
import { Button } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  ArrowUpload20Regular,
} from "@fluentui/react-icons";
import {
  type ReactNode,
  useCallback,
  useRef,
  useState,
} from "react";

import type { LinkOpened, Node } from "../../../../clients/types";
import { tell } from "../app";
import { IconOf } from "../files/icon";
import { sizeText, timeText } from "../format";
import { later } from "../later";
import { LIMITS, type Showing, showingOf } from "../preview/kinds";
import { LinkFrame, SendingBar, useSending } from "./link-frame";
import { downloadOf, mayEdit, nodeOf, replaceFile } from "./link-model";
import { s } from "./words";

export const aboutOf = (file: Node): string =>
  s("link.about", {
    size: sizeText(file.size ?? 0),
    time: timeText(file.modified),
  });

const Shown = later(() => import("./link-shown"));

/** How it is shown; not at all if it is of another kind, or too large. */
function shownAs({ name, type, size = 0 }: Node): Showing | undefined {
  const showing = showingOf(name, type);
  return showing === undefined ||
    (showing.kind !== "text" && size > LIMITS[showing.kind])
    ? undefined
    : showing;
}

export function LinkFile({
  link,
  file: given,
  above,
  onClosed,
}: {
  link: LinkOpened;
  file: Node;
  above?: ReactNode;
  onClosed: (error: unknown) => void;
}) {
  const [file, setFile] = useState(given);
  const input = useRef<HTMLInputElement>(null);
  const take = useCallback(
    async (chosen: File, how: Parameters<typeof replaceFile>[3]) => {
      await replaceFile(link, file, chosen, how);
      setFile(await nodeOf(link, file.id, "prefetch"));
      tell({ intent: "success", text: s("link.replaced") });
    },
    [link, file],
  );
  const { sending, wrong, send } = useSending(take, onClosed);
  const address = downloadOf(link, file);
  const showing = shownAs(file);
  return (
    <LinkFrame link={link} node={file} above={above}>
      <div className="link-file">
        <IconOf item={file} />
        <span id="file-about">{aboutOf(file)}</span>
      </div>
      <div className="buttons">
        <Button
          as="a"
          id="download"
          appearance="primary"
          icon={<ArrowDownload20Regular />}
          href={address}
          download={file.name}
        >
          {s("link.download")}
        </Button>
        {mayEdit(link) && (
          <Button
            id="choose-other"
            icon={<ArrowUpload20Regular />}
            disabledFocusable={sending !== undefined}
            onClick={() => input.current?.click()}
          >
            {s("link.replace")}
          </Button>
        )}
        <input
          ref={input}
          id="replace"
          type="file"
          hidden
          onChange={(event) => {
            void send([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      <SendingBar sending={sending} wrong={wrong} />
      {showing !== undefined && (
        <Shown
          file={file}
          address={address}
          showing={showing}
          onClosed={onClosed}
        />
      )}
    </LinkFrame>
  );
}
