// Acts on files: looked at, changed, brought in and out, and shared.
import * as fs from "node:fs";
import * as path from "node:path";

import type { Page as Driven } from "playwright-core";

import { type Act, gone, place, press, saved, shows, type Stage, textFile, told } from "./app-acts.js";

const node = ({ nodes }: Stage, name: string) => `#row-${nodes[name]}`;
const row = (page: Driven, name: string) => page.locator(".item").filter({ hasText: name });

const select = (page: Driven, stage: Stage, name: string): Promise<void> =>
  page.locator(`${node(stage, name)} .check input`).setChecked(true);

async function deselect(page: Driven): Promise<void> {
  await page.locator("#list").focus();
  await page.keyboard.press("Escape");
}

export const FILE_ACTS: readonly Act[] = [
  {
    name: "opening the app",
    does: async (page, stage) => {
      await page.goto(stage.server.url("/app/files"));
      await shows(page, ".item");
    },
    leaves: ["folder.list"],
  },
  {
    name: "opening a folder",
    does: async (page, stage) => {
      await press(page, `${node(stage, "Projects")} .link`);
      await shows(page, node(stage, "Plan.txt"));
    },
    leaves: ["folder.list"],
  },
  {
    name: "going back",
    does: async (page, stage) => {
      // What is known of it is shown at once, and asked for anew.
      const listed = page.waitForResponse("**/jmap/api");
      await page.goBack();
      await shows(page, node(stage, "Minutes.txt"));
      await listed;
    },
    leaves: ["folder.list"],
  },
  {
    name: "choosing a file",
    does: (page, stage) => select(page, stage, "Minutes.txt"),
    leaves: [],
  },
  {
    name: "its details",
    does: async (page) => {
      await press(page, "#details-toggle");
      await shows(page, "#details dl");
    },
    leaves: ["node.get"],
  },
  {
    name: "its versions",
    does: async (page) => {
      await press(page, "#tab-versions");
      await shows(page, "#versions li");
    },
    leaves: ["version.list"],
  },
  {
    name: "naming a version",
    does: async (page) => {
      await page.locator("#versions").getByRole("button", { name: "Name it" }).last().click();
      await page.locator("#versions input").fill("The first");
      await page.keyboard.press("Enter");
      await page.locator("#versions").getByText("The first").waitFor();
    },
    leaves: ["version.name"],
  },
  {
    name: "restoring a version",
    does: async (page) => {
      await page.locator("#versions").getByRole("button", { name: "Restore" }).first().click();
      await told(page, "That version is the current one again");
    },
    leaves: ["version.restore"],
  },
  {
    name: "who has access",
    does: async (page) => {
      await press(page, "#tab-access");
      await shows(page, "#who li");
    },
    leaves: ["access.who_can", "link.list", "share.list"],
  },
  {
    name: "its activity",
    does: async (page) => {
      await press(page, "#tab-activity");
      await shows(page, "#activity li");
    },
    leaves: ["activity.list"],
  },
  {
    name: "closing the details",
    does: async (page) => {
      await press(page, "#details-toggle");
      await gone(page, "#details");
      await deselect(page);
    },
    leaves: [],
  },
  {
    name: "a new folder",
    does: async (page) => {
      await press(page, "#new");
      await press(page, "#new-folder");
      await page.locator("#ask-name #name").fill("Made");
      await page.keyboard.press("Enter");
      await row(page, "Made").waitFor();
    },
    leaves: ["folder.create"],
  },
  {
    name: "a name that is taken",
    does: async (page) => {
      await press(page, "#new");
      await press(page, "#new-folder");
      await page.locator("#ask-name #name").fill("Made");
      await page.keyboard.press("Enter");
      await page.getByText("Something of that name is already there.").waitFor();
    },
    leaves: ["folder.create EXISTS"],
  },
  {
    name: "uploading",
    does: async (page) => {
      await page
        .locator("#upload-files")
        .setInputFiles({ name: "Sent.txt", mimeType: "text/plain", buffer: Buffer.from("Sent.") });
      await row(page, "Sent.txt").waitFor();
      await shows(page, ".uploads .good");
      await press(page, "#uploads-clear");
    },
    leaves: ["file.create", "upload.store"],
  },
  {
    name: "renaming",
    does: async (page) => {
      await row(page, "Sent.txt").locator(".check input").setChecked(true);
      await page.locator("#list").focus();
      await page.keyboard.press("F2");
      await page.locator("#rename").fill("Sent again.txt");
      await page.keyboard.press("Enter");
      await row(page, "Sent again.txt").waitFor();
    },
    leaves: ["node.rename"],
  },
  {
    name: "looking at a file",
    does: async (page) => {
      await page.locator("#list").focus();
      await page.keyboard.press("Enter");
      await page.frameLocator("iframe.preview-frame").getByText("Sent.").waitFor();
      await page.keyboard.press("Escape");
      await gone(page, "iframe.preview-frame");
    },
    leaves: ["file.read"],
  },
  {
    name: "downloading",
    does: async (page) => {
      const come = page.waitForEvent("download");
      await press(page, "#download");
      await (await come).path();
    },
    leaves: ["file.read"],
  },
  {
    name: "moving",
    does: async (page) => {
      await press(page, "#move");
      await page.locator("#ask-folder").getByRole("button", { name: "Projects" }).click();
      await page.locator("#ask-folder").getByRole("button", { name: "Harbour" }).waitFor();
      await press(page, "#ask-folder button[type=submit]");
      await told(page, "moved");
    },
    leaves: ["folder.list", "folder.list", "node.move"],
  },
  {
    name: "undoing it",
    does: async (page) => {
      await page.locator(".notice").filter({ hasText: "moved" }).getByRole("button", { name: "Undo" }).click();
      await row(page, "Sent again.txt").waitFor();
    },
    leaves: ["node.move"],
  },
  {
    name: "throwing away",
    does: async (page) => {
      await row(page, "Sent again.txt").locator(".check input").setChecked(true);
      await press(page, "#trash");
      await told(page, "is in the trash");
    },
    leaves: ["node.trash"],
  },
  {
    name: "the trash",
    does: async (page) => {
      await place(page, "Trash");
      await row(page, "Sent again.txt").waitFor();
    },
    leaves: ["trash.list"],
  },
  {
    name: "restoring",
    does: async (page) => {
      await row(page, "Sent again.txt").locator(".check input").setChecked(true);
      await press(page, "#restore");
      await told(page, "is back");
    },
    leaves: ["node.restore"],
  },
  {
    name: "deleting for good",
    does: async (page) => {
      await row(page, "Old plan.txt").locator(".check input").setChecked(true);
      await press(page, "#purge");
      await press(page, "#ask-sure button[type=submit]");
      await row(page, "Old plan.txt").waitFor({ state: "detached" });
    },
    leaves: ["node.purge"],
  },
  {
    name: "what is shared with her",
    does: async (page) => {
      await place(page, "Shared");
      await row(page, "Team").waitFor();
    },
    leaves: ["share.with_me"],
  },
  {
    name: "searching",
    does: async (page) => {
      await page.locator("#search").fill("Plan");
      await page.keyboard.press("Enter");
      await row(page, "Plan.txt").waitFor();
    },
    leaves: ["node.search"],
  },
  {
    name: "sharing",
    does: async (page, stage) => {
      await page.goto(stage.server.url("/app/files"));
      await select(page, stage, "Photos");
      await press(page, "#share");
      await shows(page, "#share-dialog #who li");
    },
    leaves: ["access.who_can", "folder.list", "link.list", "share.list"],
  },
  {
    name: "giving a right",
    does: async (page) => {
      await press(page, "#share-who");
      await page.keyboard.type("Ben");
      await page.getByRole("option", { name: "Ben Okafor" }).click();
      await press(page, "#share-give");
      await page.locator("#who li").filter({ hasText: "Ben Okafor" }).waitFor();
    },
    leaves: ["share.grant"],
  },
  {
    name: "ending it",
    does: async (page) => {
      await page.getByRole("button", { name: "End the access of Ben Okafor" }).click();
      await page.locator("#who li").filter({ hasText: "Ben Okafor" }).waitFor({ state: "detached" });
    },
    leaves: ["share.revoke"],
  },
  {
    name: "a link",
    does: async (page) => {
      await press(page, "#link-make");
      await shows(page, "#links li");
    },
    leaves: ["link.make"],
  },
  {
    name: "closing the dialog",
    does: async (page) => {
      await page.keyboard.press("Escape");
      await gone(page, "#share-dialog");
    },
    leaves: [],
  },
  {
    name: "ending a link",
    does: async (page, stage) => {
      await select(page, stage, "Photos");
      await press(page, "#share");
      await shows(page, "#share-dialog #links li");
      await page.locator("#links li").getByRole("button", { name: /^End/ }).click();
      await gone(page, "#links li");
      await page.locator("#share-dialog").getByRole("button", { name: "Close" }).click();
      await gone(page, "#share-dialog");
      await deselect(page);
    },
    leaves: ["access.who_can", "link.list", "share.list", "share.revoke"],
  },
  {
    name: "a star",
    does: async (page, stage) => {
      await select(page, stage, "Welcome.md");
      await press(page, "#star");
      await page.locator("#star").filter({ hasText: "Take the star off" }).waitFor();
      await deselect(page);
    },
    leaves: ["node.star"],
  },
  {
    name: "what has one",
    does: async (page) => {
      await place(page, "Starred");
      await row(page, "Welcome.md").waitFor();
    },
    leaves: ["star.list"],
  },
  {
    name: "where one begins",
    does: async (page) => {
      await place(page, "Home");
      await shows(page, ".home-card");
      await page.locator("[aria-labelledby=home-shared]").getByText("Team").waitFor();
    },
    leaves: ["recent.list", "share.with_me", "star.list"],
  },
  {
    name: "a file that she had last",
    does: async (page) => {
      await page.locator(".home-card").filter({ hasText: "Minutes.txt" }).click();
      await page.frameLocator("iframe.preview-frame").getByText("words").waitFor();
      await page.keyboard.press("Escape");
      await gone(page, "iframe.preview-frame");
    },
    leaves: ["file.read"],
  },
  {
    name: "her files, as tiles",
    does: async (page) => {
      await place(page, "My files");
      await shows(page, ".item");
      await press(page, "#look");
      await shows(page, ".tiles");
      await press(page, "#look");
      await gone(page, ".tiles");
    },
    leaves: ["folder.list"],
  },
  {
    name: "a copy",
    does: async (page, stage) => {
      await select(page, stage, "Minutes.txt");
      await press(page, "#copy");
      await page.locator("#ask-folder").getByRole("button", { name: "Contracts" }).click();
      await page.locator("#ask-folder").getByText("Contracts").last().waitFor();
      await press(page, "#ask-folder button[type=submit]");
      await told(page, "copied");
      await deselect(page);
    },
    leaves: ["folder.list", "folder.list", "node.copy"],
  },
  {
    // Each file that goes with it is read, and says so.
    name: "an archive",
    does: async (page, stage) => {
      await select(page, stage, "Projects");
      await saved(page, "#download");
      await deselect(page);
    },
    leaves: ["file.read", "folder.list", "folder.list", "folder.list", "node.get"],
  },
  {
    name: "uploading a folder",
    does: async (page, { server }) => {
      const folder = path.join(server.folder, "Brought");
      fs.mkdirSync(folder);
      for (const name of ["one.txt", "two.txt"]) fs.writeFileSync(path.join(folder, name), name);
      await page.locator("#upload-folder").setInputFiles(folder);
      await row(page, "Brought").waitFor();
      await shows(page, ".uploads .good");
      await press(page, "#uploads-clear");
    },
    leaves: ["file.create", "file.create", "folder.create", "upload.store", "upload.store"],
  },
  {
    // That there is one already is what its first try tells.
    name: "uploading in the place of another",
    does: async (page) => {
      await page.locator("#upload-files").setInputFiles(textFile("Welcome.md", "Other words."));
      await page.getByRole("radio", { name: /^Replace/ }).check();
      await press(page, "#ask-conflict button[type=submit]");
      await shows(page, ".uploads .good");
      await press(page, "#uploads-clear");
    },
    leaves: ["file.create", "file.create EXISTS", "upload.store"],
  },
  {
    name: "a folder of many pages",
    ready: async ({ server, nodes, hers }) => {
      const file = (i: number) => ({ parent: nodes["Harbour"], name: `${i}.txt`, content: "" });
      for (const from of [0, 200, 400]) {
        const some = Array.from({ length: 200 }, (_, i) => file(from + i));
        await server.ops("file.create", some, { token: hers });
      }
    },
    does: async (page, { server, nodes }) => {
      await page.goto(server.url(`/app/files/${nodes["Harbour"]}`));
      await row(page, "0.txt").first().waitFor();
    },
    leaves: ["folder.list"],
  },
  {
    name: "somebody else's folder",
    does: async (page) => {
      await place(page, "Shared");
      await row(page, "Team").getByRole("link").click();
      await row(page, "Roadmap.txt").waitFor();
    },
    leaves: ["folder.list", "share.with_me"],
  },
  {
    name: "a file by its address",
    does: async (page, { server, nodes }) => {
      await page.goto(server.url(`/app/file/${nodes["Garden.png"]}`));
      await page.frameLocator("iframe.preview-frame").locator("img").waitFor();
    },
    leaves: ["file.read", "node.get"],
  },
];
