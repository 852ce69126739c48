// Beside the document: comments with their answers, and tracked changes.
import { Button, Textarea } from "@fluentui/react-components";
import { Dismiss20Regular } from "@fluentui/react-icons";
import { type ReactNode, useEffect, useState } from "react";

import { Name } from "../name";
import { shownName, whenText } from "../format";
import { t } from "../words";
import { useDoc, useEditor, useEdits } from "./context";
import type { Change, Comment } from "./comments";
import { words, type Word } from "./words";

/** The engine's times have no zone: they are the server's, in UTC. */
function timeOf(text: string): string {
  const at = new Date(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(at.getTime()) ? "" : whenText(at.toISOString());
}

export function Panel({
  id,
  title,
  onClose,
  children,
}: {
  id: string;
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <aside className="d-panel" id={id} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <Button
          appearance="subtle"
          icon={<Dismiss20Regular />}
          aria-label={words("closePanel")}
          onClick={onClose}
        />
      </header>
      <div className="d-cards">{children}</div>
    </aside>
  );
}

/** A text that is written, and what it is for. */
function Write({
  id,
  label,
  button,
  given = "",
  onDone,
  onCancel,
}: {
  id: string;
  label: string;
  button: string;
  given?: string;
  onDone: (text: string) => void;
  onCancel: () => void;
}) {
  const [text, setText] = useState(given);
  useEffect(() => document.getElementById(id)?.focus(), [id]);
  const done = () => {
    if (text.trim() !== "") onDone(text.trim());
  };
  return (
    <form
      className="d-said"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <Textarea
        id={id}
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(_, { value }) => setText(value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done();
        }}
      />
      <div className="buttons">
        <Button type="submit" size="small" appearance="primary" disabled={text.trim() === ""}>
          {button}
        </Button>
        <Button size="small" onClick={onCancel}>
          {t("cancel")}
        </Button>
      </div>
    </form>
  );
}

type Doing = { readonly id: string; readonly what: "reply" | "edit" } | undefined;

function Said({
  comment,
  doing,
  onDoing,
  edits,
}: {
  comment: Comment;
  doing: Doing;
  onDoing: (doing: Doing) => void;
  edits: boolean;
}) {
  const { doc } = useEditor();
  const remove = { text: "DeleteComment", sheet: "DeleteNote", slides: "DeleteAnnotation" }[
    doc.store.value.kind ?? "text"
  ];
  const { id, author, time, text } = comment;
  if (doing?.id === id && doing.what === "edit")
    return (
      <Write
        id="comment-edit"
        label={words("commentText")}
        button={words("saveComment")}
        given={text}
        onDone={(to) => {
          doc.command("EditAnnotation", [id, to]);
          onDoing(undefined);
        }}
        onCancel={() => onDoing(undefined)}
      />
    );
  return (
    <div className="d-said">
      <header>
        <strong>
          <Name text={author} />
        </strong>
        <span className="hint">{timeOf(time)}</span>
      </header>
      <p>{shownText(text)}</p>
      {edits && (
        <div className="buttons">
          <Button size="small" appearance="subtle" onClick={() => onDoing({ id, what: "edit" })}>
            {words("edit")}
          </Button>
          <Button size="small" appearance="subtle" onClick={() => doc.command(remove, [id])}>
            {words("remove")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Lines stay lines; what turns the direction of text is shown as a mark. */
const shownText = (text: string): string =>
  text.split("\n").map(shownName).join("\n");

function Thread({
  comment,
  answers,
  doing,
  onDoing,
}: {
  comment: Comment;
  answers: readonly Comment[];
  doing: Doing;
  onDoing: (doing: Doing) => void;
}) {
  const { doc, view } = useEditor();
  const edits = useEdits() && doc.may("text");
  const text = useDoc(({ kind }) => kind === "text");
  const { id, author, time, resolved, place } = comment;
  const replies = doing?.id === id && doing.what === "reply";
  return (
    <article
      className={`d-card${resolved ? " d-resolved" : ""}`}
      data-comment={id}
      aria-label={words("commentBy", { name: author, time: timeOf(time) })}
      onClick={() => {
        if (place !== undefined) view?.reveal(place);
      }}
    >
      {[comment, ...answers].map((one) => (
        <Said key={one.id} comment={one} doing={doing} onDoing={onDoing} edits={edits} />
      ))}
      {resolved && <span className="hint">{words("resolved")}</span>}
      {replies ? (
        <Write
          id="comment-reply"
          label={words("replyTo", { name: author })}
          button={words("reply")}
          onDone={(said) => {
            doc.command("ReplyComment", [id, said]);
            onDoing(undefined);
          }}
          onCancel={() => onDoing(undefined)}
        />
      ) : (
        edits &&
        text && (
          <div className="buttons">
            <Button size="small" onClick={() => onDoing({ id, what: "reply" })}>
              {words("reply")}
            </Button>
            <Button size="small" onClick={() => doc.command("ResolveComment", [id])}>
              {words(resolved ? "reopenComment" : "resolve")}
            </Button>
          </div>
        )
      )}
    </article>
  );
}

/** The one that began it, whatever was answered. */
function rootOf(comment: Comment, all: ReadonlyMap<string, Comment>): string {
  let at = comment;
  for (let n = 0; n < all.size; n++) {
    const above = at.parent === undefined ? undefined : all.get(at.parent);
    if (above === undefined) break;
    at = above;
  }
  return at.id;
}

export function Comments({
  writes,
  onWrites,
  onClose,
}: {
  writes: boolean;
  onWrites: (is: boolean) => void;
  onClose: () => void;
}) {
  const { doc, refocus } = useEditor();
  const comments = useDoc((value) => value.comments);
  const part = useDoc((value) => value.part);
  const [doing, setDoing] = useState<Doing>();
  const all = new Map(comments.map((one) => [one.id, one]));
  const roots = comments
    .filter((one) => rootOf(one, all) === one.id)
    .filter((one) => one.part === undefined || one.part === part)
    .sort((a, b) => (a.place?.y ?? 0) - (b.place?.y ?? 0));
  return (
    <Panel id="comments" title={words("comments")} onClose={onClose}>
      {writes && (
        <article className="d-card">
          <Write
            id="comment-new"
            label={words("commentText")}
            button={words("commentAdd")}
            onDone={(text) => {
              doc.command("InsertAnnotation", [text]);
              onWrites(false);
              refocus();
            }}
            onCancel={() => onWrites(false)}
          />
        </article>
      )}
      {roots.map((one) => (
        <Thread
          key={one.id}
          comment={one}
          answers={comments.filter(
            (other) => other.id !== one.id && rootOf(other, all) === one.id,
          )}
          doing={doing}
          onDoing={setDoing}
        />
      ))}
      {roots.length === 0 && !writes && (
        <p className="hint">{words("commentsNone")}</p>
      )}
    </Panel>
  );
}

const KINDS: { readonly [kind: string]: Word } = {
  Insert: "inserted",
  Delete: "deleted",
  Format: "formatted",
  Attribute: "formatted",
};

function ChangeCard({ change }: { change: Change }) {
  const { doc } = useEditor();
  const edits = useEdits();
  const { index, author, time, kind, text } = change;
  return (
    <article className="d-card">
      <div className="d-said">
        <header>
          <strong>
            <Name text={author} />
          </strong>
          <span className="hint">
            {words(KINDS[kind] ?? "changed")} · {timeOf(time)}
          </span>
        </header>
        <p>{shownText(text)}</p>
      </div>
      {edits && (
        <div className="buttons">
          <Button size="small" onClick={() => doc.command("AcceptTrackedChange", [index])}>
            {words("accept")}
          </Button>
          <Button size="small" onClick={() => doc.command("RejectTrackedChange", [index])}>
            {words("reject")}
          </Button>
        </div>
      )}
    </article>
  );
}

export function Changes({ onClose }: { onClose: () => void }) {
  const changes = useDoc((value) => value.changes);
  return (
    <Panel id="changes-panel" title={words("changes")} onClose={onClose}>
      {changes.map((change) => (
        <ChangeCard key={change.index} change={change} />
      ))}
      {changes.length === 0 && <p className="hint">{words("changesNone")}</p>}
    </Panel>
  );
}
