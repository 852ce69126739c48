// Everything that lets somebody act, as the tables that decide have it, each held
// against the record that made it. It is looked for among all that there is.
import { Button, ProgressBar } from "@fluentui/react-components";
import { CheckmarkCircle20Regular, DismissCircle20Regular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";

import type { Authority, Principal } from "../../../../clients/types";
import { type Census, census } from "../bar/census";
import { isSilent, textOf } from "../client/problem";
import { dateText, timeText } from "../format";
import { Name } from "../name";
import { Link } from "../router";
import { recordLink } from "./links";
import { Section } from "./section";
import { isPeopleKey, p } from "./words";

/** "Passkey", "Right: edit" */
function sortText({ kind, sort }: Authority): string {
  const known = `credential.${sort}`;
  const right = `right.${sort}`;
  const role = `role.${sort}`;
  const what = [known, right, role].find(isPeopleKey);
  const name = what !== undefined && isPeopleKey(what) ? p(what) : sort;
  return p(`authority.${kind}`, { sort: name });
}

function Row({ one }: { one: Authority }) {
  return (
    <li>
      {one.sound ? (
        <CheckmarkCircle20Regular className="good" />
      ) : (
        <DismissCircle20Regular className="p-no" />
      )}
      <div>
        <Name text={sortText(one)} />
        <span className="hint">
          {one.wrong !== undefined && (
            <span className="wrong">
              <Name text={one.wrong} />{" "}
            </span>
          )}
          {one.time !== undefined && (
            <Name
              text={p(one.by_name === undefined ? "why.when" : "why.whenBy", {
                time: timeText(one.time),
                by: one.by_name ?? "",
              })}
            />
          )}
          {one.expires !== undefined &&
            ` · ${p("until", { time: dateText(one.expires) })}`}
          {" · "}
          <Link href={recordLink(one.sequence)}>
            {p("why.record", { sequence: String(one.sequence) })}
          </Link>
        </span>
      </div>
    </li>
  );
}

export function AllThatLets({ one }: { one: Principal }) {
  const [found, setFound] = useState<Census>();
  const [wrong, setWrong] = useState("");
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const look = async () => {
    setWrong("");
    try {
      await census(
        (each) => each.principal === one.id || each.id === one.id,
        (now) => {
          if (here.current) setFound(now);
          return here.current;
        },
      );
    } catch (error) {
      if (!isSilent(error)) setWrong(textOf(error));
    }
  };
  return (
    <Section
      id="authority"
      title={p("section.authority")}
      hint={p("section.authorityText")}
    >
      {wrong !== "" && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      {found === undefined ? (
        <span className="buttons">
          <Button id="authority-look" onClick={() => void look()}>
            {p("authority.look")}
          </Button>
        </span>
      ) : (
        <>
          {!found.done && <ProgressBar aria-label={p("section.authority")} />}
          <p role="status" className="hint">
            {p("authority.count", { count: found.list.length })}
          </p>
          <ul className="rows-of">
            {found.list.map((each) => (
              <Row key={each.id} one={each} />
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
