// Signing in: by a passkey, which the browser offers in the field of the name,
// or by name, password and code.
import {
  field,
  hasPasskeys,
  onPress,
  onSubmit,
  signIn,
  usePasskey,
  whereTo,
} from "./common.js";

// A challenge lasts five minutes.
const OFFER_MS = 4 * 60 * 1000;

let offered = new AbortController();

/** @param {object} args */
async function enter(args) {
  await signIn(args);
  location.replace(whereTo());
}

/** Offers passkeys for as long as nothing else is tried. */
async function offer() {
  if (
    !hasPasskeys() ||
    !(await PublicKeyCredential.isConditionalMediationAvailable?.())
  )
    return;
  const mine = (offered = new AbortController());
  const timer = setTimeout(() => {
    mine.abort();
    void offer();
  }, OFFER_MS);
  try {
    const answer = await usePasskey({ signal: mine.signal, conditional: true });
    await enter(answer);
  } catch {
    // Nobody asked for it: there is the button.
  } finally {
    clearTimeout(timer);
  }
}

onPress("passkey", async () => {
  offered.abort();
  try {
    await enter(await usePasskey());
  } catch (error) {
    void offer();
    throw error;
  }
});

onSubmit("form", async () => {
  offered.abort();
  try {
    await enter({
      login: field("login").value.trim(),
      password: field("password").value,
      code: field("code").value.replace(/\s/g, ""),
    });
  } catch (error) {
    field("code").value = "";
    field("password").focus();
    void offer();
    throw error;
  }
});

void offer();
