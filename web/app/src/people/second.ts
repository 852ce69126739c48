// What one person alone may not do: it is asked for, and a second person approves.
import type {
  OperationName,
  Operations,
  UnitId,
} from "../../../../clients/types";
import { tell } from "../app";
import { call } from "../client/jmap";
import { isCode } from "../client/problem";
import { timeText } from "../format";
import { navigate } from "../router";
import { p } from "./words";

export const WAITING = "/app/people/waiting";

/**
 * Does it; where that takes two, asks for it and says so: then nothing came of it
 * yet.
 */
export async function byTwo<N extends OperationName>(
  name: N,
  args: Operations[N]["arguments"],
  unit?: UnitId,
): Promise<Operations[N]["result"] | undefined> {
  try {
    return await call(name, args);
  } catch (error) {
    if (!isCode(error, "APPROVAL")) throw error;
  }
  const action = { label: p("two.show"), run: () => navigate(WAITING) };
  try {
    const made = await call("approval.ask", {
      call: { [name]: args },
      ...(unit === undefined ? {} : { unit }),
    });
    const text = made.ripe
      ? p("two.askedOrDay", { ripe: timeText(made.ripe) })
      : p("two.asked", { until: timeText(made.expires) });
    tell({ intent: "info", text, action });
  } catch (error) {
    if (!isCode(error, "EXISTS")) throw error;
    tell({ intent: "info", text: p("two.asksAlready"), action });
  }
  return undefined;
}
