// The groups that somebody is in. No operation tells them of one person, so the
// groups are looked into, each page by page.
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import type {
  Member,
  Principal,
  PrincipalId,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { directory, useDirectory } from "./directory";
import { expiring, UntilField, WhoField } from "./fields";
import { principalLink } from "./links";
import { useLoaded } from "./loaded";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { p } from "./words";

export interface Membership {
  readonly group: Principal;
  readonly member: Member;
}

const liveGroups = (): readonly Principal[] =>
  directory.value.list.filter((one) => one.kind === "group" && !one.ended);

async function memberOf(
  group: Principal,
  id: PrincipalId,
): Promise<Member | undefined> {
  let after: PrincipalId | undefined;
  for (;;) {
    const page: { list: readonly Member[]; more: boolean } = await call(
      "group.members",
      {
        group: group.id,
        limit: 500,
        ...(after === undefined ? {} : { after }),
      },
      "prefetch",
    );
    const found = page.list.find((one) => one.principal === id);
    if (found !== undefined || !page.more) return found;
    after = page.list.at(-1)?.principal;
  }
}

async function membershipsOf(id: PrincipalId): Promise<readonly Membership[]> {
  const found = await Promise.all(
    liveGroups()
      .filter((group) => group.id !== id)
      .map(async (group) => ({ group, member: await memberOf(group, id) })),
  );
  return found.filter((one): one is Membership => one.member !== undefined);
}

function Join({
  one,
  without,
  onClose,
  onDone,
}: {
  one: Principal;
  without: ReadonlySet<PrincipalId>;
  onClose: () => void;
  onDone: () => void;
}) {
  const [group, setGroup] = useState<Principal>();
  return (
    <Asking
      title={p("join.title", { name: one.name })}
      button={p("join.do")}
      disabled={group === undefined}
      onClose={onClose}
      onDone={async (form) => {
        if (group === undefined) return;
        const made = await byTwo("member.add", {
          group: group.id,
          principal: one.id,
          ...expiring(form),
        });
        if (made !== undefined)
          tell({
            intent: "success",
            text: p("join.done", { name: one.name, group: group.name }),
          });
        onDone();
      }}
    >
      <WhoField
        label={p("kind.group")}
        list={liveGroups().filter(
          (each) => each.id !== one.id && !without.has(each.id),
        )}
        onPick={setGroup}
      />
      <UntilField />
    </Asking>
  );
}

export function Memberships({ one }: { one: Principal }) {
  const { whole } = useDirectory();
  const [asks, setAsks] = useState(false);
  const loaded = useLoaded(
    () => membershipsOf(one.id),
    whole ? one.id : `${one.id} later`,
  );
  const leave = ({ group }: Membership) =>
    attempt(async () => {
      await call("member.remove", { group: group.id, principal: one.id });
      tell({
        intent: "success",
        text: p("leave.done", { name: one.name, group: group.name }),
      });
      await loaded.again();
    });
  return (
    <Section
      id="groups"
      title={p("section.groups")}
      hint={p("section.groupsText")}
      act={
        !one.ended && (
          <Button id="join" onClick={() => setAsks(true)}>
            {p("join")}
          </Button>
        )
      }
    >
      <Rows
        of={loaded}
        list={whole ? loaded.value : undefined}
        none={p("groups.none")}
        row={(membership) => (
          <li key={membership.group.id}>
            <div>
              <Link href={principalLink(membership.group.id)}>
                <Name text={membership.group.name} />
              </Link>
              <span className="hint">
                {p("since", { time: dateText(membership.member.created) })}
                {membership.member.expires !== undefined &&
                  ` · ${p("until", { time: dateText(membership.member.expires) })}`}
              </span>
            </div>
            <Button
              aria-label={p("leave.one", { name: membership.group.name })}
              onClick={() => void leave(membership)}
            >
              {p("leave")}
            </Button>
          </li>
        )}
      />
      {asks && (
        <Join
          one={one}
          without={new Set(loaded.value?.map(({ group }) => group.id))}
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
