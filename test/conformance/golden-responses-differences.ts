import type { Addition } from "./describe-golden-events.js";
import { type Difference, FLOCK_ADDITION } from "./golden-differences.js";

/** Where the api answers clients of the Responses API otherwise than Ollama does, and why. */
export const RESPONSES_DIFFERENCES: readonly Difference[] = [
  {
    why: "Ollama tells what its JSON decoder said, in Go's words; ours name the field, or what is wrong with the body",
    names: ["v1-responses-bad-json", "v1-responses-empty-body", "v1-responses-input-number"],
    error: /^field "|^the request body |^missing request body$/,
  },
  {
    why: "no conversations are kept; Ollama drops the reference, and answers as if it were the first turn",
    names: ["v1-responses-previous-id"],
    status: 400,
    error: /^field "previous_response_id" is not supported by this server, /,
  },
  {
    why: "what is not there is told in JSON, as every error",
    names: ["v1-responses-get"],
    error: /^path \/v1\/responses\/resp_x not found$/,
  },
];

/**
 * Where the frames themselves, for the same words of a model, are otherwise. (Not among them: `incomplete` where the
 * limit was reached. Ollama says `completed` there, so the recordings do not tell.)
 */
export const RESPONSES_FRAME_DIFFERENCES: readonly Pick<Difference, "why" | "names">[] = [
  {
    why: "a tool that nobody here runs is not told as if somebody did",
    names: ["v1-responses-builtin-tool"],
  },
  {
    why: "a message without text is no item beside others, as in a stream",
    names: ["v1-responses-think"],
  },
];

export const RESPONSES_ADDITIONS: readonly Addition[] = [
  FLOCK_ADDITION,
  {
    why: "OpenAI's API has them, and its own client fails at the first delta of a summary without a part",
    events: ["response.reasoning_summary_part.added", "response.reasoning_summary_part.done"],
  },
];
