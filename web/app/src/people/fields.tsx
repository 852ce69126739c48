// Fields that several questions have.
import {
  Button,
  Combobox,
  Field,
  Input,
  Option,
  Select,
} from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import type { Principal, PrincipalKind } from "../../../../clients/types";
import { attempt, tell } from "../app";
import { dateText, shownName } from "../format";
import { Name } from "../name";
import { directory, hasRole, liveUnits, unitName, useDirectory } from "./directory";
import { p } from "./words";

const SHOWN = 50;

/** None, for who administers the organisation; else one of one's own. */
export function UnitField({
  label = p("column.unit"),
  value,
  none = p("unit.none"),
}: {
  label?: string;
  value?: string | undefined;
  none?: string;
}) {
  useDirectory();
  const units = liveUnits();
  return (
    <Field label={label}>
      <Select name="unit" defaultValue={value ?? ""}>
        {(hasRole("user_admin") || units.length === 0) && (
          <option value="">{none}</option>
        )}
        {units.map((unit) => (
          <option key={unit.id} value={unit.id}>
            {pathOfUnit(unit.id)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** "Sales / Export" */
export function pathOfUnit(id: string | undefined): string {
  const { units } = directory.value;
  const parts: string[] = [];
  let at = units.find((one) => one.id === id);
  while (at !== undefined && parts.length < 10) {
    parts.unshift(shownName(at.name));
    const above: string | undefined = at.unit;
    at = units.find((one) => one.id === above);
  }
  return parts.join(" / ");
}

export const kindText = (kind: PrincipalKind): string =>
  kind === "link" || kind === "ceremony" ? p("kind.other") : p(`kind.${kind}`);

/** One of all whom one administers, found by name. */
export function WhoField({
  label,
  hint,
  list,
  onPick,
}: {
  label: string;
  hint?: string;
  list: readonly Principal[];
  onPick: (one: Principal | undefined) => void;
}) {
  const [text, setText] = useState("");
  const asked = text.trim().toLowerCase();
  const found = list.filter(
    (one) =>
      one.name.toLowerCase().includes(asked) ||
      one.login?.toLowerCase().includes(asked) === true,
  );
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      <Combobox
        id="who"
        freeform
        value={text}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          onPick(undefined);
        }}
        onOptionSelect={(_, { optionValue, optionText }) => {
          setText(optionText ?? "");
          onPick(list.find((one) => one.id === optionValue));
        }}
      >
        {found.slice(0, SHOWN).map((one) => (
          <Option key={one.id} value={one.id} text={shownName(one.name)}>
            <span className="p-option">
              <Name text={one.name} />
              <span className="hint">
                {[kindText(one.kind), one.login, unitName(one.unit)]
                  .filter((part) => part)
                  .map((part) => shownName(part ?? ""))
                  .join(" · ")}
              </span>
            </span>
          </Option>
        ))}
        {found.length === 0 && (
          <Option disabled value="" text="">
            {p("who.none")}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}

/** When it ends by itself; never, where it is left empty. */
export function UntilField({
  label = p("until.label"),
  hint = p("until.hint"),
  required = false,
  max,
}: {
  label?: string;
  hint?: string;
  required?: boolean;
  /** In so many days at most. */
  max?: number;
}) {
  const day = (days: number) =>
    new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  return (
    <Field label={label} hint={hint} required={required}>
      <Input
        name="until"
        type="date"
        min={day(1)}
        required={required}
        {...(max === undefined ? {} : { max: day(max) })}
      />
    </Field>
  );
}

/** The beginning of that day, where one is. */
export function untilOf(form: FormData): string | undefined {
  const day = form.get("until");
  return typeof day === "string" && day !== ""
    ? new Date(`${day}T00:00:00`).toISOString()
    : undefined;
}

export const expiring = (form: FormData): { expires?: string } => {
  const expires = untilOf(form);
  return expires === undefined ? {} : { expires };
};

/** A secret that is told once: a link, or a token. */
export function Secret({
  id,
  text,
  secret,
  expires,
}: {
  id: string;
  text: string;
  secret: string;
  expires?: string | undefined;
}) {
  return (
    <div className="p-secret" role="status">
      <p>{text}</p>
      <span className="p-secret-row">
        <Input
          id={id}
          readOnly
          value={secret}
          aria-label={text}
          className="grow"
          onFocus={(event) => event.target.select()}
        />
        <Button
          icon={<Copy20Regular />}
          onClick={() =>
            void attempt(async () => {
              await navigator.clipboard.writeText(secret);
              tell({ intent: "success", text: p("secret.copied") });
            })
          }
        >
          {p("secret.copy")}
        </Button>
      </span>
      <p className="hint">
        {p("secret.once")}
        {expires !== undefined &&
          ` ${p("secret.ends", { time: dateText(expires) })}`}
      </p>
    </div>
  );
}

export const enrolLink = (secret: string | undefined): string =>
  `${location.origin}/enrol#${secret ?? ""}`;
