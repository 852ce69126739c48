// The units: parts of the organisation that may have administrators of their own.
import { Button, Field, Input, Toolbar } from "@fluentui/react-components";
import { Building20Regular, BuildingMultiple20Regular } from "@fluentui/react-icons";
import { useMemo, useState } from "react";

import type { Unit, UnitId } from "../../../../clients/types";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { navigate } from "../router";
import { t } from "../words";
import {
  directory,
  liveUnits,
  putUnit,
  unitName,
  useDirectory,
} from "./directory";
import { pathOfUnit, UnitField } from "./fields";
import { type Column, Table } from "./table";
import { p } from "./words";

export const unitLink = (id: UnitId): string => `/app/people/units/${id}`;

const countIn = (unit: Unit): number =>
  directory.value.list.filter((one) => one.unit === unit.id && !one.ended)
    .length;

const COLUMNS: readonly Column<Unit>[] = [
  {
    key: "name",
    head: p("column.name"),
    width: "minmax(0, 2fr)",
    by: (unit) => pathOfUnit(unit.id),
    cell: (unit) => (
      <span className="p-who">
        <Building20Regular />
        <Name text={unit.name} className="p-name" />
      </span>
    ),
  },
  {
    key: "in",
    head: p("column.partOf"),
    width: "minmax(0, 1fr)",
    by: (unit) => unitName(unit.unit),
    cell: (unit) => <Name text={unitName(unit.unit)} />,
  },
  {
    key: "people",
    head: p("column.belong"),
    width: "120px",
    by: (unit) => String(countIn(unit)),
    cell: (unit) => countIn(unit),
  },
  {
    key: "created",
    head: p("column.created"),
    width: "120px",
    by: (unit) => unit.created,
    cell: (unit) => dateText(unit.created),
  },
];

export function MakeUnit({
  above,
  onClose,
}: {
  above?: UnitId;
  onClose: () => void;
}) {
  return (
    <Asking
      title={p("unit.title")}
      button={p("unit.make")}
      onClose={onClose}
      onDone={async (form) => {
        const unit = given(form, "unit") as UnitId | "";
        const made = await call("unit.create", {
          name: given(form, "name").trim(),
          ...(unit === "" ? {} : { unit }),
        });
        putUnit(made);
        onClose();
        navigate(unitLink(made.id));
      }}
    >
      <p>{p("unit.text")}</p>
      <Field label={p("name.label")} required>
        <Input name="name" required maxLength={255} autoComplete="off" />
      </Field>
      <UnitField
        label={p("column.partOf")}
        none={p("unit.top")}
        value={above}
      />
    </Asking>
  );
}

const nameOf = (unit: Unit) => unit.name;
const hrefOf = (unit: Unit) => unitLink(unit.id);

export function Units() {
  const { units, list, whole } = useDirectory();
  const [makes, setMakes] = useState(false);
  // The list, too: how many belong to each is told.
  const rows = useMemo(() => [...liveUnits()], [units, list]);
  return (
    <>
      <Toolbar className="p-commands" aria-label={t("commands.label")}>
        <Button
          id="unit-make"
          appearance="primary"
          icon={<BuildingMultiple20Regular />}
          onClick={() => setMakes(true)}
        >
          {p("unit.make")}
        </Button>
      </Toolbar>
      <Table<UnitId, Unit>
        id="units-list"
        label={p("tab.units")}
        rows={rows}
        columns={COLUMNS}
        nameOf={nameOf}
        hrefOf={hrefOf}
        meta={(unit) => (
          <>
            {unit.unit !== undefined && (
              <>
                <Name text={pathOfUnit(unit.unit)} /> ·{" "}
              </>
            )}
            {p("unit.belong", { count: countIn(unit) })}
          </>
        )}
        empty={whole ? p("empty.units") : ""}
      />
      <div className="p-foot" role="status">
        {p("count.units", { count: rows.length })}
      </div>
      {makes && <MakeUnit onClose={() => setMakes(false)} />}
    </>
  );
}
