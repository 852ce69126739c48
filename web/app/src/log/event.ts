// What the console shows of a record, out of its OCSF events.

export interface Thing {
  readonly name: string;
  readonly id?: string;
}

export type Ending = "allowed" | "denied" | "refused" | "failed" | "unknown";

/** A record as one row: its first event, and how many more it has. */
export interface Row {
  readonly sequence: number;
  /** When it was recorded. */
  readonly time: number;
  readonly who: Thing;
  /** The plain sentence; `did` is the same without who it begins with. */
  readonly what: string;
  readonly did: string;
  readonly on?: Thing;
  readonly address?: string;
  readonly agent?: string;
  readonly ending: Ending;
  /** Somebody should look at it. */
  readonly alert: boolean;
  readonly operation: string;
  readonly more: number;
}

interface Named {
  readonly name?: string;
  readonly uid?: string;
}

/** As much of OCSF as is looked at here. */
export interface Event {
  readonly time: number;
  readonly message?: string;
  readonly status_id?: number;
  readonly status_code?: string;
  readonly status_detail?: string;
  readonly disposition_id?: number;
  readonly is_alert?: boolean;
  readonly actor?: {
    readonly user?: Named & { readonly type?: string };
    readonly session?: {
      readonly uid?: string;
      readonly credential_uid?: string;
      readonly created_time?: number;
    };
    readonly authorizations?: readonly { readonly decision: string }[];
  };
  readonly user?: Named;
  readonly group?: Named;
  readonly file?: Named & { readonly type?: string; readonly parent_folder?: string };
  readonly file_result?: Named;
  readonly resources?: readonly (Named & { readonly type?: string })[];
  readonly access_list?: readonly string[];
  readonly privileges?: readonly string[];
  readonly src_endpoint?: { readonly ip?: string };
  readonly http_request?: { readonly user_agent?: string };
  readonly evidences?: readonly {
    readonly src_endpoint?: { readonly ip?: string };
    readonly http_request?: { readonly user_agent?: string };
  }[];
  readonly unmapped?: {
    readonly cause?: string;
    readonly credential?: string;
    readonly proof?: readonly number[];
    readonly on_behalf_of?: Named;
    readonly approved?: readonly string[];
    readonly cites?: number;
    readonly connection?: { readonly tls?: string; readonly context?: number };
    readonly target?: Named;
    readonly grantee?: Named;
  };
  readonly metadata: {
    readonly sequence: number;
    readonly event_code?: string;
    readonly logged_time: number;
  };
}

function endingOf(event: Event): Ending {
  if (event.status_code === undefined) return "allowed";
  switch (event.disposition_id) {
    case 2:
    case 26:
      return "denied";
    case 25:
      return "refused";
    case 27:
      return "failed";
    default:
      return "unknown";
  }
}

/** Records that aren't there say so in brackets: they are no things to ask for. */
const thing = (named: Named | undefined): Thing | undefined =>
  named?.name === undefined
    ? undefined
    : named.uid === undefined
      ? { name: named.name }
      : { name: named.name, id: named.uid };

function objectOf(event: Event): Thing | undefined {
  const { file, user, group, resources, actor } = event;
  if (file !== undefined) return thing(file);
  if (group !== undefined) return thing(group);
  if (user !== undefined && user.uid !== actor?.user?.uid) return thing(user);
  return thing(resources?.find(({ name }) => name !== undefined));
}

export function rowOf(event: Event, more: number): Row {
  const { message = "", actor, metadata } = event;
  const who = thing(actor?.user) ?? { name: "" };
  const source = event.src_endpoint ?? event.evidences?.[0]?.src_endpoint;
  const http = event.http_request ?? event.evidences?.[0]?.http_request;
  const begins = [`${who.name} `, "The server "].find((one) => message.startsWith(one));
  const on = objectOf(event);
  return {
    sequence: metadata.sequence,
    time: metadata.logged_time,
    who,
    what: message,
    did: begins === undefined ? message : message.slice(begins.length),
    ...(on === undefined ? {} : { on }),
    ...(source?.ip === undefined ? {} : { address: source.ip }),
    ...(http?.user_agent === undefined ? {} : { agent: http.user_agent }),
    ending: endingOf(event),
    alert: event.is_alert === true,
    operation: metadata.event_code ?? "",
    more,
  };
}

export const eventsOf = (lines: string): Event[] =>
  lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);

const WORST: readonly Ending[] = ["denied", "failed", "refused", "unknown"];

/** Of several objects what went worst is what the row says. */
export function rowOfLines(lines: string): Row | undefined {
  const events = eventsOf(lines);
  const endings = new Set(events.map(endingOf));
  const worst = WORST.find((one) => endings.has(one)) ?? "allowed";
  const shown = events.find((one) => endingOf(one) === worst);
  return shown === undefined ? undefined : rowOf(shown, events.length - 1);
}
