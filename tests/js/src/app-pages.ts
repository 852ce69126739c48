// Every page of the web app, and what each can show besides: menus, dialogs, panels.
// What holds for all pages is proved over this table: a new page is a row of it.
import type { Page as Driven } from "playwright-core";

import type { World } from "./app-world.js";

export interface Scene {
  readonly name: string;
  /** What a person does, on the page as it has just come, until it is there. */
  readonly open: (page: Driven, world: World) => Promise<unknown>;
}

export interface AppPage {
  readonly name: string;
  readonly address: (world: World) => string;
  /** Shows that the page is there. */
  readonly ready: string;
  /** For who isn't signed in. */
  readonly stranger?: true;
  readonly scenes?: readonly Scene[];
}

// ---- acts

const press = (selector: string) => (page: Driven) => page.locator(selector).click();

const shows = (page: Driven, selector: string): Promise<void> =>
  page.locator(selector).first().waitFor();

async function select(page: Driven, id: string | undefined): Promise<void> {
  await page.locator(`#row-${id} [role=gridcell].check input`).click();
}

/** Chooses what is called so ordinarily, then presses a command. */
const command =
  (name: string, id: string, then: string) =>
  async (page: Driven, { nodes }: World) => {
    await select(page, nodes[name]);
    await page.locator(`#${id}`).click();
    await shows(page, then);
  };

const details = (tab: string, then: string) => async (page: Driven, { nodes }: World) => {
  // On a phone they lie above the list.
  await select(page, nodes["Minutes.txt"]);
  await page.locator("#details-toggle").click();
  await page.locator(`#tab-${tab}`).click();
  await shows(page, then);
};

/** A dialog or a menu behind a button. */
const behind = (button: string, then: string) => async (page: Driven) => {
  await page.locator(button).click();
  await shows(page, then);
};

async function listsKeys(page: Driven): Promise<void> {
  await page.keyboard.press("?");
  await shows(page, "#keys dl");
}

/** The server wants it confirmed only after minutes: its refusal comes at once here. */
async function needsConfirming(page: Driven): Promise<void> {
  await page.route(
    "**/jmap/api",
    (route) => {
      const error = { type: "forbidden", description: "" };
      const results = [{ ok: false, code: "STEPUP", error }];
      return route.fulfill({ json: { methodResponses: [["x", { results }, "0"]] } });
    },
    { times: 1 },
  );
}

// ---- the table

const FOLDER_SCENES: readonly Scene[] = [
  { name: "new", open: behind("#new", "#new-folder") },
  {
    name: "new-folder",
    open: async (page) => {
      await page.locator("#new").click();
      await page.locator("#new-folder").click();
      await shows(page, "#ask-name #name");
    },
  },
  { name: "sort", open: behind("#sort", "[role=menuitemradio]") },
  {
    name: "tiles",
    // And as a list again, for who comes after.
    open: async (page) => {
      await page.locator("#look").click();
      await shows(page, ".tiles");
      await page.evaluate(() => {
        for (const key of Object.keys(localStorage))
          if (localStorage.getItem(key) === "tiles" || localStorage.getItem(key) === "grid")
            localStorage.removeItem(key);
      });
    },
  },
  { name: "me", open: behind("#me", "#sign-out") },
  { name: "keys", open: listsKeys },
  {
    name: "places",
    // On a phone.
    open: async (page) => {
      await shows(page, ".nav .place");
      if (await page.locator("#nav-more").isVisible())
        await behind("#nav-more", "[role=menuitem]")(page);
    },
  },
  {
    name: "selected",
    open: (page, { nodes }) => select(page, nodes["Minutes.txt"]),
  },
  {
    name: "rename",
    open: async (page, { nodes }) => {
      await select(page, nodes["Minutes.txt"]);
      await page.locator("#list").focus();
      await page.keyboard.press("F2");
      await shows(page, "#rename");
    },
  },
  {
    name: "context-menu",
    open: async (page, { nodes }) => {
      await page.locator(`#row-${nodes["Minutes.txt"]}`).click({ button: "right" });
      await shows(page, "[role=menuitem]");
    },
  },
  { name: "move", open: command("Minutes.txt", "move", "#ask-folder .pick-one") },
  { name: "about", open: details("about", "#details dl") },
  { name: "versions", open: details("versions", "#versions li") },
  { name: "access", open: details("access", "#who li") },
  { name: "activity", open: details("activity", "#activity li") },
  { name: "share", open: command("Minutes.txt", "share", "#share-dialog #links li") },
  {
    name: "conflict",
    open: async (page, { called }) => {
      await page.locator("#upload-files").setInputFiles({
        name: called("Minutes.txt", "node"),
        mimeType: "text/plain",
        buffer: Buffer.from("Other words.\n"),
      });
      await shows(page, "#ask-conflict");
    },
  },
  {
    name: "undone",
    open: async (page, { nodes }) => {
      await select(page, nodes["Contracts"]);
      await page.locator("#trash").click();
      await page.locator(".notice").waitFor();
      await page.locator(".notice button").first().click();
      await shows(page, `#row-${nodes["Contracts"]}`);
      await page.locator(".notice").last().waitFor();
    },
  },
];

// ---- for who has a link, or an invitation

let invited = 0;

/** As somebody new, who was invited. */
async function enrols(page: Driven, { server, called }: World): Promise<void> {
  const login = `guest${++invited}@else.example`;
  const name = called("Zoe Zander", "principal");
  const { id } = await server.op("principal.create", { kind: "person", name, login });
  const { secret } = await server.op("invitation.issue", { principal: id });
  await page.goto(server.url(`/app/enrol#${secret}`));
  await shows(page, "#other");
}

async function setsPassword(page: Driven, world: World): Promise<void> {
  await enrols(page, world);
  await page.locator("#other").click();
  await shows(page, "#password");
}

async function setsUpApp(page: Driven, world: World): Promise<void> {
  await setsPassword(page, world);
  await page.locator("#password").fill("nine blue kettles whistle");
  await page.locator("#set-go").click();
  await shows(page, "#qr");
}

const opens =
  (name: string, then: string, more: object = {}) =>
  async (page: Driven, { server, anna, nodes }: World): Promise<void> => {
    const made = await anna.op("link.make", { node: nodes[name], relation: "edit", ...more });
    await page.goto("about:blank");
    await page.goto(server.url(`/app/link#${made.secret}`));
    await shows(page, then);
  };

const START_PAGES: readonly AppPage[] = [
  {
    name: "setup",
    address: () => "/app/setup",
    ready: "#address-right",
    stranger: true,
    scenes: [{ name: "you", open: behind("#address-right", "#token") }],
  },
  {
    name: "enrol",
    address: () => "/app/enrol",
    ready: "#secret",
    stranger: true,
    scenes: [
      {
        name: "wrong",
        open: async (page) => {
          await page.locator("#secret").fill("chy_nothing");
          await page.locator("#open-go").click();
          await shows(page, "#wrong");
        },
      },
      { name: "choose", open: enrols },
      { name: "password", open: setsPassword },
      { name: "authenticator", open: setsUpApp },
      {
        name: "codes",
        open: async (page, world) => {
          await enrols(page, world);
          await page.locator("#passkey").click();
          await shows(page, "#codes");
          await page.context().clearCookies();
        },
      },
    ],
  },
  { name: "recover", address: () => "/app/enrol?code", ready: "#secret", stranger: true },
  { name: "approve", address: () => "/app/approve", ready: "#asked" },
  {
    name: "link",
    address: () => "/app/link",
    ready: "#closed",
    stranger: true,
    scenes: [
      { name: "folder", open: opens("Projects", "#files li") },
      { name: "file", open: opens("Minutes.txt", "iframe") },
      {
        name: "password",
        open: opens("Minutes.txt", "#unlock", { password: "nine blue kettles whistle" }),
      },
      { name: "unseen", open: opens("Minutes.txt", "#unseen", { relation: "see" }) },
    ],
  },
  { name: "start", address: () => "/app/start", ready: ".item-of" },
];

export const PAGES: readonly AppPage[] = [
  {
    name: "sign-in",
    address: () => "/app/sign-in",
    ready: "#passkey",
    stranger: true,
  },
  {
    name: "files",
    address: () => "/app/files",
    ready: ".item",
    scenes: FOLDER_SCENES,
  },
  {
    name: "folder",
    address: ({ nodes }) => `/app/files/${nodes["Projects"]}`,
    ready: ".item",
  },
  {
    name: "empty-folder",
    address: ({ nodes }) => `/app/files/${nodes["Harbour"]}`,
    ready: ".empty",
  },
  { name: "shared", address: () => "/app/shared", ready: ".item" },
  { name: "starred", address: () => "/app/starred", ready: ".item" },
  { name: "home", address: () => "/app/home", ready: ".home-card, .home-line" },
  {
    name: "preview",
    address: ({ nodes }) => `/app/file/${nodes["Minutes.txt"]}`,
    ready: "#preview iframe",
  },
  {
    name: "preview-none",
    address: ({ nodes }) => `/app/file/${nodes["Budget.xlsx"]}`,
    ready: "#preview-close",
  },
  {
    name: "trash",
    address: () => "/app/trash",
    ready: ".item",
    scenes: [
      {
        name: "purge",
        open: async (page) => {
          await page.locator(".item .check input").first().click();
          await page.locator("#purge").click();
          await shows(page, "#ask-sure");
        },
      },
    ],
  },
  {
    name: "search",
    address: ({ called }) => `/app/search?q=${encodeURIComponent(called("Plan.txt", "node"))}`,
    ready: ".item",
  },
  {
    name: "security",
    address: () => "/app/security",
    ready: "#app-passwords li",
    scenes: [
      { name: "passkey", open: behind("#passkey-add", "#asking") },
      { name: "password", open: behind("#password-set", "#asking") },
      { name: "authenticator", open: behind("#totp-set", "#seed") },
      { name: "remove", open: behind("#app-passwords li:first-child button", "#asking") },
      { name: "recovery", open: behind("#recovery-make", "#codes") },
      { name: "app-password", open: behind("#app-add", "#asking") },
      {
        name: "confirm",
        open: async (page) => {
          await needsConfirming(page);
          await page.locator("#recovery-make").click();
          await shows(page, "#step-up");
        },
      },
    ],
  },
  {
    name: "people",
    address: () => "/app/people",
    ready: "main .p-item",
    scenes: [
      { name: "add", open: behind("#add", "#asking") },
      {
        name: "chosen",
        open: (page) => page.locator(".p-item .p-check input").first().click(),
      },
    ],
  },
  { name: "people-import", address: () => "/app/people/import", ready: "#import-text" },
  {
    name: "person",
    address: ({ ben }) => `/app/people/${ben.id}`,
    ready: "#storage .hint",
    scenes: [{ name: "more", open: behind("#more", "[role=menuitem]:not(.p-thin)") }],
  },
  {
    name: "person-rights",
    address: ({ ben }) => `/app/people/${ben.id}/rights`,
    ready: "#apps li",
    scenes: [
      { name: "role", open: behind("#role-give", "#asking") },
      { name: "join", open: behind("#join", "#asking") },
    ],
  },
  {
    name: "person-sign-in",
    address: ({ ben }) => `/app/people/${ben.id}/sign-in`,
    ready: "#credentials li",
  },
  {
    name: "person-why",
    address: ({ ben }) => `/app/people/${ben.id}/why`,
    ready: "#why-ask",
    scenes: [
      { name: "asked", open: behind("#why-ask", ".p-path") },
      { name: "authority", open: behind("#authority-look", "#authority li") },
    ],
  },
  {
    name: "groups",
    address: () => "/app/people/groups",
    ready: "main .p-item",
    scenes: [{ name: "make", open: behind("#group-make", "#asking") }],
  },
  {
    name: "group",
    address: ({ group }) => `/app/people/${group}`,
    ready: "#member-add",
    scenes: [{ name: "add", open: behind("#member-add", "#asking") }],
  },
  {
    name: "units",
    address: () => "/app/people/units",
    ready: "main .p-item",
    scenes: [{ name: "make", open: behind("#unit-make", "#asking") }],
  },
  {
    name: "unit",
    address: ({ unit }) => `/app/people/units/${unit}`,
    ready: "#administrators .hint",
  },
  { name: "apps", address: () => "/app/people/apps", ready: ".p-card" },
  {
    name: "app",
    address: () => "/app/people/apps/mail",
    ready: "#given li",
    scenes: [{ name: "who-can", open: behind("#who-can-ask", "#who-can li") }],
  },
  { name: "roles", address: () => "/app/people/roles", ready: ".p-card" },
  { name: "waiting", address: () => "/app/people/waiting", ready: "#mine .hint" },
  {
    name: "policy",
    address: () => "/app/people/policy",
    ready: "#canaries li",
    scenes: [
      { name: "exception", open: behind("#except", "#asking") },
      { name: "canary", open: behind("#canary-plant", "#asking") },
    ],
  },
  {
    name: "bar",
    address: () => "/app/bar",
    ready: ".bar-control",
    scenes: [{ name: "open", open: behind("#open-look", "#open-result") }],
  },
  {
    name: "log",
    address: () => "/app/log",
    ready: "#records .log-row.item",
    scenes: [
      { name: "badge", open: behind("#badge", "#badge-facts") },
      { name: "export", open: behind("#export", "#export-dialog") },
      { name: "keys", open: listsKeys },
      { name: "table", open: behind("#time-table", ".log-table") },
      { name: "record", open: behind("#records .log-row.item >> nth=0", "#proof-verdict") },
    ],
  },
  {
    name: "log-record",
    address: () => "/app/log/6",
    ready: "#proof-verdict",
    scenes: [
      { name: "leaf", open: behind("#raw-leaf", "#leaf") },
      { name: "texts", open: behind("#raw-texts", ".log-texts, #raw .hint") },
    ],
  },
  {
    // Where no engine is: what one with an engine shows, documents-app.test.ts looks at.
    name: "document",
    address: ({ nodes }) => `/app/documents/${nodes["Budget.xlsx"]}`,
    ready: "#fault",
  },
  ...START_PAGES,
  { name: "nowhere", address: () => "/app/nowhere", ready: "main h1" },
];

// ---- going there

/** Nothing is under way any more, and nothing moves. */
export async function settled(page: Driven): Promise<void> {
  await page.locator("[role=progressbar]:not([aria-valuenow])").first().waitFor({ state: "detached" });
  // One that is left before it has come would say so to a page that isn't there.
  await Promise.all(page.frames().map((frame) => frame.waitForLoadState()));
  // What a dialog shuts off is hidden from screen readers a moment after it is there.
  await page.waitForFunction(
    () =>
      document.querySelector("[aria-modal=true]") === null ||
      document.querySelector("main")?.closest("[aria-hidden=true]") !== null,
  );
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    await Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished.catch(() => null)),
    );
  });
}

/** Goes to a page, and opens one of its scenes there. */
export async function visit(
  page: Driven,
  world: World,
  { address, ready }: AppPage,
  scene?: Scene,
): Promise<void> {
  await page.goto(world.server.url(address(world)));
  await shows(page, ready);
  await scene?.open(page, world);
  await settled(page);
}

export { press };
