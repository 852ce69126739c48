import {
  Document20Regular,
  DocumentPdf20Regular,
  DocumentText20Regular,
  Folder20Filled,
  Image20Regular,
  MusicNote120Regular,
  Table20Regular,
  Video20Regular,
} from "@fluentui/react-icons";

import type { Item } from "./model";

export function IconOf({ item }: { item: Pick<Item, "kind" | "type"> }) {
  const type = item.type ?? "";
  const is = (text: string) => type.includes(text);
  if (item.kind === "folder") return <Folder20Filled className="folder-icon" />;
  if (type.startsWith("image/")) return <Image20Regular />;
  if (type.startsWith("video/")) return <Video20Regular />;
  if (type.startsWith("audio/")) return <MusicNote120Regular />;
  if (type === "application/pdf") return <DocumentPdf20Regular />;
  if (is("spreadsheet") || is("excel") || is("csv")) return <Table20Regular />;
  if (type.startsWith("text/") || is("word")) return <DocumentText20Regular />;
  return <Document20Regular />;
}
