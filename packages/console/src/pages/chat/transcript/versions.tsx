import { Icon } from "../../../identity/icon.js";
import { Button } from "../../../ui/button.js";
import type { Turn } from "../conversation/turns.js";
import { useActions } from "./actions.js";
import styles from "./transcript.module.css";

/** Whether two lists name the same turns: lists are made anew for each frame of an answer. */
export function areSameTurns(a: readonly Turn[], b: readonly Turn[]): boolean {
  return a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);
}

/** `‹ 2 of 3 ›`: other versions of a question or of its answer. */
export function Versions({ turn, versions }: { readonly turn: Turn; readonly versions: readonly Turn[] }) {
  const actions = useActions();
  if (versions.length < 2) return null;
  const at = versions.findIndex(({ id }) => id === turn.id);
  const [before, after] = [versions[at - 1], versions[at + 1]];
  return (
    <span className={styles["versions"]}>
      <Button
        look="quiet"
        aria-label="Version before"
        disabled={before === undefined}
        onClick={() => before && actions.show(before)}
      >
        <span className={styles["before"]}>
          <Icon name="chevron" />
        </span>
      </Button>
      <span>
        {at + 1} of {versions.length}
      </span>
      <Button
        look="quiet"
        aria-label="Version after"
        disabled={after === undefined}
        onClick={() => after && actions.show(after)}
      >
        <span className={styles["after"]}>
          <Icon name="chevron" />
        </span>
      </Button>
    </span>
  );
}
