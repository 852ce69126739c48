// Beside the document: how it was before, whose changes each version holds, and the
// way back.
import { Button } from "@fluentui/react-components";
import { useCallback, useEffect, useState } from "react";

import type { Cause, Version } from "../../../../clients/types";
import { attempt, me, tell } from "../app";
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { addressOf as addressOfBytes } from "../client/bytes";
import { timeText } from "../format";
import { Name } from "../name";
import { t } from "../words";
import { useDoc, useEditor, useEdits } from "./context";
import { Panel } from "./panels";
import { words } from "./words";

const PAUSE_MS = 200;
/** Then it is given up: whoever waits is told. */
const TRIES = 50;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export function Versions({ name, onClose }: { name: string; onClose: () => void }) {
  const { doc, reopen } = useEditor();
  const edits = useEdits();
  const people = useDoc((value) => value.people);
  const unsaved = useDoc(({ states }) => states["ModifiedStatus"] === "true");
  const [list, setList] = useState<readonly Version[]>();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const { file } = doc;
  const load = useCallback(
    (cause: Cause) =>
      call("version.list", { file, limit: 500 }, cause).then(
        (page) => setList(page.list),
        (error: unknown) => setWrong(textOf(error)),
      ),
    [file],
  );
  useEffect(() => void load("user"), [load]);
  // What is saved meanwhile is a version more.
  useEffect(() => {
    if (!unsaved) void load("push");
  }, [unsaved, load]);

  /** What isn't saved is a version, too, before another one takes its place. */
  const saved = async () => {
    const before = (await call("node.get", { node: file }, "prefetch")).version;
    await call("document.save", { file });
    for (let tried = 0; tried < TRIES; tried++) {
      const { version } = await call("node.get", { node: file }, "prefetch");
      if (version !== before) return;
      await pause();
    }
    throw new Error(words("saveWaits"));
  };
  const restore = (version: Version) => {
    setBusy(true);
    void attempt(async () => {
      try {
        if (unsaved) await saved();
        await doc.close();
        await call("version.restore", { version: version.id });
        tell({ intent: "success", text: t("versions.restored") });
        reopen();
      } finally {
        setBusy(false);
      }
    });
  };
  return (
    <Panel id="versions-panel" title={words("versions")} onClose={onClose}>
      {wrong !== "" && <p>{wrong}</p>}
      {wrong === "" && list === undefined && <p>{t("waiting")}</p>}
      {edits && people.length > 0 && (
        <p id="versions-others">
          {words("restoreOthers", { names: people.map((one) => one.name).join(", ") })}
        </p>
      )}
      {list?.map((version, i) => (
        <section key={version.id} className="d-card">
          <header>
            <strong>
              <Name
                text={
                  version.label ??
                  (i === 0 ? t("versions.current") : timeText(version.created))
                }
              />
            </strong>
          </header>
          <p>{timeText(version.created)}</p>
          {version.editors !== undefined && version.editors.length > 0 && (
            <p>
              {words("editedBy", {
                names: version.editors
                  .map((one) => one.name ?? t("activity.unknown"))
                  .join(", "),
              })}
            </p>
          )}
          <div className="buttons">
            {edits && i > 0 && (
              <Button
                size="small"
                disabled={busy || people.length > 0}
                onClick={() => restore(version)}
              >
                {t("versions.restore")}
              </Button>
            )}
            <Button
              as="a"
              size="small"
              appearance="subtle"
              href={addressOfBytes(me().principal, version.id, name)}
              download={name}
            >
              {words("download")}
            </Button>
          </div>
        </section>
      ))}
    </Panel>
  );
}
