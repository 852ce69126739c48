// People: all of them, found and filtered as one types, and what can be done with
// those that are chosen.
import {
  Avatar,
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  SearchBox,
  Select,
  Spinner,
  Toolbar,
} from "@fluentui/react-components";
import {
  DocumentTable20Regular,
  MoreHorizontal20Regular,
  PersonAdd20Regular,
} from "@fluentui/react-icons";
import { useMemo, useState } from "react";

import type { Principal, PrincipalId } from "../../../../clients/types";
import { dateText } from "../format";
import { Name } from "../name";
import { navigate } from "../router";
import { t } from "../words";
import { type Act, ActDialog, fits, MANY } from "./acts";
import { AddOne } from "./add";
import {
  isPerson,
  liveUnits,
  stateOf,
  type StateOf,
  unitName,
  useDirectory,
} from "./directory";
import { kindText, pathOfUnit } from "./fields";
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
        <Avatar
          name={one.name}
          size={32}
          aria-hidden
          color={one.ended ? "neutral" : "colorful"}
          idForColor={one.id}
        />
        <Name text={one.name} className="p-name" />
      </span>
    ),
  },
  {
    key: "login",
    head: p("column.login"),
    width: "minmax(0, 2fr)",
    by: (one) => one.login ?? "",
    cell: (one) => <Name text={one.login ?? ""} />,
  },
  {
    key: "unit",
    head: p("column.unit"),
    width: "minmax(0, 1fr)",
    by: (one) => unitName(one.unit),
    cell: (one) => <Name text={unitName(one.unit)} />,
  },
  {
    key: "kind",
    head: p("column.kind"),
    width: "90px",
    spare: true,
    by: (one) => kindText(one.kind),
    cell: (one) => kindText(one.kind),
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
    spare: true,
    by: (one) => one.created ?? "",
    cell: (one) => (one.created === undefined ? "" : dateText(one.created)),
  },
];

type Kind = "people" | "person" | "guest" | "service";
type Standing = "live" | StateOf | "all";

interface Filter {
  readonly text: string;
  readonly kind: Kind;
  readonly state: Standing;
  /** "": all; "none": those in no unit */
  readonly unit: string;
}

function passes(one: Principal, filter: Filter): boolean {
  if (filter.kind === "people" ? !isPerson(one) : one.kind !== filter.kind)
    return false;
  const state = stateOf(one);
  if (filter.state === "live" ? state === "ended" : filter.state !== "all")
    if (filter.state === "live" || state !== filter.state) return false;
  if (filter.unit !== "" && (one.unit ?? "none") !== filter.unit) return false;
  const asked = filter.text.trim().toLowerCase();
  return (
    one.name.toLowerCase().includes(asked) ||
    one.login?.toLowerCase().includes(asked) === true
  );
}

function Filters({
  filter,
  onFilter,
}: {
  filter: Filter;
  onFilter: (change: Partial<Filter>) => void;
}) {
  return (
    <div className="p-filters" role="search" aria-label={p("find.people")}>
      <SearchBox
        id="find"
        className="p-find"
        placeholder={p("find.people")}
        aria-label={p("find.people")}
        value={filter.text}
        onChange={(_, { value }) => onFilter({ text: value })}
      />
      <Select
        aria-label={p("column.kind")}
        value={filter.kind}
        onChange={(_, { value }) => onFilter({ kind: value as Kind })}
      >
        <option value="people">{p("filter.people")}</option>
        <option value="person">{p("filter.person")}</option>
        <option value="guest">{p("filter.guest")}</option>
        <option value="service">{p("filter.service")}</option>
      </Select>
      <Select
        aria-label={p("column.state")}
        value={filter.state}
        onChange={(_, { value }) => onFilter({ state: value as Standing })}
      >
        <option value="live">{p("filter.live")}</option>
        <option value="active">{p("state.active")}</option>
        <option value="suspended">{p("state.suspended")}</option>
        <option value="ended">{p("state.ended")}</option>
        <option value="all">{p("filter.anyState")}</option>
      </Select>
      {liveUnits().length > 0 && (
        <Select
          aria-label={p("column.unit")}
          value={filter.unit}
          onChange={(_, { value }) => onFilter({ unit: value })}
        >
          <option value="">{p("filter.anyUnit")}</option>
          <option value="none">{p("unit.none")}</option>
          {liveUnits().map((unit) => (
            <option key={unit.id} value={unit.id}>
              {pathOfUnit(unit.id)}
            </option>
          ))}
        </Select>
      )}
    </div>
  );
}

/** What can be done with those that are chosen: in sight, or behind "more". */
function Commands({
  chosen,
  onAct,
  onAdd,
}: {
  chosen: readonly Principal[];
  onAct: (act: Act) => void;
  onAdd: () => void;
}) {
  const [one] = chosen;
  const acts: readonly Act[] =
    one === undefined
      ? []
      : chosen.length > 1
        ? MANY.filter((act) => chosen.some((each) => fits(act, each)))
        : (
            ["rename", "move", "invite", "suspend", "resume", "end"] as const
          ).filter((act) => fits(act, one));
  return (
    <Toolbar className="p-commands" aria-label={t("commands.label")}>
      <Button
        id="add"
        appearance="primary"
        icon={<PersonAdd20Regular />}
        onClick={onAdd}
      >
        {p("add")}
      </Button>
      <Button
        id="add-many"
        appearance="subtle"
        icon={<DocumentTable20Regular />}
        onClick={() => navigate("/app/people/import")}
      >
        {p("import")}
      </Button>
      {acts.length > 0 && (
        <>
          <span className="p-rule" />
          <span className="p-chosen" role="status">
            {t("chosen", { count: chosen.length })}
          </span>
          <span className="p-wide">
            {acts.map((act) => (
              <Button
                key={act}
                appearance="subtle"
                onClick={() => onAct(act)}
              >
                {p(`act.${act}`)}
              </Button>
            ))}
          </span>
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button
                className="p-thin"
                appearance="subtle"
                icon={<MoreHorizontal20Regular />}
                aria-label={p("more")}
              />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {acts.map((act) => (
                  <MenuItem key={act} onClick={() => onAct(act)}>
                    {p(`act.${act}`)}
                  </MenuItem>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
        </>
      )}
    </Toolbar>
  );
}

const hrefOf = (one: Principal) => `/app/people/${one.id}`;
const nameOf = (one: Principal) => one.name;

function Meta({ one }: { one: Principal }) {
  const parts = [one.login, unitName(one.unit)].filter((part) => part);
  return (
    <>
      {one.kind !== "person" && `${kindText(one.kind)} · `}
      {parts.map((part, i) => (
        <span key={part}>
          {i > 0 && " · "}
          <Name text={part ?? ""} />
        </span>
      ))}
      {stateOf(one) !== "active" && <StateMark state={stateOf(one)} />}
    </>
  );
}

export function PeopleList() {
  const { list, whole } = useDirectory();
  const [filter, setFilter] = useState<Filter>({
    text: "",
    kind: "people",
    state: "live",
    unit: "",
  });
  const [chosen, setChosen] = useState<readonly Principal[]>([]);
  const [doing, setDoing] = useState<Act | "add">();
  const rows = useMemo(
    () => list.filter((one) => passes(one, filter)),
    [list, filter],
  );
  const close = () => setDoing(undefined);
  return (
    <>
      <Commands
        chosen={chosen}
        onAct={setDoing}
        onAdd={() => setDoing("add")}
      />
      <Filters
        filter={filter}
        onFilter={(change) => setFilter({ ...filter, ...change })}
      />
      <Table<PrincipalId, Principal>
        id="people"
        label={p("tab.people")}
        rows={rows}
        columns={COLUMNS}
        nameOf={nameOf}
        hrefOf={hrefOf}
        meta={(one) => <Meta one={one} />}
        empty={whole ? p("empty.people") : ""}
        onChosen={setChosen}
      />
      <div className="p-foot" role="status">
        {whole ? (
          p("count.people", { count: rows.length })
        ) : (
          <Spinner size="tiny" label={p("reading", { count: list.length })} />
        )}
      </div>
      {doing === "add" && <AddOne onClose={close} />}
      {doing !== undefined && doing !== "add" && (
        <ActDialog
          act={doing}
          who={chosen.filter((one) => fits(doing, one))}
          onClose={close}
          onDone={close}
        />
      )}
    </>
  );
}
