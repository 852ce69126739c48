// A row of commands: one stop on the way of the tabulator; arrows go from one to the
// next.
import {
  type KeyboardEvent,
  type ReactNode,
  useLayoutEffect,
  useRef,
} from "react";

interface ToolbarProps {
  readonly label: string;
  readonly children: ReactNode;
}

export function Toolbar({ label, children }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const last = useRef<Element>(null);
  const buttons = () => [
    ...(bar.current?.querySelectorAll<HTMLButtonElement>(
      "button:not(:disabled)",
    ) ?? []),
  ];
  const stop = () => {
    const all = buttons();
    const at = all.find((one) => one === last.current) ?? all[0];
    for (const one of all) one.tabIndex = one === at ? 0 : -1;
  };
  // Which commands there are changes with what is chosen.
  useLayoutEffect(stop);

  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttons();
    const at = all.findIndex((one) => one === event.target);
    if (at < 0) return;
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1 + all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[to % all.length]?.focus();
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      className="commands"
      aria-label={label}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        last.current = event.target;
        stop();
      }}
    >
      {children}
    </div>
  );
}
