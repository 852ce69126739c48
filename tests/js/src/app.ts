// The web app as it is built, in a browser that asks the server for all else: the
// answers to the app's own paths come from web/app/dist, under the policy that the
// server's pages have, and on the server's origin, so that passkeys and cookies
// are the real ones.
import * as fs from "node:fs";
import * as path from "node:path";

import type { Page } from "./browser.js";
import { ROOT } from "./server.js";

const DIST = path.join(ROOT, "web/app/dist");

const POLICY =
  // The hash is that of nothing: an empty style element, which a script fills rule
  // by rule, as Griffel does. None that brings a text is taken.
  "default-src 'none'; script-src 'self'; " +
  "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; " +
  "img-src 'self'; connect-src 'self'; form-action 'none'; " +
  "frame-ancestors 'none'; base-uri 'none'; " +
  "require-trusted-types-for 'script'";

const TYPES: { [extension: string]: string } = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

function fileOf(where: string): string | undefined {
  if (where === "/app" || where.startsWith("/app/"))
    return path.join(DIST, "index.html");
  const file = path.join(DIST, path.normalize(where));
  return fs.existsSync(file) ? file : undefined;
}

export async function serveApp(page: Page): Promise<void> {
  page.listen("Fetch.requestPaused", ({ requestId, request }) => {
    const file = fileOf(new URL(request.url).pathname);
    if (file === undefined) {
      void page.ask("Fetch.continueRequest", { requestId });
      return;
    }
    const headers = {
      "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "cross-origin-opener-policy": "same-origin",
      "x-content-type-options": "nosniff",
    };
    void page.ask("Fetch.fulfillRequest", {
      requestId,
      responseCode: 200,
      responseHeaders: Object.entries(headers).map(([name, value]) => ({
        name,
        value,
      })),
      body: fs.readFileSync(file).toString("base64"),
    });
  });
  await page.ask("Fetch.enable", {
    patterns: ["*://*/app", "*://*/app/*", "*://*/assets/*"].map(
      (urlPattern) => ({ urlPattern }),
    ),
  });
}
