// What opens a session, and what doesn't, by every way to sign in: the same answer
// by each, nothing in it that tells why, and the record knows.
import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { after, before, test } from "node:test";

import { Passkey } from "./authenticator.js";
import {
  type Headers,
  overHttp1,
  overHttp2,
  type Reply,
  toldBy,
} from "./carriers.js";
import { CORE, type Any, OPERATIONS, type Person, Server } from "./server.js";
import { codeOf } from "./totp.js";

const PASSWORD = "seven green bottles stand";

/** Who has a password and an authenticator app. */
interface Knows {
  id: string;
  login: string;
  seed: string;
  confirmed: string; // the code that was shown when the app was
}

let server: Server;
let ann: Person; // with a passkey, which has signed in before
let eve: Person; // another one
let fay: Person; // whose passkey was ended
let gus: Person; // who is suspended
let half: string; // the name of somebody who has a password alone
let ended: Knows;
let suspended: Knows;
let invitation = "";
let recovery = "";

// ---- the ways to sign in --------------------------------------------------------

type SignIn = (args: object, agent: Headers) => Promise<Reply>;

const page =
  (tls: boolean, http2: boolean): SignIn =>
  (args, agent) => {
    const body = JSON.stringify(args);
    const sent = { method: "POST", where: "/session", body };
    const headers = { origin: new URL(server.url("/", tls)).origin, ...agent };
    return http2
      ? overHttp2(server, sent, headers)
      : overHttp1(server, tls, sent, headers);
  };

const jmap =
  (tls: boolean, http2: boolean): SignIn =>
  (args, agent) => {
    const sent = {
      method: "POST",
      where: "/jmap/api",
      body: JSON.stringify({
        using: [CORE, OPERATIONS],
        methodCalls: [["session.begin", args, "0"]],
      }),
    };
    return http2
      ? overHttp2(server, sent, agent)
      : overHttp1(server, tls, sent, agent);
  };

const ways: { [name: string]: SignIn } = {
  "the page, over loopback": page(false, false),
  "the page, over TLS": page(true, false),
  "the page, over HTTP/2": page(true, true),
  "JMAP, over loopback": jmap(false, false),
  "JMAP, over TLS": jmap(true, false),
  "JMAP, over HTTP/2": jmap(true, true),
};

// ---- what is tried ----------------------------------------------------------------

const challenge = (purpose: "sign_in" | "register" = "sign_in") =>
  server.challenge(purpose);

const byPassword = (login: string, password: string, code: string): object => ({
  ...{ login, password, code },
});

interface Try {
  args: (bob: Knows) => object | Promise<object>;
  /** What the record says, and of a passkey what was wrong with it. */
  outcome: "UNAUTHENTICATED" | "SUSPENDED" | "INVALID";
  wrong?: boolean;
}

const nobody: Try["outcome"] = "UNAUTHENTICATED";

/** The code that hasn't been used yet. */
const codeNow = ({ seed }: Knows): string => codeOf(seed, 1);

const otherCode = (who: Knows): string =>
  String((Number(codeNow(who)) + 500_000) % 1_000_000).padStart(6, "0");

/** An answer to a challenge that was answered once already. */
async function replayed(): Promise<object> {
  const answer = ann.passkey.get(await challenge());
  await server.op("session.begin", answer, { token: null });
  return answer;
}

const tries: { [what: string]: Try } = {
  // by password and code
  "a password alone": {
    args: ({ login }) => ({ login, password: PASSWORD }),
    outcome: nobody,
  },
  "a code alone": {
    args: (bob) => ({ login: bob.login, code: codeNow(bob) }),
    outcome: "INVALID",
  },
  "a name alone": { args: ({ login }) => ({ login }), outcome: "INVALID" },
  "another password": {
    args: (bob) => byPassword(bob.login, "seven green bottles", codeNow(bob)),
    outcome: nobody,
  },
  "no password": {
    args: (bob) => byPassword(bob.login, "", codeNow(bob)),
    outcome: nobody,
  },
  "another code": {
    args: (bob) => byPassword(bob.login, PASSWORD, otherCode(bob)),
    outcome: nobody,
  },
  "a code of long ago": {
    args: (bob) => byPassword(bob.login, PASSWORD, codeOf(bob.seed, -4)),
    outcome: nobody,
  },
  "the code that confirmed the app": {
    args: (bob) => byPassword(bob.login, PASSWORD, bob.confirmed),
    outcome: nobody,
  },
  "another's code": {
    args: (bob) => byPassword(bob.login, PASSWORD, codeNow(suspended)),
    outcome: nobody,
  },
  "a recovery code for a password": {
    args: (bob) => byPassword(bob.login, recovery, codeNow(bob)),
    outcome: nobody,
  },
  "an invitation for a password": {
    args: (bob) => byPassword(bob.login, invitation, codeNow(bob)),
    outcome: nobody,
  },
  "a name that nobody has": {
    args: (bob) => byPassword("nobody", PASSWORD, codeNow(bob)),
    outcome: nobody,
  },
  "a name that looks like another": {
    // An "o" of another alphabet.
    args: (bob) =>
      byPassword(bob.login.replace("o", "\u043e"), PASSWORD, codeNow(bob)),
    outcome: nobody,
  },
  "a password of who has no app": {
    args: (bob) => byPassword(half, PASSWORD, codeNow(bob)),
    outcome: nobody,
  },
  "a password of who has a passkey": {
    args: (bob) => byPassword("ann", PASSWORD, codeNow(bob)),
    outcome: nobody,
  },
  "all that somebody knows who was ended": {
    args: () => byPassword(ended.login, PASSWORD, codeNow(ended)),
    outcome: nobody,
  },
  "all that somebody knows who is suspended": {
    args: () => byPassword(suspended.login, PASSWORD, codeNow(suspended)),
    outcome: "SUSPENDED",
  },

  // by passkey
  "half a passkey's answer": {
    args: async () => ({
      ...ann.passkey.get(await challenge()),
      ...{ signature: null },
    }),
    outcome: "INVALID",
  },
  "a passkey's answer, and a password": {
    args: async (bob) => ({
      ...ann.passkey.get(await challenge()),
      ...byPassword(bob.login, PASSWORD, codeNow(bob)),
    }),
    outcome: "INVALID",
  },
  "a challenge of one's own": {
    args: () => ann.passkey.get(crypto.randomBytes(48).toString("base64")),
    outcome: nobody,
  },
  "a challenge to register": {
    args: async () => ann.passkey.get(await challenge("register")),
    outcome: nobody,
  },
  "an answer that was given before": { args: replayed, outcome: nobody },
  "an answer for another origin": {
    args: async () =>
      ann.passkey.get(await challenge(), {
        origin: "https://localhost.evil.example",
      }),
    outcome: nobody,
    wrong: true,
  },
  "an answer for another port": {
    args: async () =>
      ann.passkey.get(await challenge(), { origin: "http://localhost:1" }),
    outcome: nobody,
    wrong: true,
  },
  "an answer for another host": {
    args: async () => ann.passkey.get(await challenge(), { rp: "evil.example" }),
    outcome: nobody,
    wrong: true,
  },
  "an answer without its user": {
    args: async () => ann.passkey.get(await challenge(), { flags: 1 }),
    outcome: nobody,
    wrong: true,
  },
  "an answer that nobody touched": {
    args: async () => ann.passkey.get(await challenge(), { flags: 4 }),
    outcome: nobody,
    wrong: true,
  },
  "a counter that goes back": {
    args: async () => ann.passkey.get(await challenge(), { counter: 1 }),
    outcome: nobody,
    wrong: true,
  },
  "another's signature": {
    args: async () => {
      const asked = await challenge();
      const { passkey } = ann.passkey.get(asked) as Any;
      return { ...eve.passkey.get(asked), passkey };
    },
    outcome: nobody,
    wrong: true,
  },
  "a passkey that nobody registered": {
    args: async () =>
      new Passkey(ann.passkey.origin).get(await challenge()),
    outcome: nobody,
  },
  "a passkey that was ended": {
    args: async () => fay.passkey.get(await challenge()),
    outcome: nobody,
  },
  "a passkey of somebody suspended": {
    args: async () => gus.passkey.get(await challenge()),
    outcome: "SUSPENDED",
  },
};

// ---- all of it ----------------------------------------------------------------------

async function enrol(login: string): Promise<Knows> {
  const { id, invitation } = await server.invite(login);
  const asked = { token: invitation };
  await server.op("password.set", { password: PASSWORD }, asked);
  const { secret: seed } = await server.op("totp.begin", {}, asked);
  const confirmed = codeOf(seed);
  await server.op("totp.confirm", { code: confirmed }, asked);
  return { id, login, seed, confirmed };
}

before(async () => {
  server = await Server.start("sessions", {
    config: { max_tries_address: 100000, max_tries_account: 100000 },
  });
  ann = await server.enrol("ann");
  await server.signIn(ann.passkey);
  eve = await server.enrol("eve");
  fay = await server.enrol("fay");
  const own = { token: fay.token };
  const { list } = await server.op(
    "credential.list",
    { principal: fay.id },
    own,
  );
  const { id } = list.find(({ kind }: Any) => kind === "passkey");
  await server.op("credential.end", { credential: id }, own);
  gus = await server.enrol("gus");
  await server.op("principal.suspend", { principal: gus.id });
  suspended = await enrol("hal");
  await server.op("principal.suspend", { principal: suspended.id });
  ended = await enrol("ida");
  await server.op("principal.end", { principal: ended.id });
  half = "jim";
  const jim = await server.invite(half);
  const asked = { token: jim.invitation };
  await server.op("password.set", { password: PASSWORD }, asked);
  invitation = (await server.invite("kim")).invitation;
  const made = await server.op("recovery.make", {}, { token: ann.token });
  [recovery] = made.codes.split("\n");
});

after(() => server.stop());

/** The only record of a try, by its User-Agent. */
async function recordOf(agent: string): Promise<Any> {
  const all = await server.search({ operation: "session.begin" });
  const own = all.filter((event) => event.http_request?.user_agent === agent);
  assert.equal(own.length, 1, agent);
  return own[0];
}

const TOLD: { [outcome: string]: RegExp } = {
  UNAUTHENTICATED: /^(UNAUTHENTICATED|401)$/,
  SUSPENDED: /^SUSPENDED$/,
  INVALID: /^(INVALID|invalidArguments)$/,
};

Object.entries(ways).forEach(([name, signIn], i) => {
  test(`by ${name}, nobody comes in who isn't somebody for certain`, async () => {
    const bob = await enrol(`bob${i}`);
    const told = new Map<string, string>(); // of what isn't to be told apart
    for (const [what, { args, outcome }] of Object.entries(tries)) {
      const agent = { "user-agent": `${what} by ${name}` };
      const reply = await signIn(await args(bob), agent);
      const text = reply.body.replace(/"request":"[^"]*"/, "");
      assert.match(toldBy(reply), TOLD[outcome] as RegExp, what);
      assert.equal(reply.headers["set-cookie"], undefined, what);
      assert.doesNotMatch(text, /chy_/, what);
      if (outcome === nobody) told.set(`${reply.status} ${text}`, what);
    }
    assert.equal(told.size, 1, [...told].join("\n"));
  });

  test(`by ${name}, who is somebody for certain comes in, once a code`, async () => {
    const bob = await enrol(`bea${i}`);
    const right = byPassword(bob.login, PASSWORD, codeNow(bob));
    const agent = (what: string) => ({ "user-agent": `${what} by ${name}` });
    assert.equal(toldBy(await signIn(right, agent("both"))), "done");
    const again = await signIn(right, agent("both again"));
    assert.match(toldBy(again), TOLD[nobody] as RegExp);
    const answer = ann.passkey.get(await challenge());
    assert.equal(toldBy(await signIn(answer, agent("a passkey"))), "done");

    const { actor } = await recordOf(`both by ${name}`);
    assert.equal(actor.user.uid, bob.id);
    assert.equal((await recordOf(`a passkey by ${name}`)).actor.user.uid, ann.id);
  });
});

test("each try stands in the record, with what was wrong, as nobody's", async () => {
  const events = new Map<string, Any>();
  for (const event of await server.search({ operation: "session.begin" }))
    events.set(event.http_request?.user_agent ?? "", event);
  for (const name of Object.keys(ways))
    for (const [what, { outcome, wrong }] of Object.entries(tries)) {
      const event = events.get(`${what} by ${name}`);
      assert(event !== undefined, what);
      assert.equal(event.status_code, outcome, what);
      assert.equal(event.actor.user?.uid, undefined, what);
      assert.equal(event.actor.session, undefined, what);
      const known = event.unmapped.facts?.wrong !== undefined;
      assert.equal(known, wrong === true, what);
    }
});
