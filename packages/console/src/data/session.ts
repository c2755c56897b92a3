import { useSyncExternalStore } from "react";

/** Who is signed in, in this tab: by a wallet, or by an API key that was pasted (which can only read). */
export interface Session {
  readonly kind: "wallet" | "key";
  readonly token: string;
  /** The account's address; `null` while it is not known. */
  readonly account: string | null;
  /** ISO 8601; `null`: when the key is revoked. */
  readonly expiresAt: string | null;
}

const KEY = "flock.session";
const listeners = new Set<() => void>();

/**
 * In memory, and in `sessionStorage` so that a reload keeps it. Never in `localStorage`, where it would outlive the
 * tab, and never in a URL, where others read it.
 */
let session: Session | null = stored();

export function currentSession(): Session | null {
  return session;
}

export function useSession(): Session | null {
  return useSyncExternalStore(subscribe, currentSession);
}

export function startSession(started: Session): void {
  session = started;
  keep(JSON.stringify(started));
  announce();
}

export function endSession(): void {
  if (session === null) return;
  session = null;
  keep(null);
  announce();
}

/** Calls `listener` when somebody has signed in or out. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function announce(): void {
  for (const listener of listeners) listener();
}

function keep(text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, text);
  } catch {
    // Storage is switched off: the session lasts as long as the page.
  }
}

function stored(): Session | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (typeof value !== "object" || value === null || !("token" in value)) return null;
    const { kind, token, account, expiresAt } = value as Record<string, unknown>;
    if (typeof token !== "string" || (kind !== "wallet" && kind !== "key")) return null;
    if (typeof expiresAt === "string" && Date.parse(expiresAt) <= Date.now()) return null;
    return {
      kind,
      token,
      account: typeof account === "string" ? account : null,
      expiresAt: typeof expiresAt === "string" ? expiresAt : null,
    };
  } catch {
    // Storage is switched off, or something else wrote there: nobody is signed in.
    return null;
  }
}
