import { FlockError } from "@flock/errors";

/* What is bounded of a request for text before a model is looked for, whatever dialect it came in. */

/** Templates know what to do with a role or not; a longer one than this is none. */
export const ROLE_LENGTH_MAX = 100;
export const TOP_LOGPROBS_MAX = 20;

/** The role of a message; `field` is what the client calls it. */
export function messageRole(role: string, field: string): string {
  if (role.length > ROLE_LENGTH_MAX)
    throw new FlockError("invalid_argument", `field "${field}" has at most ${ROLE_LENGTH_MAX} characters`, {
      details: { field },
    });
  return role.toLowerCase();
}

/** How many alternatives are told of each token. */
export function topLogprobs(asked: number): number {
  if (!Number.isInteger(asked) || asked < 0 || asked > TOP_LOGPROBS_MAX)
    throw new FlockError("invalid_argument", `top_logprobs must be between 0 and ${TOP_LOGPROBS_MAX}`, {
      details: { field: "top_logprobs" },
    });
  return asked;
}
