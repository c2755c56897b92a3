import { FlockError } from "@flock/errors";
// Not the package's default entry: that takes an image that names a file of this machine for the file.
import { Ollama } from "ollama/browser";
import { httpFetch } from "./http-fetch.js";

/** How long Ollama may take to answer a question about its models. */
const LISTING_TIMEOUT_MS = 5_000;

/**
 * A client whose calls, streamed or not, end when `signal` is aborted: the package itself can abort streams only, and
 * leaving its iterator does not stop the server.
 */
export function ollamaClient(host: string, signal: AbortSignal): Ollama {
  return new Ollama({ host, fetch: (input, init = {}) => httpFetch(String(input), init, signal) });
}

/** A client for questions about models, with a timeout of its own. */
export function listingClient(host: string): Ollama {
  return ollamaClient(host, AbortSignal.timeout(LISTING_TIMEOUT_MS));
}

/** Statuses with which Ollama refuses the request itself; another Ollama would say the same. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

/** Ollama's failures in our terms. The texts are Ollama's own and meant for its clients. */
export function translateOllamaError(thrown: unknown, signal: AbortSignal): FlockError {
  if (thrown instanceof FlockError) return thrown;
  if (signal.aborted) return new FlockError("cancelled", "the run was ended", { cause: thrown });
  const status = (thrown as { status_code?: unknown } | null)?.status_code;
  const message = thrown instanceof Error ? thrown.message : "Ollama failed";
  if (typeof status === "number" && REFUSALS.has(status)) {
    return new FlockError("invalid_argument", message, { cause: thrown });
  }
  if (typeof status === "number")
    return new FlockError("unavailable", `Ollama answered ${status}`, { cause: thrown });
  return new FlockError("unavailable", "Ollama failed while it was generating", { cause: thrown });
}
