// What an authenticator app is set up with: a picture to scan, and the same as text.
import { Button, Link as TextLink } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons";
import { generate } from "lean-qr/nano";
import { useMemo } from "react";

import type { TotpMade } from "../../../../clients/types";
import { attempt, tell } from "../app";
import "./style.css";
import { c } from "./words";

/** White around it (ISO/IEC 18004, 6.3.8): dark themes would have none. */
const QUIET = 4;

function pathOf(text: string): { size: number; path: string } {
  const code = generate(text);
  let path = "";
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++)
      if (code.get(x, y)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
  return { size: code.size + 2 * QUIET, path };
}

function Qr({ text }: { text: string }) {
  const { size, path } = useMemo(() => pathOf(text), [text]);
  return (
    <svg
      id="qr"
      className="qr"
      role="img"
      aria-label={c("qr.label")}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

export function AppKey({ made }: { made: TotpMade }) {
  const { secret = "", uri = "" } = made;
  return (
    <div className="app-key">
      <Qr text={uri} />
      <div className="fields">
        <p className="hint">{c("qr.typed")}</p>
        <code id="seed">{secret.match(/.{1,4}/g)?.join(" ")}</code>
        <span className="buttons">
          <Button
            size="small"
            icon={<Copy20Regular />}
            onClick={() =>
              void attempt(async () => {
                await navigator.clipboard.writeText(secret);
                tell({ intent: "success", text: c("qr.copied") });
              })
            }
          >
            {c("qr.copy")}
          </Button>
        </span>
        <TextLink id="otpauth" href={uri}>
          {c("qr.open")}
        </TextLink>
      </div>
    </div>
  );
}
