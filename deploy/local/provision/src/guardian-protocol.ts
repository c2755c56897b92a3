import type { ProcessIdentity } from "./process-identity.js";

/** One step of ending a process: send the signal, wait up to so many milliseconds for it to be gone. */
export interface EndStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** What the owner tells its guardian, over Node's IPC channel. */
export type GuardianMessage =
  | { readonly kind: "watch"; readonly identity: ProcessIdentity; readonly steps: readonly EndStep[] }
  | { readonly kind: "unwatch"; readonly pid: number };
