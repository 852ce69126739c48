// One unit: what is in it, and who administers it.
import { Button, Field, Input } from "@fluentui/react-components";
import { Building20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { Principal, Unit } from "../../../../clients/types";
import { attempt, tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { dateText } from "../format";
import { Name } from "../name";
import { Link, navigate } from "../router";
import { directory, isPerson, putUnit, unitName, useDirectory } from "./directory";
import { expiring, kindText, UntilField, WhoField } from "./fields";
import { principalLink } from "./links";
import { useLoaded } from "./loaded";
import { roleText } from "./roles";
import { byTwo } from "./second";
import { Rows, Section } from "./section";
import { MakeUnit, unitLink } from "./units";
import { p } from "./words";

function RenameUnit({ unit, onClose }: { unit: Unit; onClose: () => void }) {
  return (
    <Asking
      title={p("rename.title", { name: unit.name })}
      button={p("act.save")}
      onClose={onClose}
      onDone={async (form) => {
        const name = given(form, "name").trim();
        await call("unit.rename", { unit: unit.id, name });
        putUnit({ ...unit, name });
        tell({ intent: "success", text: p("rename.done", { name }) });
        onClose();
      }}
    >
      <Field label={p("name.label")} required>
        <Input name="name" required maxLength={255} defaultValue={unit.name} />
      </Field>
    </Asking>
  );
}

function EndUnit({ unit, onClose }: { unit: Unit; onClose: () => void }) {
  return (
    <Asking
      title={p("unit.endTitle", { name: unit.name })}
      button={p("end")}
      say={(error) =>
        isCode(error, "STATE") ? p("unit.notEmpty") : textOf(error)
      }
      onClose={onClose}
      onDone={async () => {
        await call("unit.end", { unit: unit.id });
        putUnit({ ...unit, ended: true });
        tell({ intent: "success", text: p("unit.ended", { name: unit.name }) });
        onClose();
        navigate("/app/people/units");
      }}
    >
      <p>{p("unit.endText")}</p>
    </Asking>
  );
}

function AddAdministrator({
  unit,
  onClose,
  onDone,
}: {
  unit: Unit;
  onClose: () => void;
  onDone: () => void;
}) {
  const [who, setWho] = useState<Principal>();
  return (
    <Asking
      title={p("unit.adminTitle", { name: unit.name })}
      button={p("give")}
      disabled={who === undefined}
      onClose={onClose}
      onDone={async (form) => {
        if (who === undefined) return;
        const made = await byTwo("role.grant", {
          principal: who.id,
          relation: "user_admin",
          unit: unit.id,
          ...expiring(form),
        });
        if (made !== undefined)
          tell({
            intent: "success",
            text: p("role.given", {
              name: who.name,
              role: roleText("user_admin"),
            }),
          });
        onDone();
      }}
    >
      <p>{p("unit.adminText")}</p>
      <WhoField
        label={p("unit.adminWho")}
        list={directory.value.list.filter(
          (one) => !one.ended && (isPerson(one) || one.kind === "group"),
        )}
        onPick={setWho}
      />
      <UntilField />
    </Asking>
  );
}

function Administrators({ unit }: { unit: Unit }) {
  const loaded = useLoaded(
    (cause) => call("role.list", { unit: unit.id }, cause),
    unit.id,
  );
  const [asks, setAsks] = useState(false);
  return (
    <Section
      id="administrators"
      title={p("section.administrators")}
      hint={p("section.administratorsText")}
      act={
        <Button id="administrator-add" onClick={() => setAsks(true)}>
          {p("unit.adminAdd")}
        </Button>
      }
    >
      <Rows
        of={loaded}
        list={loaded.value?.list}
        none={p("administrators.none")}
        row={(grant) => {
          const role = roleText(grant.relation);
          return (
            <li key={grant.id}>
              <div>
                <Link href={principalLink(grant.principal)}>
                  <Name text={grant.name ?? ""} />
                </Link>
                <span className="hint">
                  {role} · {p("since", { time: dateText(grant.created) })}
                  {grant.expires !== undefined &&
                    ` · ${p("until", { time: dateText(grant.expires) })}`}
                </span>
              </div>
              <Button
                aria-label={p("role.takeFrom", {
                  role,
                  name: grant.name ?? "",
                })}
                onClick={() =>
                  void attempt(async () => {
                    await call("role.revoke", { grant: grant.id });
                    tell({
                      intent: "success",
                      text: p("role.taken", { name: grant.name ?? "", role }),
                    });
                    await loaded.again();
                  })
                }
              >
                {p("take")}
              </Button>
            </li>
          );
        }}
      />
      {asks && (
        <AddAdministrator
          unit={unit}
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

function Inside({ unit }: { unit: Unit }) {
  const { list, units } = useDirectory();
  const below = units.filter((one) => one.unit === unit.id && !one.ended);
  const there = list.filter((one) => one.unit === unit.id && !one.ended);
  return (
    <>
      {below.length > 0 && (
        <Section id="below" title={p("section.below")}>
          <ul className="rows-of">
            {below.map((one) => (
              <li key={one.id}>
                <Building20Regular />
                <div>
                  <Link href={unitLink(one.id)}>
                    <Name text={one.name} />
                  </Link>
                </div>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section id="inside" title={p("section.inside")}>
        {there.length === 0 && <p className="hint">{p("inside.none")}</p>}
        <ul className="rows-of">
          {there.slice(0, 200).map((one) => (
            <li key={one.id}>
              <div>
                <Link href={principalLink(one.id)}>
                  <Name text={one.name} />
                </Link>
                <span className="hint">{kindText(one.kind)}</span>
              </div>
            </li>
          ))}
        </ul>
        {there.length > 200 && (
          <p className="hint">{p("inside.more", { count: there.length - 200 })}</p>
        )}
      </Section>
    </>
  );
}

type Doing = "rename" | "end" | "make";

export function UnitPage({ id }: { id: string }) {
  const { units, whole } = useDirectory();
  const [doing, setDoing] = useState<Doing>();
  const unit = units.find((one) => one.id === id);
  const close = () => setDoing(undefined);
  if (unit === undefined)
    return <div className="p-one">{whole && <p>{p("one.none")}</p>}</div>;
  return (
    <div className="p-one">
      <header className="p-one-head">
        <span className="p-face">
          <Building20Regular />
        </span>
        <div>
          <h2>
            <Name text={unit.name} />
          </h2>
          <span className="hint">
            {unit.unit === undefined
              ? p("unit.top")
              : p("unit.in", { name: unitName(unit.unit) })}
          </span>
        </div>
        <div className="p-acts buttons">
          <Button onClick={() => setDoing("rename")}>{p("act.rename")}</Button>
          <Button onClick={() => setDoing("make")}>{p("unit.makeIn")}</Button>
          <Button onClick={() => setDoing("end")}>{p("act.end")}</Button>
        </div>
      </header>
      <div className="p-parts">
        <Administrators unit={unit} />
        <Inside unit={unit} />
      </div>
      {doing === "rename" && <RenameUnit unit={unit} onClose={close} />}
      {doing === "end" && <EndUnit unit={unit} onClose={close} />}
      {doing === "make" && <MakeUnit above={unit.id} onClose={close} />}
    </div>
  );
}
