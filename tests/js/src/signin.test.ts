// Signing in, as those see it who guess: what is slowed, what nobody learns, and
// what becomes of it when the keeper of the secrets dies.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { eventually, Refused, Server } from "./server.js";
import { codeOf } from "./totp.js";

const TRIES = 4; // at once, of one account

let server: Server;

before(async () => {
  server = await Server.start("signin", {
    config: { max_tries_account: TRIES, try_seconds: 3600 },
  });
});

after(() => server.stop());

interface Secrets {
  login: string;
  password: string;
  seed: string;
}

// A person with a password and an authenticator app.
async function enrol(login: string): Promise<Secrets> {
  const { invitation } = await server.invite(login);
  const asked = { token: invitation };
  const password = "seven green bottles stand";
  await server.op("password.set", { password }, asked);
  const { secret } = await server.op("totp.begin", {}, asked);
  await server.op("totp.confirm", { code: codeOf(secret) }, asked);
  return { login, password, seed: secret };
}

async function begin(
  login: string,
  password: string,
  code: string,
): Promise<string> {
  try {
    await server.op("session.begin", { login, password, code }, { token: null });
    return "done";
  } catch (error) {
    if (error instanceof Refused) return error.type;
    throw error;
  }
}

// The next code: that of now has confirmed the app.
function signIn(secrets: Secrets): Promise<string> {
  return begin(secrets.login, secrets.password, codeOf(secrets.seed, 1));
}

async function answerTo(login: string, password: string): Promise<string> {
  const { status, headers, body } = await server.ask("/session", {
    method: "POST",
    token: null,
    headers: {
      "content-type": "application/json",
      origin: new URL(server.url("/")).origin,
    },
    body: JSON.stringify({ login, password, code: "123456" }),
  });
  // A request's number tells nothing but that it is another request.
  const { date: _, "chancery-request": __, ...rest } = headers;
  const text = body.toString().replace(/"request":"[^"]*"/, '"request":"x"');
  return JSON.stringify([status, rest, text]);
}

test("nobody learns whether there is such a name", async () => {
  const { login } = await enrol("ann");
  const wrong = await answerTo(login, "seven green bottles fall");
  const unknown = await answerTo("nob", "seven green bottles fall");
  assert.equal(wrong, unknown);
});

test("who guesses is slowed, one account at a time", async () => {
  const [bob, eve] = [await enrol("bob"), await enrol("eve")];
  // However the name is written.
  for (const login of ["bob", "BOB", "Bob", "bOB"])
    assert.equal(await begin(login, "a guess", "123456"), "forbidden");
  assert.equal(await begin("bob", "another guess", "123456"), "rateLimit");
  // What is right isn't even looked at: nothing is learned by that.
  assert.equal(await signIn(bob), "rateLimit");
  assert.equal(await signIn(eve), "done");
  // Nor of names that nobody has, and these are no more than one, too.
  for (const login of ["nobody", "NOBODY", "Nobody", "nOBODY"])
    assert.equal(await begin(login, "a guess", "123456"), "forbidden");
  assert.equal(await begin("nobody", "a guess", "123456"), "rateLimit");
  const met =
    'chancery_limit_met_total{limit="max_tries_account",process="core"}';
  assert.equal(await server.metric(met), 3);
  // Each of them stands in the record.
  const events = await server.search({
    operation: "session.begin",
    outcome: "refused",
  });
  assert.equal(events.length, 3);
});

test("what was right doesn't count", async () => {
  const { passkey } = await server.enrol("carl");
  for (let i = 0; i < 3 * TRIES; i++) await server.signIn(passkey);
});

test("a keeper that dies while it is asked loses nobody", async () => {
  const dan = await enrol("dan");
  const tries = [1, 2, 3].map((i) => begin("dan", `guess ${i}`, "123456"));
  server.killChild("keeper");
  for (const told of await Promise.all(tries))
    assert.match(told, /^(forbidden|serverUnavailable)$/);
  // Its successor holds the same keys.
  await eventually("a keeper", async () =>
    (await signIn(dan)) === "done" ? true : undefined,
  );
});
