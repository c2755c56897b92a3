import type { ProcessExit } from "@flock/provision";

/** One life of a part of the mesh: a process that has become ready. */
export interface Running {
  readonly pid: number;
  /** Settles once, never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Lets it finish what it has begun, within a bound, and waits until it is gone. */
  stop(): Promise<void>;
}

/** The groups by which `local.json` lists processes. */
export const ROLES = [
  "api",
  "router",
  "ledger",
  "treasury",
  "verifier",
  "worker",
  "bridge",
  "engine",
  "chain",
  "nats",
  "postgres",
] as const;

export type Role = (typeof ROLES)[number];

/** Ends the attempts to start a part, and not the mesh. Its message says why, and what brings the part back. */
export class NotStartedAgain extends Error {}

/** A part of the mesh: how it is started, again and again if need be. */
export interface PartSpec {
  /** Unique, for messages and the log file: `postgres`, `worker-1`. */
  readonly name: string;
  readonly role: Role;
  /** Names of the parts that must be ready before the first start. */
  readonly dependsOn: readonly string[];
  /** Parts stop group by group, the lowest first: what serves clients before what it needs. */
  readonly stopGroup: number;
  readonly logFile: string;
  /** Resolves when ready; rejects, leaving nothing behind, when it ends first or `signal` is aborted. */
  start(signal: AbortSignal): Promise<Running>;
  /** Why the part is not to be started again after such an end, at whatever time; absent, or undefined: it is. */
  whyNotAgain?(exit: ProcessExit): Promise<string | undefined>;
}

/** `SIGKILL`, or `exit code 1`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}
