// Which apps somebody may use, and by what.
import { Button } from "@fluentui/react-components";
import {
  CheckmarkCircle20Regular,
  DismissCircle20Regular,
} from "@fluentui/react-icons";

import type {
  AccessAnswer,
  App,
  Grant,
  Principal,
} from "../../../../clients/types";
import { attempt, tell } from "../app";
import { call } from "../client/jmap";
import { byTwo } from "./second";
import { useLoaded } from "./loaded";
import { Rows, Section } from "./section";
import { p } from "./words";

export const APPS = [
  "files",
  "documents",
  "mail",
  "log",
  "admin",
] as const satisfies readonly App[];

interface Use {
  readonly app: App;
  readonly answer: AccessAnswer;
  /** Given to them alone. */
  readonly own: Grant | undefined;
}

/** Looked up with all else of the page: nobody has asked why. */
const usesOf = (one: Principal): Promise<readonly Use[]> =>
  Promise.all(
    APPS.map(async (app) => {
      const [answer, { list }] = await Promise.all([
        call(
          "access.why",
          { principal: one.id, relation: "use", app },
          "prefetch",
        ),
        call("app.list", { app }, "prefetch"),
      ]);
      const own = list.find((grant) => grant.principal === one.id);
      return { app, answer, own };
    }),
  );

/** The group that they have it by: the nearest to the grant. */
const groupOf = ({ proof }: AccessAnswer): string | undefined =>
  proof.find((step) => step.relation === "member")?.name;

function UseRow({
  use: { app, answer, own },
  one,
  again,
}: {
  use: Use;
  one: Principal;
  again: () => Promise<void>;
}) {
  const group = groupOf(answer);
  const name = p(`app.${app}`);
  const change = () =>
    attempt(async () => {
      if (own !== undefined) {
        await call("app.revoke", { grant: own.id });
        tell({ intent: "success", text: p("app.taken", { name, app }) });
      } else {
        const args = { app, principal: one.id };
        if ((await byTwo("app.grant", args)) !== undefined)
          tell({ intent: "success", text: p("app.given", { name, app }) });
      }
      await again();
    });
  return (
    <li>
      {answer.allowed ? (
        <CheckmarkCircle20Regular className="good" />
      ) : (
        <DismissCircle20Regular className="p-no" />
      )}
      <div>
        <span>{name}</span>
        <span className="hint">
          {!answer.allowed
            ? p("app.no")
            : group === undefined
              ? p("app.own")
              : p("through", { name: group })}
        </span>
      </div>
      {!one.ended && (own !== undefined || !answer.allowed) && (
        <Button
          aria-label={p(own !== undefined ? "app.takeOne" : "app.giveOne", {
            name,
          })}
          onClick={() => void change()}
        >
          {p(own !== undefined ? "take" : "give")}
        </Button>
      )}
    </li>
  );
}

export function AppRights({ one }: { one: Principal }) {
  const loaded = useLoaded(() => usesOf(one), one.id);
  return (
    <Section id="apps" title={p("section.apps")} hint={p("section.appsText")}>
      <Rows
        of={loaded}
        list={loaded.value}
        none=""
        row={(use) => (
          <UseRow key={use.app} use={use} one={one} again={loaded.again} />
        )}
      />
    </Section>
  );
}
