import { hmac } from "@noble/hashes/hmac";
import { sha256 } from "@noble/hashes/sha2";

/*
 * Draws that nobody can foresee without the key of the day, and everybody can repeat with it. Each has a label of its
 * own, so that one says nothing of another.
 */

const FULL_BPS = 10_000;
/** Numbers are drawn below this. */
const DRAW_BOUND = 2 ** 48;
const DRAW_BYTES = 6;

/** SHA-256 of a day's key: what is told when the day begins. */
export function dayKeySha256(dayKey: Uint8Array): Uint8Array {
  return sha256(dayKey);
}

/** Whether a job is checked, at a rate in 1/10 000. A job that is drawn at one rate is drawn at any higher one. */
export function isDrawn(dayKey: Uint8Array, jobId: string, rateBps: number): boolean {
  if (rateBps >= FULL_BPS) return true;
  const draws = drawsOf(dayKey, "job", jobId);
  return draws() < Math.floor((DRAW_BOUND / FULL_BPS) * Math.max(0, rateBps));
}

/**
 * Which of the possible places of an answer are asked about, in ascending order: at most `count`. The answer is
 * committed to before, by its hash, so no worker can choose it by the draw.
 */
export function drawCuts(
  dayKey: Uint8Array,
  job: { readonly jobId: string; readonly outputSha256: Uint8Array },
  candidates: readonly number[],
  count: number,
): number[] {
  const draws = drawsOf(dayKey, "cuts", `${job.jobId} ${hexOf(job.outputSha256)}`);
  return drawn(candidates, count, draws).sort((a, b) => a - b);
}

/** Who is asked about a job, in this order: at most `count`. `round` is another draw of the same job. */
export function drawReferees(
  dayKey: Uint8Array,
  job: { readonly jobId: string; readonly round: number },
  candidates: readonly string[],
  count: number,
): string[] {
  // Whatever order they come in, the draw is the same.
  const sorted = [...new Set(candidates)].sort();
  return drawn(sorted, count, drawsOf(dayKey, "referees", `${job.jobId} ${job.round}`));
}

/** The first ones of a random order (Fisher and Yates). */
function drawn<T>(candidates: readonly T[], count: number, draws: () => number): T[] {
  const rest = [...candidates];
  const picked: T[] = [];
  while (picked.length < count && rest.length > 0) {
    const [one] = rest.splice(below(rest.length, draws), 1);
    if (one !== undefined) picked.push(one);
  }
  return picked;
}

/** A whole number below `bound`, each as likely as the others. */
function below(bound: number, draws: () => number): number {
  const limit = DRAW_BOUND - (DRAW_BOUND % bound);
  let draw = draws();
  while (draw >= limit) draw = draws();
  return draw % bound;
}

/** A row of numbers below {@link DRAW_BOUND}. */
function drawsOf(dayKey: Uint8Array, label: string, text: string): () => number {
  let block = 0;
  let bytes = new Uint8Array(0);
  let next = 0;
  return () => {
    if (next + DRAW_BYTES > bytes.length) {
      const message = `flock/draw/v1 ${label} ${text} ${block}`;
      bytes = Uint8Array.from(hmac(sha256, dayKey, new TextEncoder().encode(message)));
      block += 1;
      next = 0;
    }
    const number = bytes.slice(next, next + DRAW_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
    next += DRAW_BYTES;
    return number;
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
