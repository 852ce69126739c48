// A question with fields, or only with its words: the first button does what the
// title says, and what is refused is said above the fields.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { type ReactNode, useState } from "react";

import { isSilent, textOf } from "./client/problem";
import { t } from "./words";

export function Asking({
  title,
  button,
  wide = false,
  disabled = false,
  say = textOf,
  onDone,
  onClose,
  children,
}: {
  title: string;
  button: string;
  wide?: boolean;
  disabled?: boolean;
  /** What was refused, in words. */
  say?: (error: unknown) => string;
  onDone: (form: FormData) => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}) {
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const done = async (form: FormData) => {
    if (busy || disabled) return;
    setWrong("");
    setBusy(true);
    try {
      await onDone(form);
    } catch (error) {
      if (!isSilent(error)) setWrong(say(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(_, { open }) => {
        if (!open) onClose();
      }}
    >
      <DialogSurface className={wide ? "" : "narrow"} id="asking">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void done(new FormData(event.currentTarget));
          }}
        >
          <DialogBody>
            <DialogTitle>
              <bdi>{title}</bdi>
            </DialogTitle>
            <DialogContent className="fields">
              {wrong !== "" && (
                <p className="wrong" role="alert">
                  {wrong}
                </p>
              )}
              {children}
            </DialogContent>
            <DialogActions>
              <Button
                type="submit"
                appearance="primary"
                disabled={disabled}
                disabledFocusable={busy}
              >
                {button}
              </Button>
              <Button onClick={onClose}>{t("cancel")}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

/** What was typed into the field of that name. */
export const given = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
};
