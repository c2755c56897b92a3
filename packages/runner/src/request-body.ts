import { Operation } from "@flock/proto/jobs";

/** Fields of a request that are passed on, by endpoint. Anything else is dropped: the machine is its operator's. */
const FIELDS: Readonly<Record<"generate" | "chat" | "embed", readonly string[]>> = {
  generate: ["prompt", "suffix", "system", "template", "images", "raw"],
  chat: ["messages", "tools"],
  embed: ["input", "truncate", "dimensions", "options"],
};

const TEXT_FIELDS = ["format", "options", "think", "truncate", "logprobs", "top_logprobs"];

/** Options that decide over the machine and not over the answer. Another `num_ctx` makes Ollama load its model anew. */
const RESOURCE_OPTIONS: ReadonlySet<string> = new Set([
  "num_ctx",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "num_batch",
  "use_mmap",
  "use_mlock",
  "numa",
  "low_vram",
  "vocab_only",
  "draft_num_predict",
]);

export type Endpoint = keyof typeof FIELDS;

/** Ollama's endpoint for an operation; undefined for operations that this build does not know. */
export function endpointOf(operation: Operation): Endpoint | undefined {
  switch (operation) {
    case Operation.GENERATE:
      return "generate";
    case Operation.CHAT:
      return "chat";
    case Operation.EMBED:
      return "embed";
    case Operation.UNSPECIFIED:
      return undefined;
  }
}

function safeOptions(options: unknown): Record<string, unknown> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return {};
  return Object.fromEntries(Object.entries(options).filter(([name]) => !RESOURCE_OPTIONS.has(name)));
}

/**
 * What is sent to this worker's Ollama for a job's request: known fields only, without options that decide over the
 * machine. Text that does not fit into the context is refused and not cut, unless the client wants it cut: a model that
 * has not read half of a prompt answers something else.
 *
 * @param contextLength Tokens of context: the same for every request, or Ollama would load the model anew; 0: Ollama's
 *   own default.
 */
export function requestBody(
  endpoint: Endpoint,
  model: string,
  request: Readonly<Record<string, unknown>>,
  contextLength: number,
): Record<string, unknown> {
  const names = endpoint === "embed" ? FIELDS.embed : [...FIELDS[endpoint], ...TEXT_FIELDS];
  const body: Record<string, unknown> = { model };
  for (const name of names) if (request[name] !== undefined) body[name] = request[name];
  const context = contextLength > 0 ? { num_ctx: contextLength } : {};
  body.options = { ...safeOptions(body.options), ...context };
  // Ollama loads the model anew when `shift` changes, too.
  return endpoint === "embed" ? body : { ...body, truncate: request.truncate === true, shift: false };
}

/** The body's options, to read or replace single ones. */
export function optionsOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...(body.options as Record<string, unknown> | undefined) };
}
