// Where somebody is signed in, and what they sign in with: to see, and to end.
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import type {
  Credential,
  Principal,
  Session,
} from "../../../../clients/types";
import { agentText } from "../agent";
import { attempt, hasOneOf, tell } from "../app";
import { Asking } from "../asking";
import { call, callEach, refusalOf } from "../client/jmap";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { useLoaded } from "./loaded";
import { Rows, Section } from "./section";
import { p } from "./words";

function SessionRow({
  session,
  again,
}: {
  session: Session;
  again: () => Promise<void>;
}) {
  const name = agentText(session.agent);
  return (
    <li>
      <div>
        <Name text={name} />
        <span className="hint">
          <Name
            text={p("session.about", {
              address: session.address ?? p("session.somewhere"),
              label: session.label,
              used: timeText(session.used),
              since: timeText(session.created),
            })}
          />
          {session.current && ` · ${p("session.current")}`}
        </span>
      </div>
      {!session.current && (
        <Button
          aria-label={p("session.endOne", { name })}
          onClick={() =>
            void attempt(async () => {
              await call("session.revoke", { session: session.id });
              tell({ intent: "success", text: p("session.ended") });
              await again();
            })
          }
        >
          {p("end")}
        </Button>
      )}
    </li>
  );
}

/** Who ends sessions is who responds to incidents. */
export function Sessions({ one }: { one: Principal }) {
  if (hasOneOf(["security_responder"])) return <SessionList one={one} />;
  return (
    <Section id="sessions" title={p("section.sessions")}>
      <p className="hint">{p("sessions.denied")}</p>
    </Section>
  );
}

function SessionList({ one }: { one: Principal }) {
  const loaded = useLoaded(
    (cause) => call("session.list", { principal: one.id }, cause),
    one.id,
  );
  const [asks, setAsks] = useState(false);
  const list = loaded.value?.list;
  return (
    <Section
      id="sessions"
      title={p("section.sessions")}
      act={
        list !== undefined &&
        list.length > 0 && (
          <Button id="end-all" onClick={() => setAsks(true)}>
            {p("session.endAll")}
          </Button>
        )
      }
    >
      <Rows
        of={loaded}
        list={list}
        none={p("sessions.none")}
        row={(session) => (
          <SessionRow key={session.id} session={session} again={loaded.again} />
        )}
      />
      {asks && (
        <Asking
          title={p("session.endAllTitle", { name: one.name })}
          button={p("session.endAll")}
          onClose={() => setAsks(false)}
          onDone={async () => {
            const { count } = await call("session.revoke_all", {
              principal: one.id,
            });
            setAsks(false);
            tell({
              intent: "success",
              text: p("session.endedAll", { count }),
            });
            await loaded.again();
          }}
        >
          <p>{p("session.endAllText")}</p>
        </Asking>
      )}
    </Section>
  );
}

function aboutOf(credential: Credential): string {
  const { created, used, expires, pending } = credential;
  const parts = [
    p(`credential.${credential.kind}`),
    p("since", { time: dateText(created) }),
    pending
      ? p("credential.pending")
      : used === undefined
        ? p("credential.unused")
        : p("credential.used", { time: timeText(used) }),
  ];
  if (expires !== undefined) parts.push(p("until", { time: dateText(expires) }));
  return parts.join(" · ");
}

/** What is ended at once: one of them, or all recovery codes. */
interface Ending {
  readonly title: string;
  readonly list: readonly Credential[];
}

function CredentialRow({
  name,
  about,
  label,
  onEnd,
}: {
  name: string;
  about: string;
  label: string;
  onEnd: () => void;
}) {
  return (
    <li>
      <div>
        <Name text={name} />
        <span className="hint">{about}</span>
      </div>
      <Button aria-label={label} onClick={onEnd}>
        {p("end")}
      </Button>
    </li>
  );
}

export function Credentials({ one }: { one: Principal }) {
  const loaded = useLoaded(
    (cause) => call("credential.list", { principal: one.id }, cause),
    one.id,
  );
  const [ending, setEnding] = useState<Ending>();
  const live = loaded.value?.list.filter((each) => !each.ended);
  const codes = live?.filter((each) => each.kind === "recovery") ?? [];
  const count = codes.length;
  const enrolled = live?.some((each) =>
    ["passkey", "password"].includes(each.kind),
  );
  // Of ten codes one row tells.
  const rows = live?.filter(
    (each) => each.kind !== "recovery" || each === codes[0],
  );
  return (
    <Section
      id="credentials"
      title={p("section.credentials")}
      hint={
        live !== undefined && enrolled !== true
          ? p("credentials.notYet")
          : p("section.credentialsText")
      }
    >
      <Rows
        of={loaded}
        list={rows}
        none={p("credentials.none")}
        row={(each) => {
          const name = each.label || p(`credential.${each.kind}`);
          const many = each.kind === "recovery";
          const title = many
            ? p("credential.endCodes", { count })
            : p("credential.endTitle", { name });
          return (
            <CredentialRow
              key={each.id}
              name={many ? p("credential.codes", { count }) : name}
              about={many ? p("credential.codesAbout") : aboutOf(each)}
              label={p("credential.endOne", {
                name: many ? p("credential.codes", { count }) : name,
              })}
              onEnd={() =>
                setEnding({ title, list: many ? codes : [each] })
              }
            />
          );
        }}
      />
      {ending !== undefined && (
        <Asking
          title={ending.title}
          button={p("end")}
          onClose={() => setEnding(undefined)}
          onDone={async () => {
            const answers = await callEach(
              "credential.end",
              ending.list.map(({ id }) => ({ credential: id })),
            );
            const refusal = answers.map(refusalOf).find((one) => one);
            if (refusal !== undefined) throw refusal;
            setEnding(undefined);
            tell({ intent: "success", text: p("credential.ended") });
            await loaded.again();
          }}
        >
          <p>{p("credential.endText")}</p>
        </Asking>
      )}
    </Section>
  );
}
