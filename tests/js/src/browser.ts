// Debian's Chromium, driven by Playwright: pages as people see them, with an
// authenticator in software.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  type Browser as Program,
  type BrowserContextOptions,
  type CDPSession,
  chromium,
  type Page as Driven,
} from "playwright-core";

import { type Any, eventually } from "./server.js";

export const PROGRAM = "/usr/bin/chromium";

const AGAIN_MS = 50;
// A guard against hanging, and no more: machines are slow when they have much to do.
const PATIENCE_MS = 60_000;

/**
 * What a page asks for waits up to so many milliseconds: what is done before the page
 * is ready for it, and goes well on most days, fails then.
 */
const SLOW_MS = Number(process.env["CHANCERY_SLOW"] ?? 0);

/**
 * What Playwright waits for it looks for at once, four times more, and then each half
 * second: most of a test's time would go by so. It has no option for that; where a
 * newer Playwright calls it otherwise, this says so.
 */
function quicken(page: Driven): void {
  const { _connection: connection } = page as Any;
  const frames = Object.getPrototypeOf(connection.toImpl(page.mainFrame()));
  assert.equal(typeof frames.retryWithProgressAndBackoff, "function");
  frames.retryWithProgressAndBackoff = function (progress: Any, look: Any) {
    return this.retryWithProgressAndTimeouts(progress, [AGAIN_MS], look);
  };
}

// A page in a profile of its own.
export class Page {
  // What the browser complained of: refused by the content policy, or thrown.
  readonly complaints: string[] = [];
  #authenticator = "";

  constructor(
    /** Playwright's, for all that is not below. */
    readonly pw: Driven,
    private readonly cdp: CDPSession,
  ) {
    pw.on("pageerror", (error) => this.complaints.push(String(error.stack)));
    this.listen("Log.entryAdded", ({ entry }) => {
      if (entry.source === "security") this.complaints.push(entry.text);
    });
  }

  /** The DevTools protocol, for what Playwright doesn't know. */
  ask(method: string, params: object = {}): Promise<Any> {
    return this.cdp.send(method as "Runtime.evaluate", params as { expression: string });
  }

  /** Events of the DevTools protocol. */
  listen(event: string, take: (params: Any) => void): void {
    this.cdp.on(event as "Log.entryAdded", take);
  }

  async open(): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log", "WebAuthn"])
      await this.ask(`${domain}.enable`);
  }

  // One that is unlocked whenever it is asked, as long as somebody is there.
  async addAuthenticator(): Promise<void> {
    const { authenticatorId } = await this.ask("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    this.#authenticator = authenticatorId;
  }

  /**
   * Nobody touches the authenticator. What is offered by itself from here on waits:
   * one that waits isn't answered any more when somebody comes.
   */
  async leaveAuthenticator(): Promise<void> {
    await this.#setPresence(false);
    const mark = () => {
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = (how) => {
        const asked = get(how);
        if (how?.mediation === "conditional") document.body.dataset["offered"] = "";
        return asked;
      };
    };
    await this.pw.addInitScript(mark);
  }

  /** Somebody comes, once the page waits. */
  async comeToAuthenticator(): Promise<void> {
    await this.pw.locator("[data-offered]").waitFor();
    await this.#setPresence(true);
  }

  /** And presses that. */
  async pressAtAuthenticator(selector: string): Promise<void> {
    await this.comeToAuthenticator();
    await this.press(selector);
  }

  async #setPresence(enabled: boolean): Promise<void> {
    await this.ask("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId: this.#authenticator,
      enabled,
    });
  }

  /** Where the page then leads to is its own matter. */
  async goto(url: string): Promise<void> {
    await this.pw.goto(url);
  }

  // What an expression of the page's is.
  async value(expression: string): Promise<Any> {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  }

  // Waits for an expression to hold; between two pages none does.
  async until(expression: string, what = expression): Promise<void> {
    await eventually(what, async () => {
      const held = await this.value(expression).catch(() => false);
      return held === true || undefined;
    });
  }

  // Types as a person does, into the field of that id.
  async type(id: string, text: string): Promise<void> {
    await this.value(`document.getElementById("${id}").select()`);
    await this.ask("Input.insertText", { text });
  }

  // Presses the first that the selector finds, once it is there and lies still.
  press(selector: string): Promise<void> {
    return this.pw.locator(selector).first().click();
  }

  text(id: string): Promise<string> {
    return this.value(`document.getElementById("${id}").textContent`);
  }

  isShown(id: string): Promise<void> {
    return this.until(
      `document.getElementById("${id}")?.offsetParent !== null &&
       document.getElementById("${id}") !== null`,
      `${id} in the page`,
    );
  }

  async isAt(pathname: string): Promise<void> {
    await this.until(
      `location.pathname === "${pathname}" && document.readyState === "complete"`,
      pathname,
    );
  }

  // Pictures for people, where a folder for them is named.
  async picture(name: string): Promise<void> {
    const folder = process.env["CHANCERY_PICTURES"];
    if (folder === undefined) return;
    fs.mkdirSync(folder, { recursive: true });
    for (const [scheme, width] of [
      ["light", 1000],
      ["dark", 1000],
      ["light", 390],
      ["dark", 390],
    ] as const) {
      await this.ask("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: scheme }],
      });
      await this.ask("Emulation.setDeviceMetricsOverride", {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: width < 500,
      });
      // Colours that are on their way to the other theme's.
      await this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))");
      await this.value(
        `Promise.all(document.getAnimations()
          .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
          .map((one) => one.finished.catch(() => null))).then(() => null)`,
      );
      const { data } = await this.ask("Page.captureScreenshot");
      fs.writeFileSync(
        path.join(folder, `${name}-${scheme}-${width}.png`),
        Buffer.from(data, "base64"),
      );
    }
    await this.ask("Emulation.clearDeviceMetricsOverride");
  }
}

export class Browser {
  private constructor(private readonly program: Program) {}

  static async start(): Promise<Browser> {
    const program = await chromium.launch({
      executablePath: PROGRAM,
      chromiumSandbox: false,
      args: ["--disable-gpu"],
    });
    return new Browser(program);
  }

  // A page that shares nothing with the others.
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.program.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1000, height: 800 },
      // What moves costs time, and shows nothing more when it lies still.
      reducedMotion: "reduce",
      ...options,
    });
    if (SLOW_MS > 0)
      await context.route("**", async (route) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * SLOW_MS));
        await route.continue().catch(() => undefined); // it was left meanwhile
      });
    const pw = await context.newPage();
    quicken(pw);
    pw.setDefaultTimeout(PATIENCE_MS);
    const page = new Page(pw, await context.newCDPSession(pw));
    await page.open();
    return page;
  }

  async stop(): Promise<void> {
    await this.program.close();
  }
}
