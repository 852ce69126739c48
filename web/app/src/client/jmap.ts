// Calls of operations over JMAP. What is called in one go is sent in one request;
// a request that got no answer is sent again under its own key, so that nothing is
// done twice.
import type {
  Answer,
  Cause,
  OperationName,
  Operations,
} from "../../../../clients/types";
import { GivenUp, problemOf, Refused } from "./problem";
import { awaited, untilBack } from "./reach";

type Arguments<N extends OperationName> = Operations[N]["arguments"];
type Result<N extends OperationName> = Operations[N]["result"];

const USING = ["urn:ietf:params:jmap:core", "urn:chancery:operations"];
const CALLS_MAX = 16;
/** Waits before the second try, the third and the fourth. */
const PAUSES_MS = [250, 1000, 3000];
/** So often it is tried anew once the server is said to be ready. */
const ROUNDS = 5;

interface Hooks {
  /** Asks the person to confirm that it is them; false: they gave it up. */
  stepUp: () => Promise<boolean>;
  /** The session is over: whether they have signed in again. */
  signedOut: (cause: Cause) => Promise<boolean>;
}

const hooks: Hooks = {
  stepUp: async () => false,
  signedOut: async () => false,
};

export function onCalls(given: Partial<Hooks>): void {
  Object.assign(hooks, given);
}

/** Who isn't signed in any more is asked to, for what they do. */
export const signedOut = (): Promise<boolean> => hooks.signedOut("user");

export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Who asks, if not who is signed in. */
export interface As {
  /** A secret of its own, such as an invitation; `""`: nobody. */
  readonly secret?: string;
  /** The path below which a cookie of its own is sent along. */
  readonly below?: string;
}

let last: string | undefined;

/** The number of the last request that was answered. */
export const lastRequest = (): string | undefined => last;

type Response1 = [name: string, result: Record<string, unknown>, id: string];

/**
 * Who was asked is gone, or has too much to do: asked again under the same key. One
 * without room has answered: who waits is told so at once.
 */
const isUnknown = ([name, result]: Response1): boolean =>
  name === "error" &&
  result["type"] === "serverUnavailable" &&
  result["code"] !== "FULL";

interface Posted {
  readonly answer: Response;
  /** Of one that was understood. */
  readonly responses?: readonly Response1[] | undefined;
}

async function post(
  body: string,
  cause: Cause,
  { secret, below = "" }: As = {},
): Promise<Posted> {
  const request: RequestInit = {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomKey(),
      "chancery-cause": cause,
      ...(secret ? { authorization: `Bearer ${secret}` } : {}),
    },
    credentials: secret === undefined ? "same-origin" : "omit",
    body,
  };
  for (let tried = 0, round = 0; ; tried++) {
    const wait = PAUSES_MS[tried];
    const isLast = wait === undefined && round === ROUNDS;
    try {
      const answer = await fetch(`${below}/jmap/api`, request);
      last = answer.headers.get("chancery-request") ?? undefined;
      const responses = answer.ok
        ? ((await answer.json()) as { methodResponses: Response1[] })
            .methodResponses
        : undefined;
      const again = responses?.some(isUnknown) ?? answer.status === 503;
      if (!again || isLast) return { answer, responses };
    } catch (error) {
      if (isLast) throw error;
    }
    if (wait !== undefined && navigator.onLine) {
      await pause(wait);
    } else {
      await untilBack();
      tried = -1;
      round++;
    }
  }
}

// ---- what waits to be sent

interface Waiting {
  readonly call: readonly [name: string, args: object];
  resolve(answers: readonly unknown[]): void;
  reject(error: unknown): void;
}

const waiting = new Map<Cause, Waiting[]>();

/** What came of one object; `request` is the number to quote. */
export type Answered<R> = Answer<R> & { readonly request?: string | undefined };

function numbered(results: unknown, request: string | undefined): unknown[] {
  return (results as Answer<object>[]).map((one) =>
    one.ok ? one : { ...one, request },
  );
}

export const refusalOf = (answer: Answered<unknown>): Refused | undefined =>
  answer.ok
    ? undefined
    : new Refused(answer.code, answer.error.description, answer.request);

async function send(
  calls: readonly Waiting[],
  cause: Cause,
  as?: As,
): Promise<void> {
  try {
    const { answer, responses } = await post(
      JSON.stringify({
        using: USING,
        methodCalls: calls.map(({ call }, i) => [...call, String(i)]),
      }),
      cause,
      as,
    );
    if (responses === undefined) throw await problemOf(answer);
    const number = answer.headers.get("chancery-request") ?? undefined;
    for (const [name, result, id] of responses) {
      const one = calls[Number(id)];
      if (name === "error")
        one?.reject(
          new Refused(
            String(result["code"] ?? result["type"]),
            String(result["description"] ?? result["type"]),
            number,
          ),
        );
      else one?.resolve(numbered(result["results"], number));
    }
  } catch (error) {
    for (const one of calls) one.reject(error);
  }
}

function flush(cause: Cause): void {
  const calls = waiting.get(cause) ?? [];
  waiting.delete(cause);
  for (let i = 0; i < calls.length; i += CALLS_MAX)
    void send(calls.slice(i, i + CALLS_MAX), cause);
}

function enqueue(
  name: string,
  objects: readonly object[],
  cause: Cause,
): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const queue = waiting.get(cause) ?? [];
    if (queue.length === 0) {
      waiting.set(cause, queue);
      queueMicrotask(() => flush(cause));
    }
    queue.push({ call: [name, { objects }], resolve, reject });
  });
}

// ---- operations

const isRefusal = (error: unknown, code: string): boolean =>
  error instanceof Refused && error.code === code;

/** An operation on many objects: what came of each. */
export async function callEach<N extends OperationName>(
  name: N,
  objects: readonly Arguments<N>[],
  cause: Cause = "user",
): Promise<readonly Answered<Result<N>>[]> {
  for (;;) {
    try {
      const asked = enqueue(name, objects, cause);
      const answers = (await (cause === "user"
        ? awaited(asked)
        : asked)) as readonly Answered<Result<N>>[];
      if (!answers.some((one) => !one.ok && one.code === "STEPUP"))
        return answers;
    } catch (error) {
      if (isRefusal(error, "UNAUTHENTICATED") || isRefusal(error, "EXPIRED")) {
        if (await hooks.signedOut(cause)) continue;
      }
      if (!isRefusal(error, "STEPUP")) throw error;
    }
    if (!(await hooks.stepUp())) throw new GivenUp();
  }
}

function only<T>(name: string, answers: readonly Answered<T>[]): Answered<T> & T {
  const [answer] = answers;
  if (answer === undefined) throw new Error(`${name}: no answer`);
  if (!answer.ok) throw refusalOf(answer);
  return answer;
}

/** An operation on one object: its result; throws what it was refused with. */
export async function call<N extends OperationName>(
  name: N,
  args: Arguments<N>,
  cause: Cause = "user",
): Promise<Result<N>> {
  return only(name, await callEach(name, [args], cause));
}

/** The same by somebody else than who is signed in; nobody is asked to confirm it. */
export async function callAs<N extends OperationName>(
  as: As,
  name: N,
  args: Arguments<N>,
  cause: Cause = "user",
): Promise<Result<N>> {
  const answers = await new Promise<readonly unknown[]>((resolve, reject) => {
    const call = [name, { objects: [args] }] as const;
    void send([{ call, resolve, reject }], cause, as);
  });
  return only(name, answers as readonly Answered<Result<N>>[]);
}
