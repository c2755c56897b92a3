import type { Resume } from "@flock/proto/jobs";
import type { Ollama } from "ollama/browser";
import { countTokens, type RenderedPrompt, rawBody } from "./rendered-prompt.js";
import { optionsOf } from "./request-body.js";

type Body = Readonly<Record<string, unknown>>;

/** A request that goes on with a text which another worker began, and how to read its answer. */
export interface Continuation {
  readonly endpoint: "generate" | "chat";
  readonly body: Body;
  /** What the answer begins with that was delivered already. */
  readonly repeats: string;
  /** Tokens of the job's answer that this run does not generate. */
  readonly skippedTokens: number;
  /** They could not be counted: so many at least. */
  readonly isLowerBound: boolean;
  /** Prompt tokens of the job; 0: those that the answer tells are. */
  readonly promptTokens: number;
  /** True if nothing is left to generate: the job's limit of tokens was reached. */
  readonly isOver: boolean;
}

/**
 * How a job goes on after `resume.deliveredText`, best way first:
 *
 * 1. `/api/generate` with `raw` and the rendered prompt followed by the text, without the blank pieces at its end: a
 *    model that wrote ` ` and then `the` reads ` the` as one token, and continues differently. It writes the blanks
 *    again (figures: docs/performance.md).
 * 2. The same with the blanks, for a model that did not write them again.
 * 3. From an Ollama that does not give the rendered prompt: the whole request again, with the same seed. The repetition
 *    of the delivered text is skipped.
 *
 * Counts that the earlier leases could not give are taken: the prompt's, and the text's if its lines may stand for
 * several tokens. Each way is worked out when it is tried.
 *
 * @param prompt As the model reads it; undefined: not known.
 */
export async function continuationsOf(
  client: Ollama,
  prompt: RenderedPrompt | undefined,
  endpoint: "generate" | "chat",
  body: Body,
  resume: Resume,
): Promise<(() => Promise<Continuation>)[]> {
  if (prompt === undefined) return [async () => fromTheBeginning(endpoint, body, resume)];
  const promptTokens = resume.promptTokens || (await countTokens(client, prompt, "", body));
  const counts = { client, prompt, body, promptTokens, resume };
  const withBlanks = () => rawContinuation(counts, 0);
  if (resume.blankTailLength === 0) return [withBlanks];
  return [() => rawContinuation(counts, resume.blankTailLength), withBlanks];
}

interface Counts {
  readonly client: Ollama;
  readonly prompt: RenderedPrompt;
  readonly body: Body;
  readonly promptTokens: number;
  readonly resume: Resume;
}

async function rawContinuation(counts: Counts, tailLength: number): Promise<Continuation> {
  const { client, prompt, body, promptTokens, resume } = counts;
  const { deliveredText, deliveredTokens, deliveredTokensMax, blankTailTokens } = resume;
  const begun = deliveredText.slice(0, deliveredText.length - tailLength);
  const tailTokens = tailLength === 0 ? 0 : blankTailTokens;
  const [min, max] = [deliveredTokens - tailTokens, deliveredTokensMax - tailTokens];
  const counted = max <= min ? min : (await countTokens(client, prompt, begun, body)) - promptTokens;
  // Read again, a text may be other tokens than it was written in. A count that cannot be right is not charged.
  const isPossible = counted >= min && counted <= Math.max(min, max);
  const skippedTokens = isPossible ? counted : min;
  // Nothing, 0 and less mean "no limit" to Ollama.
  const numPredict = Number(optionsOf(body).num_predict ?? -1);
  const isLimited = numPredict > 0;
  const left = isLimited ? numPredict - skippedTokens : numPredict;
  return {
    endpoint: "generate",
    body: rawBody(prompt, begun, body, left),
    repeats: deliveredText.slice(begun.length),
    skippedTokens,
    isLowerBound: !isPossible,
    promptTokens,
    isOver: isLimited && left <= 0,
  };
}

function fromTheBeginning(endpoint: "generate" | "chat", body: Body, resume: Resume): Continuation {
  const { deliveredText, promptTokens } = resume;
  const nothing = { skippedTokens: 0, isLowerBound: false, isOver: false };
  return { endpoint, body, repeats: deliveredText, promptTokens, ...nothing };
}
