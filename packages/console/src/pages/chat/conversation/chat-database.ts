import type { Chat, ChatHead } from "./chat.js";
import type { Turn } from "./turns.js";

/**
 * Chats in this browser, because the network keeps none. Two stores, so that an answer that is being written does not
 * write its whole conversation again and again: `chats` by id, `turns` by chat and id.
 */

const NAME = "flock.chats";
const VERSION = 1;

interface StoredTurn {
  readonly chatId: string;
  readonly turn: Turn;
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("chats", { keyPath: "id" });
      request.result.createObjectStore("turns", { keyPath: ["chatId", "turn.id"] });
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another tab keeps the chats of an older version open"));
    request.onsuccess = () => {
      // A newer tab wants to change the stores: it must not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
  return opened;
}

export async function readHeads(): Promise<readonly ChatHead[]> {
  const stores = (await database()).transaction("chats");
  return await resultOf<ChatHead[]>(stores.objectStore("chats").getAll());
}

/** `null`: it is not in this browser. */
export async function readChat(id: string): Promise<Chat | null> {
  const stores = (await database()).transaction(["chats", "turns"]);
  const [head, turns] = await Promise.all([
    resultOf<ChatHead | undefined>(stores.objectStore("chats").get(id)),
    resultOf<StoredTurn[]>(stores.objectStore("turns").getAll(turnsOf(id))),
  ]);
  if (head === undefined) return null;
  return { ...head, turns: turns.map(({ turn }) => turn).sort((a, b) => a.at - b.at) };
}

/** Writes the head, and those of the turns that have changed. */
export async function writeChat(head: ChatHead, turns: readonly Turn[]): Promise<void> {
  const transaction = (await database()).transaction(["chats", "turns"], "readwrite");
  const { id, title, createdAt, updatedAt, head: last, options, isKept } = head;
  transaction.objectStore("chats").put({ id, title, createdAt, updatedAt, head: last, options, isKept });
  for (const turn of turns) transaction.objectStore("turns").put({ chatId: id, turn });
  await endOf(transaction);
}

export async function removeChat(id: string): Promise<void> {
  const transaction = (await database()).transaction(["chats", "turns"], "readwrite");
  transaction.objectStore("chats").delete(id);
  transaction.objectStore("turns").delete(turnsOf(id));
  await endOf(transaction);
}

function turnsOf(chatId: string): IDBKeyRange {
  // An array sorts after every text, so the second bound is above all ids.
  return IDBKeyRange.bound([chatId], [chatId, []]);
}

function resultOf<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    // CAST: the stores have what this file writes.
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error);
  });
}

function endOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
