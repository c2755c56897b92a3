import { useEffect, useState } from "react";
import { Icon } from "../identity/icon.js";
import styles from "./figures.module.css";

const SAID_MS = 2_000;

/**
 * Takes a text away that is shown nowhere as a whole. Where a page may not write to the clipboard (plain http), the
 * text goes through a field that is drawn for a moment, and the browser's old command.
 */
export function CopyButton({
  text,
  what,
  label,
}: {
  readonly text: string;
  /** `Copy the code`. */
  readonly what: string;
  /** Words beside the icon. */
  readonly label?: string;
}) {
  const [said, setSaid] = useState<"" | "Copied" | "Could not be copied">("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await written(text)) ? "Copied" : "Could not be copied");
  return (
    <>
      <button
        type="button"
        className={label === undefined ? styles["copy"] : styles["copyLabelled"]}
        aria-label={label === undefined ? `Copy ${what}` : undefined}
        onClick={() => void copy()}
      >
        <Icon name={said === "Copied" ? "check" : "copy"} />
        {label}
      </button>
      <span role="status" className="only-heard">
        {said}
      </span>
    </>
  );
}

async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No secure context, or not allowed.
    return writtenByField(text);
  }
}

function writtenByField(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "only-heard";
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
