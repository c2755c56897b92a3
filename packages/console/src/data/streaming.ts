import { useSyncExternalStore } from "react";

/** How many answers are being written into this page; the hairline at its top moves while there is one. */
let count = 0;
const listeners = new Set<() => void>();

/** Says that an answer has begun to stream; call what it returns when it has ended. */
export function beginStreaming(): () => void {
  let isOver = false;
  change(1);
  return () => {
    if (isOver) return;
    isOver = true;
    change(-1);
  };
}

export function useIsStreaming(): boolean {
  return useSyncExternalStore(subscribe, () => count > 0);
}

function change(by: number): void {
  count += by;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
