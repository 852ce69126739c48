// Somebody at the web app, in a browser of their own, signed in with a passkey.
import type { Browser, Page } from "./browser.js";
import { type Any, Refused, type Server } from "./server.js";

export class User {
  private constructor(
    readonly page: Page,
    readonly id: string,
    readonly login: string,
  ) {}

  /** Invited, enrolled with a passkey and signed in, and not in the app yet. */
  static async enrol(
    server: Server,
    browser: Browser,
    login: string,
    { name = login, passkey = "My passkey" } = {},
  ): Promise<User> {
    const invited = await server.invite(login, "person", name);
    const page = await browser.page();
    await page.addAuthenticator();
    // A page of that origin with nothing on it.
    const blank = server.url("/blank");
    await page.pw.route(blank, (route) => route.fulfill({ contentType: "text/html", body: "" }));
    await page.pw.goto(blank);
    await page.pw.evaluate(register, {
      person: invited.id,
      secret: invited.invitation,
      label: passkey,
    });
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
        return kind === "error"
          ? { ok: false, code: result.code, error: result }
          : result.results[0];
      },
      [name, args] as const,
    );
  }
}

/** In a page: what an invitation is for, as the app's pages do it. */
async function register(given: { person: string; secret: string; label: string }) {
  const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const call = async (name: string, args: object, secret?: string): Promise<Any> => {
    const answer = await fetch("/jmap/api", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify({
        using: ["urn:chancery:operations"],
        methodCalls: [[name, args, "0"]],
      }),
    });
    const [kind, result] = (await answer.json()).methodResponses[0];
    if (kind === "error" || !result.results[0].ok) throw new Error(JSON.stringify(result));
    return result.results[0];
  };

  let made = await call("challenge.make", { purpose: "register" });
  const created = (await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(made.challenge),
      rp: { id: made.rp_id, name: "Chancery" },
      user: {
        id: new TextEncoder().encode(given.person),
        name: given.person,
        displayName: given.person,
      },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    },
  })) as PublicKeyCredential & { response: AuthenticatorAttestationResponse };
  await call(
    "passkey.add",
    {
      label: given.label,
      challenge: made.challenge,
      client_data: base64(created.response.clientDataJSON),
      attestation: base64(created.response.attestationObject),
    },
    given.secret,
  );

  made = await call("challenge.make", { purpose: "sign_in" });
  const used = (await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(made.challenge),
      rpId: made.rp_id,
      userVerification: "required",
    },
  })) as PublicKeyCredential & { response: AuthenticatorAssertionResponse };
  const begun = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      passkey: base64(used.rawId),
      challenge: made.challenge,
      client_data: base64(used.response.clientDataJSON),
      authenticator_data: base64(used.response.authenticatorData),
      signature: base64(used.response.signature),
    }),
  });
  if (!begun.ok) throw new Error(await begun.text());
  await call("recovery.make", {});
}
