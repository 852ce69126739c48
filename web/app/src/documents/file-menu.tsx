// What can be done with the document as a whole, where people look for it: left of all.
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  ChevronDown12Regular,
  Copy20Regular,
  History20Regular,
  Print20Regular,
  Save20Regular,
  Share20Regular,
} from "@fluentui/react-icons";

import { attempt, tell } from "../app";
import { call } from "../client/jmap";
import { isCode } from "../client/problem";
import { share } from "../files/acts";
import type { Item } from "../files/model";
import { navigate } from "../router";
import { useDoc, useEditor, useEdits } from "./context";
import { DOCUMENTS } from "./kinds";
import { withKeys } from "./tools";
import { words } from "./words";
import { bareName, downloadAs, FORMS } from "./written";

const NAMES_TRIED = 50;

/** Beside it, under the first name that is free. */
async function copyOf(item: Item): Promise<string> {
  const { parent } = item;
  if (parent === undefined) throw new Error(words("copyNowhere"));
  const ending = item.name.slice(bareName(item.name).length);
  for (let n = 1; ; n++) {
    const name = `${words("copyName", { name: bareName(item.name) })}${n > 1 ? ` (${n})` : ""}${ending}`;
    try {
      return (await call("node.copy", { node: item.id, folder: parent, name })).id;
    } catch (error) {
      if (!isCode(error, "EXISTS") || n === NAMES_TRIED) throw error;
    }
  }
}

export function FileMenu({ item, name }: { item: Item | undefined; name: string }) {
  const { doc, save, print, openPanel } = useEditor();
  const edits = useEdits();
  const kind = useDoc((value) => value.kind);
  const read = doc.may("read");
  const leaves = doc.may("export");
  const prints = doc.may("print");
  const why = (may: boolean, word: "exportDenied" | "printDenied" | "readDenied") =>
    may ? {} : { disabled: true, subText: words(word) };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button id="document-file" className="d-file" appearance="subtle">
          {words("file")}
          <ChevronDown12Regular />
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {edits && (
            <MenuItem id="file-save" icon={<Save20Regular />} secondaryContent={withKeys("", "Ctrl+S").trim()} onClick={save}>
              {words("saveVersion")}
            </MenuItem>
          )}
          {item !== undefined && (
            <MenuItem
              id="file-copy"
              icon={<Copy20Regular />}
              {...why(read, "readDenied")}
              onClick={() =>
                void attempt(async () => {
                  const id = await copyOf({ ...item, name });
                  tell({ intent: "success", text: words("copied") });
                  navigate(`${DOCUMENTS}/${id}`);
                })
              }
            >
              {words("makeCopy")}
            </MenuItem>
          )}
          <MenuDivider />
          {FORMS[kind ?? "text"].map(({ format, word }) => (
            <MenuItem
              key={format}
              id={`file-as-${format}`}
              icon={<ArrowDownload20Regular />}
              {...why(leaves, "exportDenied")}
              onClick={() => void attempt(() => downloadAs(doc.file, name, format))}
            >
              {words(word)}
            </MenuItem>
          ))}
          <MenuItem
            id="file-print"
            icon={<Print20Regular />}
            secondaryContent={withKeys("", "Ctrl+P").trim()}
            {...why(prints, "printDenied")}
            onClick={print}
          >
            {words("print")}
          </MenuItem>
          <MenuDivider />
          <MenuItem
            id="file-versions"
            icon={<History20Regular />}
            {...why(read, "readDenied")}
            onClick={() => openPanel("versions")}
          >
            {words("versions")}
          </MenuItem>
          {item !== undefined && (
            <MenuItem id="file-share" icon={<Share20Regular />} onClick={() => share(item)}>
              {words("share")}
            </MenuItem>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
