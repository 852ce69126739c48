// Somebody at the web app, in a browser of their own, signed in with a passkey.
import type { Browser, Page } from "./browser.js";
import { type Any, Refused, type Server } from "./server.js";

export class User {
  private constructor(
    readonly page: Page,
    readonly id: string,
    readonly login: string,
  ) {}

  /** Invited, enrolled by a passkey, and shown the codes to keep. */
  static async enrol(
    server: Server,
    browser: Browser,
    login: string,
    { name = login, passkey = "My passkey" } = {},
  ): Promise<User> {
    const invited = await server.invite(login, "person", name);
    const page = await browser.page();
    await page.addAuthenticator();
    await page.goto(server.url(`/enrol#${invited.invitation}`));
    await page.pw.locator("#label").fill(passkey);
    await page.pw.locator("#passkey").click();
    await page.pw.locator("#codes").waitFor();
    return new User(page, invited.id, login);
  }

  /** The same; throws where it was refused. */
  async do(name: string, args: object): Promise<Any> {
    const result = await this.op(name, args);
    if (!result.ok) throw new Refused(name, JSON.stringify(result.error), result.code);
    return result;
  }

  /** An operation on one object, in the session of the page. */
  op(name: string, args: object): Promise<Any> {
    return this.page.pw.evaluate(
      async ([name, args]) => {
        const answer = await fetch("/jmap/api", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({
            using: ["urn:chancery:operations"],
            methodCalls: [[name, args, "0"]],
          }),
        });
        const [kind, result] = (await answer.json()).methodResponses[0];
        return kind === "error" ? { ok: false, error: result } : result.results[0];
      },
      [name, args] as const,
    );
  }
}
