// Which records are looked at. What is chosen goes into the address, and comes from it.
import {
  Button,
  Combobox,
  Dropdown,
  Field,
  Input,
  mergeClasses,
  Option,
  OptionGroup,
  Tag,
  TagGroup,
} from "@fluentui/react-components";
import { Filter20Regular } from "@fluentui/react-icons";
import { type FormEvent, useEffect, useState } from "react";

import type { Outcome } from "../../../../clients/types";
import { Name } from "../name";
import { navigate } from "../router";
import {
  type Filter,
  isNarrow,
  OUTCOMES,
  RANGES,
  type RangeName,
  without,
} from "./filter";
import { findPeople, type Somebody } from "./people";
import { exactTime, t } from "./text";
import { OPERATIONS, operationText } from "./words/operations";

export interface FiltersProps {
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  /** What ids are called, of what is shown. */
  readonly names: ReadonlyMap<string, string>;
}

/** Typing has come to a rest. */
const TYPED_MS = 150;
const ANY = "any";
const CUSTOM = "custom";

function Who({ filter, onFilter, names }: FiltersProps) {
  const { who } = filter;
  const chosen = who === undefined ? "" : (names.get(who) ?? t("filter.someone"));
  const [text, setText] = useState(chosen);
  const [found, setFound] = useState<readonly Somebody[]>([]);
  const [open, setOpen] = useState(false);
  useEffect(() => setText(chosen), [chosen]);
  useEffect(() => {
    if (text === chosen || text.trim() === "") {
      setFound([]);
      return undefined;
    }
    let over = false;
    const timer = setTimeout(() => {
      void findPeople(text.trim(), names).then((list) => {
        if (!over) setFound(list);
      });
    }, TYPED_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text, chosen, names]);
  return (
    <Field label={t("filter.who")} size="small" className="log-field is-wide">
      <Combobox
        id="filter-who"
        size="small"
        clearable
        placeholder={t("filter.whoHint")}
        value={text}
        open={open}
        onOpenChange={(_, data) => setOpen(data.open)}
        selectedOptions={who === undefined ? [] : [who]}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(event.target.value !== "");
          if (event.target.value === "" && who !== undefined)
            onFilter(without(filter, "who"));
        }}
        onOptionSelect={(_, { optionValue }) => {
          setOpen(false);
          if (optionValue === undefined) {
            setText("");
            onFilter(without(filter, "who"));
          } else onFilter({ ...filter, who: optionValue });
        }}
        onBlur={() => setText(chosen)}
      >
        {found.map(({ id, name }) => (
          <Option key={id} value={id} text={name}>
            <Name text={name} />
          </Option>
        ))}
        {found.length === 0 && text !== chosen && text !== "" && (
          <Option key="" disabled text="">
            {t("filter.whoNone")}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}

function Did({ filter, onFilter }: FiltersProps) {
  const chosen = filter.did === undefined ? "" : operationText(filter.did);
  const [text, setText] = useState(chosen);
  useEffect(() => setText(chosen), [chosen]);
  const typed = text === chosen ? "" : text.toLowerCase();
  const groups = Object.entries(OPERATIONS)
    .map(([group, list]) => ({
      group,
      list: Object.entries(list).filter(([name, label]) =>
        `${label} ${name}`.toLowerCase().includes(typed),
      ),
    }))
    .filter(({ list }) => list.length > 0);
  return (
    <Field label={t("filter.did")} size="small" className="log-field is-wide">
      <Combobox
        id="filter-did"
        size="small"
        clearable
        placeholder={t("filter.didAny")}
        value={text}
        selectedOptions={filter.did === undefined ? [] : [filter.did]}
        onChange={(event) => setText(event.target.value)}
        onOptionSelect={(_, { optionValue }) =>
          onFilter(
            optionValue === undefined
              ? without(filter, "did")
              : { ...filter, did: optionValue },
          )
        }
        onBlur={() => setText(chosen)}
      >
        {groups.map(({ group, list }) => (
          <OptionGroup key={group} label={group}>
            {list.map(([name, label]) => (
              <Option key={name} value={name} text={label}>
                {label}
              </Option>
            ))}
          </OptionGroup>
        ))}
      </Combobox>
    </Field>
  );
}

function Ended({ filter, onFilter }: FiltersProps) {
  const text =
    filter.outcome === undefined
      ? t("filter.outcomeAny")
      : t(`ending.${filter.outcome}`);
  return (
    <Field label={t("filter.outcome")} size="small" className="log-field">
      <Dropdown
        id="filter-outcome"
        size="small"
        value={text}
        selectedOptions={[filter.outcome ?? ANY]}
        onOptionSelect={(_, { optionValue = ANY }) =>
          onFilter(
            optionValue === ANY
              ? without(filter, "outcome")
              : { ...filter, outcome: optionValue as Outcome },
          )
        }
      >
        <Option value={ANY}>{t("filter.outcomeAny")}</Option>
        <>
          {OUTCOMES.map((one) => (
            <Option key={one} value={one}>
              {t(`ending.${one}`)}
            </Option>
          ))}
        </>
      </Dropdown>
    </Field>
  );
}

function Address({ filter, onFilter }: FiltersProps) {
  const given = filter.address ?? "";
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  const apply = () => {
    const address = text.trim();
    if (address === given) return;
    onFilter(address === "" ? without(filter, "address") : { ...filter, address });
  };
  return (
    <Field label={t("filter.address")} size="small" className="log-field">
      <Input
        id="filter-address"
        size="small"
        placeholder={t("filter.addressHint")}
        value={text}
        onChange={(_, { value }) => setText(value)}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === "Enter") apply();
        }}
      />
    </Field>
  );
}

function Range({
  filter,
  onFilter,
  onCustom,
}: FiltersProps & { onCustom: () => void }) {
  const custom = filter.since !== undefined;
  return (
    <Field label={t("filter.range")} size="small" className="log-field">
      <Dropdown
        id="filter-range"
        size="small"
        value={t(custom ? "range.custom" : `range.${filter.range}`)}
        selectedOptions={[custom ? CUSTOM : filter.range]}
        onOptionSelect={(_, { optionValue }) => {
          if (optionValue === CUSTOM) onCustom();
          else
            onFilter({
              ...without(filter, "since", "until"),
              range: optionValue as RangeName,
            });
        }}
      >
        <>
          {(Object.keys(RANGES) as RangeName[]).map((one) => (
            <Option key={one} value={one}>
              {t(`range.${one}`)}
            </Option>
          ))}
        </>
        <Option value={CUSTOM}>{t("range.custom")}</Option>
      </Dropdown>
    </Field>
  );
}

/** As `datetime-local` has it: in the browser's zone. */
function localText(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function Custom({ filter, onFilter, onClose }: FiltersProps & { onClose: () => void }) {
  const until = filter.until ?? Date.now();
  const since = filter.since ?? until - RANGES[filter.range].ms;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const from = Date.parse(String(form.get("since")));
    const to = Date.parse(String(form.get("until")));
    if (!(from < to)) return;
    onFilter({ ...filter, since: from, until: to });
    onClose();
  };
  return (
    <form className="log-filters" onSubmit={submit}>
      {(["since", "until"] as const).map((name) => (
        <Field key={name} label={t(`range.${name}`)} size="small">
          <Input
            id={`range-${name}`}
            name={name}
            size="small"
            type="datetime-local"
            step={1}
            required
            autoFocus={name === "since"}
            defaultValue={localText(name === "since" ? since : until)}
          />
        </Field>
      ))}
      <Button size="small" type="submit" appearance="primary">
        {t("range.apply")}
      </Button>
      <Button size="small" onClick={onClose}>
        {t("export.close")}
      </Button>
    </form>
  );
}

function ToRecord() {
  return (
    <form
      className="log-to"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const number = String(form.get("number")).replace(/\D/g, "");
        if (number !== "") navigate(`/app/log/${number}`);
      }}
    >
      <Field label={t("filter.number")} size="small" className="log-field is-number">
        <Input id="filter-number" name="number" size="small" inputMode="numeric" />
      </Field>
    </form>
  );
}

/** What has no field of its own, to be taken away again. */
function Chips({ filter, onFilter, names }: FiltersProps) {
  const { on, since, until } = filter;
  const chips: { key: string; text: string; rest: Filter }[] = [];
  if (on !== undefined) {
    const name = names.get(on) ?? t("filter.onSomething");
    const text = t("filter.on", { name });
    chips.push({ key: "on", text, rest: without(filter, "on") });
  }
  if (since !== undefined && until !== undefined)
    chips.push({
      key: "time",
      text: t("filter.time", { since: exactTime(since), until: exactTime(until) }),
      rest: without(filter, "since", "until"),
    });
  if (chips.length === 0) return null;
  return (
    <TagGroup
      className="log-chips"
      aria-label={t("filter.label")}
      onDismiss={(_, { value }) => {
        const chip = chips.find(({ key }) => key === value);
        if (chip !== undefined) onFilter(chip.rest);
      }}
    >
      {chips.map(({ key, text }) => (
        <Tag
          key={key}
          value={key}
          size="small"
          dismissible
          dismissIcon={{ "aria-label": t("filter.remove", { what: text }) }}
        >
          <bdi>{text}</bdi>
        </Tag>
      ))}
    </TagGroup>
  );
}

export function Filters(props: FiltersProps) {
  const { filter, onFilter } = props;
  const [custom, setCustom] = useState(false);
  const [open, setOpen] = useState(false);
  const { who, did, outcome, address, on, since } = filter;
  const count = [who, did, outcome, address, on, since].filter(Boolean).length;
  return (
    <div className="log-asked">
      <Button
        id="filters-show"
        className="log-fold"
        size="small"
        icon={<Filter20Regular />}
        aria-expanded={open}
        aria-controls="filters"
        onClick={() => setOpen(!open)}
      >
        {count === 0 ? t("filter.show") : t("filter.shown", { count })}
      </Button>
      <div
        id="filters"
        role="group"
        aria-label={t("filter.label")}
        className={mergeClasses("log-filters", !open && "folded")}
      >
        <Who {...props} />
        <Did {...props} />
        <Ended {...props} />
        <Address {...props} />
        <Range {...props} onCustom={() => setCustom(true)} />
        <ToRecord />
        {(isNarrow(filter) || since !== undefined) && (
          <Button
            id="filters-clear"
            size="small"
            appearance="subtle"
            onClick={() => onFilter({ range: filter.range })}
          >
            {t("filter.clear")}
          </Button>
        )}
      </div>
      {custom && <Custom {...props} onClose={() => setCustom(false)} />}
      <Chips {...props} />
    </div>
  );
}
