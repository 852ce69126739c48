// Recovery codes, shown this once, with the ways to keep them.
import { Button } from "@fluentui/react-components";
import {
  ArrowDownload20Regular,
  Copy20Regular,
  Print20Regular,
} from "@fluentui/react-icons";

import { attempt, tell } from "../app";
import "./style.css";
import { c } from "./words";

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function Codes({ codes, name }: { codes: string; name: string }) {
  const head = c("codes.head", { name, where: location.origin });
  const list = codes.trim();
  return (
    <div className="codes">
      <p className="print-only">{head}</p>
      <pre id="codes" aria-label={c("codes.label")} tabIndex={0}>
        {list}
      </pre>
      <div className="buttons">
        <Button
          id="codes-copy"
          icon={<Copy20Regular />}
          onClick={() =>
            void attempt(async () => {
              await navigator.clipboard.writeText(list);
              tell({ intent: "success", text: c("codes.copied") });
            })
          }
        >
          {c("codes.copy")}
        </Button>
        <Button
          id="codes-download"
          icon={<ArrowDownload20Regular />}
          onClick={() => save(c("codes.file"), `${head}\n\n${list}\n`)}
        >
          {c("codes.download")}
        </Button>
        <Button
          id="codes-print"
          icon={<Print20Regular />}
          onClick={() => window.print()}
        >
          {c("codes.print")}
        </Button>
      </div>
    </div>
  );
}
