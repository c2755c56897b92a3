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
}

type Tokenize = (text: string) => Uint32Array;

/** More characters than this per token of context are not even tokenised: it takes seconds, and they cannot fit. */
const CHARACTERS_PER_TOKEN_MAX = 64;

/**
 * A prompt of one text. One that does not fit is cut to three quarters of the context, so that there is room for an
 * answer: the first `keepTokens` and the newest tokens stay. Throws `invalid_argument` if it may not be cut.
 */
export function textPrompt(text: string, tokenize: Tokenize, limits: PromptLimits): Prompt {
  const tokens = tokensIfFitting(text, tokenize, limits);
  if (tokens !== undefined) return { text, tokens };
  refuseUnlessTruncatable(limits);
  const target = Math.max(1, Math.floor((limits.contextTokens * 3) / 4));
  const keep = Math.max(0, Math.min(limits.keepTokens, target - 1));
  const first = tokenize(text.slice(0, (keep + 1) * CHARACTERS_PER_TOKEN_MAX)).subarray(0, keep);
  const newest = tokenize(text.slice(-target * CHARACTERS_PER_TOKEN_MAX)).slice(-(target - keep));
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
  refuseUnlessTruncatable(limits);
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

function refuseUnlessTruncatable(limits: PromptLimits): void {
  if (limits.mayTruncate) return;
  throw new FlockError("invalid_argument", "the input length exceeds the context length", {
    details: { contextTokens: limits.contextTokens },
  });
}
