/*
 * Whose fault an Ollama's error is. Its statuses do not tell: a broken template and a full graphics card are both 500,
 * an embedding asked of a chat model is 501. So what it says decides, as recorded from a real Ollama (test/golden):
 *
 * | what | code | whose fault |
 * | --- | --- | --- |
 * | status 400, 413, 415, 422, 501, or REQUEST_FAULTS | `invalid_argument` | the request's: every Ollama would say so |
 * | status 401 to 404, 408, 429, 503, or MACHINE_FAULTS | `unavailable` | this machine's: another one may do it |
 * | any other answer | `aborted` | cannot be told; if the next Ollama says the same, it is the request's |
 * | no answer (connection refused, reset, …) | `unavailable` | this machine's |
 */
import { FlockError } from "@flock/errors";

/** Statuses with which Ollama refuses the request itself. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422, 501]);
/** Statuses that say something about this machine: a model that is gone, a queue that is full, … */
const MACHINE_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 404, 408, 429, 499, 502, 503, 504]);

/** What Ollama says of a request with status 500, or within a stream: beginnings that nothing else has … */
const PLAIN_REQUEST_FAULTS = [
  /^template: /,
  /^invalid format/,
  /^option "[^"]*" must be /,
  /^detokenize error/,
];

/** … and words that also stand in what it says of a machine. */
const REQUEST_FAULTS = [
  /\bdoes not support\b/,
  /\bis not supported\b/,
  /\bjson[ _]schema\b/i,
  /\bgrammar\b/i,
  /^invalid /,
  /\bunmarshal\b/,
  /\bcontext (length|size)\b/,
];

const MACHINE_FAULTS = [
  /\bmemory\b/i,
  /\b(terminated|crashed|exited|signal|killed)\b/i,
  /\b(cuda|rocm|hip|metal|vulkan|gpu|device)\b/i,
  /\btimed? ?out\b/i,
  /\bno such (file|model)\b/i,
  /\bno space left\b/i,
  /\b(connection|connect|dial tcp|EOF|broken pipe)\b/,
  /\bunable to load model\b|\bload(ing)? model\b|\bmodel runner\b/i,
  /\bserver busy\b/i,
];

/** The runner's own error inside Ollama's. */
interface InnerError {
  readonly code?: unknown;
  readonly type?: unknown;
  readonly message?: unknown;
  readonly n_prompt_tokens?: unknown;
  readonly n_ctx?: unknown;
}

const LAYERS_MAX = 4;
const MESSAGE_LENGTH_MAX = 4_000;

/** Ollama's words without the JSON that its runner has wrapped them in, and what that JSON said beside them. */
function unwrapped(message: string): { readonly text: string; readonly inner: InnerError } {
  let text = message.slice(0, MESSAGE_LENGTH_MAX);
  let inner: InnerError = {};
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    const brace = text.indexOf('{"error"');
    if (brace < 0) break;
    let error: unknown;
    try {
      error = (JSON.parse(text.slice(brace)) as { error?: unknown }).error;
    } catch {
      break; // Words that only look like JSON are told as they are.
    }
    if (typeof error === "object" && error !== null) inner = error;
    const words = typeof error === "string" ? error : inner.message;
    if (typeof words !== "string") break;
    text = text.slice(0, brace) + words;
  }
  return { text: inWordsOfTheNetwork(text, inner), inner };
}

/** Ollama's advice is for who runs it: a client cannot increase the context of somebody else's machine. */
function inWordsOfTheNetwork(text: string, { n_prompt_tokens: prompt, n_ctx: context }: InnerError): string {
  if (typeof prompt !== "number" || typeof context !== "number") return text;
  return `the prompt has ${prompt} tokens, more than this model's context of ${context} tokens`;
}

function codeOf(status: number | undefined, text: string, inner: InnerError) {
  const says = (words: readonly RegExp[]) => words.some((one) => one.test(text));
  if (status !== undefined && REFUSALS.has(status)) return "invalid_argument";
  if (inner.type === "invalid_request_error" || says(PLAIN_REQUEST_FAULTS)) return "invalid_argument";
  if (status !== undefined && MACHINE_STATUSES.has(status)) return "unavailable";
  if (says(MACHINE_FAULTS)) return "unavailable";
  return says(REQUEST_FAULTS) ? "invalid_argument" : "aborted";
}

/** Ollama's failures in our terms (see the table above); the words of a refusal are meant for its client. */
export function translateOllamaError(thrown: unknown, signal: AbortSignal): FlockError {
  if (thrown instanceof FlockError) return thrown;
  if (signal.aborted) return new FlockError("cancelled", "the run was ended", { cause: thrown });
  if (!(thrown instanceof Error) || isTransportError(thrown))
    return new FlockError("unavailable", "Ollama does not answer", { cause: thrown });
  const status = (thrown as { status_code?: unknown }).status_code;
  const { text, inner } = unwrapped(thrown.message);
  const code = codeOf(typeof status === "number" ? status : undefined, text, inner);
  return new FlockError(code, text, { cause: thrown });
}

/** Node's own errors carry a code; those of the Ollama client do not. */
function isTransportError(error: Error): boolean {
  return "code" in error || error.name === "AbortError" || error.name === "SyntaxError";
}
