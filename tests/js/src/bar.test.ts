// The bar, end to end: green on a fresh installation whose first administrator
// has enrolled, and each of its controls red once it is broken: for real where
// that can be, else by a server in between that lies as a broken one would.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";

import { type Any, type Person, Server } from "./server.js";

let server: Server;
let admin: Person;

// The first administrator, as /setup makes one: with all roles, and a passkey.
async function enrolFirst(of: Server): Promise<Person> {
  const { id, invitation } = await of.invite("anna");
  for (const relation of [
    "user_admin",
    "log_reader",
    "security_responder",
    "operator",
  ])
    await of.op("role.grant", { principal: id, relation });
  return of.enrolInvited(id, "anna", invitation);
}

interface Bar {
  status: number | null;
  stderr: string;
  green: boolean;
  controls: { [name: string]: Any };
}

async function bar(of: Server, who: Person, ...args: string[]): Promise<Bar> {
  // A session that was confirmed just now.
  const { secret } = await of.signIn(who.passkey);
  const file = path.join(of.folder, "session");
  fs.writeFileSync(file, secret, { mode: 0o600 });
  const ended = await of.cli("bar", "--json", "--token-file", file, ...args);
  assert.notEqual(ended.stdout, "", ended.stderr);
  const told = JSON.parse(ended.stdout) as Any;
  const controls: Bar["controls"] = {};
  for (const control of told.controls) controls[control.name] = control;
  return { ...ended, green: told.green, controls };
}

before(async () => {
  server = await Server.start("bar");
  admin = await enrolFirst(server);
});

after(async () => {
  server.token = (await server.signIn(admin.passkey)).secret;
  await server.stop();
});

test("it is green on a fresh installation", async () => {
  const { status, stderr, green, controls } = await bar(server, admin);
  for (const control of Object.values(controls))
    assert.equal(control.state, "green", JSON.stringify(control));
  assert.equal(status, 0, stderr);
  assert.equal(green, true);
});
