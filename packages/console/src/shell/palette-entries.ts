import { useEffect, useSyncExternalStore } from "react";

/** Something that the command palette leads to. */
export interface PaletteEntry {
  readonly title: string;
  /** What it is, in a word: `page`, `model`, `key`. */
  readonly kind: string;
  readonly to: string;
  /** Other words by which it is found. */
  readonly words?: readonly string[];
}

/** Makes entries of what was typed or pasted, such as an id; none if it is nothing of its kind. */
export type PaletteSource = (typed: string) => readonly PaletteEntry[];

const sources = new Set<PaletteSource>();
const listeners = new Set<() => void>();
let state: { readonly isOpen: boolean } = { isOpen: false };

/** While the caller is drawn, the palette also knows what `source` says. Give a function that stays the same. */
export function usePaletteSource(source: PaletteSource): void {
  useEffect(() => {
    sources.add(source);
    return () => {
      sources.delete(source);
    };
  }, [source]);
}

export function entriesFor(typed: string): readonly PaletteEntry[] {
  return [...sources].flatMap((source) => source(typed));
}

export function openPalette(): void {
  change(true);
}

export function closePalette(): void {
  change(false);
}

export function useIsPaletteOpen(): boolean {
  return useSyncExternalStore(subscribe, () => state.isOpen);
}

function change(isOpen: boolean): void {
  state = { isOpen };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
