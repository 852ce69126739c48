// Approves a login of the command line: who is signed in types the code that it
// shows, sees who asks from where, and lets it in or not.
import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
} from "@fluentui/react-components";
import { type FormEvent, useState } from "react";

import type { LoginRequest } from "../../../../clients/types";
import { app, me } from "../app";
import { call } from "../client/jmap";
import { isCode, isSilent, textOf } from "../client/problem";
import { timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { useStore } from "../store";
import { Waiting } from "../waiting";
import { fieldOf, Frame, useTry } from "./frame";
import { s } from "./words";

const wrongOf = (error: unknown): string => {
  if (isSilent(error)) return "";
  return isCode(error, "NOT_FOUND", "EXPIRED", "INVALID", "STATE")
    ? s("approve.unknown")
    : textOf(error);
};

function Find({ onFound }: { onFound: (request: LoginRequest) => void }) {
  const { busy, wrong, tryTo } = useTry();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = fieldOf(event.currentTarget, "asked").trim();
    void tryTo(async () => onFound(await call("login.show", { code })), wrongOf);
  };
  return (
    <Frame title={s("approve.title")} wrong={wrong}>
      <p>{s("approve.text")}</p>
      <form id="find" onSubmit={submit}>
        <Field label={s("approve.code")}>
          <Input
            id="asked"
            name="asked"
            className="mono"
            size="large"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={9}
            required
          />
        </Field>
        <Button
          id="look"
          type="submit"
          appearance="primary"
          disabledFocusable={busy}
        >
          {s("approve.look")}
        </Button>
      </form>
    </Frame>
  );
}

function Facts({ request }: { request: LoginRequest }) {
  const rows = [
    ["code", request.code],
    ["by", request.label],
    ["from", request.address ?? s("approve.somewhere")],
    ["agent", request.agent ?? s("approve.program")],
    ["created", timeText(request.created)],
    ["expires", timeText(request.expires)],
  ] as const;
  return (
    <dl className="well">
      {rows.map(([key, text]) => (
        <div key={key}>
          <dt>{s(`approve.${key}`)}</dt>
          <dd id={`shown-${key}`}>
            <Name text={text} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Request({
  request,
  onDone,
}: {
  request: LoginRequest;
  onDone: (approved: boolean) => void;
}) {
  const { busy, wrong, tryTo } = useTry();
  const approve = () =>
    tryTo(async () => {
      await call("login.approve", { code: request.code });
      onDone(true);
    }, wrongOf);
  return (
    <Frame title={s("approve.ask")} wrong={wrong}>
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>
          {s("approve.warning", { name: me().name })}
        </MessageBarBody>
      </MessageBar>
      <Facts request={request} />
      <div className="buttons">
        <Button
          id="approve"
          appearance="primary"
          disabledFocusable={busy}
          onClick={() => void approve()}
        >
          {s("approve.do")}
        </Button>
        <Button id="refuse" onClick={() => onDone(false)}>
          {s("approve.refuse")}
        </Button>
      </div>
    </Frame>
  );
}

export default function Approve() {
  const session = useStore(app, (value) => value.session);
  const [request, setRequest] = useState<LoginRequest>();
  const [approved, setApproved] = useState<boolean>();
  // Only what was typed here is looked up: a link can't bring a code along.
  if (session === undefined) return <Waiting />;
  if (approved !== undefined)
    return (
      <Frame title={s(approved ? "approve.done" : "approve.refused")}>
        <p id={approved ? "done" : "refused"}>
          {s(approved ? "approve.doneText" : "approve.refusedText")}
        </p>
        <Link
          className="text-link"
          href={approved ? "/app/security" : "/app/files"}
        >
          {s(approved ? "approve.security" : "approve.files")}
        </Link>
      </Frame>
    );
  return request === undefined ? (
    <Find onFound={setRequest} />
  ) : (
    <Request request={request} onDone={setApproved} />
  );
}
