// Exceptions from the policy, each by two people and with an end; and canaries.
import { Badge, Button } from "@fluentui/react-components";
import { useState } from "react";

import type { Grant, Principal } from "../../../../clients/types";
import { tell } from "../app";
import { Asking } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { Canaries } from "./canaries";
import { directory, hasRole } from "./directory";
import { UntilField, untilOf, WhoField } from "./fields";
import { principalLink } from "./links";
import { useLoaded } from "./loaded";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { p } from "./words";

const DAYS = 14;

function Except({
  onClose,
  onDone,
}: {
  onClose: () => void;
  onDone: () => void;
}) {
  const [who, setWho] = useState<Principal>();
  return (
    <Asking
      title={p("except.title")}
      button={p("except.ask")}
      disabled={who === undefined}
      onClose={onClose}
      onDone={async (form) => {
        const expires = untilOf(form);
        if (who === undefined || expires === undefined) return;
        await byTwo("policy.except", {
          principal: who.id,
          relation: "password_alone",
          expires,
        });
        onDone();
      }}
    >
      <p>{p("except.text")}</p>
      <WhoField
        label={p("except.who")}
        list={directory.value.list.filter(
          (one) => !one.ended && one.kind === "person",
        )}
        onPick={setWho}
      />
      <UntilField hint={p("except.until")} required max={DAYS} />
    </Asking>
  );
}

function Exceptions() {
  const loaded = useLoaded((cause) => call("policy.list", {}, cause), "policy");
  const [asks, setAsks] = useState(false);
  const [ending, setEnding] = useState<Grant>();
  return (
    <Section
      id="exceptions"
      title={p("section.exceptions")}
      hint={p("section.exceptionsText")}
      act={
        <Button id="except" onClick={() => setAsks(true)}>
          {p("except.title")}
        </Button>
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list}
        none={p("exceptions.none")}
        row={(grant) => (
          <li key={grant.id}>
            <div>
              <Link href={principalLink(grant.principal)}>
                <Name text={grant.name ?? ""} />
              </Link>
              <span className="hint">
                <Badge appearance="tint" color="danger" className="p-mark">
                  {p("except.password_alone")}
                </Badge>{" "}
                {p("since", { time: dateText(grant.created) })}
                {grant.expires !== undefined &&
                  ` · ${p("until", { time: dateText(grant.expires) })}`}
              </span>
            </div>
            <Button
              aria-label={p("except.endOne", { name: grant.name ?? "" })}
              onClick={() => setEnding(grant)}
            >
              {p("end")}
            </Button>
          </li>
        )}
      />
      {asks && (
        <Except
          onClose={() => setAsks(false)}
          onDone={() => {
            setAsks(false);
            void loaded.again();
          }}
        />
      )}
      {ending !== undefined && (
        <Asking
          title={p("except.endTitle", { name: ending.name ?? "" })}
          button={p("end")}
          onClose={() => setEnding(undefined)}
          onDone={async () => {
            await call("policy.end", { grant: ending.id });
            setEnding(undefined);
            tell({ intent: "success", text: p("except.ended") });
            await loaded.again();
          }}
        >
          <p>{p("except.endText")}</p>
        </Asking>
      )}
    </Section>
  );
}

export function PolicyPage() {
  return (
    <div className="p-parts">
      {hasRole("user_admin") && <Exceptions />}
      {hasRole("security_responder") && <Canaries />}
    </div>
  );
}
