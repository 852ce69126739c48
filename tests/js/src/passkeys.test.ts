// The server's verifier of passkeys (check-passkeys: its functions without its
// processes) and npm's @simplewebauthn/server, over the same answers, right and
// wrong. They agree, but where a case says that ours is stricter, and why.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import {
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";

import { type Cbor, encode } from "./cbor.js";
import { BIN } from "./server.js";

// Node 18 has it by another name.
Object.defineProperty(globalThis, "crypto", {
  value: crypto.webcrypto,
  configurable: true,
});

const RP = "office.example";
const ORIGIN = "https://office.example";
const ALGORITHMS = [-7, -8, -257];
const FLIPS = 40;
const SIGNATURES = 2; // of three parts, in which bits are turned
const VECTORS = fileURLToPath(
  new URL("../../data/webauthn/w3c-l3.txt", import.meta.url),
);

const UP = 1;
const UV = 4;
const BE = 8;
const BS = 16;
const AT = 64;
const ED = 128;

// ---- an authenticator ------------------------------------------------------

interface Key {
  algorithm: number;
  pair: crypto.KeyPairKeyObjectResult;
  cose: Buffer;
}

function base64url(value: string | undefined): Uint8Array {
  return Uint8Array.from(Buffer.from(value ?? "", "base64url"));
}

function makeKey(algorithm: number): Key {
  if (algorithm === -7) {
    const pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = pair.publicKey.export({ format: "jwk" });
    return {
      algorithm,
      pair,
      cose: cbor([
        [1, 2],
        [3, algorithm],
        [-1, 1],
        [-2, base64url(jwk.x)],
        [-3, base64url(jwk.y)],
      ]),
    };
  }
  if (algorithm === -8) {
    const pair = crypto.generateKeyPairSync("ed25519");
    const jwk = pair.publicKey.export({ format: "jwk" });
    return {
      algorithm,
      pair,
      cose: cbor([
        [1, 1],
        [3, algorithm],
        [-1, 6],
        [-2, base64url(jwk.x)],
      ]),
    };
  }
  const pair = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: "jwk" });
  return {
    algorithm,
    pair,
    cose: cbor([
      [1, 3],
      [3, algorithm],
      [-1, base64url(jwk.n)],
      [-2, base64url(jwk.e)],
    ]),
  };
}

function cbor(pairs: [Cbor, Cbor][]): Buffer {
  return Buffer.from(encode(new Map(pairs)));
}

function sign(key: Key, data: Buffer): Buffer {
  const hash = key.algorithm === -8 ? null : "sha256";
  return crypto.sign(hash, data, key.pair.privateKey);
}

function sha256(data: Buffer | string): Buffer {
  return crypto.createHash("sha256").update(data).digest();
}

// What a case may turn: everything that comes from outside.
interface Answer {
  type: string;
  challenge: Buffer;
  origin: string;
  client: Record<string, unknown>; // members besides
  clientText?: string; // in place of all that
  rp: string;
  flags: number;
  counter: number;
  extensions?: Buffer;
  credential: Buffer;
  aaguid: Buffer;
  cose: Buffer;
  tail: Buffer; // behind the authenticator data
  format: string;
  statement: [Cbor, Cbor][] | "self";
  signature?: (signature: Buffer) => Buffer;
  key: Key; // that signs
}

// What the server knows.
interface Known {
  challenge: Buffer;
  key: Key;
  counter: number;
  flags: number;
}

function authdata(answer: Answer, create: boolean): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(answer.flags);
  head.writeUInt32BE(answer.counter, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(answer.credential.length);
  return Buffer.concat([
    sha256(answer.rp),
    head,
    ...(create ? [answer.aaguid, length, answer.credential, answer.cose] : []),
    answer.extensions ?? Buffer.alloc(0),
    answer.tail,
  ]);
}

function clientData(answer: Answer): Buffer {
  return Buffer.from(
    answer.clientText ??
      JSON.stringify({
        type: answer.type,
        challenge: answer.challenge.toString("base64url"),
        origin: answer.origin,
        ...answer.client,
      }),
  );
}

interface Sample {
  name: string;
  create: boolean;
  rp: string;
  origin: string;
  challenge: Buffer;
  client: Buffer;
  attestation: Buffer;
  authdata: Buffer;
  signature: Buffer;
  credential: Buffer;
  cose: Buffer;
  counter: number;
  flags: number;
  stricter: string | undefined;
}

function makeSample(
  name: string,
  create: boolean,
  turn: (answer: Answer, known: Known) => string | undefined,
  algorithm: number,
): Sample {
  const key = keyOf(algorithm);
  const challenge = crypto.randomBytes(32);
  const known: Known = { challenge, key, counter: 7, flags: UP | UV };
  const answer: Answer = {
    type: create ? "webauthn.create" : "webauthn.get",
    challenge,
    origin: ORIGIN,
    client: { crossOrigin: false },
    rp: RP,
    flags: create ? UP | UV | AT : UP | UV,
    counter: 8,
    credential: crypto.randomBytes(32),
    aaguid: Buffer.alloc(16),
    cose: key.cose,
    tail: Buffer.alloc(0),
    format: "none",
    statement: [],
    key,
  };
  const stricter = turn(answer, known);
  const client = clientData(answer);
  const data = authdata(answer, create);
  const raw = sign(answer.key, Buffer.concat([data, sha256(client)]));
  const signature = answer.signature?.(raw) ?? raw;
  const statement: [Cbor, Cbor][] =
    answer.statement === "self"
      ? [
          ["alg", answer.key.algorithm],
          ["sig", Uint8Array.from(signature)],
        ]
      : answer.statement;
  return {
    name: `${name}/${String(algorithm)}`,
    create,
    rp: RP,
    origin: ORIGIN,
    challenge: known.challenge,
    client,
    attestation: cbor([
      ["fmt", answer.format],
      ["attStmt", new Map(statement)],
      ["authData", Uint8Array.from(data)],
    ]),
    authdata: data,
    signature,
    credential: answer.credential,
    cose: known.key.cose,
    counter: known.counter,
    flags: known.flags,
    stricter,
  };
}

const keys = new Map<number, Key>();

function keyOf(algorithm: number): Key {
  const key = keys.get(algorithm) ?? makeKey(algorithm);
  keys.set(algorithm, key);
  return key;
}

// ---- the two verifiers -----------------------------------------------------

function toLine(sample: Sample): string {
  const hex = (name: string, bytes: Buffer): string =>
    `${name}=${bytes.toString("hex")}`;
  return [
    sample.create ? "create" : "get",
    `name=${sample.name}`,
    `rp=${sample.rp}`,
    `origin=${sample.origin}`,
    hex("challenge", sample.challenge),
    hex("client", sample.client),
    ...(sample.create
      ? [hex("attestation", sample.attestation)]
      : [
          hex("authdata", sample.authdata),
          hex("signature", sample.signature),
          hex("key", sample.cose),
          `counter=${String(sample.counter)}`,
          `flags=${String(sample.flags)}`,
        ]),
  ].join(" ");
}

// What ours says of each: "RIGHT", or what is wrong.
function ours(samples: Sample[]): string[] {
  const ran = spawnSync(path.join(BIN, "check-passkeys"), {
    input: samples.map((sample) => `${toLine(sample)}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.equal(ran.stderr, "");
  assert.equal(ran.status, 0);
  const lines = ran.stdout.trimEnd().split("\n");
  assert.equal(lines.length, samples.length);
  return lines.map((line) => line.split(" ")[2] ?? "");
}

async function theirs(sample: Sample): Promise<boolean> {
  const id = sample.credential.toString("base64url");
  const expected = {
    expectedChallenge: sample.challenge.toString("base64url"),
    expectedOrigin: sample.origin,
    expectedRPID: sample.rp,
    requireUserVerification: true,
  };
  const clientDataJSON = sample.client.toString("base64url");
  try {
    if (sample.create) {
      const { verified } = await verifyRegistrationResponse({
        ...expected,
        supportedAlgorithmIDs: ALGORITHMS,
        response: {
          id,
          rawId: id,
          type: "public-key",
          clientExtensionResults: {},
          response: {
            clientDataJSON,
            attestationObject: sample.attestation.toString("base64url"),
          },
        },
      });
      return verified;
    }
    const { verified } = await verifyAuthenticationResponse({
      ...expected,
      credential: {
        id,
        publicKey: Uint8Array.from(sample.cose),
        counter: sample.counter,
      },
      response: {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON,
          authenticatorData: sample.authdata.toString("base64url"),
          signature: sample.signature.toString("base64url"),
        },
      },
    });
    return verified;
  } catch {
    return false;
  }
}

// ---- cases -----------------------------------------------------------------

// Each turns one thing; where it gives a text, that is why ours refuses what the
// other takes. `right`: nothing is wrong with it.
interface Case {
  name: string;
  only?: "create" | "get";
  right?: boolean;
  turn: (answer: Answer, known: Known) => string | undefined;
}

function turned(
  name: string,
  turn: (answer: Answer, known: Known) => void,
  more: Partial<Case> & { stricter?: string } = {},
): Case {
  return {
    name,
    ...more,
    turn: (answer, known) => {
      turn(answer, known);
      return more.stricter;
    },
  };
}

const other = new Map(ALGORITHMS.map((a) => [a, makeKey(a)]));

function otherKey(answer: Answer): Key {
  const key = other.get(answer.key.algorithm);
  assert.ok(key);
  return key;
}

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = (bit >> 3) % copy.length;
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit & 7)), at);
  return copy;
}

const CASES: Case[] = [
  turned("as it should be", () => undefined, { right: true }),
  turned("no crossOrigin", (a) => (a.client = {}), { right: true }),
  turned("members that are unknown", (a) => (a.client = { new: [{}] }), {
    right: true,
  }),
  turned(
    "backed up",
    (a, k) => {
      a.flags |= BE | BS;
      k.flags |= BE;
    },
    { right: true },
  ),
  turned(
    "may be backed up",
    (a, k) => {
      a.flags |= BE;
      k.flags |= BE;
    },
    { right: true },
  ),
  turned(
    "no counters at all",
    (a, k) => {
      a.counter = 0;
      k.counter = 0;
    },
    { right: true },
  ),
  turned(
    "the first counter",
    (a, k) => {
      a.counter = 1;
      k.counter = 0;
    },
    { right: true },
  ),
  turned(
    "extensions",
    (a) => {
      a.flags |= ED;
      a.extensions = cbor([["appid", true]]);
    },
    { right: true },
  ),
  turned(
    "nested extensions",
    (a) => {
      a.flags |= ED;
      a.extensions = cbor([["x", new Map<Cbor, Cbor>([["y", [1, "z"]]])]]);
    },
    { right: true },
  ),
  turned(
    "protection of credentials",
    (a) => {
      a.flags |= ED;
      a.extensions = cbor([
        ["credProtect", 3],
        ["hmac-secret", true],
      ]);
    },
    { only: "create", right: true },
  ),
  turned("a long name", (a) => (a.credential = crypto.randomBytes(1023)), {
    only: "create",
    right: true,
  }),

  turned("another challenge", (a) => (a.challenge = crypto.randomBytes(32))),
  turned("no challenge", (a) => (a.challenge = Buffer.alloc(0))),
  turned("a challenge cut short", (a) => {
    a.challenge = a.challenge.subarray(0, 31);
  }),
  turned("the other ceremony", (a) => {
    a.type = a.type === "webauthn.get" ? "webauthn.create" : "webauthn.get";
  }),
  turned("payment", (a) => (a.type = "payment.get")),
  turned("an evil origin", (a) => (a.origin = "https://evil.example")),
  turned("a prefix of the origin", (a) => (a.origin = "https://office.exam")),
  turned("a subdomain", (a) => (a.origin = "https://x.office.example")),
  turned("a domain behind it", (a) => {
    a.origin = "https://office.example.evil.example";
  }),
  turned("without TLS", (a) => (a.origin = "http://office.example")),
  turned("another port", (a) => (a.origin = "https://office.example:8443")),
  turned("a slash behind", (a) => (a.origin = "https://office.example/")),
  turned("upper case", (a) => (a.origin = "https://OFFICE.example")),
  turned("no origin", (a) => (a.origin = "")),
  turned("across origins", (a) => (a.client = { crossOrigin: true }), {
    stricter: "nothing of ours stands in a page of somebody else",
  }),
  turned(
    "a crossOrigin that is none",
    (a) => {
      a.client = { crossOrigin: "false" };
    },
    { stricter: "it is a boolean" },
  ),
  turned(
    "a page around it",
    (a) => {
      a.client = { crossOrigin: true, topOrigin: "https://evil.example" };
    },
    { only: "get" },
  ),
  turned(
    "a page around it",
    (a) => {
      a.client = { crossOrigin: true, topOrigin: "https://evil.example" };
    },
    { only: "create", stricter: "as for an answer" },
  ),
  turned(
    "a member twice",
    (a) => {
      const text = clientData(a).toString();
      a.clientText = `{"origin":"https://evil.example",${text.slice(1)}`;
    },
    { stricter: "one that stands twice says two things" },
  ),
  turned("text behind", (a) => {
    a.clientText = `${clientData(a).toString()}{}`;
  }),
  turned("no JSON", (a) => (a.clientText = "type=webauthn.get")),
  turned("an array", (a) => {
    a.clientText = `[${clientData(a).toString()}]`;
  }),
  turned("empty client data", (a) => (a.clientText = "")),
  turned("much client data", (a) => (a.client = { x: "x".repeat(5000) }), {
    stricter: "there is a limit",
  }),

  turned("another host", (a) => (a.rp = "evil.example")),
  turned("the host above", (a) => (a.rp = "example")),
  turned("the host in upper case", (a) => (a.rp = "Office.example")),
  turned("no user", (a) => (a.flags &= ~UP)),
  turned("a user not verified", (a) => (a.flags &= ~UV)),
  turned("neither", (a) => (a.flags &= ~(UP | UV))),
  turned("backed up what can't be", (a) => (a.flags |= BS)),
  turned("now it may be backed up", (a) => (a.flags |= BE), {
    only: "get",
    stricter: "it never changes (what the other leaves to its caller)",
  }),
  turned("the same counter", (a, k) => (a.counter = k.counter), {
    only: "get",
  }),
  turned("a counter that went back", (a) => (a.counter = 3), { only: "get" }),
  turned("a counter that is gone", (a) => (a.counter = 0), { only: "get" }),
  turned("bytes behind", (a) => (a.tail = Buffer.from([0]))),
  turned("extensions that aren't there", (a) => (a.flags |= ED)),
  turned("extensions that aren't said", (a) => {
    a.extensions = cbor([["appid", true]]);
  }),
  turned(
    "extensions cut short",
    (a) => {
      a.flags |= ED;
      a.extensions = cbor([["appid", "text"]]).subarray(0, -1);
    },
    { stricter: "it is no CBOR" },
  ),
  turned("a credential that isn't there", (a) => (a.flags |= AT), {
    only: "get",
  }),
  turned("a credential that isn't said", (a) => (a.flags &= ~AT), {
    only: "create",
  }),
  turned("no name", (a) => (a.credential = Buffer.alloc(0)), {
    only: "create",
  }),
  turned(
    "a name too long",
    (a) => {
      a.credential = crypto.randomBytes(1024);
    },
    { only: "create", stricter: "5.8.3 bounds it" },
  ),

  turned("another key", (a) => (a.key = otherKey(a)), { only: "get" }),
  turned("no signature", (a) => (a.signature = () => Buffer.alloc(0)), {
    only: "get",
  }),
  turned(
    "a signature cut short",
    (a) => {
      a.signature = (s) => s.subarray(0, -1);
    },
    { only: "get" },
  ),
  turned(
    "a signature of nothing",
    (a) => {
      a.signature = () => sign(a.key, Buffer.alloc(0));
    },
    { only: "get" },
  ),
  turned(
    "the statement none, with members",
    (a) => {
      a.statement = [["alg", -7]];
    },
    { only: "create" },
  ),
  turned(
    "self attestation",
    (a) => {
      a.format = "packed";
      a.statement = "self";
    },
    { only: "create", right: true },
  ),
  turned(
    "self attestation with extensions",
    (a) => {
      a.format = "packed";
      a.statement = "self";
      a.flags |= ED;
      a.extensions = cbor([
        ["credProtect", 2],
        ["hmac-secret", true],
      ]);
    },
    { only: "create", right: true },
  ),
  turned(
    "self attestation of another key",
    (a) => {
      a.format = "packed";
      a.statement = "self";
      a.key = otherKey(a);
    },
    { only: "create" },
  ),
  turned(
    "self attestation with a bit turned",
    (a) => {
      a.format = "packed";
      a.statement = "self";
      a.signature = (s) => flip(s, 77);
    },
    { only: "create" },
  ),
  turned(
    "self attestation without signature",
    (a) => {
      a.format = "packed";
      a.statement = [["alg", a.key.algorithm]];
    },
    { only: "create" },
  ),
  turned(
    "self attestation by another algorithm",
    (a) => {
      a.format = "packed";
      a.statement = [
        ["alg", -37],
        ["sig", Uint8Array.from([1])],
      ];
    },
    { only: "create" },
  ),
  turned("a key that is none", (a) => (a.cose = cbor([[1, 2]])), {
    only: "create",
  }),
  turned(
    "a key with more in it",
    (a) => {
      a.cose = Buffer.concat([
        Buffer.from([a.cose.readUInt8(0) + 1]),
        a.cose.subarray(1),
        Buffer.from([0x23, 0x01]),
      ]);
    },
    { only: "create", stricter: "a key is spelled in one way" },
  ),
  turned(
    "a key cut short",
    (a) => {
      a.cose = a.cose.subarray(0, -1);
    },
    { only: "create", stricter: "it is no CBOR" },
  ),
];

function samples(): { sample: Sample; right: boolean }[] {
  return CASES.flatMap((one) =>
    [true, false].flatMap((create) =>
      one.only !== undefined && (one.only === "create") !== create
        ? []
        : ALGORITHMS.map((algorithm) => ({
            sample: makeSample(
              `${create ? "create" : "get"}:${one.name.replaceAll(" ", "-")}`,
              create,
              one.turn,
              algorithm,
            ),
            right: one.right === true,
          })),
    ),
  );
}

test("the two agree, but where ours says why it is stricter", async () => {
  const all = samples();
  const said = ours(all.map(({ sample }) => sample));
  const unexpected: string[] = [];
  for (const [i, { sample, right }] of all.entries()) {
    const taken = await theirs(sample);
    if (
      (said[i] === "RIGHT") !== right ||
      taken !== (right || sample.stricter !== undefined)
    )
      unexpected.push(
        `${sample.name}: ${said[i] ?? ""}, theirs ${String(taken)}`,
      );
  }
  assert.deepEqual(unexpected, []);
  assert.ok(all.length > 250);
});

// The other reads some signatures in ASN.1 that is not DER.
test("an answer with any bit turned is refused", async () => {
  const all: Sample[] = [];
  for (const algorithm of ALGORITHMS)
    for (let i = 0; i < FLIPS; i++) {
      const whole = makeSample(
        `flipped-${String(i)}`,
        false,
        () => undefined,
        algorithm,
      );
      const bit = crypto.randomInt(1 << 16);
      all.push(
        { ...whole, client: flip(whole.client, bit) },
        { ...whole, authdata: flip(whole.authdata, bit) },
        { ...whole, signature: flip(whole.signature, bit) },
      );
    }
  const said = ours(all);
  for (const [i, sample] of all.entries()) {
    assert.notEqual(said[i], "RIGHT", toLine(sample));
    if (i % 3 !== SIGNATURES)
      assert.equal(await theirs(sample), false, toLine(sample));
  }
});

// Nothing signs the statement "none", so that some of these are right: another
// name, another model. A format that nobody knows is left out: ours takes it as
// none.
test("what ours takes of a turned enrolment, theirs does", async () => {
  const all: Sample[] = [];
  for (const algorithm of ALGORITHMS)
    for (let i = 0; i < 4 * FLIPS; i++) {
      const whole = makeSample(
        `turned-${String(i)}`,
        true,
        (answer) => {
          answer.format = i % 2 === 0 ? "none" : "packed";
          answer.statement = i % 2 === 0 ? [] : "self";
          return undefined;
        },
        algorithm,
      );
      const attestation = flip(whole.attestation, crypto.randomInt(1 << 16));
      if (attestation.includes(i % 2 === 0 ? "dnone" : "fpacked"))
        all.push({ ...whole, attestation });
    }
  const said = ours(all);
  let right = 0;
  for (const [i, sample] of all.entries()) {
    if (said[i] !== "RIGHT") continue;
    right++;
    assert.equal(await theirs(sample), true, toLine(sample));
  }
  assert.ok(right > 0);
});

// The specification's own vectors: certificates, the limits of either.
test("the vectors of WebAuthn Level 3", async () => {
  const known = new Map<string, Buffer>();
  const lines = fs
    .readFileSync(VECTORS, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const got: Record<string, string> = {};
  for (const line of lines) {
    const [kind, ...words] = line.split(" ");
    const value = new Map(
      words.map((word) => {
        const at = word.indexOf("=");
        return [word.slice(0, at), word.slice(at + 1)] as const;
      }),
    );
    const name = value.get("name") ?? "";
    const hex = (of: string): Buffer => Buffer.from(value.get(of) ?? "", "hex");
    const attestation = hex("attestation");
    if (kind === "create") known.set(name, attestation);
    const { credential, cose } = credentialOf(known.get(name) ?? attestation);
    const taken = await theirs({
      name,
      create: kind === "create",
      rp: value.get("rp") ?? "",
      origin: value.get("origin") ?? "",
      challenge: hex("challenge"),
      client: hex("client"),
      attestation,
      authdata: hex("authdata"),
      signature: hex("signature"),
      credential,
      cose,
      counter: 0,
      flags: 0,
      stricter: undefined,
    });
    const mine = value.get("want") === "RIGHT";
    if (taken !== mine)
      got[`${kind ?? ""} ${name}`] = taken
        ? "theirs takes it"
        : "ours takes it";
  }
  assert.deepEqual(got, {
    // Nobody vouches for its certificates: it is as good as none.
    "create android-key-es256": "ours takes it",
    "create tpm-es256": "ours takes it",
    // Within a page of another origin.
    "create none-es256-crossOrigin": "theirs takes it",
    "get none-es256-crossOrigin": "theirs takes it",
    // RSA of 3482 bits; ECDSA on P-384.
    "create packed-rs256": "theirs takes it",
    "get packed-es384": "theirs takes it",
  });
});

// The name and key in an attestation object, found by its layout.
function credentialOf(attestation: Buffer): {
  credential: Buffer;
  cose: Buffer;
} {
  const at = attestation.indexOf(sha256("example.org")) + 32 + 5 + 16;
  const n = attestation.readUInt16BE(at);
  return {
    credential: attestation.subarray(at + 2, at + 2 + n),
    cose: attestation.subarray(at + 2 + n),
  };
}
