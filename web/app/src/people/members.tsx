// Who is in a group itself: people, programs, other groups.
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import type {
  Cause,
  Member,
  Principal,
  PrincipalId,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking } from "../asking";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { dateText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { directory } from "./directory";
import { expiring, kindText, UntilField, WhoField } from "./fields";
import { principalLink } from "./links";
import { useLoaded } from "./loaded";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { p } from "./words";

const PAGE = 500;
/** No more are shown at once: who looks for one looks at that one's groups. */
const MOST = 2000;

interface Members {
  readonly list: readonly Member[];
  readonly more: boolean;
}

async function membersOf(group: PrincipalId, cause: Cause): Promise<Members> {
  const list: Member[] = [];
  for (let as = cause; ; as = "prefetch") {
    const after = list.at(-1)?.principal;
    const page = await call(
      "group.members",
      { group, limit: PAGE, ...(after === undefined ? {} : { after }) },
      as,
    );
    list.push(...page.list);
    if (!page.more || list.length >= MOST) return { list, more: page.more };
  }
}

const mayJoin = (group: Principal, there: readonly Member[]) => {
  const is = new Set(there.map((one) => one.principal));
  return directory.value.list.filter(
    (one) =>
      !one.ended &&
      one.id !== group.id &&
      !is.has(one.id) &&
      ["person", "guest", "group", "service"].includes(one.kind),
  );
};

function AddMember({
  group,
  there,
  onClose,
  onDone,
}: {
  group: Principal;
  there: readonly Member[];
  onClose: () => void;
  onDone: () => void;
}) {
  const [who, setWho] = useState<Principal>();
  return (
    <Asking
      title={p("member.title", { name: group.name })}
      button={p("member.do")}
      disabled={who === undefined}
      say={(error) =>
        isCode(error, "LOOP") ? p("member.loop") : textOf(error)
      }
      onClose={onClose}
      onDone={async (form) => {
        if (who === undefined) return;
        const made = await byTwo("member.add", {
          group: group.id,
          principal: who.id,
          ...expiring(form),
        });
        if (made !== undefined)
          tell({
            intent: "success",
            text: p("join.done", { name: who.name, group: group.name }),
          });
        onDone();
      }}
    >
      <WhoField
        label={p("member.who")}
        list={mayJoin(group, there)}
        onPick={setWho}
      />
      <UntilField />
    </Asking>
  );
}

export function Members({ group }: { group: Principal }) {
  const loaded = useLoaded((cause) => membersOf(group.id, cause), group.id);
  const [asks, setAsks] = useState(false);
  const list = loaded.value?.list ?? [];
  const remove = (member: Member) =>
    attempt(async () => {
      await call("member.remove", {
        group: group.id,
        principal: member.principal,
      });
      tell({
        intent: "success",
        text: p("leave.done", { name: member.name, group: group.name }),
      });
      await loaded.again();
    });
  return (
    <Section
      id="members"
      title={p("section.members")}
      hint={p("section.membersText")}
      act={
        <Button id="member-add" onClick={() => setAsks(true)}>
          {p("member.add")}
        </Button>
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list}
        none={p("members.none")}
        row={(member) => (
          <li key={member.principal}>
            <div>
              <Link href={principalLink(member.principal)}>
                <Name text={member.name} />
              </Link>
              <span className="hint">
                {kindText(member.kind)} ·{" "}
                {p("since", { time: dateText(member.created) })}
                {member.expires !== undefined &&
                  ` · ${p("until", { time: dateText(member.expires) })}`}
                {member.ended && ` · ${p("state.ended")}`}
              </span>
            </div>
            <Button
              aria-label={p("member.removeOne", { name: member.name })}
              onClick={() => void remove(member)}
            >
              {p("member.remove")}
            </Button>
          </li>
        )}
      />
      {loaded.value?.more && (
        <p className="hint">{p("members.more", { count: list.length })}</p>
      )}
      {asks && (
        <AddMember
          group={group}
          there={list}
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
