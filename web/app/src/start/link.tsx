// A link, as whoever has it sees it: without an account, and with its password if
// it has one.
import { Button, Field, Input } from "@fluentui/react-components";
import { type FormEvent, useCallback, useEffect, useState } from "react";

import { isCode, textOf } from "../client/problem";
import { Waiting } from "../waiting";
import { fieldOf, Frame, useTry } from "./frame";
import { LinkFile } from "./link-file";
import { LinkFolder } from "./link-folder";
import {
  isClosed,
  lookAgain,
  openAndLook,
  secretOfLink,
  type Seen,
} from "./link-model";
import { s } from "./words";

// Another link in the same tab.
addEventListener("hashchange", () => {
  if (location.pathname.startsWith("/app/link")) location.reload();
});

type State =
  | { readonly is: "waiting" | "closed" | "locked" }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "open"; readonly seen: Seen };

const stateOf = (error: unknown): State =>
  isClosed(error)
    ? { is: "closed" }
    : isCode(error, "PASSWORD")
      ? { is: "locked" }
      : { is: "failed", error };

async function open(): Promise<State> {
  const secret = secretOfLink();
  if (secret === "") return { is: "closed" };
  try {
    const seen =
      (await lookAgain(secret)) ?? (await openAndLook(secret));
    return { is: "open", seen };
  } catch (error) {
    return stateOf(error);
  }
}

function Locked({ onState }: { onState: (state: State) => void }) {
  const { busy, wrong, tryTo } = useTry();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = fieldOf(event.currentTarget, "password");
    void tryTo(
      async () => {
        try {
          const seen = await openAndLook(secretOfLink(), password);
          onState({ is: "open", seen });
        } catch (error) {
          if (!isClosed(error)) throw error;
          onState({ is: "closed" });
        }
      },
      (error) =>
        isCode(error, "PASSWORD") ? s("link.passwordWrong") : textOf(error),
    );
  };
  return (
    <Frame title={s("link.locked")} wrong={wrong}>
      <p className="hint">{s("link.lockedText")}</p>
      <form id="unlock" onSubmit={submit}>
        <Field label={s("link.password")}>
          <Input
            id="password"
            name="password"
            type="password"
            autoComplete="off"
            required
          />
        </Field>
        <Button
          id="unlock-go"
          type="submit"
          appearance="primary"
          disabledFocusable={busy}
        >
          {s("link.open")}
        </Button>
      </form>
    </Frame>
  );
}

export default function LinkPage() {
  const [state, setState] = useState<State>({ is: "waiting" });
  const start = useCallback(() => {
    setState({ is: "waiting" });
    void open().then(setState);
  }, []);
  useEffect(start, [start]);
  const closed = useCallback((error: unknown) => setState(stateOf(error)), []);
  switch (state.is) {
    case "waiting":
      return <Waiting />;
    case "closed":
      return (
        <Frame title={s("link.closed")}>
          <p id="closed">{s("link.closedText")}</p>
        </Frame>
      );
    case "failed":
      return (
        <Frame title={s("link.failed")} wrong={textOf(state.error)}>
          <Button onClick={start}>{s("again")}</Button>
        </Frame>
      );
    case "locked":
      return <Locked onState={setState} />;
    case "open": {
      const { link, node } = state.seen;
      if (node === undefined)
        return (
          <Frame title={s("link.unseen")}>
            <p id="unseen">{s("link.unseenText")}</p>
          </Frame>
        );
      return node.kind === "folder" ? (
        <LinkFolder link={link} top={node} onClosed={closed} />
      ) : (
        <LinkFile link={link} file={node} onClosed={closed} />
      );
    }
  }
}
