// What opens a menu whose own code comes once it is needed: a button that tells that
// it has one, and where the menu stands.
import { type KeyboardEvent, useRef, useState } from "react";

/** Of an open menu. */
export interface Opened {
  readonly target: HTMLElement | null;
  /** `back`: to what opened it, not to where somebody pressed. */
  readonly onClose: (back: boolean) => void;
}

interface Opener {
  /** For the button. */
  readonly opener: {
    readonly ref: (button: HTMLButtonElement | null) => void;
    readonly "aria-haspopup": "menu";
    readonly "aria-expanded": boolean;
    readonly onPointerDown: () => void;
    readonly onClick: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
  readonly opened: Opened | undefined;
}

export function useOpener(): Opener {
  const [open, setOpen] = useState(false);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  // A press on the button, too, is one beside the menu, which closes it first.
  const was = useRef(false);
  return {
    opener: {
      ref: setButton,
      "aria-haspopup": "menu",
      "aria-expanded": open,
      onPointerDown: () => {
        was.current = open;
      },
      onClick: () => {
        setOpen(!was.current);
        was.current = false;
      },
      onKeyDown: (event) => {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        setOpen(true);
      },
    },
    opened: open
      ? {
          target: button,
          onClose: (back) => {
            setOpen(false);
            if (back) button?.focus();
          },
        }
      : undefined,
  };
}
