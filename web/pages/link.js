// Opens a link. Its secret stands behind "#" in the address, which no server is
// told and no other site either; it is sent once, and a cookie that no script
// sees, for this link's paths alone, comes back. So whoever is signed in stays
// so, and what is downloaded needs no script.
import {
  attempt,
  button,
  callEach,
  element,
  field,
  onPress,
  onSubmit,
  problemOf,
  Refused,
  show,
  tell,
  timeText,
} from "./common.js";

/** @typedef {import("./common.js").Any} Any */

// It is letters, digits and "_": nothing that an address would change.
const secret = location.hash.slice(1);
const kept = `link ${secret}`; // of this tab: to look again is no opening

/** @type {Any} what link.open told */
let link = {};
/** @type {Any[]} folders from the link's own down to the one that is shown */
let way = [];
let next = "";

/** @param {string} path */
const at = (path) => `/link/${link["id"]}${path}`;

const edits = () => link["relation"] === "edit";

/**
 * @param {string} name
 * @param {object} args
 * @returns {Promise<Any>}
 */
async function call(name, args) {
  const [result] = await callEach(name, [args], undefined, at("/jmap/api"));
  return result ?? {};
}

/** @param {number} bytes */
function sizeText(bytes) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let n = bytes;
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return `${n.toLocaleString(undefined, { maximumFractionDigits: i > 0 && n < 10 ? 1 : 0 })} ${units[i]}`;
}

/** @param {Any} file */
const about = (file) =>
  `${sizeText(file["size"])} · ${timeText(file["modified"])}`;

/** @param {Any} file */
const downloadOf = (file) =>
  at(
    `/jmap/download/${link["principal"]}/${file["version"]}/${encodeURIComponent(file["name"])}`,
  );

// ---- a file

/** @param {Any} file */
function showFile(file) {
  tell("file-name", file["name"]);
  tell("file-about", about(file));
  const download = element("download", HTMLAnchorElement);
  download.href = downloadOf(file);
  download.download = file["name"];
  button("choose-other").hidden = !edits();
  show("file");
}

// ---- a folder

/** @param {Any} one */
function lineOf(one) {
  const line = document.createElement("li");
  const what = document.createElement("div");
  const name = document.createElement(one["kind"] === "folder" ? "button" : "b");
  name.textContent = one["name"];
  what.append(name);
  line.append(what);
  if (name instanceof HTMLButtonElement) {
    name.type = "button";
    name.className = "plain folder";
    name.addEventListener("click", () =>
      attempt(name, async () => showFolder([...way, one])),
    );
    return line;
  }
  const hint = document.createElement("span");
  hint.className = "hint";
  hint.textContent = about(one);
  what.append(hint);
  const download = document.createElement("a");
  download.className = "button second small";
  download.href = downloadOf(one);
  download.download = one["name"];
  download.textContent = "Download";
  download.setAttribute("aria-label", `Download ${one["name"]}`);
  line.append(download);
  return line;
}

async function addPage() {
  const folder = way.at(-1)?.["id"];
  const page = await call("folder.list", {
    folder,
    ...(next === "" ? {} : { after: next }),
  });
  const list = element("files", HTMLElement);
  for (const one of page["list"]) list.append(lineOf(one));
  next = page["next"] ?? "";
  button("more").hidden = next === "";
  element("empty", HTMLElement).hidden = list.childElementCount > 0;
}

function showAbove() {
  const nav = element("above", HTMLElement);
  nav.replaceChildren();
  for (const [i, folder] of way.slice(0, -1).entries()) {
    const up = document.createElement("button");
    up.type = "button";
    up.className = "plain";
    up.textContent = folder["name"];
    up.addEventListener("click", () =>
      attempt(up, async () => showFolder(way.slice(0, i + 1))),
    );
    nav.append(up, " / ");
  }
  nav.hidden = way.length < 2;
}

/** @param {Any[]} to */
async function showFolder(to) {
  way = to;
  next = "";
  element("files", HTMLElement).replaceChildren();
  await addPage();
  tell("folder-name", way.at(-1)?.["name"]);
  showAbove();
  button("choose").hidden = !edits();
  show("folder");
}

// ---- bytes that come

/** @param {string} text */
function progress(text) {
  tell("progress", text);
  element("progress", HTMLElement).hidden = text === "";
}

/**
 * The browser sends it from the disk as it is.
 * @param {File} file
 */
async function upload(file) {
  const answer = await fetch(at(`/jmap/upload/${link["principal"]}/`), {
    method: "POST",
    headers: { "content-type": file.type || "application/octet-stream" },
    body: file,
  });
  if (!answer.ok) throw await problemOf(answer);
  /** @type {Any} */
  const stored = await answer.json();
  return stored["blobId"];
}

/**
 * What was chosen, one after the other.
 * @param {string} pressed
 * @param {string} id
 * @param {(file: File) => Promise<void>} take
 * @param {() => Promise<void>} then
 */
function onChosen(pressed, id, take, then) {
  const input = field(id);
  button(pressed).addEventListener("click", () => input.click());
  input.addEventListener("change", () =>
    attempt(null, async () => {
      try {
        for (const file of input.files ?? []) {
          progress(`Sending ${file.name} …`);
          await take(file);
        }
      } finally {
        progress("");
        input.value = "";
        await then();
      }
    }),
  );
}

onChosen(
  "choose",
  "add",
  async (file) => {
    const sent = await upload(file);
    await call("file.create", {
      parent: way.at(-1)?.["id"],
      name: file.name,
      upload: sent,
    });
  },
  async () => showFolder(way),
);

onChosen(
  "choose-other",
  "replace",
  async (file) => {
    const sent = await upload(file);
    await call("file.write", { file: link["node"], upload: sent });
  },
  async () => showFile(await call("node.get", { node: link["node"] })),
);

// ---- opening

/** @param {unknown} error */
const isClosed = (error) =>
  error instanceof Refused &&
  ["UNAUTHENTICATED", "EXPIRED", "NOT_FOUND", "DENIED", "INVALID"].includes(
    error.code,
  );

async function look() {
  if (!["read", "edit"].includes(link["relation"])) {
    show("unseen");
    return;
  }
  const node = await call("node.get", { node: link["node"] });
  document.title = `${node["name"]} · Chancery`;
  if (node["kind"] === "folder") await showFolder([node]);
  else showFile(node);
}

/** @param {string} [password] */
async function open(password) {
  const answer = await fetch("/link/open", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret, ...(password ? { password } : {}) }),
  });
  if (!answer.ok) throw await problemOf(answer);
  link = await answer.json();
  sessionStorage.setItem(kept, JSON.stringify(link));
}

// What this tab has opened before, while that lasts.
async function lookAgain() {
  const before = sessionStorage.getItem(kept);
  if (before === null) return false;
  link = JSON.parse(before);
  try {
    await look();
    return true;
  } catch (error) {
    if (!isClosed(error)) throw error;
    sessionStorage.removeItem(kept);
    return false;
  }
}

/** @param {string} [password] */
async function openAndLook(password) {
  try {
    await open(password);
    await look();
  } catch (error) {
    if (isClosed(error)) show("closed");
    else if (!(error instanceof Refused && error.code === "PASSWORD"))
      throw error;
    else if (password === undefined) show("locked");
    else throw new Refused("PASSWORD", "That isn't the password.");
  }
}

onSubmit("unlock", async () => openAndLook(field("password").value));
onPress("more", addPage);
// Another link in the same tab.
addEventListener("hashchange", () => location.reload());

void attempt(null, async () => {
  if (secret === "") show("closed");
  else if (!(await lookAgain())) await openAndLook();
});
