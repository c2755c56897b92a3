import { FlockError } from "@flock/errors";
import type { Resume } from "@flock/proto/jobs";
import { type BegunAnswer, behindThinking, prefilledChat, type TakenUp } from "./parsed-answer.js";
import { countTokens, type RenderedPrompt, rawBody } from "./rendered-prompt.js";
import { optionsOf } from "./request-body.js";

type Body = Readonly<Record<string, unknown>>;

/** A request that goes on with an answer which another worker began, and how to read what it gives. */
export interface Continuation {
  readonly endpoint: "generate" | "chat";
  readonly body: Body;
  /** What the answer begins with that was delivered already. */
  readonly repeats: string;
  readonly repeatsThinking: string;
  /** It begins inside the model's thinking, raw, which ends with this tag. */
  readonly thinkingEnd?: string | undefined;
  /** Tokens of the job's answer that this run does not generate. */
  readonly skippedTokens: number;
  /** They could not be counted: so many at least. */
  readonly isLowerBound: boolean;
  /** Prompt tokens of the job; 0: those that the answer tells are. */
  readonly promptTokens: number;
  /** True if nothing is left to generate: the job's limit of tokens was reached. */
  readonly isOver: boolean;
}

/** A request with its own endpoint and nothing skipped. */
export function fromTheBeginning(
  endpoint: "generate" | "chat",
  body: Body,
  resume: Resume | undefined,
): Continuation {
  const { deliveredText = "", deliveredThinking = "", promptTokens = 0 } = resume ?? {};
  const repeated = { repeats: deliveredText, repeatsThinking: deliveredThinking };
  return { endpoint, body, ...repeated, promptTokens, skippedTokens: 0, isLowerBound: false, isOver: false };
}

/**
 * How a job goes on after what was delivered of it, best way first:
 *
 * 1. From the rendered prompt followed by the text, without the blank pieces at its end: a model that wrote ` ` and
 *    then `the` reads ` the` as one token, and continues differently. It writes the blanks again (figures:
 *    docs/performance.md). Where parsers take the answer apart (tools, thinking), see `parsed-answer.ts`.
 * 2. The same with the blanks, for a model that did not write them again.
 * 3. Where these cannot be had (the Ollama does not give the rendered prompt, the template cannot be continued): the
 *    whole request again, with the same seed. The repetition of what was delivered is skipped, if it is one.
 *
 * Structured output is otherwise: a grammar has the model write tokens that it reads differently. So the last way is
 * the first one, and the engine must be one that takes the grammar up where the model writes another text.
 *
 * Counts that the earlier leases could not give are taken: the prompt's, and the text's if its lines may stand for
 * several tokens. Each way is worked out when it is tried; undefined: it is none.
 *
 * @param promptOf Tells the prompt as the model reads it; undefined: it cannot be known.
 */
export async function continuationsOf(
  begun: BegunAnswer,
  promptOf: () => Promise<RenderedPrompt | undefined>,
): Promise<(() => Promise<Continuation | undefined>)[]> {
  const { client, endpoint, body, resume, profile } = begun;
  const hasFormat = body.format !== undefined && body.format !== "";
  if (hasFormat && !profile.resumesFormat)
    throw new FlockError("unavailable", "this Ollama cannot go on in the middle of structured output");
  const prompt = await promptOf();
  const anew = async () => fromTheBeginning(endpoint, body, resume);
  if (prompt === undefined) return [anew];
  const promptTokens = resume.promptTokens || (await countTokens(client, prompt, "", body));
  const takeUp = takeUpOf(begun, prompt);
  const goOn = (tailLength: number) => async () => {
    const text = resume.deliveredText.slice(0, resume.deliveredText.length - tailLength);
    const takenUp = await takeUp(text);
    return takenUp && continuationOf(begun, { takenUp, prompt, promptTokens, tailLength });
  };
  const tails = resume.blankTailLength === 0 ? [0] : [resume.blankTailLength, 0];
  if (hasFormat) return [anew, ...tails.map(goOn)];
  return isParsed(begun) ? [...tails.map(goOn), anew] : tails.map(goOn);
}

/** How the answer is taken up behind a part of its text. */
function takeUpOf(
  begun: BegunAnswer,
  prompt: RenderedPrompt,
): (text: string) => Promise<TakenUp | undefined> {
  const { body } = begun;
  if (hasTools(body)) return (text) => prefilledChat(begun, prompt, text);
  if (mayThink(begun)) return (text) => behindThinking(begun, prompt, text);
  const grammar = (text: string) =>
    body.format === undefined ? {} : { format: body.format, _format_begun: text };
  return async (text) => ({
    endpoint: "generate",
    rendered: prompt.text + text,
    bodyOf: (left) => ({ ...rawBody(prompt, text, body, left), ...grammar(text) }),
  });
}

/** Whether parsers of Ollama's take apart what the model writes. */
function isParsed(begun: BegunAnswer): boolean {
  return hasTools(begun.body) || mayThink(begun);
}

function hasTools({ tools }: Body): boolean {
  return Array.isArray(tools) && tools.length > 0;
}

function mayThink({ body, resume, profile }: BegunAnswer): boolean {
  if (body.raw === true) return false;
  return resume.deliveredThinking !== "" || (profile.canThink && body.think !== false);
}

interface Place {
  readonly takenUp: TakenUp;
  readonly prompt: RenderedPrompt;
  readonly promptTokens: number;
  readonly tailLength: number;
}

async function continuationOf(
  { client, body, resume }: BegunAnswer,
  { takenUp, prompt, promptTokens, tailLength }: Place,
): Promise<Continuation> {
  const { deliveredText, deliveredTokens, deliveredTokensMax, blankTailTokens } = resume;
  const tailTokens = tailLength === 0 ? 0 : blankTailTokens;
  const [min, max] = [deliveredTokens - tailTokens, deliveredTokensMax - tailTokens];
  const counting = { text: takenUp.rendered, images: prompt.images };
  const counted = max <= min ? min : (await countTokens(client, counting, "", body)) - promptTokens;
  // Read again, a text may be other tokens than it was written in. A count that cannot be right is not charged.
  const isPossible = counted >= min && counted <= Math.max(min, max);
  const skippedTokens = isPossible ? counted : min;
  // Nothing, 0 and less mean "no limit" to Ollama.
  const numPredict = Number(optionsOf(body).num_predict ?? -1);
  const isLimited = numPredict > 0;
  const left = isLimited ? numPredict - skippedTokens : numPredict;
  return {
    endpoint: takenUp.endpoint,
    body: takenUp.bodyOf(left),
    repeats: deliveredText.slice(deliveredText.length - tailLength),
    repeatsThinking: "",
    thinkingEnd: takenUp.thinkingEnd,
    skippedTokens,
    // The tags around thinking are tokens that no line shows.
    isLowerBound: !isPossible || resume.deliveredThinking !== "",
    promptTokens,
    isOver: isLimited && left <= 0,
  };
}
