// A link's session. Its secret stands behind "#" in the address, which no server is
// told; it is sent once, and a cookie that no script sees, for this link's paths
// alone, comes back. So whoever is signed in stays so, and links are apart.
import type {
  Cause,
  FileId,
  FolderId,
  LinkOpened,
  Node,
  NodePage,
  OperationName,
  Operations,
} from "../../../../clients/types";
import { addressOf, addressOfArchive, sendFile } from "../client/bytes";
import { callAs } from "../client/jmap";
import { isCode, problemOf } from "../client/problem";

/** It is letters, digits and "_": nothing that an address would change. */
export const secretOfLink = (): string => location.hash.slice(1);

const keptOf = (secret: string) => `link ${secret}`; // of this tab alone
const belowOf = (link: LinkOpened) => `/link/${link.id}`;

export const isClosed = (error: unknown): boolean =>
  isCode(
    error,
    "UNAUTHENTICATED",
    "EXPIRED",
    "NOT_FOUND",
    "DENIED",
    "INVALID",
  );

export const mayRead = (link: LinkOpened): boolean =>
  link.relation === "read" || link.relation === "edit";
export const mayEdit = (link: LinkOpened): boolean => link.relation === "edit";

const callLink = <N extends OperationName>(
  link: LinkOpened,
  name: N,
  args: Operations[N]["arguments"],
  cause: Cause = "user",
) => callAs({ below: belowOf(link) }, name, args, cause);

// ---- opening

async function openLink(
  secret: string,
  password?: string,
): Promise<LinkOpened> {
  const answer = await fetch("/link/open", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret, ...(password ? { password } : {}) }),
  });
  if (!answer.ok) throw await problemOf(answer);
  const link = (await answer.json()) as LinkOpened;
  sessionStorage.setItem(keptOf(secret), JSON.stringify(link));
  return link;
}

export const nodeOf = (
  link: LinkOpened,
  node: Node["id"],
  cause: Cause,
): Promise<Node> => callLink(link, "node.get", { node }, cause);

export interface Seen {
  readonly link: LinkOpened;
  readonly node: Node | undefined;
}

/** What this tab has opened before, while that lasts: to look again is no opening. */
export async function lookAgain(secret: string): Promise<Seen | undefined> {
  const before = sessionStorage.getItem(keptOf(secret));
  if (before === null) return undefined;
  const link = JSON.parse(before) as LinkOpened;
  try {
    return await look(link, "user");
  } catch (error) {
    if (!isClosed(error)) throw error;
    sessionStorage.removeItem(keptOf(secret));
    return undefined;
  }
}

export async function look(link: LinkOpened, cause: Cause): Promise<Seen> {
  const node = mayRead(link) ? await nodeOf(link, link.node, cause) : undefined;
  return { link, node };
}

/** The opening is the record of it; what is looked at with it is no other act. */
export const openAndLook = async (secret: string, password?: string) =>
  look(await openLink(secret, password), "prefetch");

// ---- what it opens

export const pageOf = (
  link: LinkOpened,
  folder: FolderId,
  after?: string,
): Promise<NodePage> =>
  callLink(link, "folder.list", {
    folder,
    ...(after === undefined ? {} : { after }),
  });

export const downloadOf = (link: LinkOpened, file: Node): string =>
  file.version === undefined
    ? ""
    : addressOf(link.principal, file.version, file.name, belowOf(link));

export const archiveOf = (link: LinkOpened, folder: Node): string =>
  addressOfArchive(link.principal, folder.name, [folder.id], belowOf(link));

interface Sending {
  readonly progress: (sent: number) => void;
  readonly signal: AbortSignal;
}

async function send(link: LinkOpened, file: File, sending: Sending) {
  return sendFile(link.principal, file, { ...sending, below: belowOf(link) });
}

export async function addFile(
  link: LinkOpened,
  parent: FolderId,
  file: File,
  sending: Sending,
): Promise<void> {
  const upload = await send(link, file, sending);
  await callLink(link, "file.create", {
    parent,
    name: file.name,
    upload,
    modified: new Date(file.lastModified).toISOString(),
    ...(file.type === "" ? {} : { type: file.type }),
  });
}

export async function replaceFile(
  link: LinkOpened,
  node: Node,
  file: File,
  sending: Sending,
): Promise<void> {
  const upload = await send(link, file, sending);
  await callLink(link, "file.write", { file: node.id as FileId, upload });
}
