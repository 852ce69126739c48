// What holds for the whole app: who is signed in, whether the server answers, and
// what is told at the page's corner.
import type { Relation, SessionInfo } from "../../../clients/types";
import { call, callAs, onCalls } from "./client/jmap";
import { endSession } from "./client/passkey";
import { GivenUp, isSilent, textOf } from "./client/problem";
import { follow, followOn, unfollow } from "./client/push";
import { currentPlace, navigate } from "./router";
import { Store } from "./store";

export const SIGN_IN = "/app/sign-in";
/** Where one begins. */
export const HOME = "/app/home";
/** The pages for who isn't signed in. */
export const OPEN: readonly string[] = [
  SIGN_IN,
  "/app/setup",
  "/app/enrol",
  "/app/link",
];

export interface Notice {
  readonly id: number;
  readonly intent: "success" | "error" | "info";
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface App {
  readonly session: SessionInfo | undefined;
  /** The session is over; what the page shows is from before. */
  readonly ended: boolean;
  /** Waits for the person's confirmation. */
  readonly asksStepUp: boolean;
  /** Waits for the person to sign in again. */
  readonly asksSignIn: boolean;
  /** Nothing can be shown. */
  readonly failed: unknown;
  readonly notices: readonly Notice[];
}

export const app = new Store<App>({
  session: undefined,
  ended: false,
  asksStepUp: false,
  asksSignIn: false,
  failed: undefined,
  notices: [],
});

// ---- telling

let told = 0;

export function tell(notice: Omit<Notice, "id">): number {
  const id = ++told;
  app.set({ notices: [...app.value.notices.slice(-2), { ...notice, id }] });
  return id;
}

export function untell(id: number): void {
  app.set({ notices: app.value.notices.filter((one) => one.id !== id) });
}

export function tellError(error: unknown): void {
  if (!isSilent(error)) tell({ intent: "error", text: textOf(error) });
}

/** Does something that may be refused, and says so. */
export async function attempt(what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    tellError(error);
  }
}

// ---- who is signed in

export function me(): SessionInfo {
  const { session } = app.value;
  if (session === undefined) throw new Error("nobody is signed in");
  return session;
}

/** Whether one has one of these roles, in the organisation or in a unit. */
export const hasOneOf = (roles: readonly Relation[]): boolean =>
  roles.some((role) => me().roles?.includes(role));

function toSignIn(): void {
  const { path } = currentPlace();
  if (path === SIGN_IN) return;
  const next = encodeURIComponent(location.pathname + location.search);
  navigate(`${SIGN_IN}?next=${next}`, true);
}

let was: SessionInfo | undefined;

/**
 * Asks who one is; somebody who isn't signed in is led there. What the page knows
 * of one person's files is nothing for the next one.
 */
export async function begin(): Promise<void> {
  const session = await call("session.get", {}, "prefetch");
  if (was !== undefined && was.principal !== session.principal) {
    location.reload();
    return;
  }
  was = session;
  app.set({ session });
  follow(session.files);
}

/** All that the page has in memory goes with it. */
export async function signOut(): Promise<void> {
  await endSession();
  location.replace(SIGN_IN);
}

// ---- confirming that it is you, and signing in again

/** A question that is asked once for all that wait for its answer. */
function question(show: (is: boolean) => void) {
  let asked: Promise<boolean> | undefined;
  let resolve: (is: boolean) => void = () => undefined;
  return {
    ask(): Promise<boolean> {
      asked ??= new Promise<boolean>((done) => {
        resolve = done;
        show(true);
      });
      return asked;
    },
    answer(is: boolean): void {
      asked = undefined;
      show(false);
      resolve(is);
    },
  };
}

const stepUp = question((is) => app.set({ asksStepUp: is }));
const signIn = question((is) => app.set({ asksSignIn: is }));

export const answerStepUp = (is: boolean): void => stepUp.answer(is);
export const askSignIn = (): Promise<boolean> => signIn.ask();
export const giveUpSignIn = (): void => signIn.answer(false);

/** Somebody has signed in over the page: it goes on where it was, if it is theirs. */
export async function resume(): Promise<void> {
  const session = await callAs({}, "session.get", {}, "prefetch");
  if (was?.principal !== session.principal) {
    location.reload();
    return;
  }
  was = session;
  app.set({ session, ended: false });
  followOn();
  signIn.answer(true);
}

onCalls({
  stepUp: stepUp.ask,
  signedOut: async (cause) => {
    if (app.value.session === undefined) {
      toSignIn();
      return false;
    }
    unfollow();
    app.set({ ended: true });
    // What the app does by itself asks for nothing.
    if (cause !== "user") return false;
    if (await signIn.ask()) return true;
    throw new GivenUp();
  },
});
