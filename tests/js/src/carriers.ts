// Requests over each protocol that a server speaks, and what a reply says.
import { once } from "node:events";
import { type IncomingHttpHeaders } from "node:http";
import * as http2 from "node:http2";

import { type Any, type Server, within } from "./server.js";

/** A request, but for who sends it. */
export interface Sent {
  method: string;
  where: string;
  body?: string;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string; // "" of a stream
}

export type Headers = { [name: string]: string };

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const isStream = (type: string | undefined): boolean =>
  /event-stream|ndjson|octet-stream/.test(type ?? "");

/** Over HTTP/1.1, on a connection of its own. */
export async function overHttp1(
  server: Server,
  tls: boolean,
  sent: Sent,
  headers: Headers,
): Promise<Reply> {
  const answer = await server.open(sent.where, {
    ...{ method: sent.method, token: null, tls, headers },
    ...(sent.body === undefined ? {} : { body: sent.body }),
  });
  const status = answer.statusCode ?? 0;
  const body = isStream(answer.headers["content-type"])
    ? ""
    : await textOf(answer);
  answer.on("error", () => {}); // a stream has no end of its own
  answer.destroy();
  return { status, headers: answer.headers, body };
}

/** Over HTTP/2, the same. */
export async function overHttp2(
  server: Server,
  sent: Sent,
  headers: Headers,
): Promise<Reply> {
  const session = http2.connect(`https://localhost:${server.https}`, {
    ca: server.certificate,
  });
  const stream = session.request({
    ...headers,
    ":method": sent.method,
    ":path": sent.where,
  });
  stream.end(sent.body);
  const [head] = (await within(
    sent.where,
    once(stream, "response"),
  )) as [http2.IncomingHttpHeaders];
  const body = isStream(head["content-type"]) ? "" : await textOf(stream);
  stream.on("error", () => {});
  session.on("error", () => {});
  session.destroy();
  return { status: Number(head[":status"]), headers: head, body };
}

/** What a reply says came of it: "done", an error's name, or the status. */
export function toldBy({ status, body }: Reply): string {
  const json: Any = body.startsWith("{") ? JSON.parse(body) : {};
  const [method, answer] = json.methodResponses?.[0] ?? [];
  if (status >= 300) return json.code ?? String(status);
  if (method === "error") return answer.code ?? answer.type;
  if (answer?.notFound?.length > 0) return "NOT_FOUND";
  const [result] = answer?.results ?? [];
  return result?.ok === false ? result.code : "done";
}
