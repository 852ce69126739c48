// A record as it leaves the server, as it is hashed, and the texts that it commits to.
import { Button, Tab, TabList } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons";
import { useState } from "react";

import { attempt, tell } from "../app";
import { Name } from "../name";
import { decode } from "./cbor";
import { diagnostic } from "./leaf";
import type { Read } from "./record";
import { t } from "./text";

const TABS = ["event", "leaf", "texts"] as const;
type TabName = (typeof TABS)[number];

/** Nothing in it can turn the direction of what is around it, or hide. */
const seen = (text: string): string =>
  text.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function Code({ id, text }: { id: string; text: string }) {
  return (
    <div className="log-codes">
      <Button
        size="small"
        appearance="subtle"
        icon={<Copy20Regular />}
        onClick={() =>
          void attempt(async () => {
            await navigator.clipboard.writeText(text);
            tell({ intent: "success", text: t("raw.copied") });
          })
        }
      >
        {t("raw.copy")}
      </Button>
      <pre id={id} className="log-code" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}

/** As it is exported: with the bytes of the record in its first event. */
const eventText = ({ events, given }: Read): string =>
  events
    .map((event, i) =>
      seen(JSON.stringify(i === 0 ? { ...event, raw_data: given.bundle } : event, null, 2)),
    )
    .join("\n");

function Texts({ bundle }: Read) {
  const { openings } = bundle.record;
  if (openings.length === 0) return <p className="hint">{t("raw.textsNone")}</p>;
  return (
    <>
      <p className="hint">{t("raw.textsText")}</p>
      <table className="log-texts">
        <thead>
          <tr>
            <th scope="col">{t("raw.field")}</th>
            <th scope="col">{t("raw.value")}</th>
            <th scope="col">{t("raw.held")}</th>
          </tr>
        </thead>
        <tbody>
          {openings.map(({ field, text, fits }, i) => (
            <tr key={i}>
              <td>{field}</td>
              <td>
                <Name text={text ?? t("erased")} />
              </td>
              <td className={fits === false ? "wrong" : "good"}>
                {fits === undefined ? "" : t(fits ? "raw.fits" : "raw.fitsNot")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Body({ tab, read }: { tab: TabName; read: Read }) {
  if (tab === "texts") return <Texts {...read} />;
  if (tab === "event") return <Code id="event" text={eventText(read)} />;
  return (
    <>
      <p className="hint">{t("raw.leafText")}</p>
      <Code id="leaf" text={diagnostic(decode(read.bundle.record.bytes))} />
    </>
  );
}

export function Raw(read: Read) {
  const [tab, setTab] = useState<TabName>("event");
  return (
    <section className="log-part" id="raw">
      <h2>{t("raw.title")}</h2>
      <TabList
        size="small"
        selectedValue={tab}
        onTabSelect={(_, { value }) => setTab(value as TabName)}
      >
        {TABS.map((one) => (
          <Tab key={one} value={one} id={`raw-${one}`}>
            {t(`raw.${one}`)}
          </Tab>
        ))}
      </TabList>
      <div role="tabpanel" aria-labelledby={`raw-${tab}`}>
        <Body tab={tab} read={read} />
      </div>
    </section>
  );
}
