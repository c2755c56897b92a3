import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `holds` says true, asking every 20 ms; what it throws counts as "not yet". */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadlineMs) throw new Error(`waited in vain: ${what}`, { cause });
    await sleep(20);
  }
}
