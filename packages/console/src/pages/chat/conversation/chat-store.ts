import { newRequestId } from "@flockollamas/sdk";
import { useEffect, useSyncExternalStore } from "react";
import type { Chat, ChatHead } from "./chat.js";
import { readChat, readHeads, removeChat, writeChat } from "./chat-database.js";
import { type AnswerOptions, isUnderWay, pathTo, type Turn, titleOf } from "./turns.js";

/**
 * The chats of this browser, as this tab sees them. What a tab changes it draws at once, writes behind, and tells the
 * other tabs, which read it again. Where storage is switched off, chats live as long as the tab.
 */

/** More of an answer that is being written is stored so often; everything else at once. */
const WRITE_EVERY_MS = 400;

type Loaded = { readonly state: "loading" | "missing" } | { readonly state: "ready"; readonly chat: Chat };

const LOADING: Loaded = { state: "loading" };
const chats = new Map<string, Loaded>();
let heads: readonly ChatHead[] = [];
let storageFault: string | null = null;
const listeners = new Set<() => void>();
const channel = new BroadcastChannel("flock.chats");

/** Turns that are not written yet, by chat. */
const unwritten = new Map<string, Map<string, Turn>>();
const writes = new Map<string, ReturnType<typeof setTimeout>>();
/** One after the other, so that an older state never overwrites a newer one. */
let writing: Promise<void> = Promise.resolve();

channel.onmessage = ({ data }: MessageEvent<unknown>) => {
  if (typeof data === "string") void reload(data);
};
addEventListener("pagehide", () => {
  for (const id of [...writes.keys()]) flush(id);
});

export function useChat(id: string | null): Loaded {
  useEffect(() => {
    if (id !== null && !chats.has(id)) void load(id);
  }, [id]);
  return useSyncExternalStore(subscribe, () => (id === null ? LOADING : (chats.get(id) ?? LOADING)));
}

/** Newest first. */
export function useChatHeads(): readonly ChatHead[] {
  useEffect(() => void loadHeads(), []);
  return useSyncExternalStore(subscribe, () => heads);
}

/** Why chats cannot be kept here, if they cannot. */
export function useStorageFault(): string | null {
  return useSyncExternalStore(subscribe, () => storageFault);
}

export function chatOf(id: string): Chat | null {
  const loaded = chats.get(id);
  return loaded?.state === "ready" ? loaded.chat : null;
}

/** Begins a chat with its first turns, and answers with its id. */
export function beginChat(first: string, options: AnswerOptions, isKept: boolean): string {
  const id = newRequestId();
  const now = Date.now();
  const chat: Chat = {
    id,
    title: titleOf(first),
    createdAt: now,
    updatedAt: now,
    head: null,
    options,
    isKept,
    turns: [],
  };
  put(chat, []);
  return id;
}

/** Adds turns, or changes those that are there; the chat is shown to the last of them where `isShown`. */
export function putTurns(id: string, turns: readonly Turn[], { isShown = false } = {}): void {
  const chat = chatOf(id);
  if (chat === null) return;
  const changed = new Map(turns.map((turn) => [turn.id, turn]));
  const known = new Set(chat.turns.map((turn) => turn.id));
  const all = [
    ...chat.turns.map((turn) => changed.get(turn.id) ?? turn),
    ...turns.filter((turn) => !known.has(turn.id)),
  ];
  const head = isShown ? (turns.at(-1)?.id ?? chat.head) : chat.head;
  const isMore = !isShown && turns.every((turn) => turn.kind === "answer" && isUnderWay(turn));
  put({ ...chat, turns: all, head, updatedAt: Date.now() }, turns, isMore);
}

export function changeChat(id: string, changes: Partial<Pick<Chat, "title" | "head" | "options">>): void {
  const chat = chatOf(id);
  if (chat !== null) put({ ...chat, ...changes }, []);
}

/** Kept from now on, or forgotten by everything but this tab. */
export function keepChat(id: string, isKept: boolean): void {
  const chat = chatOf(id);
  if (chat === null || chat.isKept === isKept) return;
  if (isKept) put({ ...chat, isKept }, chat.turns);
  else {
    discard(id);
    chats.set(id, { state: "ready", chat: { ...chat, isKept } });
    upsertHead({ ...chat, isKept });
    announce();
  }
}

export function deleteChat(id: string): void {
  discard(id);
  chats.set(id, { state: "missing" });
  heads = heads.filter((head) => head.id !== id);
  announce();
}

/** Settles when everything that was changed until now is stored. */
export function whenStored(): Promise<void> {
  return writing;
}

/** All chats whole, to be taken away. */
export async function everyChat(): Promise<readonly Chat[]> {
  const all = await Promise.all(heads.map(async ({ id }) => chatOf(id) ?? (await readChat(id))));
  return all.filter((chat) => chat !== null);
}

export async function load(id: string): Promise<void> {
  try {
    const chat = await readChat(id);
    if (chatOf(id) !== null) return;
    chats.set(id, chat === null ? { state: "missing" } : { state: "ready", chat });
  } catch (error) {
    chats.set(id, { state: "missing" });
    noteFault(error);
  }
  announce();
}

/** Another tab has changed it. Turns that this tab is about to write are its own, and newer. */
export async function reload(id: string): Promise<void> {
  await loadHeads();
  try {
    // What this tab has handed in is to be among what is read.
    await writing;
    const stored = chatOf(id) === null ? null : await readChat(id);
    const now = chatOf(id);
    if (now === null) return;
    if (stored !== null) chats.set(id, { state: "ready", chat: joined(stored, now) });
    else if (now.isKept) chats.set(id, { state: "missing" });
  } catch (error) {
    noteFault(error);
  }
  announce();
}

function joined(stored: Chat, now: Chat): Chat {
  const own = unwritten.get(now.id) ?? new Map<string, Turn>();
  const known = new Set(stored.turns.map((turn) => turn.id));
  const turns = [
    ...stored.turns.map((turn) => own.get(turn.id) ?? turn),
    ...[...own.values()].filter((turn) => !known.has(turn.id)),
  ];
  return { ...stored, turns, head: headAfter(turns, now.id, stored.head) };
}

/** Goes on with the other tab where that went on from what is shown here; another branch is not taken away. */
function headAfter(turns: readonly Turn[], id: string, storedHead: string | null): string | null {
  const own = chatOf(id)?.head ?? null;
  const goesOn = own === null || pathTo(turns, storedHead).some((turn) => turn.id === own);
  return goesOn ? storedHead : own;
}

async function loadHeads(): Promise<void> {
  try {
    const stored = await readHeads();
    const here = heads.filter(({ isKept }) => !isKept);
    heads = [...stored, ...here].sort(newestFirst);
  } catch (error) {
    noteFault(error);
  }
  announce();
}

/** @param isMore It is more of an answer, and nothing else. */
function put(chat: Chat, changed: readonly Turn[], isMore = false): void {
  chats.set(chat.id, { state: "ready", chat });
  upsertHead(chat);
  announce();
  if (!chat.isKept) return;
  const turns = unwritten.get(chat.id) ?? new Map<string, Turn>();
  for (const turn of changed) turns.set(turn.id, turn);
  unwritten.set(chat.id, turns);
  if (!isMore) flush(chat.id);
  else if (!writes.has(chat.id))
    writes.set(
      chat.id,
      setTimeout(() => flush(chat.id), WRITE_EVERY_MS),
    );
}

function flush(id: string): void {
  clearTimeout(writes.get(id));
  writes.delete(id);
  const chat = chatOf(id);
  const turns = [...(unwritten.get(id)?.values() ?? [])];
  unwritten.delete(id);
  if (chat === null || !chat.isKept) return;
  queue(async () => {
    await writeChat(chat, turns);
    channel.postMessage(id);
  });
}

function discard(id: string): void {
  clearTimeout(writes.get(id));
  writes.delete(id);
  unwritten.delete(id);
  queue(async () => {
    await removeChat(id);
    channel.postMessage(id);
  });
}

function queue(write: () => Promise<void>): void {
  writing = writing.then(write).catch(noteFault);
}

function noteFault(error: unknown): void {
  storageFault = error instanceof Error ? error.message : "storage is switched off";
  announce();
}

function upsertHead(chat: ChatHead): void {
  heads = [chat, ...heads.filter(({ id }) => id !== chat.id)].sort(newestFirst);
}

function newestFirst(a: ChatHead, b: ChatHead): number {
  return b.updatedAt - a.updatedAt;
}

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
