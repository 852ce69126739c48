// How it ended: by colour, picture and word.
import {
  AlertFilled,
  CheckmarkCircle16Regular,
  DismissCircle16Regular,
  Prohibited16Filled,
  QuestionCircle16Regular,
  Warning16Filled,
} from "@fluentui/react-icons";
import { mergeClasses } from "@fluentui/react-components";

import type { Ending } from "./event";
import { t } from "./text";

const ICONS = {
  allowed: <CheckmarkCircle16Regular />,
  denied: <Prohibited16Filled />,
  refused: <DismissCircle16Regular />,
  failed: <Warning16Filled />,
  unknown: <QuestionCircle16Regular />,
} satisfies { [ending in Ending]: unknown };

export function EndingMark({ ending, alert }: { ending: Ending; alert: boolean }) {
  return (
    <span className={mergeClasses("ending", `is-${alert ? "alert" : ending}`)}>
      {alert ? <AlertFilled fontSize={16} /> : ICONS[ending]}
      <span>{alert ? t("alert") : t(`ending.${ending}`)}</span>
    </span>
  );
}
