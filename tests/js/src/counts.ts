// What a front counts below operations, and requests by bytes as they are.
import assert from "node:assert/strict";

import { type RawResponse } from "./raw.js";
import { type Server, eventually, within } from "./server.js";

export const BROKE = "requests that broke HTTP";
export const LARGE = "requests over a limit of size";
export const HOST = "Host: localhost\r\n";

// One count of a server's only front.
export const count = (server: Server, event: string): Promise<number> =>
  server.metric(`chancery_front_events_total{event="${event}"}`);

// Does something that must be counted so often.
export async function counted<T>(
  server: Server,
  event: string,
  times: number,
  act: () => Promise<T>,
): Promise<T> {
  const before = await count(server, event);
  const result = await act();
  await eventually(`${times} ${event}`, async () => {
    const n = (await count(server, event)) - before;
    assert(n <= times, `${n} ${event} instead of ${times}`);
    return n === times || undefined;
  });
  return result;
}

// Sends bytes on a connection of their own: the first response.
export async function send(
  server: Server,
  bytes: string | Uint8Array,
  ends = false,
): Promise<RawResponse> {
  const raw = await server.raw();
  raw.write(bytes);
  if (ends) raw.socket.end();
  const response = await within("a response", raw.response());
  assert(response !== undefined, "the connection was closed without a word");
  if (response.headers.get("connection") === "close")
    await within("the end of the connection", raw.closed);
  raw.close();
  return response;
}

// Stops and starts a server: all that it counted stands in the log, exactly,
// and none of its processes died. Its metrics begin anew.
export async function checkCounts(server: Server): Promise<void> {
  const counts = new Map<string, number>();
  for (const line of (await server.metrics()).split("\n")) {
    const [, event, n] =
      /^chancery_front_events_total\{event="(.*)"\} (\d+)$/.exec(line) ?? [];
    if (event !== undefined && Number(n) > 0) counts.set(event, Number(n));
  }
  server.signal("SIGTERM");
  assert.equal(await server.exited(), 0);
  await server.run();
  const recorded = new Map<string, number>();
  for (const event of await server.search({ operation: "front.sum" }))
    for (const [name, n] of Object.entries(event.unmapped.facts))
      if (name !== "front" && name !== "source")
        recorded.set(name, (recorded.get(name) ?? 0) + Number(n));
  assert.deepEqual(recorded, counts);
  assert.deepEqual(await server.search({ operation: "system.child" }), []);
}
