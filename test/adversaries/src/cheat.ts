import type { Random } from "@flock/simulation";

/** A line of a streamed answer of Ollama's. */
export interface Line {
  readonly [field: string]: unknown;
  readonly response?: string;
  readonly message?: { readonly role: string; readonly content: string };
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly eval_count?: number;
  readonly logprobs?: readonly Logprob[];
}

export interface Logprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs?: readonly Logprob[];
}

/** What a worker asks of its Ollama: a job, or the rest of one that another worker began (`raw`). */
export interface Asked {
  readonly path: "/api/generate" | "/api/chat";
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** A cheat's real engines: the model that it is paid for, and others that are cheaper. */
export interface Engines {
  /** Answers with the model that was asked for. */
  readonly claimed: Source;
  /** Some of its layers do nothing. */
  readonly smaller: Source;
  /** Its weights have four bits. */
  readonly coarser: Source;
}

export type Source = (asked: Asked) => AsyncIterable<Line>;

/** What a cheat remembers between jobs. */
export interface Memory {
  readonly texts: string[];
  /** From 0 to 1, the same row for the same seed. */
  readonly random: Random;
}

export interface Cheat {
  readonly name: string;
  /** What its worker does, for people. */
  readonly about: string;
  /** Each line as an Ollama would have streamed it. */
  answer(asked: Asked, engines: Engines, memory: Memory): AsyncIterable<Line>;
}

export function textOf({ response, message }: Line): string {
  return response ?? message?.content ?? "";
}

export function optionsOf({ options }: Asked["body"]): Readonly<Record<string, unknown>> {
  return typeof options === "object" && options !== null ? { ...options } : {};
}

/** The same question with other options. */
export function withOptions(asked: Asked, options: Readonly<Record<string, unknown>>): Asked {
  return { ...asked, body: { ...asked.body, options: { ...optionsOf(asked.body), ...options } } };
}
