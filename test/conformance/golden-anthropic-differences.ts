import type { Addition } from "./describe-golden-events.js";
import { type Difference, FLOCK_ADDITION } from "./golden-differences.js";

/** Where the api answers Anthropic's clients otherwise than Ollama does, and why. */
export const ANTHROPIC_DIFFERENCES: readonly Difference[] = [
  {
    why: "Ollama tells what its JSON decoder said, in Go's words; ours name the field, or what is wrong with the body",
    names: ["v1-messages-bad-json", "v1-messages-empty-body", "v1-messages-max-tokens-string"],
    error: /^field "|^the request body |^missing request body$/,
  },
  {
    why: "Ollama tells the whole name here and the client's own elsewhere; ours is always the client's",
    names: ["v1-messages-tools-unsupported"],
    error: /^smol does not support tools$/,
  },
  {
    why: "what is not there is told in JSON, as every error",
    names: ["v1-count-tokens", "v1-messages-get"],
    error: /^(count_tokens is not offered here: .*|method not allowed)$/,
  },
];

/** Where the frames themselves, for the same words of a model, are otherwise. */
export const ANTHROPIC_FRAME_DIFFERENCES: readonly Pick<Difference, "why" | "names">[] = [
  {
    why: "an answer that repeats itself ends like any other; Ollama's has neither a reason nor counts then",
    names: ["v1-messages-token-repeat"],
  },
];

export const ANTHROPIC_ADDITIONS: readonly Addition[] = [
  FLOCK_ADDITION,
  {
    why: "Anthropic's API has them always, and its typed clients look for them",
    members: ["stop_reason", "stop_sequence", "signature"],
  },
];
