import { FlockError } from "@flock/errors";

/** What a request asks of the load-generator worker; travels as the request's prompt. */
export interface LoadInstructions {
  /** Tokens to emit, each a chunk of its own. */
  readonly tokens: number;
  /** Evenly paced; 0: as fast as the worker can. */
  readonly tokensPerSecond: number;
  /** Length of each token's text, ASCII. */
  readonly textBytes: number;
}

/** The model that the load-generator worker serves. Named as what it is: no model at all. */
export const LOAD_GENERATOR_MODEL = "load-generator:latest";
/** The same of a worker that takes plain text: what sealing costs is the difference. */
export const PLAIN_LOAD_GENERATOR_MODEL = "plain-load-generator:latest";

const TOKENS_MAX = 1_000_000;
const TOKENS_PER_SECOND_MAX = 1_000_000;
const TEXT_BYTES_MAX = 64 * 1024;

/** The body of an `/api/generate` request that carries the instructions. */
export function loadRequest(
  instructions: LoadInstructions,
  stream: boolean,
  model = LOAD_GENERATOR_MODEL,
): string {
  return JSON.stringify({
    model,
    prompt: JSON.stringify(instructions),
    stream,
    options: { num_predict: instructions.tokens },
  });
}

/** Reads the instructions back, of a prompt or a chat's last message; throws `invalid_argument` for any other. */
export function readInstructions(request: Readonly<Record<string, unknown>>): LoadInstructions {
  let given: Partial<Record<keyof LoadInstructions, unknown>>;
  try {
    given = JSON.parse(String(request["prompt"] ?? lastContentOf(request["messages"])));
  } catch (cause) {
    throw new FlockError("invalid_argument", "the load generator only takes its own instructions", { cause });
  }
  return {
    tokens: bounded("tokens", given.tokens, TOKENS_MAX),
    tokensPerSecond: bounded("tokensPerSecond", given.tokensPerSecond, TOKENS_PER_SECOND_MAX),
    textBytes: bounded("textBytes", given.textBytes, TEXT_BYTES_MAX),
  };
}

function lastContentOf(messages: unknown): unknown {
  // CAST: the requester's own, checked by the api.
  return (messages as readonly { readonly content?: unknown }[] | undefined)?.at(-1)?.content;
}

function bounded(name: string, value: unknown, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new FlockError("invalid_argument", `load instructions: ${name} must be a whole number up to ${max}`);
}
