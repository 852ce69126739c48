// Code of the app's that is loaded when it is needed: also where the server is away
// for a while, or has a newer app by then.
import { untilBack } from "./client/reach";
import { isReplaced, reloadOnce } from "./client/version";

const TRIES = 3;

export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await load();
    } catch (error) {
      await untilBack();
      if (await isReplaced()) await reloadOnce();
      if (tried === TRIES) throw error;
    }
  }
}
