import { setTimeout as sleep } from "node:timers/promises";
import type { EndStep } from "./guardian-protocol.js";
import { isAlive, type ProcessIdentity } from "./process-identity.js";

const POLL_MS = 25;
/** After SIGKILL: only a process in uninterruptible sleep takes longer, and no waiting helps with that. */
const KILL_WAIT_MS = 5_000;

/**
 * Ends a process that need not be our child: the steps one after another, then SIGKILL. Each signal is sent only
 * while the process id still belongs to the same process.
 * @returns whether it is gone.
 */
export async function endProcess(identity: ProcessIdentity, steps: readonly EndStep[]): Promise<boolean> {
  for (const step of [...steps, { signal: "SIGKILL", waitMs: KILL_WAIT_MS } as const]) {
    if (!(await isAlive(identity))) return true;
    try {
      process.kill(identity.pid, step.signal);
    } catch {
      return !(await isAlive(identity)); // Gone between the look and the signal, or not ours to signal.
    }
    if (await isGoneWithin(identity, step.waitMs)) return true;
  }
  return false;
}

async function isGoneWithin(identity: ProcessIdentity, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (await isAlive(identity)) {
    if (Date.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
