import { FlockError } from "@flock/errors";
import type { ChatMessage } from "../model/chat-template.js";

/** A prompt as text (what `_debug_render_only` shows) and as the model sees it. */
export interface Prompt {
  readonly text: string;
  readonly tokens: Uint32Array;
}

export interface PromptLimits {
  /** Prompt and answer together. A prompt fits if it leaves room for at least one token. */
  readonly contextTokens: number;
  /** Tokens at the beginning that survive a cut. */
  readonly keepTokens: number;
  /** Whether a prompt that does not fit is shortened (else it is refused). */
  readonly mayTruncate: boolean;
  /** Whether tokens may be cut out of a prompt; a conversation may lose messages all the same. */
  readonly mayShift: boolean;
}

/** Ollama's words. */
const TOO_LONG_TO_SHIFT =
  "the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length";
/** What `keepTokens` leaves of a context at least, as in llama.cpp's server. */
const CONTEXT_TOKENS_FREE = 4;

type Tokenize = (text: string) => Uint32Array;

/** More characters than this per token of context are not even tokenised: it takes seconds, and they cannot fit. */
const CHARACTERS_PER_TOKEN_MAX = 64;

/**
 * A prompt of one text. One that does not fit is cut as in Ollama: the first `keepTokens` stay, and as many of the
 * newest as fill half of the rest of the context. Throws `invalid_argument` if it may not be cut.
 */
export function textPrompt(text: string, tokenize: Tokenize, limits: PromptLimits): Prompt {
  const tokens = tokensIfFitting(text, tokenize, limits);
  if (tokens !== undefined) return { text, tokens };
  refuseUnlessTruncatable(text, tokenize, limits);
  if (!limits.mayShift) throw new FlockError("invalid_argument", TOO_LONG_TO_SHIFT);
  const { contextTokens, keepTokens } = limits;
  const keep = Math.max(0, Math.min(keepTokens, contextTokens - CONTEXT_TOKENS_FREE));
  const newestCount = Math.floor((contextTokens - keep) / 2);
  const first = tokenize(text.slice(0, (keep + 1) * CHARACTERS_PER_TOKEN_MAX)).subarray(0, keep);
  const newest = tokenize(text.slice(-newestCount * CHARACTERS_PER_TOKEN_MAX)).slice(-newestCount);
  const cut = new Uint32Array(first.length + newest.length);
  cut.set(first);
  cut.set(newest, first.length);
  return { text, tokens: cut };
}

/**
 * A prompt of a conversation. As in Ollama, the oldest messages are left out until the rest fits; system messages and
 * the newest message always stay. If these alone do not fit, they are cut like a text.
 */
export function chatPrompt(
  messages: readonly ChatMessage[],
  render: (messages: readonly ChatMessage[]) => string,
  tokenize: Tokenize,
  limits: PromptLimits,
): Prompt {
  const removable = messages
    .slice(0, -1)
    .flatMap((message, index) => (message.role === "system" ? [] : [index]));
  const without = (count: number): Prompt | undefined => {
    const left = new Set(removable.slice(0, count));
    const text = render(messages.filter((_, index) => !left.has(index)));
    const tokens = tokensIfFitting(text, tokenize, limits);
    return tokens === undefined ? undefined : { text, tokens };
  };
  const whole = without(0);
  if (whole !== undefined) return whole;
  refuseUnlessTruncatable(render(messages), tokenize, limits);
  // The fewest to leave out lies in (tooFew, enough]; leaving out more never makes a prompt longer.
  let tooFew = 0;
  let enough = removable.length;
  let fitting = without(enough);
  if (fitting === undefined) {
    const gone = new Set(removable);
    return textPrompt(render(messages.filter((_, index) => !gone.has(index))), tokenize, limits);
  }
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    const prompt = without(middle);
    if (prompt === undefined) tooFew = middle;
    else {
      enough = middle;
      fitting = prompt;
    }
  }
  return fitting;
}

/** `text` shortened to what {@link textPrompt} would at most look at: for inputs that are cut at the end instead. */
export function withinReach(text: string, contextTokens: number): string {
  return text.slice(0, contextTokens * CHARACTERS_PER_TOKEN_MAX);
}

function tokensIfFitting(
  text: string,
  tokenize: Tokenize,
  { contextTokens }: PromptLimits,
): Uint32Array | undefined {
  if (text.length > contextTokens * CHARACTERS_PER_TOKEN_MAX) return undefined;
  const tokens = tokenize(text);
  return tokens.length < contextTokens ? tokens : undefined;
}

/** Throws what Ollama passes on of llama.cpp's server: an error in JSON, as the text of another. */
function refuseUnlessTruncatable(text: string, tokenize: Tokenize, limits: PromptLimits): void {
  if (limits.mayTruncate) return;
  const promptTokens = countTokens(text, tokenize, limits);
  const { contextTokens } = limits;
  const error = {
    code: 400,
    message: `request (${promptTokens} tokens) exceeds the available context size (${contextTokens} tokens), try increasing it`,
    type: "exceed_context_size_error",
    n_prompt_tokens: promptTokens,
    n_ctx: contextTokens,
  };
  throw new FlockError("invalid_argument", JSON.stringify({ error }), {
    details: { contextTokens, promptTokens },
  });
}

/** Of a text too long to be tokenised, an estimate from its beginning. */
function countTokens(text: string, tokenize: Tokenize, { contextTokens }: PromptLimits): number {
  const within = withinReach(text, contextTokens);
  return Math.ceil((tokenize(within).length * text.length) / within.length);
}
