import type { Piece } from "@flock/mesh";

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

function json(values: readonly unknown[] | undefined): { bytes: Uint8Array } | undefined {
  return values === undefined || values.length === 0
    ? undefined
    : { bytes: ENCODER.encode(JSON.stringify(values)) };
}

/**
 * Counts the tokens of a stream. The embedded engine sends running totals with every line; Ollama sends them only at
 * the end, so each line counts as its logprobs, or as one token.
 */
export class TokenCounter {
  #counted = 0;

  /** Tokens that `line` adds. */
  add(line: StreamLine, hasOutput: boolean): number {
    const total = line.done ? undefined : line.eval_count;
    const tokens =
      total !== undefined
        ? Math.max(0, total - this.#counted)
        : (line.logprobs?.length ?? (hasOutput ? 1 : 0));
    this.#counted += tokens;
    return tokens;
  }

  get counted(): number {
    return this.#counted;
  }
}

/** The output in a line; undefined if it has none. `firstPromptTokens` turns the run's prompt count into the job's. */
export function pieceOf(
  line: StreamLine,
  counter: TokenCounter,
  firstPromptTokens: (promptEvalCount: number) => number,
): Piece | undefined {
  const text = line.response ?? line.message?.content ?? "";
  const thinking = line.thinking ?? line.message?.thinking ?? "";
  const logprobs = json(line.logprobs);
  const toolCalls = json(line.message?.tool_calls ?? line.tool_calls);
  const hasOutput = text !== "" || thinking !== "" || logprobs !== undefined || toolCalls !== undefined;
  const tokens = counter.add(line, hasOutput);
  if (!hasOutput && tokens === 0) return undefined;
  return {
    text,
    thinking,
    tokens,
    ...(line.prompt_eval_count ? { promptTokens: firstPromptTokens(line.prompt_eval_count) } : {}),
    ...(logprobs ? { logprobsJson: logprobs.bytes } : {}),
    ...(toolCalls ? { toolCallsJson: toolCalls.bytes } : {}),
  };
}
