import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";

/** An answer's beginning that was generated elsewhere: the job goes on behind it, as behind a lost worker's. */
export interface BegunText {
  readonly text: string;
  /** What was thought before the text. Default: nothing. */
  readonly thinking?: string;
  /** Completion tokens that both stand for, at least and at most. */
  readonly tokens: number;
  readonly tokensMax: number;
  /** Of the request alone, as it was counted when the text began; 0: not known. */
  readonly promptTokens: number;
}

const COUNT_MAX = 2 ** 31 - 1;

/** @throws FlockError `invalid_argument` if nothing can go on behind it. */
export function checkBegunText(operation: Operation, resumeFrom: BegunText | undefined): void {
  if (resumeFrom === undefined) return;
  const { text, thinking = "", tokens, tokensMax, promptTokens } = resumeFrom;
  const areCounts = [tokens, tokensMax, promptTokens].every(isCount) && tokens <= tokensMax;
  if (operation === Operation.EMBED || text + thinking === "" || !areCounts)
    throw new FlockError("invalid_argument", "nothing can go on behind that text");
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= COUNT_MAX;
}
