// The checker refuses what it should: golden events, each with one thing wrong.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { type Json, Ocsf } from "./ocsf.js";

const GOLDENS = new URL("../../data/ocsf-golden/", import.meta.url);
const ocsf = new Ocsf();

function golden(name: string): Json {
  const path = fileURLToPath(new URL(`${name}.jsonl`, GOLDENS));
  const line = readFileSync(path, "utf8").split("\n")[0] ?? "";
  return JSON.parse(line) as Json;
}

// Sets what stands at a path; undefined takes it away.
function set(event: Json, path: string, value: Json | undefined): Json {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at = event as { [key: string]: Json };
  for (const key of keys) at = at[key] as { [key: string]: Json };
  if (value === undefined) delete at[last];
  else at[last] = value;
  return event;
}

const WRONG: [string, string, Json | undefined, RegExp][] = [
  ["node-rename", "class_uid", 6999, /class_uid/],
  ["node-rename", "class_uid", "6006", /class_uid/],
  ["node-rename", "file", undefined, /file/],
  ["node-rename", "file.name", undefined, /name/],
  ["node-rename", "file.type_id", 77, /allowed values/],
  ["node-rename", "file.colour", "red", /additional/],
  ["node-rename", "file.type", "Folder", /file\/type/],
  ["node-rename", "file.type", undefined, /missing beside/],
  ["node-rename", "actor", {}, /actor/],
  ["node-rename", "actor.user.type", "Person", /user\/type/],
  ["node-rename", "src_endpoint", { port: 80 }, /src_endpoint/],
  ["node-rename", "src_endpoint.ip", "x".repeat(41), /40/],
  ["node-rename", "type_uid", 600604, /type_uid/],
  ["node-rename", "type_name", "Rename", /type_name/],
  ["node-rename", "activity_name", "Move", /activity_name/],
  ["node-rename", "activity_id", 7, /type_uid/],
  ["node-rename", "class_name", "File Hosting", /class_name/],
  ["node-rename", "category_name", "Application", /category_name/],
  ["node-rename", "severity", "Low", /severity/],
  ["node-rename", "status", "Failure", /status/],
  ["node-rename", "action", "Denied", /action/],
  ["node-rename", "disposition", "Blocked", /disposition/],
  ["node-rename", "time", -1, /time/],
  ["node-rename", "time", 1.5, /time/],
  ["node-rename", "message", undefined, /message/],
  ["node-rename", "metadata.version", "1.7.0", /version/],
  ["node-rename", "metadata.uid", "41.0", /sequence/],
  ["node-rename", "metadata.uid", "40.1", /raw_data/],
  ["node-rename", "raw_data", undefined, /raw_data/],
  ["node-rename", "metadata.profiles", [], /security_control/],
  ["node-rename", "metadata.profiles", ["cloud"], /cloud/],
  ["node-rename", "metadata.profiles", ["security_control", "x"], /profile x/],
  ["node-rename", "time_dt", "2026-11-22T12:00:00Z", /datetime/],
  ["system-start", "metadata.profiles", ["security_control"], /host/],
  ["role-grant", "privileges", undefined, /privileges/],
  ["role-grant", "privileges", "admin", /privileges/],
  ["log-search", "database", undefined, /database/],
  ["log-search", "type", "Table", /type/],
  ["log-search", "query_info.name", undefined, /query_info/],
];

for (const [name, path, value, reason] of WRONG)
  test(`${name} with ${path} ${JSON.stringify(value) ?? "missing"}`, () => {
    assert.equal(ocsf.check(golden(name)), undefined);
    assert.match(ocsf.check(set(golden(name), path, value)) ?? "", reason);
  });

test("what is no event", () => {
  assert.match(ocsf.checkLine("{") ?? "", /not JSON/);
  assert.match(ocsf.checkLine("[]") ?? "", /not an object/);
  assert.match(ocsf.checkLine("{}") ?? "", /class_uid/);
});
