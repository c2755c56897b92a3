import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, useRef } from "react";
import { Icon } from "../identity/icon.js";
import { buttonClass } from "./button.js";
import styles from "./dialog.module.css";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /**
   * `true` for what is shown once, such as a new key: neither Esc nor a click beside it closes it, and it has no ×.
   * Its own button does.
   */
  readonly isHeld?: boolean;
}

/** In the middle, for a question or a form. Focus stays inside and goes back to where it was. */
export function Dialog(props: DialogProps) {
  return <Modal {...props} look="dialog" />;
}

/** At the side, or from below on a phone, for details and for what a wallet will sign. */
export function Sheet(props: DialogProps) {
  return <Modal {...props} look="sheet" />;
}

/** The row of buttons at the end of a dialog, the main one last. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className={styles["actions"]}>{children}</div>;
}

function Modal({
  title,
  isOpen,
  onClose,
  children,
  isHeld = false,
  look,
}: DialogProps & { readonly look: "dialog" | "sheet" }) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={isOpen}
      onOpenChange={(open) => {
        if (!open && !isHeld) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={styles["backdrop"]} />
        <Base.Popup ref={popup} className={styles[look]} initialFocus={() => firstField(popup.current)}>
          <div className={styles["head"]}>
            <Base.Title className={styles["title"]}>{title}</Base.Title>
            {isHeld ? null : (
              <Base.Close className={buttonClass("quiet")} aria-label="Close">
                <Icon name="close" />
              </Base.Close>
            )}
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Where somebody begins to type; `true`: there is nothing to fill in, and focus goes to the first control. */
function firstField(popup: HTMLElement | null): HTMLElement | true {
  return popup?.querySelector<HTMLElement>("input, select, textarea") ?? true;
}
