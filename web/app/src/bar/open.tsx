// What stands open now: all that lets anybody do anything, looked at page by page.
// What isn't sound is shown, and the rights that nobody has ever used.
import { Button, ProgressBar } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import type { Authority } from "../../../../clients/types";
import { hasOneOf } from "../app";
import { isSilent, textOf } from "../client/problem";
import { timeText } from "../format";
import { Name } from "../name";
import { type Census, census } from "./census";
import { RecordLink } from "./records";
import { b } from "./words";

const SHOWN = 50;

const isUnused = (one: Authority): boolean =>
  one.kind === "grant" && one.sound && one.used === undefined;

function One({ one }: { one: Authority }) {
  return (
    <li>
      <div>
        <Name
          text={b("open.of", {
            sort: one.sort === "" ? b(`kind.${one.kind}`) : one.sort,
            name: one.name ?? b("open.nobody"),
          })}
        />
        <span className="hint">
          {one.wrong !== undefined && (
            <span className="wrong">
              <Name text={one.wrong} />{" "}
            </span>
          )}
          {one.time !== undefined && (
            <Name
              text={b("open.made", {
                by: one.by_name ?? b("open.nobody"),
                time: timeText(one.time),
              })}
            />
          )}{" "}
          ·{" "}
          <RecordLink
            sequence={one.sequence}
            text={b("open.record", { sequence: String(one.sequence) })}
          />
        </span>
      </div>
    </li>
  );
}

function List({ list }: { list: readonly Authority[] }) {
  return (
    <>
      <ul className="rows-of">
        {list.slice(0, SHOWN).map((one) => (
          <One key={one.id} one={one} />
        ))}
      </ul>
      {list.length > SHOWN && (
        <p className="hint">{b("open.more", { count: list.length - SHOWN })}</p>
      )}
    </>
  );
}

function Result({ found: { looked, list, done } }: { found: Census }) {
  const wrong = list.filter((one) => !one.sound);
  const unused = list.filter(isUnused);
  return (
    <>
      {!done && <ProgressBar aria-label={b("open.title")} />}
      <p role="status" id="open-result">
        {!done
          ? b("open.looking", { count: looked })
          : wrong.length === 0
            ? b("open.good", { count: looked })
            : b("open.bad", { count: wrong.length })}
      </p>
      {wrong.length > 0 && <List list={wrong} />}
      {done && unused.length > 0 && (
        <details className="bar-records">
          <summary>{b("open.unused", { count: unused.length })}</summary>
          <List list={unused} />
        </details>
      )}
    </>
  );
}

export function Open() {
  const [found, setFound] = useState<Census>();
  const [wrong, setWrong] = useState("");
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const begin = async () => {
    setWrong("");
    setFound({ looked: 0, list: [], done: false });
    try {
      await census(
        (one) => !one.sound || isUnused(one),
        (now) => {
          if (here.current) setFound(now);
          return here.current;
        },
      );
    } catch (error) {
      setFound(undefined);
      if (!isSilent(error)) setWrong(textOf(error));
    }
  };
  return (
    <section className="bar-open" aria-labelledby="bar-open">
      <h2 id="bar-open">{b("open.title")}</h2>
      <p className="hint">{b("open.text")}</p>
      {wrong !== "" && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      {found !== undefined && <Result found={found} />}
      {!hasOneOf(["log_reader"]) ? (
        <p className="hint">{b("open.denied")}</p>
      ) : (
        (found === undefined || found.done) && (
          <Button id="open-look" onClick={() => void begin()}>
            {b("open.look")}
          </Button>
        )
      )}
    </section>
  );
}
