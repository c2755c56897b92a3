import type { SignedText } from "@flockollamas/sdk";
import { useSyncExternalStore } from "react";
import { currentSession, subscribe as onSession, useSession } from "../data/session.js";

/**
 * Texts that were signed and handed in, of which nothing was heard. They are kept for this tab until an answer comes or
 * they lapse: the same text again has no second effect, while a new one would be a second request.
 */
export interface Unanswered {
  /** What is done with it: see `hand-in.ts`. */
  readonly purpose: Purpose;
  readonly title: string;
  readonly account: string;
  readonly text: string;
  readonly signature: string;
  /** When the text lapses; ISO 8601. */
  readonly expiresAt: string;
}

export type Purpose = "withdrawal" | "unstake" | "claim";

const PURPOSES: readonly string[] = ["withdrawal", "unstake", "claim"] satisfies readonly Purpose[];
const KEY = "flock.unanswered";
const NONE: readonly Unanswered[] = [];
const listeners = new Set<() => void>();
let kept: readonly Unanswered[] = stored();

// What somebody else signed is nothing to the next who signs in here. A session that merely ends takes nothing along.
onSession(() => {
  const account = currentSession()?.account ?? null;
  if (account !== null) change(kept.filter((each) => each.account === account));
});

/** Of the account that is signed in. */
export function useUnanswered(): readonly Unanswered[] {
  const session = useSession();
  return useSyncExternalStore(subscribe, () => kept).filter(({ account }) => account === session?.account);
}

export function keepUnanswered(signed: Unanswered): void {
  change([...kept.filter(({ text }) => text !== signed.text), signed]);
}

/** An answer came, whatever it said. */
export function forgetUnanswered({ text }: Pick<SignedText, "text">): void {
  change(kept.filter((each) => each.text !== text));
}

function change(next: readonly Unanswered[]): void {
  if (next.length === 0 && kept.length === 0) return;
  kept = next;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is switched off: they are kept as long as the page.
  }
  for (const listener of listeners) listener();
}

function stored(): readonly Unanswered[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isUnanswered) : NONE;
  } catch {
    // Storage is switched off, or something else wrote there.
    return NONE;
  }
}

function isUnanswered(value: unknown): value is Unanswered {
  if (typeof value !== "object" || value === null) return false;
  const { purpose, title, account, text, signature, expiresAt } = value as Record<string, unknown>;
  return (
    [title, account, text, signature].every((each) => typeof each === "string") &&
    typeof purpose === "string" &&
    PURPOSES.includes(purpose) &&
    typeof expiresAt === "string" &&
    Date.parse(expiresAt) > Date.now()
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
