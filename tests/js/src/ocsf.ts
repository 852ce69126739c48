// Checks events against OCSF 1.8.0: its compiled JSON Schemas, and what these
// can't say. It shares no code with the renderer, but for the program that
// renders a record again from raw_data.
//
//   node dist/ocsf.js [--render PROGRAM] [FILE...]
//
// Files of one event a line; without any, standard input. PROGRAM is
// render-events of tests/ocsf. Exit status 1 names the first bad event and why.
import { spawnSync } from "node:child_process";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

const DATA = fileURLToPath(new URL("../../data/ocsf/", import.meta.url));
const VERSION = "1.8.0";
const OTHER = 99;
const BATCH = 2000; // records rendered again at once

export type Json =
  | null
  | boolean
  | number
  | string
  | Json[]
  | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

interface Contract {
  uid: number;
  category: string;
  caption: string;
  profiles: string[];
  constraints: { at_least_one?: string[]; just_one?: string[] } | null;
  required: string[];
  required_by_profile?: { [profile: string]: string[] };
  recommended: string[];
  deprecated: string[];
  activities: { [id: string]: { caption: string; type_uid: number } };
}

interface Schema {
  $ref?: string;
  $defs?: { [name: string]: Schema };
  items?: Schema;
  properties?: { [name: string]: Schema };
}

interface OcsfClass {
  contract: Contract;
  schema: Schema;
  validate: ValidateFunction;
}

type Captions = { [id: number]: string };

const CATEGORIES: Captions = {
  1: "System Activity",
  2: "Findings",
  3: "Identity & Access Management",
  4: "Network Activity",
  5: "Discovery",
  6: "Application Activity",
  7: "Remediation",
};

// The captions of ids, by name, and by "object.name" where the object has its
// own. Each id in an event with its text beside it must be here.
const CAPTIONS: { [name: string]: Captions } = {
  severity_id: {
    0: "Unknown",
    1: "Informational",
    2: "Low",
    3: "Medium",
    4: "High",
    5: "Critical",
    6: "Fatal",
  },
  status_id: { 0: "Unknown", 1: "Success", 2: "Failure" },
  "finding.status_id": {
    0: "Unknown",
    1: "New",
    2: "In Progress",
    3: "Suppressed",
    4: "Resolved",
    5: "Archived",
    6: "Deleted",
  },
  action_id: {
    0: "Unknown",
    1: "Allowed",
    2: "Denied",
    3: "Observed",
    4: "Modified",
  },
  disposition_id: {
    0: "Unknown",
    1: "Allowed",
    2: "Blocked",
    3: "Quarantined",
    4: "Isolated",
    5: "Deleted",
    6: "Dropped",
    7: "Custom Action",
    8: "Approved",
    9: "Restored",
    10: "Exonerated",
    11: "Corrected",
    12: "Partially Corrected",
    13: "Uncorrected",
    14: "Delayed",
    15: "Detected",
    16: "No Action",
    17: "Logged",
    18: "Tagged",
    19: "Alert",
    20: "Count",
    21: "Reset",
    22: "Captcha",
    23: "Challenge",
    24: "Access Revoked",
    25: "Rejected",
    26: "Unauthorized",
    27: "Error",
  },
  "user.type_id": {
    0: "Unknown",
    1: "User",
    2: "Admin",
    3: "System",
    4: "Service",
  },
  "file.type_id": {
    0: "Unknown",
    1: "Regular File",
    2: "Folder",
    3: "Character Device",
    4: "Block Device",
    5: "Local Socket",
    6: "Named Pipe",
    7: "Symbolic Link",
    8: "Executable File",
  },
  "database.type_id": {
    0: "Unknown",
    1: "Relational",
    2: "Network",
    3: "Object Oriented",
    4: "Centralized",
    5: "Operational",
    6: "NoSQL",
    7: "Vector",
    8: "Knowledge Graph",
  },
  "datastore_activity.type_id": {
    0: "Unknown",
    1: "Database",
    2: "Databucket",
    3: "Table",
  },
};

// What an event may have only where metadata.profiles names the profile. (The
// schemas are compiled with these profiles on.)
const PROFILES: { [profile: string]: string[] } = {
  security_control: [
    "action",
    "action_id",
    "attacks",
    "authorizations",
    "confidence",
    "confidence_id",
    "confidence_score",
    "disposition",
    "disposition_id",
    "firewall_rule",
    "is_alert",
    "malware",
    "malware_scan_info",
    "policy",
    "risk_details",
    "risk_level",
    "risk_level_id",
    "risk_score",
  ],
  host: ["actor", "device"],
};

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(DATA, path), "utf8"));
}

function attribute(field: string): string {
  return field.split(":")[0] ?? field;
}

export class Ocsf {
  private readonly classes = new Map<number, OcsfClass>();

  constructor() {
    // Conditions in the schemas have "properties" and "required" without the
    // "type" and the properties that stand around them.
    const ajv = new Ajv2020({
      strict: true,
      strictTypes: false,
      strictRequired: false,
    });
    const index = readJson("jsonschema-1.8.0/index.json") as {
      classes: { [uid: string]: string };
    };
    const contracts = readJson("contract-1.8.0.json") as {
      [name: string]: Contract;
    };
    const byUid = new Map(Object.values(contracts).map((c) => [c.uid, c]));
    for (const [uid, file] of Object.entries(index.classes)) {
      const schema = readJson(`jsonschema-1.8.0/${file}`) as Schema;
      const contract = byUid.get(Number(uid));
      if (contract === undefined) throw new Error(`${file}: no contract`);
      this.classes.set(Number(uid), {
        contract,
        schema,
        validate: ajv.compile(schema),
      });
    }
  }

  /** What is wrong with an event; undefined where nothing is. */
  check(event: Json): string | undefined {
    if (!isObject(event)) return "not an object";
    const uid = event["class_uid"];
    const ocsf = typeof uid === "number" ? this.classes.get(uid) : undefined;
    if (ocsf === undefined) return `class_uid ${JSON.stringify(uid)}: unknown`;
    if (!ocsf.validate(event)) {
      const error = ocsf.validate.errors?.[0];
      return `${error?.instancePath}: ${error?.message} ${JSON.stringify(error?.params)}`;
    }
    return (
      checkMetadata(event) ??
      checkRequired(event, ocsf.contract) ??
      checkClass(event, ocsf.contract) ??
      checkProfiles(event, ocsf.contract) ??
      checkSiblings(event, ocsf.schema, ocsf.schema, className(ocsf), "")
    );
  }

  /** The same for a line of JSON. */
  checkLine(line: string): string | undefined {
    let event: Json;
    try {
      event = JSON.parse(line) as Json;
    } catch (error) {
      return `not JSON: ${String(error)}`;
    }
    return this.check(event);
  }
}

function className(ocsf: OcsfClass): string {
  if (ocsf.contract.category === "findings") return "finding";
  return ocsf.contract.uid === 6005 ? "datastore_activity" : "";
}

function checkMetadata(event: JsonObject): string | undefined {
  const metadata = event["metadata"];
  if (!isObject(metadata)) return "metadata: missing";
  if (metadata["version"] !== VERSION) return "metadata.version";
  if (typeof event["message"] !== "string") return "message: missing";
  const uid = metadata["uid"];
  const sequence = metadata["sequence"];
  if (
    typeof uid !== "string" ||
    !/^[0-9]+\.[0-9]+$/.test(uid) ||
    uid.split(".")[0] !== String(sequence)
  )
    return `metadata.uid ${String(uid)} is not of sequence ${String(sequence)}`;
  const isFirst = uid.endsWith(".0");
  if (isFirst !== (typeof event["raw_data"] === "string"))
    return "raw_data: on the first event of a record, and only there";
  return undefined;
}

function checkRequired(
  event: JsonObject,
  contract: Contract,
): string | undefined {
  const declared = declaredProfiles(event);
  const required = [
    ...contract.required,
    ...declared.flatMap((p) => contract.required_by_profile?.[p] ?? []),
  ].map(attribute);
  for (const name of required)
    if (event[name] === undefined) return `${name}: required`;
  for (const name of contract.deprecated.map(attribute))
    if (event[name] !== undefined) return `${name}: deprecated`;
  const has = (name: string): boolean => event[name] !== undefined;
  const some = contract.constraints?.at_least_one;
  if (some !== undefined && !some.some(has))
    return `at least one of ${some.join(", ")}: missing`;
  const one = contract.constraints?.just_one;
  if (one !== undefined && one.filter(has).length !== 1)
    return `just one of ${one.join(", ")}: wanted`;
  return undefined;
}

function checkClass(event: JsonObject, contract: Contract): string | undefined {
  const id = Number(event["activity_id"]);
  const activity = contract.activities[String(id)];
  if (activity === undefined) return `activity_id ${id}: unknown`;
  if (event["type_uid"] !== contract.uid * 100 + id) return "type_uid";
  if (event["type_uid"] !== activity.type_uid) return "type_uid of contract";
  const captions: [string, string | undefined][] = [
    ["class_name", contract.caption],
    ["category_name", CATEGORIES[Math.floor(contract.uid / 1000)]],
    ["type_name", `${contract.caption}: ${activity.caption}`],
  ];
  // 99 is "Other": the name is then the source's own.
  if (id !== OTHER) captions.push(["activity_name", activity.caption]);
  for (const [name, caption] of captions)
    if (event[name] !== caption)
      return `${name} is ${JSON.stringify(event[name])}, not ${String(caption)}`;
  if (typeof event["activity_name"] !== "string") return "activity_name";
  return undefined;
}

function declaredProfiles(event: JsonObject): string[] {
  const metadata = event["metadata"];
  const profiles = isObject(metadata) ? metadata["profiles"] : undefined;
  return Array.isArray(profiles) ? profiles.map(String) : [];
}

function checkProfiles(
  event: JsonObject,
  contract: Contract,
): string | undefined {
  const declared = declaredProfiles(event);
  const own = [...contract.required, ...contract.recommended].map(attribute);
  for (const profile of declared)
    if (!contract.profiles.includes(profile))
      return `profile ${profile}: not of this class`;
  for (const [profile, names] of Object.entries(PROFILES)) {
    const used = names.filter(
      (name) => event[name] !== undefined && !own.includes(name),
    );
    if (declared.includes(profile) && used.length === 0)
      return `profile ${profile}: declared, and not used`;
    if (!declared.includes(profile) && used.length > 0)
      return `${used.join(", ")}: of profile ${profile}, which isn't declared`;
  }
  for (const name of Object.keys(event))
    if (name.endsWith("_dt") && !declared.includes("datetime"))
      return `${name}: of profile datetime, which isn't declared`;
  return undefined;
}

// Each id and the text beside it, all the way down.
function checkSiblings(
  value: Json,
  schema: Schema,
  root: Schema,
  object: string,
  path: string,
): string | undefined {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const problem = checkSiblings(
        item,
        schema.items ?? {},
        root,
        object,
        `${path}/${i}`,
      );
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const ref = schema.$ref?.split("/").pop();
  if (ref !== undefined)
    return checkSiblings(value, root.$defs?.[ref] ?? {}, root, ref, path);
  if (!isObject(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const below = schema.properties?.[name] ?? {};
    const problem =
      checkPair(value, schema, name, object, path) ??
      checkSiblings(member, below, root, object, `${path}/${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkPair(
  value: JsonObject,
  schema: Schema,
  name: string,
  object: string,
  path: string,
): string | undefined {
  const sibling = name.replace(/_id$/, "");
  if (sibling === name || name === "activity_id") return undefined;
  if (schema.properties?.[sibling] === undefined) return undefined;
  const id = Number(value[name]);
  const text = value[sibling];
  if (text === undefined) return `${path}/${sibling}: missing beside ${name}`;
  if (id === OTHER) return undefined;
  const captions = CAPTIONS[`${object}.${name}`] ?? CAPTIONS[name];
  if (captions === undefined)
    return `${path}/${name}: its captions aren't known here (object ${object})`;
  if (captions[id] !== text)
    return `${path}/${sibling} is ${JSON.stringify(text)}, not ${String(captions[id])}`;
  return undefined;
}

/** Events of one record, as lines. */
interface Record {
  raw: string;
  line: number; // where it starts
  events: string[];
}

/**
 * Renders records again from their raw_data: what differs from the lines that
 * they came in, byte for byte.
 */
export function rerender(
  program: string,
  records: Record[],
): string | undefined {
  const run = spawnSync(program, [], {
    input: records.map((record) => `${record.raw}\n`).join(""),
    maxBuffer: 2 ** 30,
    encoding: "utf8",
  });
  if (run.status !== 0)
    return `${program}: ${run.error?.message ?? run.stderr.trim()}`;
  const lines = run.stdout.split("\n");
  let at = 0;
  for (const record of records)
    for (const [k, event] of record.events.entries())
      if (lines[at++] !== event)
        return `line ${record.line + k}: rendered again it is ${String(lines[at - 1])}`;
  if (at !== lines.length - 1 || lines[at] !== "")
    return `${program}: ${lines.length - 1 - at} events more than there were`;
  return undefined;
}

export interface CheckOptions {
  /** The program that renders bundles. */
  render?: string;
}

/** Checks lines; gives their number, or throws an Error that names the first. */
export async function checkLines(
  ocsf: Ocsf,
  lines: AsyncIterable<string>,
  options: CheckOptions = {},
): Promise<number> {
  let records: Record[] = [];
  let n = 0;
  const flush = (): void => {
    if (options.render === undefined || records.length === 0) return;
    const problem = rerender(options.render, records);
    if (problem !== undefined) throw new Error(problem);
    records = [];
  };
  for await (const line of lines) {
    n++;
    const problem = ocsf.checkLine(line);
    if (problem !== undefined)
      throw new Error(`line ${n}: ${problem}\n${line}`);
    const event = JSON.parse(line) as { raw_data?: string };
    if (event.raw_data !== undefined) {
      if (records.length >= BATCH) flush();
      records.push({ raw: event.raw_data, line: n, events: [] });
    }
    const record = records.at(-1);
    if (record === undefined)
      throw new Error(`line ${n}: the first event of its record is missing`);
    record.events.push(line);
  }
  flush();
  return n;
}

/** The same for a file; undefined is standard input. */
export async function checkFile(
  ocsf: Ocsf,
  path: string | undefined,
  options: CheckOptions = {},
): Promise<number> {
  const input = path === undefined ? process.stdin : createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  return checkLines(ocsf, lines, options);
}

async function main(args: string[]): Promise<number> {
  const options: CheckOptions = {};
  const files: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const value = args[i + 1];
    if (arg === "--render" && value !== undefined) {
      options.render = value;
      i++;
    } else if (arg.startsWith("-")) {
      console.error("usage: ocsf.js [--render PROGRAM] [FILE...]");
      return 2;
    } else files.push(arg);
  }
  const ocsf = new Ocsf();
  let n = 0;
  for (const file of files.length > 0 ? files : [undefined]) {
    try {
      n += await checkFile(ocsf, file, options);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      console.error(`${file ?? "standard input"}: ${text}`);
      return 1;
    }
  }
  console.log(`${n} events are valid`);
  return n > 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));
