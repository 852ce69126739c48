// A dialog that shows something, and is closed.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import type { ReactNode } from "react";

import { t } from "../words";

/** Only its button closes it: what it shows may be shown this once. */
export function Shown({
  title,
  wide = false,
  onClose,
  children,
}: {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog open modalType="alert">
      <DialogSurface className={wide ? "" : "narrow"} id="shown">
        <DialogBody>
          <DialogTitle>
            <bdi>{title}</bdi>
          </DialogTitle>
          <DialogContent className="fields">{children}</DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {t("done")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
