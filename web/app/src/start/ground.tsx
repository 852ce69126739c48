// Whether browsers let a page of this origin make passkeys, and what to do if not.
import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";

import { hasPasskeys } from "../client/passkey";
import { s } from "./words";

export type Ground = "good" | "insecure" | "address" | "none" | "certificate";

const isAddress = (host: string): boolean =>
  /^\d+(\.\d+){3}$/.test(host) || host.startsWith("[");

export function groundOf(host = location.hostname): Ground {
  // Passkeys bind to names (WebAuthn, 5.1.3), which numbers are not.
  if (isAddress(host)) return "address";
  if (!isSecureContext) return "insecure";
  return hasPasskeys() ? "good" : "none";
}

/** What a refused try tells of it: browsers look at the certificate only then. */
export const isGround = (error: unknown): boolean =>
  error instanceof DOMException &&
  (error.name === "SecurityError" || /certificate/i.test(error.message));

export function GroundBar({ ground }: { ground: Exclude<Ground, "good"> }) {
  return (
    <MessageBar intent="error" layout="multiline" id="ground" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{s("ground.title")}</MessageBarTitle>
        {s(`ground.${ground}`, { host: location.hostname })}{" "}
        {s(`ground.${ground}Do`)}
      </MessageBarBody>
    </MessageBar>
  );
}
