// The bytes of a file that somebody looks at: one read, recorded as theirs.
import type { VersionId } from "../../../../clients/types";
import { me } from "../app";
import { addressOf } from "../client/bytes";
import { problemOf } from "../client/problem";
import { LIMITS, type Showing } from "./kinds";

interface Got {
  readonly bytes: ArrayBuffer;
  readonly cut: boolean;
}

export const bytesOf = (
  version: VersionId,
  name: string,
  showing: Showing,
  signal: AbortSignal,
): Promise<Got> =>
  bytesAt(addressOf(me().principal, version, name), showing, signal);

export async function bytesAt(
  address: string,
  showing: Showing,
  signal: AbortSignal,
): Promise<Got> {
  const limit = LIMITS[showing.kind];
  const text = showing.kind === "text";
  const answer = await fetch(address, {
    signal,
    headers: {
      "chancery-cause": "user",
      ...(text ? { range: `bytes=0-${limit - 1}` } : {}),
    },
  });
  // Of nothing there is no range.
  if (answer.status === 416) return { bytes: new ArrayBuffer(0), cut: false };
  if (!answer.ok) throw await problemOf(answer);
  const bytes = await answer.arrayBuffer();
  const [, all] = (answer.headers.get("content-range") ?? "").split("/");
  return { bytes, cut: Number(all ?? 0) > bytes.byteLength };
}
