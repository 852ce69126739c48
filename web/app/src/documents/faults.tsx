// What is wrong with a document that can't be shown, and what one can do.
import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components";

import { Refused, textOf } from "../client/problem";
import { download } from "../files/acts";
import type { Item } from "../files/model";
import { useDoc, useEditor } from "./context";
import { goBack } from "./head";
import { words, type Word } from "./words";

/** By what the server says; what it says besides is told as it is. */
const KNOWN: readonly (readonly [RegExp, Word])[] = [
  [/password/, "password"],
  [/not what its name says|can't read|damaged/, "damaged"],
  [/too long/, "tooLong"],
  [/engine|LibreOffice/, "noEngine"],
];

function whyText(why: Refused | undefined): string {
  if (why === undefined || why.code === "DENIED" || why.code === "NOT_FOUND")
    return textOf(why);
  const known = KNOWN.find(([say]) => say.test(why.message))?.[1];
  return known === undefined
    ? textOf(new Refused("", why.message, why.request))
    : words(known);
}

export function Fault({ item }: { item: Item | undefined }) {
  const { doc } = useEditor();
  const why = useDoc((value) => value.why);
  const opened = useDoc((value) => value.opened);
  const waits = useDoc(({ phase }) => phase === "lost");
  const gone = why?.code === "DENIED" || why?.code === "NOT_FOUND";
  const text =
    gone && opened !== undefined ? words("withdrawnText") : whyText(why);
  return (
    <div className="d-fault" id="fault" role="alert">
      <h2>{words(gone && opened !== undefined ? "withdrawn" : "refused")}</h2>
      <p>{text}</p>
      {waits && <p>{words("waits")}</p>}
      <div className="buttons">
        {!gone && item !== undefined && (
          <Button appearance="primary" onClick={() => download([item])}>
            {words("download")}
          </Button>
        )}
        {!gone && (
          <Button onClick={() => doc.again()}>{words("reopen")}</Button>
        )}
        <Button id="fault-back" onClick={() => goBack(item)}>
          {words("goBack")}
        </Button>
      </div>
    </div>
  );
}

export function Lost() {
  const { doc } = useEditor();
  const phase = useDoc((value) => value.phase);
  const why = useDoc((value) => value.why);
  const shown = useDoc(({ kind }) => kind !== undefined);
  if (phase !== "lost" || !shown) return null;
  return (
    <MessageBar intent="warning" className="d-lost" id="lost">
      <MessageBarBody>
        {why === undefined
          ? words("lost")
          : words("lostEnded", { why: whyText(why) })}
      </MessageBarBody>
      <MessageBarActions>
        <Button size="small" onClick={() => doc.again()}>
          {words("tryNow")}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}

/** What nobody knows to be there. */
export function Missed() {
  const { doc } = useEditor();
  const missed = useDoc((value) => value.missed);
  if (!missed) return null;
  return (
    <MessageBar intent="warning" className="d-lost" id="missed">
      <MessageBarBody>{words("missed")}</MessageBarBody>
      <MessageBarActions>
        <Button size="small" onClick={() => doc.store.set({ missed: false })}>
          {words("dismiss")}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}
