// Who is signed in, and where: until the web app has a home.
import {
  attempt,
  call,
  element,
  isSignedOut,
  onPress,
  signOut,
  tell,
  timeText,
  toSignIn,
} from "./common.js";

/** @typedef {import("./common.js").Any} Any */

/** @type {Any} */
let me = {};

/** @param {string} text */
function faint(text) {
  const line = document.createElement("span");
  line.className = "hint";
  line.textContent = text;
  return line;
}

/** @param {Any} session */
function item(session) {
  const li = document.createElement("li");
  const about = document.createElement("div");
  about.append(
    session["current"] ? "This browser" : (session["agent"] ?? "A program"),
    faint(
      `${session["address"] ?? "Somewhere"} · by ${session["label"]} · ` +
        `last used ${timeText(session["used"])}`,
    ),
  );
  li.append(about);
  if (!session["current"]) {
    const end = document.createElement("button");
    end.type = "button";
    end.className = "second small";
    end.textContent = "End";
    end.setAttribute("aria-label", `End the session of ${about.textContent}`);
    end.addEventListener("click", () =>
      attempt(end, async () => {
        await call("session.revoke", { session: session["id"] });
        await list();
      }),
    );
    li.append(end);
  }
  return li;
}

async function list() {
  const page = await call("session.list", { principal: me["principal"] });
  element("sessions", HTMLUListElement).replaceChildren(
    ...page["list"].map(item),
  );
}

onPress("out", async () => {
  await signOut();
  location.replace("/sign-in");
});

onPress("others", async () => {
  await call("session.revoke_all", { principal: me["principal"] });
  await list();
});

void attempt(null, async () => {
  try {
    me = await call("session.get", {});
  } catch (error) {
    if (!isSignedOut(error)) throw error;
    // The cookie is of no use any more.
    await signOut();
    toSignIn("/");
    return;
  }
  tell("hello", `Signed in as ${me["name"]}`);
  if (me["expires"] !== undefined)
    tell("until", `This session ends ${timeText(me["expires"])} at the latest.`);
  await list();
});
