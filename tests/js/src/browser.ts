// Debian's Chromium, driven by the DevTools protocol over a pipe: pages as people
// see them, with an authenticator in software.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Readable, Writable } from "node:stream";

import { type Any, eventually, within } from "./server.js";

const PROGRAM = "/usr/bin/chromium";

type Listener = (method: string, params: Any) => void;

// The protocol: messages of JSON, each ended by a NUL, over descriptors 3 and 4.
class Wire {
  #next = 0;
  #rest = "";
  readonly #waiting = new Map<
    number,
    { resolve: (result: Any) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, Listener[]>();

  constructor(
    private readonly to: Writable,
    from: Readable,
  ) {
    from.setEncoding("utf8");
    from.on("data", (text: string) => {
      const parts = (this.#rest + text).split("\0");
      this.#rest = parts.pop() ?? "";
      for (const part of parts) this.#take(JSON.parse(part) as Any);
    });
  }

  #take(message: Any): void {
    const asked = this.#waiting.get(message.id);
    if (asked === undefined) {
      for (const listener of this.#listeners.get(message.sessionId) ?? [])
        listener(message.method, message.params);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.error === undefined) asked.resolve(message.result);
    else asked.reject(new Error(message.error.message));
  }

  listen(session: string, listener: Listener): void {
    const all = this.#listeners.get(session) ?? [];
    this.#listeners.set(session, [...all, listener]);
  }

  async ask(method: string, params: object, sessionId?: string): Promise<Any> {
    const id = ++this.#next;
    const answer = new Promise<Any>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return within(`an answer to ${method}`, answer);
  }
}

// A page in a profile of its own.
export class Page {
  // What the browser complained of: refused by the content policy, or thrown.
  readonly complaints: string[] = [];
  #authenticator = "";

  constructor(
    private readonly wire: Wire,
    private readonly session: string,
  ) {
    wire.listen(session, (method, params) => {
      if (method === "Runtime.exceptionThrown")
        this.complaints.push(JSON.stringify(params.exceptionDetails));
      if (method === "Log.entryAdded" && params.entry.source === "security")
        this.complaints.push(params.entry.text);
    });
  }

  ask(method: string, params: object = {}): Promise<Any> {
    return this.wire.ask(method, params, this.session);
  }

  /** Events of the DevTools protocol. */
  listen(event: string, take: (params: Any) => void): void {
    this.wire.listen(this.session, (method, params) => {
      if (method === event) take(params);
    });
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

  async setPresence(enabled: boolean): Promise<void> {
    await this.ask("WebAuthn.setAutomaticPresenceSimulation", {
      authenticatorId: this.#authenticator,
      enabled,
    });
  }

  async goto(url: string): Promise<void> {
    const { errorText } = await this.ask("Page.navigate", { url });
    assert.equal(errorText, undefined, url);
    await this.isAt(new URL(url).pathname);
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

  // Presses what the selector finds, where a person would.
  async press(selector: string): Promise<void> {
    const [x, y] = await this.value(`(() => {
      const found = document.querySelector(${JSON.stringify(selector)});
      found.scrollIntoView({ block: "center", behavior: "instant" });
      const box = found.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })()`);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.ask("Input.dispatchMouseEvent", {
        type,
        x,
        y,
        button: "left",
        clickCount: 1,
      });
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
  private constructor(
    private readonly process: ChildProcess,
    private readonly wire: Wire,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Browser> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "chancery-browser-"));
    const started = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", PROGRAM, "--headless=new"],
        ...["--remote-debugging-pipe", `--user-data-dir=${folder}`],
        ...["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        ...["--no-first-run", "--disable-background-networking"],
      ],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
        env: { ...process.env, HOME: folder },
      },
    );
    const [, , , to, from] = started.stdio;
    return new Browser(
      started,
      new Wire(to as Writable, from as Readable),
      folder,
    );
  }

  // A page that shares nothing with the others.
  async page(): Promise<Page> {
    const { browserContextId } = await this.wire.ask(
      "Target.createBrowserContext",
      {},
    );
    const { targetId } = await this.wire.ask("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const { sessionId } = await this.wire.ask("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = new Page(this.wire, sessionId);
    await page.open();
    return page;
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    await this.wire.ask("Browser.close", {}).catch(() => undefined);
    await within("the browser's end", ended);
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
