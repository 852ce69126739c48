// Who has access to a folder or file, and how they get it; people, groups, links.
import {
  Button,
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dropdown,
  Field,
  Input,
  Option,
} from "@fluentui/react-components";
import { Delete20Regular, Dismiss20Regular } from "@fluentui/react-icons";
import { useCallback, useEffect, useState } from "react";

import type {
  Cause,
  FoundPrincipal,
  Grant,
  NodeId,
  Relation,
  SharedLink,
  WhoCan,
} from "../../../../clients/types";
import { attempt, me, tell } from "../app";
import { call } from "../client/jmap";
import { isCode, textOf } from "../client/problem";
import { dateText } from "../format";
import { Name } from "../name";
import { kindText, Somebody } from "../somebody";
import { t } from "../words";
import type { Item } from "./model";

const GIVEN = ["read", "edit", "owner"] as const satisfies Relation[];
const LINKED = ["read", "edit"] as const satisfies Relation[];

export function relationText(relation: Relation): string {
  return relation === "owner" || relation === "edit" || relation === "read"
    ? t(`relation.${relation}`)
    : t("relation.other");
}

// ---- whom one gives it to

function Add({ node, onGiven }: { node: NodeId; onGiven: () => void }) {
  const [who, setWho] = useState<FoundPrincipal>();
  const [relation, setRelation] = useState<Relation>("read");
  const give = () =>
    attempt(async () => {
      if (who === undefined) return;
      await call("share.grant", { node, principal: who.id, relation });
      tell({ intent: "success", text: t("share.given", { name: who.name }) });
      setWho(undefined);
      onGiven();
      // For the next one; and what is pressed can't be pressed without.
      document.getElementById("share-who")?.focus();
    });
  return (
    <div className="give">
      <Somebody
        id="share-who"
        label={t("share.add")}
        who={who}
        onPick={setWho}
      />
      <Field label={t("share.right")}>
        <Dropdown
          id="share-right"
          className="right"
          value={relationText(relation)}
          selectedOptions={[relation]}
          onOptionSelect={(_, { optionValue }) =>
            setRelation((optionValue ?? "read") as Relation)
          }
        >
          {GIVEN.map((one) => (
            <Option key={one} value={one}>
              {relationText(one)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Button
        id="share-give"
        appearance="primary"
        disabled={who === undefined}
        onClick={() => void give()}
      >
        {t("share.give")}
      </Button>
    </div>
  );
}

// ---- who has access

interface Access {
  readonly who: readonly WhoCan[];
  /** Those given on it itself, which can be ended here. */
  readonly own: ReadonlySet<string>;
  readonly grants: readonly Grant[];
}

async function accessTo(node: NodeId, cause: Cause): Promise<Access> {
  const [page, grants] = await Promise.all([
    call("access.who_can", { relation: "read", node, limit: 500 }, cause),
    call("share.list", { node }, cause),
  ]);
  const people = grants.list.filter((grant) => grant.kind !== "link");
  return {
    who: page.list.filter((one) => one.kind !== "link"),
    own: new Set(people.map((grant) => grant.id)),
    grants: people.filter((grant) => grant.kind === "group"),
  };
}

function howText(one: WhoCan, node: NodeId): string {
  return [
    relationText(one.relation),
    one.object !== node &&
      t("share.inherited", { name: one.object_name || t("share.home") }),
    one.group_name !== undefined &&
      t("share.through", { name: one.group_name }),
    one.expires !== undefined &&
      t("share.until", { time: dateText(one.expires) }),
  ]
    .filter((part) => part !== false)
    .join(" · ");
}

export function WhoHasAccess({ node }: { node: NodeId }) {
  const [access, setAccess] = useState<Access>();
  const [wrong, setWrong] = useState("");
  const load = useCallback(
    (cause: Cause) => {
      accessTo(node, cause).then(setAccess, (error: unknown) =>
        setWrong(isCode(error, "DENIED") ? t("share.owner") : textOf(error)),
      );
    },
    [node],
  );
  useEffect(() => load("user"), [load]);
  const end = (grant: Grant["id"]) =>
    attempt(async () => {
      await call("share.revoke", { grant });
      load("prefetch");
    });
  if (wrong !== "") return <p className="hint">{wrong}</p>;
  if (access === undefined) return <p className="hint">{t("waiting")}</p>;
  const groups = access.grants.filter((grant) => access.own.has(grant.id));
  const rows = [
    ...access.who.map((one) => ({
      key: one.principal,
      name: one.name,
      kind: one.kind,
      text: howText(one, node),
      // One's own right and the groups' are not ended here by accident.
      grant:
        access.own.has(one.grant) &&
        one.group === undefined &&
        one.principal !== me().principal
          ? one.grant
          : undefined,
    })),
    ...groups.map((grant) => ({
      key: grant.principal,
      name: grant.name ?? t("kind.group"),
      kind: "group" as const,
      text: relationText(grant.relation),
      grant: grant.id,
    })),
  ];
  return (
    <>
      <ul className="rows-of" id="who">
        {rows.map((row) => (
          <li key={`${row.key} ${row.text}`}>
            <div>
              <Name text={row.name} />
              <span className="hint">
                <bdi>
                  {[kindText(row.kind), row.text].filter(Boolean).join(" · ")}
                </bdi>
              </span>
            </div>
            {row.grant !== undefined && (
              <Button
                appearance="subtle"
                icon={<Delete20Regular />}
                aria-label={t("share.end", { name: row.name })}
                onClick={() => row.grant && void end(row.grant)}
              />
            )}
          </li>
        ))}
      </ul>
      <Add node={node} onGiven={() => load("prefetch")} />
    </>
  );
}

// ---- links

export function Links({ node }: { node: NodeId }) {
  const [links, setLinks] = useState<readonly SharedLink[]>([]);
  const [relation, setRelation] = useState<Relation>("read");
  const [label, setLabel] = useState("");
  const [password, setPassword] = useState("");
  const [secret, setSecret] = useState("");
  const load = useCallback(
    (cause: Cause) =>
      attempt(async () => {
        setLinks((await call("link.list", { node, limit: 500 }, cause)).list);
      }),
    [node],
  );
  useEffect(() => void load("user"), [load]);
  const make = () =>
    attempt(async () => {
      const made = await call("link.make", {
        node,
        relation,
        ...(label === "" ? {} : { label }),
        ...(password === "" ? {} : { password }),
      });
      setSecret(`${location.origin}/link#${made.secret ?? ""}`);
      setLabel("");
      setPassword("");
      await load("prefetch");
    });
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(secret);
      tell({ intent: "success", text: t("link.copied") });
      setSecret("");
    });
  const end = (link: SharedLink) =>
    attempt(async () => {
      await call("share.revoke", { grant: link.grant });
      await load("prefetch");
    });
  return (
    <section className="links">
      <h3>{t("link.title")}</h3>
      <p className="hint">{t("link.text")}</p>
      <ul className="rows-of" id="links">
        {links.map((link) => (
          <li key={link.id}>
            <div>
              <Name text={link.label || t("link.unnamed")} />
              <span className="hint">
                {[
                  relationText(link.relation),
                  t("share.until", { time: dateText(link.expires) }),
                  t("link.opened", { count: link.opened }),
                ].join(" · ")}
              </span>
            </div>
            <Button
              appearance="subtle"
              icon={<Delete20Regular />}
              aria-label={t("link.end", {
                name: link.label || t("link.unnamed"),
              })}
              onClick={() => void end(link)}
            />
          </li>
        ))}
      </ul>
      {secret !== "" && (
        <div className="give" role="status">
          <Field label={t("link.made")} className="grow">
            <Input id="link-secret" readOnly value={secret} />
          </Field>
          <Button
            id="link-copy"
            appearance="primary"
            onClick={() => void copy()}
          >
            {t("link.copy")}
          </Button>
        </div>
      )}
      <div className="give">
        <Field label={t("name.label")} className="grow">
          <Input
            value={label}
            maxLength={100}
            autoComplete="off"
            onChange={(_, { value }) => setLabel(value)}
          />
        </Field>
        <Field label={t("share.right")}>
          <Dropdown
            className="right"
            value={relationText(relation)}
            selectedOptions={[relation]}
            onOptionSelect={(_, { optionValue }) =>
              setRelation((optionValue ?? "read") as Relation)
            }
          >
            {LINKED.map((one) => (
              <Option key={one} value={one}>
                {relationText(one)}
              </Option>
            ))}
          </Dropdown>
        </Field>
      </div>
      <div className="give">
        <Field
          label={t("link.password")}
          hint={t("link.passwordHint")}
          className="grow"
        >
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(_, { value }) => setPassword(value)}
          />
        </Field>
        <Button id="link-make" onClick={() => void make()}>
          {t("link.make")}
        </Button>
      </div>
    </section>
  );
}

export default function ShareDialog({
  item,
  onClose,
}: {
  item: Item;
  onClose: () => void;
}) {
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open) onClose();
      }}
    >
      <DialogSurface id="share-dialog">
        <DialogBody>
          <DialogTitle
            action={
              <Button
                appearance="subtle"
                icon={<Dismiss20Regular />}
                aria-label={t("close")}
                onClick={onClose}
              />
            }
          >
            <bdi>{t("share.title", { name: item.name })}</bdi>
          </DialogTitle>
          <DialogContent>
            <h3>{t("share.who")}</h3>
            <WhoHasAccess node={item.id} />
            <Links node={item.id} />
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
