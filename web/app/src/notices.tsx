// What is told at the page's corner: read out, and gone after a while, but not
// while somebody is at it.
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
} from "@fluentui/react-components";
import { Dismiss20Regular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

import { app, type Notice, untell } from "./app";
import { useStore } from "./store";
import { t } from "./words";

const SHOWN_MS = 8000;

function One({ notice }: { notice: Notice }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held || notice.intent === "error") return undefined;
    const timer = setTimeout(() => untell(notice.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held, notice]);
  const { action } = notice;
  return (
    <MessageBar
      intent={notice.intent}
      className="notice"
      layout="singleline"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <MessageBarBody className="notice-text">{notice.text}</MessageBarBody>
      <MessageBarActions
        containerAction={
          <Button
            appearance="transparent"
            icon={<Dismiss20Regular />}
            aria-label={t("close")}
            onClick={() => untell(notice.id)}
          />
        }
      >
        {action !== undefined && (
          <Button
            size="small"
            onClick={() => {
              untell(notice.id);
              action.run();
            }}
          >
            {action.label}
          </Button>
        )}
      </MessageBarActions>
    </MessageBar>
  );
}

export function Notices() {
  const notices = useStore(app, (value) => value.notices);
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <One key={notice.id} notice={notice} />
      ))}
    </div>
  );
}
