import type { FlockErrorCode } from "@flock/errors";

/** What a command can end with beside what the network refuses with. */
export type FaultCode = FlockErrorCode | "usage" | "check_failed" | "interrupted";

/** What each exit code means; `flock help exit-codes` prints it. */
export const EXIT_MEANINGS = {
  0: "done; also when the reader of a pipe has gone away",
  1: "failed",
  2: "used wrongly",
  3: "not signed in, or not allowed",
  4: "not found, or not in this state",
  5: "not enough LLAMA",
  6: "try again: busy, away, or out of time",
  7: "checked and found wrong (verify, doctor)",
  130: "interrupted, or not agreed to",
} as const;

export type ExitCode = keyof typeof EXIT_MEANINGS;

const EXIT_CODES: Readonly<Record<FaultCode, ExitCode>> = {
  usage: 2,
  invalid_argument: 2,
  payload_too_large: 2,
  unauthenticated: 3,
  permission_denied: 3,
  not_found: 4,
  already_exists: 4,
  failed_precondition: 4,
  insufficient_funds: 5,
  resource_exhausted: 6,
  unavailable: 6,
  deadline_exceeded: 6,
  aborted: 6,
  check_failed: 7,
  interrupted: 130,
  cancelled: 130,
  unimplemented: 1,
  internal: 1,
};

export function exitCodeOf(code: FaultCode): ExitCode {
  return EXIT_CODES[code];
}

/** The codes of errors that end a command with this exit code. */
export function codesOf(exit: ExitCode): readonly string[] {
  return Object.entries(EXIT_CODES)
    .filter(([, each]) => each === exit)
    .map(([code]) => code);
}
