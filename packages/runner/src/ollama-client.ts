// Not the package's default entry: that takes an image that names a file of this machine for the file.
import { Ollama } from "ollama/browser";
import { withJsonLines } from "./json-lines.js";
import { httpAccess, type OllamaAccess } from "./ollama-access.js";

/** How long Ollama may take to answer a question about its models. */
const LISTING_TIMEOUT_MS = 5_000;

/**
 * A client whose calls, streamed or not, end when `signal` is aborted: the package itself can abort streams only, and
 * leaving its iterator does not stop the server.
 */
export function ollamaClient(ollama: OllamaAccess, signal: AbortSignal): Ollama {
  return new Ollama({
    host: ollama.host,
    fetch: async (input, init = {}) => withJsonLines(await ollama.fetch(String(input), init, signal)),
  });
}

/** A client for questions about models, with a timeout of its own. */
export function listingClient(host: string): Ollama {
  return ollamaClient(httpAccess(host), AbortSignal.timeout(LISTING_TIMEOUT_MS));
}
