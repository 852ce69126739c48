// Passkeys, and the ways to sign in.
import type {
  ChallengeMake,
  SessionBegin,
  SessionInfo,
} from "../../../../clients/types";
import { t } from "../words";
import { call, callAs } from "./jmap";
import { problemOf } from "./problem";

function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

export const hasPasskeys = (): boolean => "PublicKeyCredential" in window;

export const offersPasskeys = async (): Promise<boolean> =>
  hasPasskeys() &&
  (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;

function assertPasskeys(): void {
  if (!hasPasskeys()) throw new Error(t("error.noPasskeys"));
}

/**
 * A session may be over by now, and anybody may ask for one. It is no act yet: what
 * answers it is.
 */
const challenge = (purpose: ChallengeMake["purpose"]) =>
  callAs({ secret: "" }, "challenge.make", { purpose }, "prefetch");

/** What session.begin and session.stepup take, from a passkey. */
export async function usePasskey(
  how: { signal?: AbortSignal; conditional?: boolean } = {},
): Promise<SessionBegin> {
  assertPasskeys();
  const made = await challenge("sign_in");
  const credential = await navigator.credentials.get({
    ...(how.conditional ? { mediation: "conditional" } : {}),
    ...(how.signal ? { signal: how.signal } : {}),
    publicKey: {
      challenge: bytesOf(made.challenge),
      rpId: made.rp_id,
      userVerification: "required",
    },
  });
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAssertionResponse)
  )
    throw new Error(t("error.noPasskey"));
  return {
    passkey: base64(credential.rawId),
    challenge: made.challenge,
    client_data: base64(credential.response.clientDataJSON),
    authenticator_data: base64(credential.response.authenticatorData),
    signature: base64(credential.response.signature),
  };
}

/** An authenticator keeps one passkey a person: another would take its place. */
async function ownPasskeys(
  person: SessionInfo,
): Promise<PublicKeyCredentialDescriptor[]> {
  const { principal } = person;
  const { list } = await call("credential.list", { principal }, "prefetch");
  return list.flatMap(({ handle }) =>
    handle === undefined ? [] : [{ type: "public-key", id: bytesOf(handle) }],
  );
}

/** To one's own, or, with the secret of an invitation, to who is invited. */
export async function addPasskey(
  person: SessionInfo,
  label: string,
  secret?: string,
): Promise<void> {
  assertPasskeys();
  const made = await challenge("register");
  const excludeCredentials =
    secret === undefined ? await ownPasskeys(person) : [];
  const credential = await navigator.credentials.create({
    publicKey: {
      excludeCredentials,
      challenge: bytesOf(made.challenge),
      rp: { id: made.rp_id, name: "Chancery" },
      user: {
        id: new TextEncoder().encode(person.principal),
        name: person.login ?? person.name,
        displayName: person.name,
      },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({
        type: "public-key",
        alg,
      })),
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
    throw new Error(t("error.noPasskey"));
  const args = {
    label,
    challenge: made.challenge,
    client_data: base64(credential.response.clientDataJSON),
    attestation: base64(credential.response.attestationObject),
  };
  if (secret === undefined) await call("passkey.add", args);
  else await callAs({ secret }, "passkey.add", args);
}

/** The secret comes as a cookie that no script sees. */
export async function beginSession(how: SessionBegin): Promise<void> {
  const answer = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(how),
  });
  if (!answer.ok) throw await problemOf(answer);
}

export async function endSession(): Promise<void> {
  const answer = await fetch("/session", { method: "DELETE" });
  if (!answer.ok && answer.status !== 401) throw await problemOf(answer);
}
