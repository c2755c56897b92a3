import { useSyncExternalStore } from "react";

/** A choice of this browser's user, such as the models that are pinned; no secret is one. */
export interface Setting<T> {
  use(): T;
  get(): T;
  set(value: T): void;
}

/** @param read What is stored, as JSON; `undefined` for what is none of the setting's values. */
export function setting<T>(name: string, fallback: T, read: (stored: unknown) => T | undefined): Setting<T> {
  const listeners = new Set<() => void>();
  const key = `flock.chat.${name}`;
  let value = stored();

  function stored(): T {
    try {
      return read(JSON.parse(localStorage.getItem(key) ?? "null")) ?? fallback;
    } catch {
      // Storage is switched off, or something else wrote there.
      return fallback;
    }
  }
  function change(next: T): void {
    value = next;
    for (const listener of listeners) listener();
  }
  addEventListener("storage", (event) => {
    if (event.key === key) change(stored());
  });
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    use: () => useSyncExternalStore(subscribe, () => value),
    get: () => value,
    set(next) {
      change(next);
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Storage is switched off: it holds as long as the page.
      }
    },
  };
}

export function flagSetting(name: string, fallback: boolean): Setting<boolean> {
  return setting(name, fallback, (stored) => (typeof stored === "boolean" ? stored : undefined));
}
