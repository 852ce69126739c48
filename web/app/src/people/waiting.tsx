// What waits for a second person: what one asked for, what is about oneself, and
// what others ask that one may approve.
import { Badge, Button, Spinner } from "@fluentui/react-components";
import { useState } from "react";

import type {
  ApprovalRequest,
  App,
  Cause,
  OperationName,
  PrincipalId,
  Relation,
  TokenIssued,
  UnitId,
} from "../../../../clients/types";
import { attempt, hasOneOf, me, tell } from "../app";
import { Asking } from "../asking";
import { call } from "../client/jmap";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { navigate } from "../router";
import { Store } from "../store";
import { t } from "../words";
import {
  findPrincipal,
  hasRole,
  liveUnits,
  unitName,
  useDirectory,
} from "./directory";
import { enrolLink, Secret } from "./fields";
import { useLoaded } from "./loaded";
import { roleText } from "./roles";
import { Rows, Section } from "./section";
import { Shown } from "./shown";
import { isPeopleKey, p } from "./words";

async function requests(cause: Cause): Promise<readonly ApprovalRequest[]> {
  const found = new Map<string, ApprovalRequest>();
  const asks = [call("approval.mine", {}, cause)];
  if (hasRole("user_admin")) asks.push(call("approval.list", {}, cause));
  else if (hasOneOf(["user_admin"]))
    for (const { id } of liveUnits())
      asks.push(call("approval.list", { unit: id }, cause));
  for (const { list } of await Promise.all(asks))
    for (const one of list) found.set(one.id, one);
  return [...found.values()].sort((a, b) => b.created.localeCompare(a.created));
}

/** What its operation takes, of all that can be asked for. */
interface Asked {
  readonly relation?: Relation;
  readonly unit?: UnitId;
  readonly app?: App;
  readonly group?: PrincipalId;
  readonly expires?: string;
}

const operationOf = ({ call: what }: ApprovalRequest): [string, Asked] =>
  Object.entries(what)[0] ?? ["", {}];

/** "“Alma” asks to give “Berta” the role of …" */
export function askText(one: ApprovalRequest): string {
  const [operation, args] = operationOf(one);
  const key = `ask.${operation}`;
  return p(isPeopleKey(key) ? key : "ask.other", {
    by: one.by === me().principal ? p("you") : one.by_name,
    name: one.principal === me().principal ? p("youThem") : one.name,
    role: args.relation === undefined ? "" : roleText(args.relation),
    place: args.unit === undefined ? p("org") : unitName(args.unit),
    app: args.app === undefined ? "" : p(`app.${args.app}`),
    group: findPrincipal(args.group)?.name ?? p("kind.group"),
    until: args.expires === undefined ? "" : dateText(args.expires),
  });
}

/** Who asked may do it now. */
const isReady = (one: ApprovalRequest): boolean =>
  one.approved_by !== undefined ||
  (one.ripe !== undefined && Date.parse(one.ripe) <= Date.now());

interface Came {
  readonly one: ApprovalRequest;
  readonly issued: TokenIssued;
}

function Buttons({
  one,
  again,
  onCame,
  onRefuse,
}: {
  one: ApprovalRequest;
  again: () => Promise<void>;
  onCame: (came: Came) => void;
  onRefuse: () => void;
}) {
  const mine = one.by === me().principal;
  const aboutMe = one.principal === me().principal;
  const what = askText(one);
  const [operation, args] = operationOf(one);
  const give = () =>
    attempt(async () => {
      await call("approval.give", { request: one.id });
      tell({ intent: "success", text: p("given", { by: one.by_name }) });
      await again();
    });
  const go = () =>
    attempt(async () => {
      const made = (await call(operation as OperationName, args as never)) as {
        secret?: string;
        home?: string;
      };
      await again();
      if (operation === "recovery.issue")
        onCame({ one, issued: made as TokenIssued });
      else tell({ intent: "success", text: p("two.done") });
      if (operation === "export.open" && made.home !== undefined)
        navigate(`/app/files/${made.home}`);
    });
  return (
    <span className="buttons">
      {mine && isReady(one) && (
        <Button
          appearance="primary"
          aria-label={p("two.goOne", { what })}
          onClick={() => void go()}
        >
          {p("two.go")}
        </Button>
      )}
      {!mine &&
        !aboutMe &&
        one.approved_by === undefined &&
        hasOneOf(["user_admin"]) && (
          <Button
            appearance="primary"
            aria-label={p("two.giveOne", { what })}
            onClick={() => void give()}
          >
            {p("two.give")}
          </Button>
        )}
      {(mine || hasRole("user_admin") || operation === "recovery.issue") && (
        <Button
          aria-label={p(mine ? "two.takeBackOne" : "two.refuseOne", { what })}
          onClick={onRefuse}
        >
          {p(mine ? "two.takeBack" : "two.refuse")}
        </Button>
      )}
    </span>
  );
}

function standing(one: ApprovalRequest): string {
  if (one.approved_name !== undefined)
    return p("two.approved", { name: one.approved_name });
  if (one.ripe === undefined) return p("two.waits");
  return isReady(one)
    ? p("two.ripe")
    : p("two.ripens", { time: timeText(one.ripe) });
}

function Row({
  one,
  ...rest
}: {
  one: ApprovalRequest;
  again: () => Promise<void>;
  onCame: (came: Came) => void;
  onRefuse: () => void;
}) {
  return (
    <li>
      <div>
        <Name text={askText(one)} />
        <span className="hint">
          <Badge
            appearance="tint"
            color={isReady(one) ? "success" : "warning"}
            className="p-mark p-long"
          >
            <Name text={standing(one)} />
          </Badge>{" "}
          {p("since", { time: timeText(one.created) })} ·{" "}
          {p("until", { time: timeText(one.expires) })}
        </span>
      </div>
      <Buttons one={one} {...rest} />
    </li>
  );
}

type Group = "forMe" | "mine" | "others";

function groupOf(one: ApprovalRequest): Group {
  if (one.by === me().principal) return "mine";
  return one.approved_by === undefined || one.principal === me().principal
    ? "forMe"
    : "others";
}

/** How many wait for the one who is signed in. */
export const deciding = new Store({ count: 0 });

async function look(cause: Cause): Promise<readonly ApprovalRequest[]> {
  const list = await requests(cause);
  const count = list.filter((one) => groupOf(one) === "forMe").length;
  deciding.set({ count });
  return list;
}

/** Told at its tab, wherever in administration one is. */
export function lookAhead(): void {
  look("prefetch").catch(() => undefined);
}

function Requests() {
  const loaded = useLoaded(look, "requests");
  const [came, setCame] = useState<Came>();
  const [refusing, setRefusing] = useState<ApprovalRequest>();
  const listOf = (group: Group) =>
    loaded.value?.filter((one) => groupOf(one) === group);
  return (
    <div className="p-parts">
      {(["forMe", "mine", "others"] as const)
        .filter((group) => group !== "others" || listOf(group)?.length)
        .map((group) => (
          <Section
            key={group}
            id={group}
            title={p(`two.${group}`)}
            hint={p(`two.${group}Text`)}
          >
            <Rows
              of={loaded}
              list={listOf(group)}
              none={p("two.none")}
              row={(one) => (
                <Row
                  key={one.id}
                  one={one}
                  again={loaded.again}
                  onCame={setCame}
                  onRefuse={() => setRefusing(one)}
                />
              )}
            />
          </Section>
        ))}
      {refusing !== undefined && (
        <Asking
          title={p(
            refusing.by === me().principal
              ? "two.takeBackTitle"
              : "two.refuseTitle",
          )}
          button={p(
            refusing.by === me().principal ? "two.takeBack" : "two.refuse",
          )}
          onClose={() => setRefusing(undefined)}
          onDone={async () => {
            await call("approval.refuse", { request: refusing.id });
            setRefusing(undefined);
            tell({ intent: "success", text: p("two.refused") });
            await loaded.again();
          }}
        >
          <p>
            <Name text={askText(refusing)} />
          </p>
          <p>{p("two.refuseText")}</p>
        </Asking>
      )}
      {came !== undefined && (
        <Shown
          title={p("recover.shown", { name: came.one.name })}
          onClose={() => setCame(undefined)}
        >
          <Secret
            id="invitation"
            text={p("invite.give", { name: came.one.name })}
            secret={enrolLink(came.issued.secret)}
            expires={came.issued.expires}
          />
        </Shown>
      )}
    </div>
  );
}

/** Which requests one may see is told by one's roles, and by the units that one has. */
export function WaitingPage() {
  const { whole } = useDirectory();
  if (whole || hasRole("user_admin")) return <Requests />;
  return <Spinner size="tiny" label={t("waiting")} className="p-spinner" />;
}
