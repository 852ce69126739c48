// Approves a login of the command line: who is signed in types the code that it
// shows, sees who asks from where, and confirms that it is them.
import {
  call,
  field,
  isSignedOut,
  onPress,
  onSubmit,
  show,
  tell,
  timeText,
  toSignIn,
  usePasskey,
  element,
} from "./common.js";

let asked = "";

/** @param {string} code */
async function find(code) {
  let request;
  try {
    request = await call("login.show", { code });
  } catch (error) {
    if (!isSignedOut(error)) throw error;
    // Only what was typed here comes back: a link can't bring a code along.
    sessionStorage.setItem("approve", code);
    toSignIn("/approve");
    return;
  }
  asked = code;
  tell("shown-code", request["code"]);
  tell("shown-label", request["label"]);
  tell("shown-address", request["address"] ?? "unknown");
  tell("shown-agent", request["agent"] ?? "unknown");
  tell("shown-created", timeText(request["created"]));
  element("find", HTMLFormElement).hidden = true;
  show("request");
}

/** @param {object} proof that it is them, as session.begin takes it */
async function approve(proof) {
  await call("session.stepup", proof);
  await call("login.approve", { code: asked });
  show("done");
}

onSubmit("find", async () => find(field("asked").value.trim()));
onPress("passkey", async () => approve(await usePasskey()));
onSubmit("confirm", async () =>
  approve({
    password: field("password").value,
    code: field("code").value.replace(/\s/g, ""),
  }),
);

const typed = sessionStorage.getItem("approve");
if (typed !== null) {
  sessionStorage.removeItem("approve");
  field("asked").value = typed;
  element("find", HTMLFormElement).requestSubmit();
}
