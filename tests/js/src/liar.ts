// A server in between, with the certificate of the real one, that passes on all
// that it is asked, and lies where it is told to: as a broken server would.
import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import type * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import { type Any, type Answer, type Server } from "./server.js";

export interface Question {
  method: string;
  path: string;
  body: string;
  // Of a JMAP request with one call: the operation, and its argument.
  operation?: string;
  args?: Any;
}

export interface Lie {
  // Told without the real server being asked.
  instead?(question: Question): Answer | undefined;
  // Told for what the real server said.
  answer?(question: Question, real: Answer): Answer;
  // For an event of a stream: others, or none; it may take its time.
  event?(event: string, where: string): Promise<string> | string;
  // A stream that the real server has ended goes on.
  holds?: boolean;
}

const STREAMS = /^\/(log\/|jmap\/events|files\/probe-large)/;
// What belongs to a connection, and is the other one's matter.
const HOPS = /^(connection|keep-alive|transfer-encoding|upgrade|http2-settings)$/;

type Headers = { [name: string]: string | string[] | undefined };

function passedOn(headers: Headers): http.OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith(":") && !HOPS.test(name),
    ),
  );
}

function questionOf(method: string, where: string, body: Buffer): Question {
  const question: Question = { method, path: where, body: body.toString() };
  if (where === "/jmap/api") {
    const [call] = JSON.parse(question.body).methodCalls;
    question.operation = call[0];
    question.args = call[1];
  }
  return question;
}

// The same answer, but that its one call was done, with that result.
export function resultOf(real: Answer, result: object): Answer {
  const told = JSON.parse(real.body.toString());
  told.methodResponses[0] = ["done", { results: [{ ok: true, ...result }] }, "0"];
  return { ...real, body: Buffer.from(JSON.stringify(told)) };
}

export class Liar {
  port = 0;
  readonly #server: http2.Http2SecureServer;
  readonly #agent = new https.Agent({ keepAlive: true });
  readonly #sessions = new Set<{ destroy(): void }>();

  private constructor(
    readonly real: Server,
    readonly lie: Lie,
  ) {
    const read = (name: string) =>
      fs.readFileSync(path.join(real.state, "keeper", name));
    this.#server = http2.createSecureServer(
      { allowHTTP1: true, key: read("tls.key"), cert: read("tls.crt") },
      (request, response) => {
        this.#pass(request, response).catch(() => response.stream?.destroy());
      },
    );
    for (const event of ["session", "secureConnection"])
      this.#server.on(event, (session: { destroy(): void }) =>
        this.#sessions.add(session),
      );
    this.#server.on("sessionError", () => {});
  }

  static async start(real: Server, lie: Lie): Promise<Liar> {
    const liar = new Liar(real, lie);
    liar.#server.listen(0, "127.0.0.1");
    await once(liar.#server, "listening");
    liar.port = (liar.#server.address() as AddressInfo).port;
    return liar;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  stop(): void {
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
    this.#agent.destroy();
  }

  async #pass(
    request: http2.Http2ServerRequest,
    response: http2.Http2ServerResponse,
  ): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const question = questionOf(request.method, request.url, body);
    const lied = this.lie.instead?.(question);
    if (lied !== undefined) return this.#tell(response, lied);

    const asked = https.request({
      agent: this.#agent,
      host: "127.0.0.1",
      port: this.real.https,
      servername: this.real.hostname,
      ca: this.real.certificate,
      method: request.method,
      path: request.url,
      headers: { ...passedOn(request.headers), host: `localhost:${this.port}` },
    });
    asked.on("error", () => {});
    response.on("close", () => asked.destroy());
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [http.IncomingMessage];
    answer.on("error", () => {}); // cut off
    if (request.method === "GET" && STREAMS.test(request.url))
      return this.#stream(request.url, answer, response);
    const told: Buffer[] = [];
    for await (const part of answer) told.push(part as Buffer);
    const real: Answer = {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: Buffer.concat(told),
    };
    this.#tell(response, this.lie.answer?.(question, real) ?? real);
  }

  #tell(response: http2.Http2ServerResponse, answer: Answer): void {
    const { "content-length": _, ...headers } = passedOn(answer.headers);
    response.writeHead(answer.status, headers as http2.OutgoingHttpHeaders);
    response.end(answer.body);
  }

  // As it comes; a stream of events one event at a time.
  async #stream(
    where: string,
    answer: http.IncomingMessage,
    response: http2.Http2ServerResponse,
  ): Promise<void> {
    const { "content-length": _, ...headers } = passedOn(answer.headers);
    response.writeHead(
      answer.statusCode ?? 0,
      headers as http2.OutgoingHttpHeaders,
    );
    let rest = "";
    try {
      for await (const part of answer) {
        if (this.lie.event === undefined || where.startsWith("/files/")) {
          if (!response.write(part)) await once(response, "drain");
          continue;
        }
        rest += (part as Buffer).toString();
        for (let end; (end = rest.indexOf("\n\n")) >= 0; ) {
          const event = rest.slice(0, end + 2);
          rest = rest.slice(end + 2);
          response.write(await this.lie.event(event, where));
        }
      }
    } catch (error) {
      assert(error instanceof Error);
    }
    if (this.lie.holds !== true || answer.statusCode !== 200)
      response.stream?.destroy() ?? response.end();
  }
}
