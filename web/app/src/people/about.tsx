// What is known of somebody, and how much they store.
import { Button, Field, Input, ProgressBar } from "@fluentui/react-components";
import { useState } from "react";

import type { Principal, Quota } from "../../../../clients/types";
import { tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { shareOf, sizeText, timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { hasRole, stateOf } from "./directory";
import { kindText, pathOfUnit } from "./fields";
import { logLink, readsLog } from "./links";
import { useLoaded } from "./loaded";
import { StateMark } from "./marks";
import { Section } from "./section";
import { p } from "./words";

const GIGABYTE = 1e9;

function SetLimit({
  one,
  quota,
  onClose,
  onDone,
}: {
  one: Principal;
  quota: Quota;
  onClose: () => void;
  onDone: () => void;
}) {
  return (
    <Asking
      title={p("quota.title", { name: one.name })}
      button={p("act.save")}
      onClose={onClose}
      onDone={async (form) => {
        const text = given(form, "limit").trim();
        await call("quota.set", {
          principal: one.id,
          ...(text === ""
            ? {}
            : { limit: Math.round(Number(text) * GIGABYTE) }),
        });
        tell({ intent: "success", text: p("quota.done") });
        onDone();
      }}
    >
      <Field label={p("quota.label")} hint={p("quota.hint")}>
        <Input
          name="limit"
          type="number"
          min={0}
          step="any"
          defaultValue={
            quota.own ? String((quota.limit ?? 0) / GIGABYTE) : ""
          }
        />
      </Field>
    </Asking>
  );
}

function Storage({ one }: { one: Principal }) {
  const loaded = useLoaded(
    (cause) => call("quota.get", { principal: one.id }, cause),
    one.id,
  );
  const [asks, setAsks] = useState(false);
  const quota = loaded.value;
  return (
    <Section
      id="storage"
      title={p("section.storage")}
      act={
        quota !== undefined &&
        !one.ended && (
          <Button id="quota-set" onClick={() => setAsks(true)}>
            {p("quota.change")}
          </Button>
        )
      }
    >
      {loaded.wrong !== "" && <p className="hint">{loaded.wrong}</p>}
      {quota !== undefined && (
        <>
          {quota.limit !== undefined && (
            <ProgressBar
              aria-label={p("section.storage")}
              value={shareOf(quota.used, quota.limit)}
            />
          )}
          <p className="hint">
            {quota.limit === undefined
              ? p("quota.used", { used: sizeText(quota.used) })
              : p("quota.usedOf", {
                  used: sizeText(quota.used),
                  limit: sizeText(quota.limit),
                })}
            {" · "}
            {p(quota.own ? "quota.own" : "quota.standard")}
          </p>
        </>
      )}
      {asks && quota !== undefined && (
        <SetLimit
          one={one}
          quota={quota}
          onClose={() => setAsks(false)}
          onDone={() => {
            setAsks(false);
            void loaded.again();
          }}
        />
      )}
    </Section>
  );
}

export function About({ one }: { one: Principal }) {
  return (
    <>
      <Section id="about" title={p("section.about")}>
        <dl className="facts p-facts">
          <dt>{p("column.name")}</dt>
          <dd>
            <Name text={one.name} />
          </dd>
          {one.login !== undefined && (
            <>
              <dt>{p("column.login")}</dt>
              <dd>
                <Name text={one.login} />
              </dd>
            </>
          )}
          <dt>{p("column.kind")}</dt>
          <dd>{kindText(one.kind)}</dd>
          <dt>{p("column.state")}</dt>
          <dd>
            <StateMark state={stateOf(one)} />
          </dd>
          <dt>{p("column.unit")}</dt>
          <dd>
            {one.unit === undefined ? p("unit.none") : pathOfUnit(one.unit)}
          </dd>
          {one.created !== undefined && (
            <>
              <dt>{p("column.created")}</dt>
              <dd>{timeText(one.created)}</dd>
            </>
          )}
        </dl>
      </Section>
      {one.home !== undefined && hasRole("user_admin") && (
        <Storage one={one} />
      )}
      {readsLog() && (
        <Section id="did" title={p("section.log")}>
          <span className="buttons">
            <Link
              className="p-go"
              href={logLink(
                one.kind === "group"
                  ? { object: one.id }
                  : { principal: one.id },
              )}
            >
              {p(one.kind === "group" ? "log.on" : "log.did")}
            </Link>
          </span>
        </Section>
      )}
    </>
  );
}
