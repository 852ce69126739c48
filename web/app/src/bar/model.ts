// The bar as the server tells it.
import type { BarShown, Cause } from "../../../../clients/types";
import { call } from "../client/jmap";

export type { BarLine, BarShown, RecordSpan } from "../../../../clients/types";

export const readBar = (cause: Cause): Promise<BarShown> =>
  call("bar.show", {}, cause);
