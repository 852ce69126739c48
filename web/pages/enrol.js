// Enrolment: an invitation or a recovery code becomes something to sign in with;
// then one signs in with it, and gets recovery codes to keep.
import {
  call,
  element,
  field,
  hasPasskeys,
  onPress,
  onSubmit,
  registerPasskey,
  show,
  signIn,
  takeFragment,
  tell,
  usePasskey,
} from "./common.js";

let secret = "";
let password = "";
/** @type {import("./common.js").Any} */
let person = {};

/** @param {string} given */
async function open(given) {
  person = await call("session.get", {}, given);
  secret = given;
  tell("hello", `Welcome, ${person["name"]}`);
  field("login").value = person["login"] ?? "";
  field("label").value = "My passkey";
  show("choose");
}

async function keepCodes() {
  const made = await call("recovery.make", {});
  tell("codes", made["codes"].trim());
  show("codes-section");
}

// ---- by a passkey

onPress("passkey", async () => {
  const label = field("label").value.trim() || "Passkey";
  await registerPasskey(person, label, secret);
  tell("sign-in-text", "The passkey is registered. Now sign in with it.");
  element("sign-in-passkey", HTMLElement).hidden = false;
  show("sign-in-section");
});

onPress("sign-in-passkey", async () => {
  await signIn(await usePasskey());
  await keepCodes();
});

// ---- by a password and an app

onPress("other", async () => show("password-section"));

onSubmit("set", async () => {
  password = field("password").value;
  await call("password.set", { password }, secret);
  const app = await call("totp.begin", {}, secret);
  tell("seed", app["secret"].match(/.{1,4}/g).join(" "));
  element("otpauth", HTMLAnchorElement).href = app["uri"];
  show("app-section");
});

/** @param {string} id */
const code = (id) => field(id).value.replace(/\s/g, "");

onSubmit("app", async () => {
  await call("totp.confirm", { code: code("code") }, secret);
  tell(
    "sign-in-text",
    "The app works. Each code is good once: wait for the next one, and sign in.",
  );
  element("sign-in", HTMLElement).hidden = false;
  show("sign-in-section");
});

onSubmit("sign-in", async () => {
  await signIn({ login: person["login"], password, code: code("next-code") });
  password = "";
  await keepCodes();
});

// ---- the codes

onPress("print", async () => window.print());
onPress("kept", async () => location.replace("/"));

// ---- from the beginning

onSubmit("open", async () => open(field("secret").value.trim()));

if (!hasPasskeys()) {
  element("passkey", HTMLButtonElement).disabled = true;
  element("label", HTMLInputElement).disabled = true;
}
const given = takeFragment();
if (given !== "") {
  field("secret").value = given;
  element("open", HTMLFormElement).requestSubmit();
}
