// Canaries: people whom nobody is, with files that nobody needs.
import { Badge, Button, Field, Input } from "@fluentui/react-components";
import { useState } from "react";

import type { Canary, Cause, Principal } from "../../../../clients/types";
import { tell } from "../app";
import { Asking, given } from "../asking";
import { call } from "../client/jmap";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { sayTaken } from "./acts";
import { directory } from "./directory";
import { WhoField } from "./fields";
import { readsLog, recordLink } from "./links";
import { useLoaded } from "./loaded";
import { Rows, Section } from "./section";
import { p } from "./words";

async function canaries(cause: Cause): Promise<readonly Canary[]> {
  const all: Canary[] = [];
  for (let as = cause; ; as = "prefetch") {
    const after = all.at(-1)?.principal;
    const page = await call(
      "canary.list",
      { limit: 500, ...(after === undefined ? {} : { after }) },
      as,
    );
    all.push(...page.list);
    if (!page.more) return all;
  }
}

function Plant({
  onClose,
  onDone,
}: {
  onClose: () => void;
  onDone: () => void;
}) {
  const [reader, setReader] = useState<Principal>();
  const [file, setFile] = useState("");
  return (
    <Asking
      title={p("canary.title")}
      button={p("canary.plant")}
      say={sayTaken}
      onClose={onClose}
      onDone={async (form) => {
        const name = given(form, "name").trim();
        const login = given(form, "login").trim();
        await call("canary.plant", {
          name,
          ...(login === "" ? {} : { login }),
          ...(file.trim() === "" ? {} : { file: file.trim() }),
          ...(reader === undefined || file.trim() === ""
            ? {}
            : { reader: reader.id }),
        });
        tell({ intent: "success", text: p("canary.planted", { name }) });
        onDone();
      }}
    >
      <p>{p("canary.text")}</p>
      <Field label={p("name.label")} hint={p("canary.nameHint")} required>
        <Input name="name" required maxLength={255} autoComplete="off" />
      </Field>
      <Field label={p("login.label")} hint={p("canary.loginHint")}>
        <Input name="login" maxLength={255} autoComplete="off" />
      </Field>
      <Field label={p("canary.file")} hint={p("canary.fileHint")}>
        <Input
          value={file}
          maxLength={255}
          autoComplete="off"
          onChange={(_, { value }) => setFile(value)}
        />
      </Field>
      {file.trim() !== "" && (
        <WhoField
          label={p("canary.reader")}
          hint={p("canary.readerHint")}
          list={directory.value.list.filter((one) => !one.ended)}
          onPick={setReader}
        />
      )}
    </Asking>
  );
}

function Touched({ canary }: { canary: Canary }) {
  if (canary.touched === undefined)
    return (
      <Badge appearance="tint" color="success" className="p-mark">
        {p("canary.untouched")}
      </Badge>
    );
  const text = p("canary.touched", { time: timeText(canary.touched) });
  return (
    <>
      <Badge appearance="tint" color="danger" className="p-mark p-long">
        {text}
      </Badge>{" "}
      {canary.alert !== undefined && readsLog() && (
        <Link href={recordLink(canary.alert)}>{p("canary.alert")}</Link>
      )}
    </>
  );
}

export function Canaries() {
  const loaded = useLoaded(canaries, "canaries");
  const [plants, setPlants] = useState(false);
  const [ending, setEnding] = useState<Canary>();
  return (
    <Section
      id="canaries"
      title={p("section.canaries")}
      hint={p("section.canariesText")}
      act={
        <Button id="canary-plant" onClick={() => setPlants(true)}>
          {p("canary.title")}
        </Button>
      }
    >
      <Rows
        of={loaded}
        list={loaded.value}
        none={p("canaries.none")}
        row={(canary) => (
          <li key={canary.principal}>
            <div>
              <Name text={canary.name} />
              <span className="hint">
                {[canary.login, canary.file_name]
                  .filter((text) => text !== undefined)
                  .map((text) => (
                    <span key={text}>
                      <Name text={text} /> ·{" "}
                    </span>
                  ))}
                {p("since", { time: dateText(canary.created) })}{" "}
                {canary.ended ? (
                  p("canary.ended")
                ) : (
                  <Touched canary={canary} />
                )}
              </span>
            </div>
            <Button
              aria-label={p("canary.endOne", { name: canary.name })}
              onClick={() => setEnding(canary)}
            >
              {p("end")}
            </Button>
          </li>
        )}
      />
      {plants && (
        <Plant
          onClose={() => setPlants(false)}
          onDone={() => {
            setPlants(false);
            void loaded.again();
          }}
        />
      )}
      {ending !== undefined && (
        <Asking
          title={p("canary.endTitle", { name: ending.name })}
          button={p("end")}
          onClose={() => setEnding(undefined)}
          onDone={async () => {
            const { principal, name } = ending;
            await call("canary.end", { principal });
            setEnding(undefined);
            tell({ intent: "success", text: p("canary.over", { name }) });
            await loaded.again();
          }}
        >
          <p>{p("canary.endText")}</p>
        </Asking>
      )}
    </Section>
  );
}
