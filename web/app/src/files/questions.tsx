// The dialogs that something waits for.
import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Radio,
  RadioGroup,
  Spinner,
} from "@fluentui/react-components";
import { ChevronRight16Regular, Folder20Filled } from "@fluentui/react-icons";
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { FolderId, Node } from "../../../../clients/types";
import { me } from "../app";
import { call } from "../client/jmap";
import { textOf } from "../client/problem";
import { useStore } from "../store";
import { Name } from "../name";
import { t } from "../words";
import { type Conflict, type Question, questions } from "./ask";
import { type Crumb, crumbsOf, isFolder, view } from "./model";
import ShareDialog from "./share";

type Of<K extends Question["kind"]> = Extract<Question, { kind: K }>;

/** A dialog whose first button is what it is for. */
function Frame({
  id,
  title,
  button,
  disabled = false,
  onDone,
  onGiveUp,
  children,
}: {
  id: string;
  title: string;
  button: string;
  disabled?: boolean;
  onDone: () => void;
  onGiveUp: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open) onGiveUp();
      }}
    >
      <DialogSurface className="narrow" id={id}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!disabled) onDone();
          }}
        >
          <DialogBody>
            <DialogTitle>
              <bdi>{title}</bdi>
            </DialogTitle>
            <DialogContent className="fields">{children}</DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={disabled}>
                {button}
              </Button>
              <Button onClick={onGiveUp}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

function NameQuestion({ question }: { question: Of<"name"> }) {
  const [name, setName] = useState("");
  return (
    <Frame
      id="ask-name"
      title={question.title}
      button={question.button}
      disabled={name.trim() === ""}
      onDone={() => question.answer(name.trim())}
      onGiveUp={() => question.answer(undefined)}
    >
      <Field label={t("name.label")}>
        <Input
          id="name"
          value={name}
          autoFocus
          autoComplete="off"
          onChange={(_, { value }) => setName(value)}
        />
      </Field>
    </Frame>
  );
}

function SureQuestion({ question }: { question: Of<"sure"> }) {
  return (
    <Frame
      id="ask-sure"
      title={question.title}
      button={question.button}
      onDone={() => question.answer(true)}
      onGiveUp={() => question.answer(false)}
    >
      <p>{question.text}</p>
    </Frame>
  );
}

function ConflictQuestion({ question }: { question: Of<"conflict"> }) {
  const [choice, setChoice] = useState<Conflict>(
    question.replaceable ? "replace" : "both",
  );
  const [all, setAll] = useState(false);
  return (
    <Frame
      id="ask-conflict"
      title={t("conflict.title", { name: question.name })}
      button={t("conflict.go")}
      onDone={() => question.answer({ choice, all })}
      onGiveUp={() => question.answer(undefined)}
    >
      <RadioGroup
        aria-label={t("conflict.title", { name: question.name })}
        value={choice}
        onChange={(_, { value }) => setChoice(value as Conflict)}
      >
        {question.replaceable && (
          <Radio value="replace" label={t("conflict.replace")} />
        )}
        <Radio value="both" label={t("conflict.both")} />
        <Radio value="skip" label={t("conflict.skip")} />
      </RadioGroup>
      {question.many && (
        <Checkbox
          checked={all}
          label={t("conflict.all")}
          onChange={(_, { checked }) => setAll(checked === true)}
        />
      )}
    </Frame>
  );
}

// ---- a folder to choose

interface Inside {
  readonly crumbs: readonly Crumb[];
  readonly folders: readonly Node[];
}

async function look(folder: FolderId): Promise<Inside> {
  const crumbs = crumbsOf(folder);
  const folders: Node[] = [];
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof call<"folder.list">>> = await call(
      "folder.list",
      { folder, limit: 500, ...(after === undefined ? {} : { after }) },
      after === undefined ? "user" : "prefetch",
    );
    folders.push(...page.list.filter(isFolder));
    after = page.next;
  } while (after !== undefined);
  return { crumbs: await crumbs, folders };
}

function FolderQuestion({ question }: { question: Of<"folder"> }) {
  const { home } = me();
  const here = view.value.where;
  const [folder, setFolder] = useState<FolderId | undefined>(
    here?.kind === "folder" ? here.id : home,
  );
  const [inside, setInside] = useState<Inside>();
  const [wrong, setWrong] = useState("");
  const list = useRef<HTMLDivElement>(null);
  // On to the folders that have come; where there are none, to what it is for.
  useEffect(() => {
    if (inside === undefined) return;
    const first = list.current?.querySelector<HTMLElement>(":enabled");
    const done = list.current?.closest("form")?.querySelector("[type=submit]");
    (first ?? (done as HTMLElement | null | undefined))?.focus();
  }, [inside]);
  useEffect(() => {
    if (folder === undefined) return undefined;
    let live = true;
    setInside(undefined);
    look(folder).then(
      (found) => live && setInside(found),
      (error: unknown) => live && setWrong(textOf(error)),
    );
    return () => {
      live = false;
    };
  }, [folder]);
  const moved = new Set(question.items.map((item) => item.id));
  const name = new Intl.Collator().compare;
  return (
    <Frame
      id="ask-folder"
      title={question.title}
      button={question.button}
      disabled={inside === undefined}
      onDone={() => question.answer(folder)}
      onGiveUp={() => question.answer(undefined)}
    >
      <nav className="crumbs small" aria-label={t("crumbs.label")}>
        <button type="button" className="plain" onClick={() => setFolder(home)}>
          {t("files.title")}
        </button>
        {inside?.crumbs.map((crumb) => (
          <span key={crumb.id}>
            <ChevronRight16Regular />
            <button
              type="button"
              className="plain"
              onClick={() => setFolder(crumb.id)}
            >
              <Name text={crumb.name} />
            </button>
          </span>
        ))}
      </nav>
      {wrong !== "" && (
        <p className="wrong" role="alert">
          {wrong}
        </p>
      )}
      <div className="pick" ref={list}>
        {inside === undefined && wrong === "" && <Spinner size="small" />}
        {inside?.folders.length === 0 && (
          <p className="hint">{t("folder.none")}</p>
        )}
        {inside &&
          [...inside.folders]
            .sort((a, b) => name(a.name, b.name))
            .map((one) => (
              <button
                type="button"
                key={one.id}
                className="pick-one"
                disabled={moved.has(one.id)}
                aria-label={t("folder.into", { name: one.name })}
                onClick={() => setFolder(one.id as FolderId)}
              >
                <Folder20Filled className="folder-icon" />
                <Name text={one.name} />
              </button>
            ))}
      </div>
    </Frame>
  );
}

export default function Questions() {
  const question = useStore(questions, (value) => value.list[0]);
  switch (question?.kind) {
    case "name":
      return <NameQuestion question={question} />;
    case "sure":
      return <SureQuestion question={question} />;
    case "conflict":
      return <ConflictQuestion key={question.name} question={question} />;
    case "folder":
      return <FolderQuestion question={question} />;
    case "share":
      return <ShareDialog item={question.item} onClose={question.answer} />;
    case undefined:
      return null;
  }
}
