// Whether somebody has a right, and why: asked about a role, an app, or a file or
// folder of one's own; answered by a sentence, and the way drawn step by step.
import {
  Button,
  Combobox,
  Field,
  Option,
  Radio,
  RadioGroup,
  Select,
} from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import type {
  AccessAnswer,
  AccessWhy,
  App,
  NodeId,
  Principal,
  Relation,
  UnitId,
} from "../../../../clients/types";
import { call } from "../client/jmap";
import { isCode, isSilent, textOf } from "../client/problem";
import { shownName } from "../format";
import { Name } from "../name";
import { APPS } from "./app-rights";
import { hasRole } from "./directory";
import { type Asked, Drawn } from "./path";
import { RoleFields } from "./roles";
import { Section } from "./section";
import { p } from "./words";

const ON_FILES = [
  "read",
  "edit",
  "owner",
  "see",
  "text",
  "copy",
  "print",
  "export",
] as const satisfies readonly Relation[];

type About = "role" | "app" | "node";

interface Picked {
  readonly id: NodeId;
  readonly name: string;
}

/** An address of the app's names a folder or file, too. */
const idIn = (text: string): NodeId | undefined =>
  /\b[df][0-9a-z]{13}\b/.exec(text)?.[0] as NodeId | undefined;

async function find(text: string): Promise<readonly Picked[]> {
  const id = idIn(text);
  if (id !== undefined) {
    const node = await call("node.get", { node: id }, "prefetch");
    return [{ id, name: node.name }];
  }
  const { list } = await call("node.search", { text, limit: 20 }, "prefetch");
  return list;
}

const PAUSE_MS = 200;

function NodeField({ onPick }: { onPick: (node: Picked | undefined) => void }) {
  const [text, setText] = useState("");
  const [list, setList] = useState<readonly Picked[]>([]);
  const asked = useRef("");
  useEffect(() => {
    const now = text.trim();
    asked.current = now;
    if (now === "") {
      setList([]);
      return undefined;
    }
    const timer = setTimeout(() => {
      find(now).then(
        (found) => asked.current === now && setList(found),
        () => asked.current === now && setList([]),
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <Field label={p("why.node")} hint={p("why.nodeHint")}>
      <Combobox
        id="why-node"
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
        {list.map((one) => (
          <Option key={one.id} value={one.id} text={shownName(one.name)}>
            <Name text={one.name} />
          </Option>
        ))}
        {list.length === 0 && (
          <Option disabled value="" text="">
            {p("why.nodeNone")}
          </Option>
        )}
      </Combobox>
    </Field>
  );
}

interface Answered {
  readonly asked: Asked;
  readonly answer: AccessAnswer;
}

export function Why({ one }: { one: Principal }) {
  const org = hasRole("user_admin");
  const [about, setAbout] = useState<About>(org ? "app" : "role");
  const [node, setNode] = useState<Picked>();
  const [answered, setAnswered] = useState<Answered>();
  const [wrong, setWrong] = useState("");

  const ask = async (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? "");
    const unit = text("unit") as UnitId | "";
    const app = text("app") as App;
    const relation = (about === "app" ? "use" : text("relation")) as Relation;
    const args: AccessWhy = {
      principal: one.id,
      relation,
      ...(about === "app" ? { app } : {}),
      ...(about === "role" && unit !== "" ? { unit } : {}),
      ...(about === "node" && node !== undefined ? { node: node.id } : {}),
    };
    setWrong("");
    try {
      const answer = await call("access.why", args);
      setAnswered({ asked: { who: one, ...args, name: node?.name }, answer });
    } catch (error) {
      setAnswered(undefined);
      if (!isSilent(error))
        setWrong(
          isCode(error, "DENIED", "NOT_FOUND") && about === "node"
            ? p("why.notYours")
            : textOf(error),
        );
    }
  };

  return (
    <Section id="why" title={p("section.why")} hint={p("section.whyText")}>
      <form
        className="fields p-why"
        onSubmit={(event) => {
          event.preventDefault();
          void ask(new FormData(event.currentTarget));
        }}
      >
        {org && (
          <Field label={p("why.about")}>
            <RadioGroup
              layout="horizontal"
              value={about}
              onChange={(_, { value }) => {
                setAbout(value as About);
                setAnswered(undefined);
                setWrong("");
              }}
            >
              <Radio value="app" label={p("why.app")} />
              <Radio value="role" label={p("why.role")} />
              <Radio value="node" label={p("why.file")} />
            </RadioGroup>
          </Field>
        )}
        {about === "app" && (
          <Field label={p("why.use")}>
            <Select name="app">
              {APPS.map((app) => (
                <option key={app} value={app}>
                  {p(`app.${app}`)}
                </option>
              ))}
            </Select>
          </Field>
        )}
        {about === "role" && <RoleFields unit={one.unit} />}
        {about === "node" && (
          <>
            <NodeField onPick={setNode} />
            <Field label={p("why.may")}>
              <Select name="relation">
                {ON_FILES.map((relation) => (
                  <option key={relation} value={relation}>
                    {p(`right.${relation}`)}
                  </option>
                ))}
              </Select>
            </Field>
          </>
        )}
        <Button
          id="why-ask"
          type="submit"
          appearance="primary"
          disabled={about === "node" && node === undefined}
        >
          {p("why.ask")}
        </Button>
      </form>
      {wrong !== "" && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      <div role="status">
        {answered !== undefined && (
          <Drawn asked={answered.asked} answer={answered.answer} />
        )}
      </div>
    </Section>
  );
}
