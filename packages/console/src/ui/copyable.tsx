import { useEffect, useRef, useState } from "react";
import { shortAddress } from "../format/address.js";
import { Icon } from "../identity/icon.js";
import styles from "./figures.module.css";

const SAID_MS = 2_000;

export interface CopyableProps {
  readonly text: string;
  /** What it is, for the button: `Copy the address`. */
  readonly what: string;
  /** `short`: `7vJ4…x9Qe`. `whole`: in the line. `block`: on its own, and it may wrap. */
  readonly look?: "short" | "whole" | "block";
}

/**
 * A text to take away. On plain http a page may not write to the clipboard: then the text is selected, and the button
 * says what to press.
 */
export function Copyable({ text, what, look = "short" }: CopyableProps) {
  const shown = useRef<HTMLElement>(null);
  const [said, setSaid] = useState<"copied" | "selected" | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      // No secure context, or not allowed: the person copies it.
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      setSaid("selected");
    }
  };
  const words = { copied: "Copied", selected: "Selected: copy it with Ctrl or ⌘ C" };
  return (
    <span className={[styles["copyable"], look === "block" ? styles["block"] : ""].join(" ")}>
      <code ref={shown} className={styles["text"]} title={look === "short" ? text : undefined}>
        {look === "short" && said !== "selected" ? shortAddress(text) : text}
      </code>
      <button
        type="button"
        className={styles["copy"]}
        aria-label={`Copy ${what}`}
        onClick={() => void copy()}
      >
        <Icon name={said === "copied" ? "check" : "copy"} />
      </button>
      <span role="status" className="only-heard">
        {said === null ? "" : words[said]}
      </span>
    </span>
  );
}
