// What the pages share: calls of operations, passkeys, and what a person reads
// when something was refused. Text goes into a page as text alone.

/** An operation, or a request, that was refused. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} text
   */
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no ${id} in this page`);
  return found;
}

/** @param {string} id */
export const field = (id) => element(id, HTMLInputElement);

/** @param {string} id */
export const button = (id) => element(id, HTMLButtonElement);

/**
 * @param {string} id
 * @param {string} text
 */
export function tell(id, text) {
  element(id, HTMLElement).textContent = text;
}

/**
 * Shows one of the page's sections, with the focus on what it is about.
 * @param {string} id
 */
export function show(id) {
  for (const section of document.querySelectorAll("section"))
    section.hidden = section.id !== id;
  const first = element(id, HTMLElement).querySelector("h1");
  if (first !== null) {
    first.tabIndex = -1;
    first.focus();
  }
}

// ---- refusals

/** @type {{ [code: string]: string }} */
const TEXTS = {
  UNAUTHENTICATED: "That isn't right, or isn't valid any more.",
  EXPIRED: "That has expired.",
  RATE: "Too many tries. Wait a little, then try again.",
  BUSY: "Too much is under way. Try again in a moment.",
  WEAK: "This password is too easily guessed. Choose another.",
  SUSPENDED: "This account is suspended.",
};

/** @param {unknown} error */
function textOf(error) {
  if (error instanceof Refused) return TEXTS[error.code] ?? error.message;
  // The browser's own: closed by the person, or timed out.
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return "The passkey was not used. Try again.";
  if (error instanceof DOMException && error.name === "InvalidStateError")
    return "This device holds a passkey for you already.";
  if (error instanceof TypeError) return "The server can't be reached.";
  return error instanceof Error ? error.message : String(error);
}

/** @param {unknown} error */
export function wrong(error) {
  const place = element("wrong", HTMLElement);
  place.textContent = textOf(error);
  place.hidden = false;
}

/**
 * Does something that may be refused, once at a time.
 * @param {HTMLButtonElement | null} pressed
 * @param {() => Promise<void>} what
 */
export async function attempt(pressed, what) {
  if (pressed?.disabled) return;
  if (pressed) pressed.disabled = true;
  element("wrong", HTMLElement).hidden = true;
  try {
    await what();
  } catch (error) {
    wrong(error);
  } finally {
    if (pressed) pressed.disabled = false;
  }
}

/**
 * @param {string} id
 * @param {() => Promise<void>} what
 */
export function onSubmit(id, what) {
  element(id, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter;
    void attempt(pressed instanceof HTMLButtonElement ? pressed : null, what);
  });
}

/**
 * @param {string} id
 * @param {() => Promise<void>} what
 */
export function onPress(id, what) {
  const pressed = button(id);
  pressed.addEventListener("click", () => void attempt(pressed, what));
}

// ---- operations

/** @typedef {{ [name: string]: any }} Any */

/**
 * @param {Response} answer
 * @returns {Promise<Refused>}
 */
export async function problemOf(answer) {
  /** @type {Any} */
  const problem = await answer.json().catch(() => ({}));
  const code = answer.status === 401 ? "UNAUTHENTICATED" : problem["code"];
  return new Refused(
    String(code ?? answer.status),
    String(problem["detail"] ?? `The server answered ${answer.status}.`),
  );
}

/**
 * Calls an operation on some objects: with a secret, and then without the
 * cookie, or with the cookie. All are done, or the first refusal is thrown.
 * @param {string} name
 * @param {object[]} objects
 * @param {string} [secret]
 * @param {string} [where] of the session that isn't the person's own
 * @returns {Promise<Any[]>}
 */
export async function callEach(name, objects, secret, where = "/jmap/api") {
  const answer = await fetch(where, {
    method: "POST",
    credentials: secret === undefined ? "same-origin" : "omit",
    headers: {
      "content-type": "application/json",
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:chancery:operations"],
      methodCalls: [[name, { objects }, "0"]],
    }),
  });
  if (!answer.ok) throw await problemOf(answer);
  /** @type {Any} */
  const body = await answer.json();
  const [kind, result] = body["methodResponses"][0];
  if (kind === "error")
    throw new Refused(result.code ?? result.type, result.description ?? "");
  for (const one of result.results)
    if (!one.ok) throw new Refused(one.code, one.error.description);
  return result.results;
}

/**
 * @param {string} name
 * @param {object} args
 * @param {string} [secret]
 * @returns {Promise<Any>}
 */
export async function call(name, args, secret) {
  const [result] = await callEach(name, [args], secret);
  return result ?? {};
}

/**
 * Signs in: the secret comes as a cookie that no script sees.
 * @param {object} args
 */
export async function signIn(args) {
  const answer = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(args),
  });
  if (!answer.ok) throw await problemOf(answer);
}

export async function signOut() {
  const answer = await fetch("/session", { method: "DELETE" });
  if (!answer.ok && answer.status !== 401) throw await problemOf(answer);
}

// ---- bytes

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// ---- passkeys

export const hasPasskeys = () => "PublicKeyCredential" in window;

/**
 * What session.begin and session.stepup take, from a passkey.
 * @param {{ signal?: AbortSignal, conditional?: boolean }} [how]
 */
export async function usePasskey(how = {}) {
  if (!hasPasskeys()) throw new Error("This browser has no passkeys.");
  const made = await call("challenge.make", { purpose: "sign_in" });
  const credential = await navigator.credentials.get({
    ...(how.conditional ? { mediation: "conditional" } : {}),
    ...(how.signal ? { signal: how.signal } : {}),
    publicKey: {
      challenge: bytesOf(made["challenge"]),
      rpId: made["rp_id"],
      userVerification: "required",
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAssertionResponse)
  )
    throw new Error("That was no passkey.");
  return {
    passkey: base64(credential.rawId),
    challenge: made["challenge"],
    client_data: base64(credential.response.clientDataJSON),
    authenticator_data: base64(credential.response.authenticatorData),
    signature: base64(credential.response.signature),
  };
}

/**
 * Registers one.
 * @param {Any} person as session.get tells
 * @param {string} label
 * @param {string} secret
 */
export async function registerPasskey(person, label, secret) {
  if (!hasPasskeys()) throw new Error("This browser has no passkeys.");
  const made = await call("challenge.make", { purpose: "register" });
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(made["challenge"]),
      rp: { id: made["rp_id"], name: "Chancery" },
      user: {
        id: new TextEncoder().encode(person["principal"]),
        name: person["login"] ?? person["name"],
        displayName: person["name"],
      },
      pubKeyCredParams: [
        { type: "public-key", alg: -8 },
        { type: "public-key", alg: -7 },
        { type: "public-key", alg: -257 },
      ],
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      attestation: "none",
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAttestationResponse)
  )
    throw new Error("That was no passkey.");
  return call(
    "passkey.add",
    {
      label,
      challenge: made["challenge"],
      client_data: base64(credential.response.clientDataJSON),
      attestation: base64(credential.response.attestationObject),
    },
    secret,
  );
}

// ---- where to

/** What stands behind "#" in the address: no server is told of it. */
export function takeFragment() {
  const text = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  return text;
}

/** Where somebody wanted to go before they had to sign in: a page of ours. */
export function whereTo() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const url = new URL(next, location.origin);
  return next.startsWith("/") && url.origin === location.origin
    ? url.pathname + url.search + url.hash
    : "/";
}

/** @param {string} next */
export function toSignIn(next) {
  location.replace(`/sign-in?next=${encodeURIComponent(next)}`);
}

/** @param {unknown} error */
export function isSignedOut(error) {
  return (
    error instanceof Refused &&
    (error.code === "UNAUTHENTICATED" || error.code === "EXPIRED")
  );
}

/** @param {string} text a time as the server tells it */
export function timeText(text) {
  return new Date(text).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
}
