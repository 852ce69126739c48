// The bytes of files: out by an address, in by a request that tells its progress.
import type {
  NodeId,
  PrincipalId,
  UploadId,
  VersionId,
} from "../../../../clients/types";
import { signedOut } from "./jmap";
import { Refused } from "./problem";
import { hasRoom, untilBack, untilRoom } from "./reach";

/** `below`: the path of a link's session. */
export function addressOf(
  account: PrincipalId,
  version: VersionId,
  name: string,
  below = "",
): string {
  return `${below}/jmap/download/${account}/${version}/${encodeURIComponent(name)}`;
}

/** Folders and files as one archive of that name. */
export function addressOfArchive(
  account: PrincipalId,
  name: string,
  nodes: readonly NodeId[],
  below = "",
): string {
  const asked = nodes.map((node) => `node=${node}`).join("&");
  return `${below}/jmap/archive/${account}/${encodeURIComponent(name)}.zip?${asked}`;
}

interface Sending {
  readonly progress: (sent: number) => void;
  readonly signal: AbortSignal;
  readonly below?: string;
}

function parse(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {};
  }
}

function sendOnce(
  account: PrincipalId,
  file: File,
  { progress, signal, below = "" }: Sending,
): Promise<UploadId> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const giveUp = () => request.abort();
    request.open("POST", `${below}/jmap/upload/${account}/`);
    request.setRequestHeader(
      "content-type",
      file.type || "application/octet-stream",
    );
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300)
        resolve(body["blobId"] as UploadId);
      else
        reject(
          new Refused(
            request.status === 401
              ? "UNAUTHENTICATED"
              : (body["code"] ?? "HTTP"),
            body["detail"] ?? String(request.status),
            body["request"],
          ),
        );
    };
    request.onerror = () => reject(new TypeError("unreachable"));
    request.onabort = () => reject(new DOMException("ended", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", giveUp);
    if (signal.aborted) {
      reject(new DOMException("ended", "AbortError"));
      return;
    }
    signal.addEventListener("abort", giveUp);
    request.send(file);
  });
}

/** Awaits that it is worth to send it again; false: it never is. */
async function isWorthAgain(error: unknown, below: string): Promise<boolean> {
  if (error instanceof TypeError) {
    await untilBack();
    return true;
  }
  if (!(error instanceof Refused)) return false;
  switch (error.code) {
    case "UNAUTHENTICATED":
      return below === "" && signedOut();
    case "FULL":
      await untilRoom();
      return true;
    case "BUSY":
      await untilBack();
      return true;
    default:
      return false;
  }
}

/**
 * Sends a file from the disk as it is: the upload that holds its bytes. Where the
 * server is away or full, or the session is over, it waits, and begins anew.
 */
export async function sendFile(
  account: PrincipalId,
  file: File,
  sending: Sending,
): Promise<UploadId> {
  const { progress, signal, below = "" } = sending;
  const ended = new Promise<false>((resolve) =>
    signal.addEventListener("abort", () => resolve(false), { once: true }),
  );
  for (;;) {
    try {
      const upload = await sendOnce(account, file, sending);
      hasRoom();
      return upload;
    } catch (error) {
      progress(0);
      const again = await Promise.race([isWorthAgain(error, below), ended]);
      if (signal.aborted) throw new DOMException("ended", "AbortError");
      if (!again) throw error;
    }
  }
}
