// The bytes of what is previewed, and what becomes of it meanwhile: the right to see
// it can end, and others can change it.
import { useCallback, useEffect, useState } from "react";

import type { VersionId } from "../../../../clients/types";
import { call } from "../client/jmap";
import { isCode, isSilent, textOf } from "../client/problem";
import { onChanges } from "../client/push";
import type { Item } from "../files/model";
import { bytesOf } from "./bytes";
import type { Showing } from "./kinds";

interface File {
  readonly bytes?: ArrayBuffer;
  /** Which one is shown. */
  readonly version?: VersionId | undefined;
  readonly cut: boolean;
  readonly wrong: string;
  /** It can't be seen any more. */
  readonly gone: boolean;
}

const NOTHING: File = { cut: false, wrong: "", gone: false };

const isGone = (error: unknown): boolean => isCode(error, "NOT_FOUND", "DENIED");

async function versionOf(
  item: Item,
  cause: "user" | "push",
): Promise<VersionId | undefined> {
  const node = await call("node.get", { node: item.id }, cause);
  return node.trashed ? undefined : node.version;
}

export function useFile(
  item: Item | undefined,
  showing: Showing | undefined,
): File & { readonly newer: boolean; readonly again: () => void } {
  const [file, setFile] = useState<File>(NOTHING);
  const [latest, setLatest] = useState<VersionId>();
  const [asked, setAsked] = useState<VersionId>();
  const id = item?.id;
  const kind = showing?.kind;

  useEffect(() => {
    if (item === undefined || showing === undefined) return undefined;
    const given = new AbortController();
    const load = async () => {
      const version = asked ?? item.version ?? (await versionOf(item, "user"));
      if (version === undefined) {
        setFile({ ...NOTHING, gone: true });
        return;
      }
      const got = await bytesOf(version, item.name, showing, given.signal);
      setFile({ ...NOTHING, ...got, version });
    };
    load().catch((error: unknown) => {
      if (given.signal.aborted || isSilent(error)) return;
      setFile({
        ...NOTHING,
        gone: isGone(error),
        wrong: isGone(error) ? "" : textOf(error),
      });
    });
    return () => given.abort();
    // The item is another object whenever its folder was listed anew.
  }, [id, kind, asked]); // eslint-disable-line

  const look = useCallback(() => {
    if (item === undefined) return;
    versionOf(item, "push").then(
      (version) => {
        if (version === undefined) setFile({ ...NOTHING, gone: true });
        else setLatest(version);
      },
      (error: unknown) => {
        if (isGone(error)) setFile({ ...NOTHING, gone: true });
      },
    );
  }, [id]); // eslint-disable-line

  useEffect(
    () =>
      onChanges((changes) => {
        if (changes === "unknown" || changes.some((one) => one.id === id))
          look();
      }),
    [id, look],
  );
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === "visible") look();
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [look]);

  return {
    ...file,
    newer:
      latest !== undefined &&
      file.version !== undefined &&
      latest !== file.version,
    again: () => setAsked(latest),
  };
}
