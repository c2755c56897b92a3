import { useSyncExternalStore } from "react";
import { withoutSecrets } from "../format/secret.js";
import { Icon } from "../identity/icon.js";
import { Button } from "./button.js";
import styles from "./toasts.module.css";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}

const SHOWN_MS = 6_000;
const SHOWN_MAX = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/**
 * Says what has just happened, for six seconds; an error stays until it is closed. A toast is not the only place of
 * what it says, and has no secret: those that look like ours are taken out.
 */
export function toast(text: string, { isBad = false }: { readonly isBad?: boolean } = {}): void {
  lastId += 1;
  const id = lastId;
  change([...toasts, { id, text: withoutSecrets(text), isBad }].slice(-SHOWN_MAX));
  if (!isBad) setTimeout(() => remove(id), SHOWN_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, current);
  return (
    <div className={styles["region"]} role="status" aria-label="Messages">
      {shown.map(({ id, text, isBad }) => (
        <div key={id} className={`${styles["toast"]} ${isBad ? styles["bad"] : ""}`}>
          <span>{text}</span>
          <Button look="quiet" aria-label="Close the message" onClick={() => remove(id)}>
            <Icon name="close" />
          </Button>
        </div>
      ))}
    </div>
  );
}

function current(): readonly Toast[] {
  return toasts;
}

function remove(id: number): void {
  change(toasts.filter((each) => each.id !== id));
}

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
