import { createHash } from "node:crypto";

/** What a referee is asked, and as the how-manieth one. */
export interface RunOf {
  readonly jobId: string;
  readonly kind: "token" | "end";
  readonly offset: number;
  readonly seat: number;
  /** The how-manieth question about the place, from 0. */
  readonly question: number;
}

/**
 * The job id of a referee's run: a UUID that follows from what is asked. So a run that is begun again, after a crash,
 * is the same job to the ledger, and paid once.
 */
export function runIdOf({ jobId, kind, offset, seat, question }: RunOf): string {
  const hash = createHash("sha256")
    .update(`flock/check/v1 ${jobId} ${kind} ${offset} ${seat} ${question}`)
    .digest("hex");
  // Version 8: what its bits say is ours.
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`;
}
