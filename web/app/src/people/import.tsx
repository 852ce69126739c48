// Adding many, from a table: what will be made and what is wrong is shown before;
// then each one's link, once.
import {
  Button,
  Checkbox,
  Field,
  ProgressBar,
  Select,
  Textarea,
} from "@fluentui/react-components";
import { ArrowDownload20Regular, DocumentArrowUp20Regular } from "@fluentui/react-icons";
import { useMemo, useRef, useState } from "react";

import type {
  Principal,
  PrincipalKind,
  UnitId,
} from "../../../../clients/types";
import { attempt } from "../app";
import { callEach, refusalOf } from "../client/jmap";
import { textOf } from "../client/problem";
import { timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { sayTaken } from "./acts";
import { csvOf, peopleIn, type PersonRow } from "./csv";
import { hasRole, liveUnits, put, unitName, useDirectory } from "./directory";
import { enrolLink, kindText, pathOfUnit } from "./fields";
import { p } from "./words";

/** What one call takes, so that progress is told now and then. */
const AT_ONCE = 100;
const SHOWN = 500;
const FILE_MAX = 5_000_000;

interface Result {
  readonly row: PersonRow;
  readonly one?: Principal;
  readonly link?: string;
  readonly expires?: string;
  readonly wrong?: string;
}

const argsOf = (row: PersonRow) => ({
  kind: row.kind as PrincipalKind,
  name: row.name,
  login: row.login,
  ...(row.unit === undefined ? {} : { unit: row.unit }),
});

async function invite(results: readonly Result[]): Promise<readonly Result[]> {
  return Promise.all(
    results.map(async (result) => {
      if (result.one === undefined) return result;
      const [issued] = await callEach("invitation.issue", [
        { principal: result.one.id },
      ]);
      if (!issued?.ok) return { ...result, wrong: p("import.noLink") };
      const link = enrolLink(issued.secret);
      return { ...result, link, expires: issued.expires };
    }),
  );
}

/** Makes them a part after the other; what is done is told after each. */
async function make(
  rows: readonly PersonRow[],
  invites: boolean,
  told: (results: readonly Result[]) => void,
): Promise<void> {
  const all: Result[] = [];
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const part = rows.slice(i, i + AT_ONCE);
    const answers = await callEach("principal.create", part.map(argsOf));
    const made = part.map((row, at): Result => {
      const answer = answers[at];
      if (answer?.ok) return { row, one: answer };
      return {
        row,
        wrong: sayTaken(answer === undefined ? undefined : refusalOf(answer)),
      };
    });
    put(...made.flatMap(({ one }) => (one === undefined ? [] : [one])));
    // They are there now, whatever becomes of their links.
    told([...all, ...made]);
    all.push(
      ...(invites
        ? await invite(made).catch((error: unknown) =>
            made.map((one) => ({ ...one, wrong: one.wrong ?? textOf(error) })),
          )
        : made),
    );
    told(all);
  }
}

function save(results: readonly Result[]): void {
  const text = csvOf([
    [
      p("column.name"),
      p("column.login"),
      p("column.unit"),
      p("column.link"),
      p("column.ends"),
      p("column.wrong"),
    ],
    ...results.map(({ row, link, expires, wrong }) => [
      row.name,
      row.login,
      unitName(row.unit),
      link ?? "",
      expires ?? "",
      wrong ?? "",
    ]),
  ]);
  // The mark by which spreadsheets know UTF-8.
  const blob = new Blob(["\ufeff", text], { type: "text/csv" });
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = p("import.file");
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface Run {
  readonly results: readonly Result[];
  readonly total: number;
  readonly done: boolean;
}

function Results({
  run: { results, total, done },
  onAgain,
}: {
  run: Run;
  onAgain: () => void;
}) {
  const made = results.filter(({ one }) => one !== undefined).length;
  return (
    <>
      {!done && (
        <ProgressBar
          aria-label={p("import.making")}
          value={results.length}
          max={total}
        />
      )}
      <p role="status" id="import-done">
        {p(done ? "import.done" : "import.under", { count: made, total })}{" "}
        {done && p("import.once")}
      </p>
      <span className="buttons">
        <Button
          id="import-save"
          appearance="primary"
          icon={<ArrowDownload20Regular />}
          disabled={!done}
          onClick={() => save(results)}
        >
          {p("import.save")}
        </Button>
        <Button disabled={!done} onClick={onAgain}>
          {p("import.again")}
        </Button>
      </span>
      <div className="p-scroll" tabIndex={0} role="region" aria-label={p("import.results")}>
        <table className="p-plain">
          <thead>
            <tr>
              <th>{p("column.name")}</th>
              <th>{p("column.login")}</th>
              <th>{p("column.link")}</th>
            </tr>
          </thead>
          <tbody>
            {results.slice(0, SHOWN).map(({ row, one, link, expires, wrong }) => (
              <tr key={row.line} className={wrong === undefined ? "" : "p-bad"}>
                <td>
                  {one === undefined ? (
                    <Name text={row.name} />
                  ) : (
                    <Link href={`/app/people/${one.id}`}>
                      <Name text={row.name} />
                    </Link>
                  )}
                </td>
                <td>
                  <Name text={row.login} />
                </td>
                <td>
                  {wrong !== undefined && (
                    <span className="wrong">{wrong}</span>
                  )}
                  {link !== undefined && (
                    <span className="p-option">
                      <code>{link}</code>
                      <span className="hint">
                        {p("until", { time: timeText(expires ?? "") })}
                      </span>
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Preview({ rows }: { rows: readonly PersonRow[] }) {
  // What is wrong is what one looks for.
  const shown = [...rows]
    .sort((a, b) => Number(a.wrong === "") - Number(b.wrong === ""))
    .slice(0, SHOWN);
  return (
    <div
      className="p-scroll"
      tabIndex={0}
      role="region"
      aria-label={p("import.preview")}
    >
      <table className="p-plain">
        <thead>
          <tr>
            <th>{p("column.line")}</th>
            <th>{p("column.name")}</th>
            <th>{p("column.login")}</th>
            <th>{p("column.unit")}</th>
            <th>{p("column.kind")}</th>
            <th>{p("column.wrong")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.line} className={row.wrong === "" ? "" : "p-bad"}>
              <td>{row.line}</td>
              <td>
                <Name text={row.name} />
              </td>
              <td>
                <Name text={row.login} />
              </td>
              <td>
                <Name text={unitName(row.unit) || row.unitText} />
              </td>
              <td>{kindText(row.kind)}</td>
              <td className="wrong">{row.wrong}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <p className="hint">{p("import.more", { count: rows.length - SHOWN })}</p>
      )}
    </div>
  );
}

export function Import() {
  const { list, units } = useDirectory();
  const org = hasRole("user_admin");
  const [text, setText] = useState("");
  const [chosen, setUnit] = useState<string>();
  const unit = chosen ?? (org ? "" : (liveUnits()[0]?.id ?? ""));
  const [invites, setInvites] = useState(true);
  const [run, setRun] = useState<Run>();
  const file = useRef<HTMLInputElement>(null);
  const rows = useMemo(
    () => peopleIn(text, unit === "" ? undefined : (unit as UnitId)),
    // Whom and what it names may come only now.
    [text, unit, list, units],
  );
  const good = useMemo(() => rows.filter((row) => row.wrong === ""), [rows]);

  const read = (chosen: File | undefined) =>
    attempt(async () => {
      if (chosen === undefined) return;
      if (chosen.size > FILE_MAX) throw new Error(p("import.tooLong"));
      setText(await chosen.text());
    });
  const go = () =>
    attempt(async () => {
      const total = good.length;
      let results: readonly Result[] = [];
      const tell = (done: boolean) =>
        // Where nothing was made, there is nothing to show.
        setRun(done && results.length === 0 ? undefined : { results, total, done });
      tell(false);
      try {
        await make(good, invites, (now) => {
          results = now;
          tell(false);
        });
      } finally {
        tell(true);
      }
    });

  return (
    <div className="p-parts p-full">
      <h2>{p("import.title")}</h2>
      {run !== undefined ? (
        <Results
          run={run}
          onAgain={() => {
            setText("");
            setRun(undefined);
          }}
        />
      ) : (
        <>
          <p className="hint">{p("import.text")}</p>
          <pre className="p-sample">{p("import.sample")}</pre>
          <span className="buttons">
            <Button
              id="import-choose"
              icon={<DocumentArrowUp20Regular />}
              onClick={() => file.current?.click()}
            >
              {p("import.choose")}
            </Button>
            <input
              ref={file}
              id="import-input"
              type="file"
              accept=".csv,.txt,.tsv,text/csv"
              hidden
              onChange={(event) => {
                void read(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
          </span>
          <Field label={p("import.paste")}>
            <Textarea
              id="import-text"
              rows={6}
              resize="vertical"
              value={text}
              spellCheck={false}
              onChange={(_, { value }) => setText(value)}
            />
          </Field>
          {liveUnits().length > 0 && (
            <Field label={p("import.unit")}>
              <Select
                value={unit}
                onChange={(_, { value }) => setUnit(value)}
              >
                {org && <option value="">{p("unit.none")}</option>}
                {liveUnits().map((one) => (
                  <option key={one.id} value={one.id}>
                    {pathOfUnit(one.id)}
                  </option>
                ))}
              </Select>
            </Field>
          )}
          <Checkbox
            checked={invites}
            label={p("import.invite")}
            onChange={(_, { checked }) => setInvites(checked === true)}
          />
          {rows.length > 0 && (
            <>
              <p role="status" id="import-count">
                {p("import.good", { count: good.length })}{" "}
                {rows.length > good.length && (
                  <strong className="wrong">
                    {p("import.bad", { count: rows.length - good.length })}
                  </strong>
                )}
              </p>
              <Preview rows={rows} />
            </>
          )}
          <Button
            id="import-go"
            appearance="primary"
            disabled={good.length === 0}
            onClick={() => void go()}
          >
            {p("import.go", { count: good.length })}
          </Button>
        </>
      )}
    </div>
  );
}
