// How things stand: told by a word, and a colour beside it.
import { Badge } from "@fluentui/react-components";

import type { StateOf } from "./directory";
import { p } from "./words";

const COLOURS = {
  active: "success",
  suspended: "warning",
  ended: "informative",
} as const satisfies { [state in StateOf]: string };

export function StateMark({ state }: { state: StateOf }) {
  return (
    <Badge appearance="tint" color={COLOURS[state]} className="p-mark">
      {p(`state.${state}`)}
    </Badge>
  );
}
