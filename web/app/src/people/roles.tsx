// The roles of somebody: what they may administer, and where.
import { Button, Field, Select } from "@fluentui/react-components";
import { useState } from "react";

import type {
  Grant,
  Principal,
  Relation,
  UnitId,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { hasRole, liveUnits } from "./directory";
import { expiring, pathOfUnit, UntilField } from "./fields";
import { principalLink } from "./links";
import { useLoaded } from "./loaded";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { p } from "./words";

export const ROLES = [
  "user_admin",
  "log_reader",
  "security_responder",
  "operator",
] as const satisfies readonly Relation[];
export type Role = (typeof ROLES)[number];

/** Those that there are in units, too. */
const IN_UNITS: readonly Relation[] = ["user_admin", "security_responder"];

export const isRole = (relation: Relation): relation is Role =>
  (ROLES as readonly Relation[]).includes(relation);

export const roleText = (relation: Relation): string =>
  isRole(relation) ? p(`role.${relation}`) : relation;

/** Which, and where. */
export function RoleFields({
  unit,
  onRole,
}: {
  unit?: UnitId | undefined;
  onRole?: (role: Role) => void;
}) {
  const org = hasRole("user_admin");
  const [role, setRole] = useState<Role>("user_admin");
  const inUnits = IN_UNITS.includes(role);
  return (
    <>
      <Field label={p("role.label")} hint={p(`role.${role}.about`)}>
        <Select
          name="relation"
          value={role}
          onChange={(_, { value }) => {
            setRole(value as Role);
            onRole?.(value as Role);
          }}
        >
          {ROLES.filter((one) => org || IN_UNITS.includes(one)).map((one) => (
            <option key={one} value={one}>
              {p(`role.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={p("role.where")}>
        <Select name="unit" defaultValue={unit ?? ""} disabled={!inUnits}>
          {org && <option value="">{p("org")}</option>}
          {liveUnits().map((one) => (
            <option key={one.id} value={one.id}>
              {pathOfUnit(one.id)}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}

function Give({
  one,
  onClose,
  onDone,
}: {
  one: Principal;
  onClose: () => void;
  onDone: () => void;
}) {
  return (
    <Asking
      title={p("role.giveTitle", { name: one.name })}
      button={p("role.give")}
      onClose={onClose}
      onDone={async (form) => {
        const unit = given(form, "unit") as UnitId | "";
        const relation = given(form, "relation") as Role;
        const made = await byTwo("role.grant", {
          principal: one.id,
          relation,
          ...expiring(form),
          ...(unit === "" ? {} : { unit }),
        });
        if (made !== undefined)
          tell({
            intent: "success",
            text: p("role.given", { name: one.name, role: roleText(relation) }),
          });
        onDone();
      }}
    >
      <RoleFields unit={one.unit} />
      <UntilField />
    </Asking>
  );
}

function RoleRow({
  grant,
  of,
  again,
}: {
  grant: Grant;
  of: Principal;
  again: () => Promise<void>;
}) {
  const role = roleText(grant.relation);
  const place = grant.object_name ?? p("org");
  const own = grant.principal === of.id;
  return (
    <li>
      <div>
        <span>
          <strong>{role}</strong> <Name text={p("in", { place })} />
        </span>
        <span className="hint">
          {own ? (
            p("since", { time: dateText(grant.created) })
          ) : (
            <Link href={principalLink(grant.principal)}>
              {p("through", { name: grant.name ?? p("kind.group") })}
            </Link>
          )}
          {grant.expires !== undefined &&
            ` · ${p("until", { time: dateText(grant.expires) })}`}
        </span>
      </div>
      {own && (
        <Button
          aria-label={p("role.takeOne", { role, place })}
          onClick={() =>
            void attempt(async () => {
              await call("role.revoke", { grant: grant.id });
              tell({
                intent: "success",
                text: p("role.taken", { name: of.name, role }),
              });
              await again();
            })
          }
        >
          {p("take")}
        </Button>
      )}
    </li>
  );
}

export function Roles({ one }: { one: Principal }) {
  const [asks, setAsks] = useState(false);
  const loaded = useLoaded(
    (cause) =>
      call(
        "role.list",
        {
          principal: one.id,
          ...(hasRole("user_admin") || one.unit === undefined
            ? {}
            : { unit: one.unit }),
        },
        cause,
      ),
    one.id,
  );
  const close = () => setAsks(false);
  return (
    <Section
      id="roles"
      title={p("section.roles")}
      hint={p("section.rolesText")}
      act={
        !one.ended && (
          <Button id="role-give" onClick={() => setAsks(true)}>
            {p("role.give")}
          </Button>
        )
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list}
        none={p("roles.none")}
        row={(grant) => (
          <RoleRow
            key={grant.id}
            grant={grant}
            of={one}
            again={loaded.again}
          />
        )}
      />
      {asks && (
        <Give
          one={one}
          onClose={close}
          onDone={() => {
            close();
            void loaded.again();
          }}
        />
      )}
    </Section>
  );
}
