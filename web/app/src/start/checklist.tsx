// What the first administrator does next, in any order, now or another day: each
// with why, how, and how far it is by what the server says.
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  ProgressBar,
} from "@fluentui/react-components";
import {
  ArrowClockwise20Regular,
  CheckmarkCircle20Filled,
  Circle20Regular,
  SubtractCircle20Regular,
} from "@fluentui/react-icons";
import { type ReactNode, useEffect, useState } from "react";

import type { SetupProgress } from "../../../../clients/types";
import { attempt, tell } from "../app";
import { navigate } from "../router";
import { useStore } from "../store";
import { Waiting } from "../waiting";
import { t } from "../words";
import { HOW, stateOf } from "./items";
import {
  isDone,
  type ItemKey,
  ITEMS,
  load,
  setAside,
  setDismissed,
  start,
} from "./progress";
import "./style.css";
import { s } from "./words";

function Mark({ done, aside }: { done: boolean; aside: boolean }) {
  if (done) return <CheckmarkCircle20Filled className="good" />;
  return aside ? <SubtractCircle20Regular /> : <Circle20Regular />;
}

function Item({
  item,
  progress,
  ahead,
  aside,
}: {
  item: ItemKey;
  progress: SetupProgress;
  ahead: number;
  aside: boolean;
}) {
  const done = isDone(item, progress, ahead);
  const How = HOW[item];
  return (
    <AccordionItem value={item} className="item-of" id={`item-${item}`}>
      <AccordionHeader
        as="h2"
        expandIconPosition="end"
        icon={<Mark done={done} aside={aside} />}
      >
        <span className="item-head">
          <span className="who">{s(`item.${item}`)}</span>
          <span className="hint">
            {aside && !done
              ? s("item.aside")
              : stateOf(item, progress, ahead)}
          </span>
        </span>
        <span className="unseen">
          {s(done ? "item.done" : "item.open")}
        </span>
      </AccordionHeader>
      {/* As it grew it would push what has the focus out of sight. */}
      <AccordionPanel className="item-body" collapseMotion={null}>
        <p>{s(`why.${item}`)}</p>
        <How progress={progress} ahead={ahead} />
        {!done && (
          <Button
            className="aside"
            appearance="subtle"
            size="small"
            onClick={() => setAside(item, !aside)}
          >
            {s(aside ? "item.back" : "item.skip")}
          </Button>
        )}
      </AccordionPanel>
    </AccordionItem>
  );
}

/** What should be right before people come, since their passkeys bind to it. */
function Ground({ progress }: { progress: SetupProgress }): ReactNode {
  const key = progress.local
    ? "local"
    : progress.certificate
      ? undefined
      : "certificate";
  if (key === undefined) return null;
  return (
    <MessageBar intent="warning" layout="multiline" id="ground">
      <MessageBarBody>
        <MessageBarTitle>{s(`start.${key}`)}</MessageBarTitle>
        {s(`start.${key}Text`)}
      </MessageBarBody>
    </MessageBar>
  );
}

export default function Checklist() {
  const { progress, ahead, aside } = useStore(start, (value) => value);
  const [open, setOpen] = useState<readonly ItemKey[]>();
  useEffect(() => {
    document.title = `${s("start.title")} · ${t("app.name")}`;
    void attempt(() => load("user"));
    // What was done elsewhere meanwhile.
    const seen = () => {
      if (document.visibilityState === "visible")
        load("prefetch").catch(() => undefined);
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  if (progress === undefined)
    return (
      <main className="page" id="main" tabIndex={-1}>
        <h1>{s("start.title")}</h1>
        <Waiting />
      </main>
    );
  const isOver = (item: ItemKey) =>
    isDone(item, progress, ahead) || aside.includes(item);
  const over = ITEMS.filter(isOver).length;
  const first = ITEMS.find((item) => !isOver(item));
  const count = { done: over, count: ITEMS.length };
  return (
    <main className="page checklist" id="main" tabIndex={-1}>
      <header className="fields">
        <h1>{s("start.title")}</h1>
        <p>{s("start.text")}</p>
        <p role="status" id="start-count" className="hint">
          {s(over === ITEMS.length ? "start.over" : "start.count", count)}
        </p>
        <ProgressBar
          aria-label={s("start.count", count)}
          value={over / ITEMS.length}
          thickness="large"
        />
      </header>
      <Ground progress={progress} />
      <Accordion
        multiple
        collapsible
        openItems={[...(open ?? (first === undefined ? [] : [first]))]}
        onToggle={(_, { openItems }) => setOpen(openItems as ItemKey[])}
      >
        {ITEMS.map((item) => (
          <Item
            key={item}
            item={item}
            progress={progress}
            ahead={ahead}
            aside={aside.includes(item)}
          />
        ))}
      </Accordion>
      <div className="buttons">
        <Button
          id="start-again"
          icon={<ArrowClockwise20Regular />}
          onClick={() => void attempt(() => load("user"))}
        >
          {s("start.again")}
        </Button>
        <Button
          id="start-dismiss"
          appearance="subtle"
          onClick={() => {
            setDismissed(true);
            tell({
              intent: "info",
              text: s("start.dismissed"),
              action: { label: t("undo"), run: () => setDismissed(false) },
            });
            navigate("/app/files");
          }}
        >
          {s("start.dismiss")}
        </Button>
      </div>
    </main>
  );
}
