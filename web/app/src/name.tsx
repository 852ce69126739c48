import { shownName } from "./format";

/** A text that somebody gave: it can't change how what is around it reads. */
export function Name({ text, className }: { text: string; className?: string }) {
  return <bdi {...(className ? { className } : {})}>{shownName(text)}</bdi>;
}
