// People at documents that are open in the web app: a server with the engine, and what
// is in the files that it saves.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Page as Driven } from "playwright-core";
import { inflateRawSync } from "node:zlib";

import { type Any, eventually, ROOT, type Server } from "./server.js";
import type { User } from "./user.js";

export const sample = (name: string): Buffer =>
  fs.readFileSync(path.join(ROOT, "tests/data/documents", name));

/** A file of these bytes in a folder; without one, in the person's home. */
export async function upload(
  user: User,
  name: string,
  bytes: Buffer,
  parent?: string,
): Promise<string> {
  const { home, principal }: Any = await user.do("session.get", {});
  const sent: Any = await user.page.pw.evaluate(
    async ([to, content]) => {
      const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
      return (await fetch(to, { method: "POST", body: bytes })).json();
    },
    [`/jmap/upload/${principal}/`, bytes.toString("base64")] as const,
  );
  const made = await user.do("file.create", {
    parent: parent ?? home,
    name,
    upload: sent.blobId,
  });
  return made.id;
}

/** The document in the person's browser, with all of its first screen there. */
export async function open(server: Server, user: User, file: string): Promise<Driven> {
  const page = user.page.pw;
  await page.goto(server.url(`/app/documents/${file}`));
  await page.locator(".d-foot span:not(.gap)").first().waitFor();
  await page.locator("#document-text").waitFor({ state: "attached" });
  return page;
}

/** A part of an archive (APPNOTE.TXT, 4.3), as text. */
export function member(zip: Buffer, name: string): string {
  let at = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  assert.ok(at >= 0, "an archive");
  const count = zip.readUInt16LE(at + 10);
  at = zip.readUInt32LE(at + 16);
  for (let i = 0; i < count; i++) {
    const [length, more, said] = [28, 30, 32].map((n) => zip.readUInt16LE(at + n)) as [number, number, number];
    if (zip.toString("utf8", at + 46, at + 46 + length) === name) {
      const local = zip.readUInt32LE(at + 42);
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(from, from + zip.readUInt32LE(at + 20));
      return (zip.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)).toString();
    }
    at += 46 + length + more + said;
  }
  return assert.fail(`no ${name} in the archive`);
}

/** The bytes of one version of the file, or of the current one. */
export async function bytesOf(user: User, file: string, one?: string): Promise<Buffer> {
  const { principal }: Any = await user.do("session.get", {});
  const { version, name }: Any = await user.do("node.get", { node: file });
  const content = await user.page.pw.evaluate(async (from) => {
    const bytes = new Uint8Array(await (await fetch(from)).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }, `/jmap/download/${principal}/${one ?? version}/${encodeURIComponent(name)}`);
  return Buffer.from(content, "base64");
}

/** Until a version after that one is there. */
export const newVersion = (user: User, file: string, after: string): Promise<string> =>
  eventually("a new version", async () => {
    const { version }: Any = await user.do("node.get", { node: file });
    return version === after ? undefined : version;
  });

/** All that a document says, as one line. */
export const plain = (xml: string): string =>
  xml.replace(/<\/w:p>/g, "\n").replace(/<[^>]+>/g, "");
