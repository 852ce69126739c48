// An organisation as the web app shows it: people, groups, folders and files, with
// something on each page. What they are called is the caller's matter, so that the
// same pages can be seen with names that try to be more than text.
import { deflateSync } from "node:zlib";

import type { Browser } from "./browser.js";
import { type Any, Server } from "./server.js";
import { User } from "./user.js";

/** What is named: a folder or file, somebody or a group, and so on. */
export type NameOf = "node" | "principal" | "link" | "version" | "credential";

/** What something is called, of what an ordinary person would have called it. */
export type Naming = (ordinary: string, of: NameOf) => string;

export interface World {
  readonly server: Server;
  readonly browser: Browser;
  /** Has every role, and is who looks at the pages. */
  readonly anna: User;
  /** Has none, and shares with her. */
  readonly ben: User;
  readonly home: string;
  /** Of hers: folders and files, by what they are called ordinarily. */
  readonly nodes: { readonly [ordinary: string]: string };
  readonly group: string;
  readonly unit: string;
  readonly called: Naming;
}

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString("base64");

// ---- files that programs can open

function crc(bytes: Buffer): number {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A picture: hills under a sky, so that one sees which way is up. */
export function png(width = 320, height = 200): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const hill = height * (0.62 + 0.16 * Math.sin((x / width) * 7));
      const far = height * (0.5 + 0.12 * Math.sin((x / width) * 4 + 2));
      const [r, g, b] =
        y > hill
          ? [31, 114 - y / 6, 93]
          : y > far
            ? [112, 171, 152]
            : [150 + y / 3, 190 + y / 5, 235];
      rows.set([r ?? 0, g ?? 0, b ?? 0], y * (1 + width * 3) + 1 + x * 3);
    }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A document of a page with a heading and a line on it. */
export function pdf(heading: string, line: string): Buffer {
  const drawn = `BT /F 28 Tf 72 720 Td (${heading}) Tj 0 -40 Td /F 14 Tf (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R" +
      " /Resources << /Font << /F 5 0 R >> >> >>",
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, "0")} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join("")}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

// ---- what there is

const SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const FILES: readonly [name: string, type: string, content: Buffer | string, day: string][] = [
  ["Annual report.pdf", "application/pdf", pdf("Annual report", "A good year."), "2026-03-02"],
  ["Budget.xlsx", SHEET, "sheet".repeat(2000), "2026-05-11"],
  ["Garden.png", "image/png", png(), "2026-04-20"],
  ["Minutes.txt", "text/plain", "First words.\n", "2026-05-04"],
  ["Welcome.md", "text/markdown", "# Welcome\n\nGood that you are here.\n", "2026-01-07"],
];

const FOLDERS = ["Contracts", "Photos", "Projects"];

const at = (day: string) => `${day}T09:30:00Z`;

async function fill(anna: User, home: string, called: Naming) {
  const nodes: { [ordinary: string]: string } = {};
  for (const name of FOLDERS) {
    const made = await anna.do("folder.create", { parent: home, name: called(name, "node") });
    nodes[name] = made.id;
  }
  for (const [name, type, content, day] of FILES) {
    const made = await anna.do("file.create", {
      parent: home,
      name: called(name, "node"),
      type,
      content: base64(content),
      modified: at(day),
    });
    nodes[name] = made.id;
  }
  for (const name of ["Harbour", "Library"]) {
    const made = await anna.do("folder.create", {
      parent: nodes["Projects"],
      name: called(name, "node"),
    });
    nodes[name] = made.id;
  }
  const plan = await anna.do("file.create", {
    parent: nodes["Projects"],
    name: called("Plan.txt", "node"),
    type: "text/plain",
    content: base64("Build it.\n"),
    modified: at("2026-05-12"),
  });
  nodes["Plan.txt"] = plan.id;
  await anna.do("node.star", { node: nodes["Minutes.txt"], starred: true });
  return nodes;
}

/** Versions, shares and a link of one file; and one in the trash. */
async function live(anna: User, ben: User, group: string, world: Omit<World, "anna" | "ben">) {
  const { nodes, home, called } = world;
  const file = nodes["Minutes.txt"];
  const { version } = await anna.do("file.write", {
    file,
    content: base64("Second words.\n"),
    modified: at("2026-05-05"),
  });
  await anna.do("version.name", { version, label: called("As approved", "version") });
  await anna.do("file.write", {
    file,
    content: base64("Third words, the last ones.\n"),
    modified: at("2026-05-08"),
  });
  await anna.do("share.grant", { node: file, principal: ben.id, relation: "edit" });
  await anna.do("share.grant", { node: file, principal: group, relation: "read" });
  await anna.do("link.make", { node: file, relation: "read", label: called("For the printers", "link") });
  const old = await anna.do("file.create", {
    parent: home,
    name: called("Old plan.txt", "node"),
    type: "text/plain",
    content: base64("Don't.\n"),
  });
  await anna.do("node.trash", { node: old.id });
  const label = called("Mail on the phone", "credential");
  await anna.do("app_password.issue", { label, families: ["files"] });

  const team = await ben.do("folder.create", { path: "", name: called("Team", "node") });
  await ben.do("file.create", {
    parent: team.id,
    name: called("Roadmap.txt", "node"),
    type: "text/plain",
    content: base64("North, then east.\n"),
  });
  await ben.do("share.grant", { node: team.id, principal: anna.id, relation: "edit" });
}

export const ROLES = ["user_admin", "log_reader", "security_responder", "operator"];

/** All that is refused as a name has its ordinary one. */
export async function makeWorld(
  server: Server,
  browser: Browser,
  called: Naming = (ordinary) => ordinary,
): Promise<World> {
  const anna = await User.enrol(server, browser, "anna", {
    name: called("Anna Berger", "principal"),
    passkey: called("Laptop", "credential"),
  });
  for (const relation of ROLES)
    await server.op("role.grant", { principal: anna.id, relation });
  const ben = await User.enrol(server, browser, "ben", {
    name: called("Ben Okafor", "principal"),
    passkey: called("Key ring", "credential"),
  });
  const unit = (await anna.do("unit.create", { name: called("Harbour office", "principal") })).id;
  const group = (await anna.do("group.create", { name: called("Editors", "principal") })).id;
  await anna.do("member.add", { group, principal: ben.id });
  const scanner = await anna.do("principal.create", { kind: "service", name: called("Scanner", "principal") });
  await anna.do("token.issue", { principal: scanner.id, label: called("In the hall", "credential") });
  await server.invite("gina@example.com", "guest", called("Gina Rossi", "principal"));
  const { home }: Any = await anna.do("session.get", {});
  const nodes = await fill(anna, home, called);
  await live(anna, ben, group, { server, browser, home, nodes, group, unit, called });
  return { server, browser, anna, ben, home, nodes, group, unit, called };
}
