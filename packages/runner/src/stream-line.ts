import type { Piece } from "@flock/jobs";

/** One line of Ollama's generate or chat stream, as far as the worker reads it. */
export interface StreamLine {
  readonly response?: string;
  readonly thinking?: string;
  readonly message?: {
    readonly content?: string;
    readonly thinking?: string;
    readonly tool_calls?: readonly unknown[];
  };
  readonly tool_calls?: readonly unknown[];
  readonly logprobs?: readonly unknown[];
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  readonly load_duration?: number;
  readonly prompt_eval_duration?: number;
  readonly eval_duration?: number;
  /** Set when this Ollama only passes the request on to a hosted service, which a worker must not sell. */
  readonly remote_host?: string;
}

const ENCODER = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it looks for.
const ASCII = /^[\x00-\x7f]*$/;

/** How many tokens a line stands for: `tokensMax` only where that may be more than `tokens`. */
export interface LineTokens {
  readonly tokens: number;
  readonly tokensMax?: number;
}

/**
 * Counts the tokens of a stream, line by line. The embedded engine sends running totals with every line. Ollama sends
 * them only at the end, so a line counts as its logprobs, or as one token; but it may stand for several:
 *
 * - a character that takes several tokens comes with the last of them, so text beyond ASCII may be a token a byte;
 * - text that could be the beginning of a stop word is held back, and then comes at once: text without the first
 *   character of any stop word cannot have been.
 */
export class TokenCounter {
  #counted = 0;

  readonly #stopBeginnings: readonly string[];

  constructor(stopWords: readonly string[]) {
    this.#stopBeginnings = stopWords.map((word) => word.slice(0, 1)).filter((first) => first !== "");
  }

  /** Tokens that `line` adds, whose visible text is `text`. */
  add(line: StreamLine, text: string, hasOutput: boolean): LineTokens {
    const total = line.done ? undefined : line.eval_count;
    if (total !== undefined) {
      const tokens = Math.max(0, total - this.#counted);
      this.#counted += tokens;
      return { tokens };
    }
    const tokens = line.logprobs?.length ?? (hasOutput ? 1 : 0);
    this.#counted += tokens;
    const mayBeHeldBack = this.#stopBeginnings.some((first) => text.includes(first));
    if (!mayBeHeldBack && ASCII.test(text)) return { tokens };
    const tokensMax = Buffer.byteLength(text);
    return tokensMax > tokens ? { tokens, tokensMax } : { tokens };
  }

  /** Tokens of all lines together, at least. */
  get counted(): number {
    return this.#counted;
  }
}

/** The text of a line, without its thinking. */
export function textOf(line: StreamLine): string {
  return line.response ?? line.message?.content ?? "";
}

/** The output in a line; undefined if it has none. */
export function pieceOf(line: StreamLine, counter: TokenCounter): Piece | undefined {
  const text = textOf(line);
  const thinking = line.thinking ?? line.message?.thinking ?? "";
  const logprobs = json(line.logprobs);
  const toolCalls = json(line.message?.tool_calls ?? line.tool_calls);
  const hasOutput = text !== "" || thinking !== "" || logprobs !== undefined || toolCalls !== undefined;
  const counted = counter.add(line, text + thinking, hasOutput);
  if (!hasOutput && counted.tokens === 0) return undefined;
  return {
    text,
    thinking,
    ...counted,
    ...(line.prompt_eval_count ? { promptTokens: line.prompt_eval_count } : {}),
    ...(logprobs ? { logprobsJson: logprobs.bytes } : {}),
    ...(toolCalls ? { toolCallsJson: toolCalls.bytes } : {}),
  };
}

function json(values: readonly unknown[] | undefined): { bytes: Uint8Array } | undefined {
  return values === undefined || values.length === 0
    ? undefined
    : { bytes: ENCODER.encode(JSON.stringify(values)) };
}
