import { FlockError } from "@flock/errors";
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

/** Tokens of anything: what messages can say, and more than any model has. */
const COUNT_MAX = 2 ** 31 - 1;

/**
 * What Ollama has sent, as a line. Of other types than it has, its texts and counts would be sent on as none.
 * @throws FlockError `unavailable`
 */
export function readLine(value: unknown): StreamLine {
  // CAST: checked here, member by member; lists are checked by who reads what is in them.
  const line = value as StreamLine;
  if (!isObject(line) || !isAbsentOr(line.message, isObject)) throw noLine();
  const { message } = line;
  const texts = [line.response, line.thinking, line.done_reason, message?.content, message?.thinking];
  const lists = [line.tool_calls, line.logprobs, message?.tool_calls];
  const counts = [line.prompt_eval_count, line.eval_count];
  const durations = [line.load_duration, line.prompt_eval_duration, line.eval_duration];
  const isRight =
    texts.every((each) => isAbsentOr(each, (text) => typeof text === "string")) &&
    lists.every((each) => isAbsentOr(each, Array.isArray)) &&
    counts.every((each) => each === undefined || isWhole(each, COUNT_MAX)) &&
    durations.every((each) => each === undefined || isWhole(each, Number.MAX_SAFE_INTEGER)) &&
    (line.done === undefined || typeof line.done === "boolean");
  if (!isRight) throw noLine();
  return line;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAbsentOr(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return value === undefined || value === null || isRight(value);
}

function isWhole(value: unknown, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max;
}

function noLine(): FlockError {
  return new FlockError("unavailable", "Ollama sent what is no line of an answer");
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
