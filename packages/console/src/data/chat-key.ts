import { useSyncExternalStore } from "react";
import { request } from "./client.js";
import { currentSession, subscribe as subscribeSession } from "./session.js";

/**
 * The key that this tab chats with, where the session itself cannot: models take API keys and no sessions. It is
 * pasted, or made for a member who agrees to it: with the scope `inference` alone, a budget of a day, and an end no
 * later than the session's. It is kept as the session is (memory and `sessionStorage`), and revoked with it: signing
 * out ends it at once, and where no sign-out comes it ends by itself.
 */
interface ChatKey {
  readonly token: string;
  /** `null`: it was pasted, and is its owner's to revoke. */
  readonly id: string | null;
}

const KEY = "flock.chat-key";
const LABEL = "console";
const DAY_MS = 86_400_000;

const listeners = new Set<() => void>();
let chatKey: ChatKey | null = stored();

export function useChatKey(): ChatKey | null {
  return useSyncExternalStore(subscribe, () => chatKey);
}

export function currentChatKey(): ChatKey | null {
  return chatKey;
}

export function pasteKey(token: string): void {
  change({ token, id: null });
}

export function forgetKey(): void {
  change(null);
}

/** Makes a key for this tab. @throws ApiError */
export async function makeKey(budgetDayMicro: bigint): Promise<void> {
  const session = currentSession();
  const { id, api_key } = await request<{ readonly id: string; readonly api_key: string }>("/flock/v1/keys", {
    method: "POST",
    body: {
      label: LABEL,
      scopes: ["inference"],
      budget_day_micro: budgetDayMicro.toString(),
      expires_at: session?.expiresAt ?? new Date(Date.now() + DAY_MS).toISOString(),
    },
  });
  change({ token: api_key, id });
}

/** Revokes the key if it was made here. @param token Of the session that is about to end. */
export async function revokeMadeKey(token: string): Promise<void> {
  if (chatKey === null || chatKey.id === null) return;
  await request(`/flock/v1/keys/${encodeURIComponent(chatKey.id)}`, { method: "DELETE", token });
}

subscribeSession(() => {
  if (currentSession() === null) change(null);
});

function change(next: ChatKey | null): void {
  chatKey = next;
  try {
    if (next === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage is switched off: it lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stored(): ChatKey | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (typeof value !== "object" || value === null) return null;
    const { token, id } = value as Record<string, unknown>;
    if (typeof token !== "string" || (id !== null && typeof id !== "string")) return null;
    // One that was made goes with its session.
    return id !== null && currentSession() === null ? null : { token, id };
  } catch {
    // Storage is switched off, or something else wrote there.
    return null;
  }
}
