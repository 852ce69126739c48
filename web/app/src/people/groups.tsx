// The groups: whatever a group has, its members have.
import { Button, Field, Input, SearchBox, Toolbar } from "@fluentui/react-components";
import { PeopleAdd20Regular, PeopleTeam20Regular } from "@fluentui/react-icons";
import { useMemo, useState } from "react";

import type { Principal, PrincipalId, UnitId } from "../../../../clients/types";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { dateText } from "../format";
import { Name } from "../name";
import { navigate } from "../router";
import { t } from "../words";
import { put, stateOf, unitName, useDirectory } from "./directory";
import { UnitField } from "./fields";
import { principalLink } from "./links";
import { StateMark } from "./marks";
import { type Column, Table } from "./table";
import { p } from "./words";

const COLUMNS: readonly Column<Principal>[] = [
  {
    key: "name",
    head: p("column.name"),
    width: "minmax(0, 2fr)",
    by: (one) => one.name,
    cell: (one) => (
      <span className="p-who">
        <PeopleTeam20Regular />
        <Name text={one.name} className="p-name" />
      </span>
    ),
  },
  {
    key: "unit",
    head: p("column.unit"),
    width: "minmax(0, 1fr)",
    by: (one) => unitName(one.unit),
    cell: (one) => <Name text={unitName(one.unit)} />,
  },
  {
    key: "state",
    head: p("column.state"),
    width: "120px",
    by: stateOf,
    cell: (one) => <StateMark state={stateOf(one)} />,
  },
  {
    key: "created",
    head: p("column.created"),
    width: "120px",
    by: (one) => one.created ?? "",
    cell: (one) => (one.created === undefined ? "" : dateText(one.created)),
  },
];

function Make({ onClose }: { onClose: () => void }) {
  return (
    <Asking
      title={p("group.title")}
      button={p("group.make")}
      onClose={onClose}
      onDone={async (form) => {
        const unit = given(form, "unit") as UnitId | "";
        const made = await call("group.create", {
          name: given(form, "name").trim(),
          ...(unit === "" ? {} : { unit }),
        });
        put(made);
        onClose();
        navigate(principalLink(made.id));
      }}
    >
      <p>{p("group.text")}</p>
      <Field label={p("name.label")} required>
        <Input name="name" required maxLength={255} autoComplete="off" />
      </Field>
      <UnitField label={p("group.unit")} />
    </Asking>
  );
}

const nameOf = (one: Principal) => one.name;
const hrefOf = (one: Principal) => principalLink(one.id);

export function Groups() {
  const { list, whole } = useDirectory();
  const [text, setText] = useState("");
  const [makes, setMakes] = useState(false);
  const rows = useMemo(
    () =>
      list.filter(
        (one) =>
          one.kind === "group" &&
          !one.ended &&
          one.name.toLowerCase().includes(text.trim().toLowerCase()),
      ),
    [list, text],
  );
  return (
    <>
      <Toolbar className="p-commands" aria-label={t("commands.label")}>
        <Button
          id="group-make"
          appearance="primary"
          icon={<PeopleAdd20Regular />}
          onClick={() => setMakes(true)}
        >
          {p("group.make")}
        </Button>
        <SearchBox
          id="find"
          className="p-find"
          placeholder={p("find.groups")}
          aria-label={p("find.groups")}
          value={text}
          onChange={(_, { value }) => setText(value)}
        />
      </Toolbar>
      <Table<PrincipalId, Principal>
        id="groups-list"
        label={p("tab.groups")}
        rows={rows}
        columns={COLUMNS}
        nameOf={nameOf}
        hrefOf={hrefOf}
        meta={(one) => <Name text={unitName(one.unit)} />}
        empty={whole ? p("empty.groups") : ""}
      />
      <div className="p-foot" role="status">
        {p("count.groups", { count: rows.length })}
      </div>
      {makes && <Make onClose={() => setMakes(false)} />}
    </>
  );
}
