// Acts at the door: what one signs in with, links, enrolling, setting up.
import type { Page as Driven } from "playwright-core";

import {
  type Act,
  gone,
  PASSWORD,
  place,
  press,
  saved,
  says,
  shows,
  type Stage,
  textFile,
  told,
} from "./app-acts.js";
import { codeOf } from "./totp.js";

const closed = (page: Driven): Promise<void> => gone(page, "#asking, #shown");
const titled = (page: Driven, name: string | RegExp): Promise<void> =>
  page.getByRole("heading", { level: 1, name }).waitFor();

// ---- one's own security

let seed = "";

/** The server wants it confirmed only after minutes: its refusal comes at once here. */
const needsConfirming = ({ anna }: Stage): Promise<unknown> =>
  anna.page.pw.route(
    "**/jmap/api",
    (route) => {
      const error = { type: "forbidden", description: "" };
      const results = [{ ok: false, code: "STEPUP", error }];
      return route.fulfill({ json: { methodResponses: [["x", { results }, "0"]] } });
    },
    { times: 1 },
  );

/** Another browser of hers. */
async function signsIn({ server, anna }: Stage): Promise<void> {
  const { login } = anna;
  const given = { login, password: PASSWORD, code: codeOf(seed, 0) };
  await server.op("session.begin", given, { token: null });
}

export const SECURITY_ACTS: readonly Act[] = [
  {
    name: "her security",
    does: async (page) => {
      await place(page, "Security");
      await shows(page, "#app-passwords li");
    },
    leaves: ["credential.list", "session.list"],
  },
  {
    name: "a further passkey",
    ready: async ({ anna }) => {
      // Another device's authenticator takes the place of the first one.
      await anna.page.ask("WebAuthn.disable");
      await anna.page.ask("WebAuthn.enable");
      await anna.page.addAuthenticator();
    },
    does: async (page) => {
      await press(page, "#passkey-add");
      await page.locator("#asking input[name=label]").fill("Key ring");
      await page.keyboard.press("Enter");
      await told(page, "The passkey is added");
      await closed(page);
    },
    leaves: ["passkey.add"],
  },
  {
    name: "a password",
    does: async (page) => {
      await press(page, "#password-set");
      await page.locator("#asking input[name=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await told(page, "The password is set");
      await closed(page);
    },
    leaves: ["password.set"],
  },
  {
    name: "an authenticator app",
    does: async (page) => {
      await press(page, "#totp-set");
      seed = ((await page.locator("#seed").textContent()) ?? "").replaceAll(" ", "");
    },
    leaves: ["totp.begin"],
  },
  {
    name: "its first code",
    does: async (page) => {
      await page.getByRole("dialog").getByRole("textbox", { name: "Code" }).fill(codeOf(seed, -1));
      await page.keyboard.press("Enter");
      await told(page, "The authenticator app works");
      await closed(page);
    },
    leaves: ["totp.confirm"],
  },
  {
    name: "new recovery codes",
    does: async (page) => {
      await press(page, "#recovery-make");
      await shows(page, "#codes");
    },
    leaves: ["recovery.make"],
  },
  {
    name: "an app password",
    does: async (page) => {
      // Not by the mouse: what was told before may lie over it.
      await page.locator("#app-add").focus();
      await page.keyboard.press("Enter");
      await page.locator("#asking input[name=label]").fill("Calendar");
      await page.keyboard.press("Enter");
      await shows(page, "#app-secret");
    },
    leaves: ["app_password.issue"],
  },
  {
    name: "its end",
    does: async (page) => {
      await page.getByRole("button", { name: "Remove Calendar" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await told(page, "is removed");
      await closed(page);
    },
    leaves: ["credential.end"],
  },
  {
    name: "signing out another browser",
    ready: async (stage) => {
      await signsIn(stage);
      const { pw } = stage.anna.page;
      await pw.reload();
      await shows(pw, "#sessions li");
      await shows(pw, "#app-passwords li");
    },
    does: async (page) => {
      // Of that browser nothing is known.
      const end = page.getByRole("button", { name: "End the session of", exact: true });
      await end.click();
      await end.waitFor({ state: "detached" });
    },
    leaves: ["session.revoke"],
  },
  {
    name: "signing out everywhere else",
    does: async (page) => {
      await page.getByRole("button", { name: "Sign out everywhere else" }).click();
      await told(page, /sessions? ended/);
    },
    leaves: ["session.revoke_all"],
  },
  {
    // What was refused until she had confirmed it is not the act yet.
    name: "confirming that it is her",
    ready: needsConfirming,
    does: async (page) => {
      await press(page, "#recovery-make");
      await press(page, "#step-up-passkey");
      await gone(page, "#step-up");
    },
    leaves: ["recovery.make", "session.stepup"],
  },
];

// ---- coming and going

let code = "";

export const COMING_ACTS: readonly Act[] = [
  {
    name: "how far the server is set up",
    does: async (page) => {
      await place(page, "Get started");
      await shows(page, ".item-of");
    },
    leaves: ["setup.progress"],
  },
  {
    name: "who asks for a login",
    ready: async ({ server }) => {
      ({ code } = await server.op("login.begin", { label: "a program" }, { token: null }));
    },
    does: async (page, { server }) => {
      await page.goto(server.url("/approve"));
      await page.locator("#asked").fill(code);
      await page.keyboard.press("Enter");
      await shows(page, "#approve");
    },
    leaves: ["login.show"],
  },
  {
    name: "letting it in",
    does: async (page) => {
      await press(page, "#approve");
      await shows(page, "#done");
    },
    leaves: ["login.approve"],
  },
  {
    name: "signing out",
    does: async (page, { server, anna }) => {
      await page.goto(server.url("/app/security"));
      await shows(page, "#app-passwords li");
      // Its passkey would be taken as soon as it is offered.
      await anna.page.leaveAuthenticator();
      await press(page, "#me");
      await press(page, "#sign-out");
      await page.waitForURL("**/app/sign-in");
    },
    leaves: ["credential.list", "session.end", "session.list"],
  },
  {
    name: "a password that is wrong",
    does: async (page) => {
      await page.locator("#login").fill("anna");
      await page.locator("#password").fill("another one");
      await page.locator("#code").fill("000000");
      await page.keyboard.press("Enter");
      await shows(page, "#wrong");
    },
    leaves: ["session.begin UNAUTHENTICATED"],
  },
  {
    name: "signing in by password and code",
    does: async (page) => {
      await page.locator("#login").fill("anna");
      await page.locator("#password").fill(PASSWORD);
      await page.locator("#code").fill(codeOf(seed, 1));
      await page.keyboard.press("Enter");
      await shows(page, ".home-card");
    },
    leaves: ["recent.list", "session.begin", "share.with_me", "star.list"],
  },
  {
    name: "signing in by passkey",
    ready: async ({ anna, server }) => {
      const { pw } = anna.page;
      await pw.evaluate(() => fetch("/session", { method: "DELETE" }).then(() => null));
      await pw.goto(server.url("/app/sign-in"));
      await shows(pw, "[data-offered]");
    },
    does: async (page, { anna }) => {
      await anna.page.pressAtAuthenticator("#passkey");
      await shows(page, ".home-card");
    },
    leaves: ["recent.list", "session.begin", "share.with_me", "star.list"],
  },
  {
    // It goes on where it was: what was refused is done then.
    name: "signing in again, over the page",
    ready: ({ anna }) =>
      anna.page.pw.evaluate(() => fetch("/session", { method: "DELETE" }).then(() => null)),
    does: async (page) => {
      await place(page, "Starred");
      await press(page, "#sign-in-again-passkey");
      await gone(page, "#sign-in-again");
      await shows(page, ".item");
    },
    leaves: ["session.begin", "star.list"],
  },
];

/** Nobody is signed in there any more. */
const forget = (page: Driven): Promise<unknown> => page.context().clearCookies();

// ---- links

/** Anna's, to something of hers. */
async function makes({ anna }: Stage, node: string | undefined, more: object): Promise<string> {
  return (await anna.do("link.make", { node, relation: "edit", ...more })).secret;
}

let secret = "";

export const LINK_ACTS: readonly Act[] = [
  {
    name: "opening a link to a folder",
    ready: async (stage) => {
      await forget(stage.stranger);
      const parent = stage.nodes["Library"];
      await stage.anna.do("file.create", { parent, name: "Books.txt", content: "" });
      secret = await makes(stage, parent, {});
    },
    does: async (_, { server, stranger }) => {
      await stranger.goto(server.url(`/app/link#${secret}`));
      await shows(stranger, "#files li");
    },
    leaves: ["folder.list", "link.open"],
  },
  {
    name: "looking again is no opening",
    does: async (_, { stranger }) => {
      await stranger.reload();
      await shows(stranger, "#files li");
    },
    leaves: ["folder.list", "node.get"],
  },
  {
    name: "all of it, as an archive",
    does: (_, { stranger }) => saved(stranger, "#download-all"),
    leaves: ["file.read", "folder.list", "node.get"],
  },
  {
    name: "adding a file",
    does: async (_, { stranger }) => {
      await stranger.locator("#add").setInputFiles(textFile("letter.txt", "a letter"));
      await says(stranger, "1 file added");
    },
    leaves: ["file.create", "folder.list", "upload.store"],
  },
  {
    name: "a file of it",
    does: async (_, { stranger }) => {
      await stranger.getByRole("button", { name: "letter.txt" }).first().click();
      await stranger.frameLocator("iframe").getByText("a letter").waitFor();
    },
    leaves: ["file.read"],
  },
  {
    name: "another in its place",
    does: async (_, { stranger }) => {
      await stranger.locator("#replace").setInputFiles(textFile("other.txt", "longer lines"));
      await says(stranger, "Replaced");
      await stranger.frameLocator("iframe").getByText("longer lines").waitFor();
    },
    leaves: ["file.read", "file.write", "upload.store"],
  },
  {
    name: "downloading it",
    does: (_, { stranger }) => saved(stranger, "#download"),
    leaves: ["file.read"],
  },
  {
    name: "a link with a password",
    ready: async (stage) => {
      secret = await makes(stage, stage.nodes["Garden.png"], { password: PASSWORD });
    },
    does: async (_, { server, stranger }) => {
      await stranger.goto("about:blank");
      await stranger.goto(server.url(`/app/link#${secret}`));
      await shows(stranger, "#unlock");
    },
    leaves: ["link.open PASSWORD"],
  },
  {
    name: "its password",
    does: async (_, { stranger }) => {
      await stranger.locator("#password").fill(PASSWORD);
      await stranger.keyboard.press("Enter");
      await stranger.frameLocator("iframe").locator("img").waitFor();
    },
    leaves: ["file.read", "link.open"],
  },
];

// ---- enrolling, and setting up

const invited = async ({ server }: Stage, login: string): Promise<void> => {
  secret = (await server.invite(login)).invitation;
};

async function keepsCodes(page: Driven, next: string): Promise<void> {
  await page.locator("#kept").check();
  await press(page, "#kept-go");
  await shows(page, next);
}

export const ENROL_ACTS: readonly Act[] = [
  {
    name: "following an invitation",
    ready: (stage) => invited(stage, "zoe"),
    does: async (_, { server, stranger }) => {
      await stranger.goto(server.url(`/app/enrol#${secret}`));
      await shows(stranger, "#passkey");
    },
    leaves: ["session.get"],
  },
  {
    // She is signed in by it, and gets codes to keep.
    name: "enrolling with a passkey",
    does: async (_, { stranger }) => {
      await press(stranger, "#passkey");
      await shows(stranger, "#codes");
    },
    leaves: ["passkey.add", "recovery.make", "session.begin"],
  },
  {
    name: "keeping the codes, and going in",
    does: (_, { stranger }) => keepsCodes(stranger, "main.home"),
    leaves: ["recent.list", "share.with_me", "star.list"],
  },
  {
    name: "enrolling with a password",
    ready: async (stage) => {
      await forget(stage.stranger);
      await invited(stage, "yann");
      await stage.stranger.goto(stage.server.url(`/app/enrol#${secret}`));
      await press(stage.stranger, "#other");
    },
    does: async (_, { stranger }) => {
      await stranger.locator("#password").fill(PASSWORD);
      await press(stranger, "#set-go");
      await shows(stranger, "#qr");
    },
    leaves: ["password.set", "totp.begin"],
  },
  {
    name: "the first code",
    does: async (_, { stranger }) => {
      seed = ((await stranger.locator("#seed").textContent()) ?? "").replaceAll(" ", "");
      await stranger.locator("#code").fill(codeOf(seed, -1));
      await press(stranger, "#code-go");
      await shows(stranger, "#next-code");
    },
    leaves: ["totp.confirm"],
  },
  {
    name: "the next one",
    does: async (_, { stranger }) => {
      await stranger.locator("#next-code").fill(codeOf(seed));
      await press(stranger, "#next-code-go");
      await shows(stranger, "#codes");
    },
    leaves: ["recovery.make", "session.begin"],
  },
];

export const SETUP_ACTS: readonly Act[] = [
  {
    name: "setting up",
    does: async (_, { server, stranger, ceremony }) => {
      await stranger.goto(server.url(`/app/setup#${ceremony}`));
      await press(stranger, "#address-right");
      await stranger.getByLabel("Your name").fill("Olga Orlova");
      await stranger.getByLabel("Name to sign in by").fill("olga");
      await stranger.keyboard.press("Enter");
      await titled(stranger, "Welcome, Olga Orlova");
    },
    leaves: [
      "invitation.issue",
      "principal.create",
      "role.grant",
      "role.grant",
      "role.grant",
      "role.grant",
      "session.get",
    ],
  },
  {
    name: "the first administrator enrols",
    does: async (_, { stranger }) => {
      await press(stranger, "#passkey");
      await shows(stranger, "#codes");
      await keepsCodes(stranger, ".item-of");
    },
    leaves: ["passkey.add", "recovery.make", "session.begin", "setup.progress"],
  },
];
