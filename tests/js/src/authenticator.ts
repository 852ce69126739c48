// An authenticator in software: one passkey (ES256) that does what a browser and
// its authenticator do together.
import * as crypto from "node:crypto";

import { type Cbor, encode } from "./cbor.js";

const UP = 1;
const UV = 4;
const AT = 64;

function sha256(data: Buffer | string): Buffer {
  return crypto.createHash("sha256").update(data).digest();
}

function cbor(pairs: [Cbor, Cbor][]): Buffer {
  return Buffer.from(encode(new Map(pairs)));
}

/** Bytes as the API's JSON has them. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64");
}

/** What an answer says otherwise than it should. */
export interface Wrong {
  origin?: string;
  counter?: number;
  /** Its user wasn't there, or wasn't known to be who they are. */
  flags?: number;
  /** It was made for another host. */
  rp?: string;
}

export class Passkey {
  readonly id = crypto.randomBytes(16);
  counter = 0;
  readonly #pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });

  constructor(
    public origin: string,
    readonly rp = "localhost",
  ) {}

  #clientData(
    type: string,
    challenge: string,
    origin = this.origin,
  ): Buffer {
    return Buffer.from(
      JSON.stringify({
        type,
        challenge: Buffer.from(challenge, "base64").toString("base64url"),
        origin,
        crossOrigin: false,
      }),
    );
  }

  #authData(flags: number, wrong: Wrong = {}): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt8(wrong.flags ?? flags);
    head.writeUInt32BE(wrong.counter ?? this.counter, 1);
    return Buffer.concat([sha256(wrong.rp ?? this.rp), head]);
  }

  #cose(): Buffer {
    const { x, y } = this.#pair.publicKey.export({ format: "jwk" });
    const bytes = (part: string | undefined): Uint8Array =>
      Uint8Array.from(Buffer.from(part ?? "", "base64url"));
    return cbor([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
  }

  /** The arguments of passkey.add, but for the label. */
  create(challenge: string): object {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const authData = Buffer.concat([
      this.#authData(UP | UV | AT),
      Buffer.alloc(16),
      length,
      this.id,
      this.#cose(),
    ]);
    return {
      challenge,
      client_data: base64(this.#clientData("webauthn.create", challenge)),
      attestation: base64(
        cbor([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", Uint8Array.from(authData)],
        ]),
      ),
    };
  }

  /** The arguments of session.begin, and of session.stepup. */
  get(challenge: string, wrong: Wrong = {}): object {
    this.counter++;
    const client = this.#clientData("webauthn.get", challenge, wrong.origin);
    const authData = this.#authData(UP | UV, wrong);
    const signed = Buffer.concat([authData, sha256(client)]);
    return {
      passkey: base64(this.id),
      challenge,
      client_data: base64(client),
      authenticator_data: base64(authData),
      signature: base64(
        crypto.sign("sha256", signed, this.#pair.privateKey),
      ),
    };
  }
}
