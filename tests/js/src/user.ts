// Somebody at the web app, in a browser of their own, signed in with a passkey.
import type { Browser, Page } from "./browser.js";
import type { Any, Server } from "./server.js";

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
  ): Promise<User> {
    const invited = await server.invite(login);
    const page = await browser.page();
    await page.addAuthenticator();
    await page.goto(server.url(`/enrol#${invited.invitation}`));
    await page.pw.locator("#passkey").click();
    await page.pw.locator("#codes").waitFor();
    return new User(page, invited.id, login);
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
        return (await answer.json()).methodResponses[0][1].results[0];
      },
      [name, args] as const,
    );
  }
}
