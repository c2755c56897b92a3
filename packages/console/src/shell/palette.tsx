import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../ui/dialog.js";
import { pages } from "./pages.js";
import styles from "./palette.module.css";
import {
  closePalette,
  entriesFor,
  openPalette,
  type PaletteEntry,
  useIsPaletteOpen,
  usePaletteSource,
} from "./palette-entries.js";

const SHOWN_MAX = 12;

/** Goes anywhere by name: Ctrl K or ⌘ K. */
export function Palette() {
  const isOpen = useIsPaletteOpen();
  usePaletteSource(pageEntries);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      openPalette();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <Dialog title="Go to" isOpen={isOpen} onClose={closePalette}>
      <Search />
    </Dialog>
  );
}

function pageEntries(typed: string): readonly PaletteEntry[] {
  const sought = typed.trim().toLowerCase();
  return pages
    .filter(({ title, words = [] }) => [title, ...words].some((word) => word.toLowerCase().includes(sought)))
    .map(({ title, rail }) => ({ title, kind: "page", to: rail.to }));
}

function Search() {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const [, navigate] = useLocation();
  const id = useId();
  const known = pages.flatMap(({ paletteSource }) => paletteSource?.(typed) ?? []);
  const entries = [...entriesFor(typed), ...known].slice(0, SHOWN_MAX);
  const go = (entry: PaletteEntry | undefined) => {
    if (entry === undefined) return;
    closePalette();
    navigate(entry.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      setActive((active + step + entries.length) % entries.length);
    } else if (event.key === "Enter") go(entries[active]);
  };
  return (
    <>
      <input
        className={styles["input"]}
        role="combobox"
        aria-label="Page, model or id"
        aria-expanded={entries.length > 0}
        aria-controls={id}
        aria-activedescendant={entries.length > 0 ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder="A page, a model, or an id that you paste"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Results" className={styles["list"]}>
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the input has them
          <div
            key={`${entry.kind} ${entry.to}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className={styles["option"]}
            onClick={() => go(entry)}
          >
            {entry.title}
            <span className={styles["kind"]}>{entry.kind}</span>
          </div>
        ))}
      </div>
      <p role="status" className={entries.length > 0 ? "only-heard" : styles["kind"]}>
        {entries.length > 0 ? `${entries.length} found` : "Nothing has this name."}
      </p>
    </>
  );
}
