import { httpFetch } from "./http-fetch.js";

/** How an Ollama is reached. */
export interface OllamaAccess {
  /** Its address; what requests are sent to. */
  readonly host: string;
  /**
   * Whether it can be asked something beside the job itself: to render a prompt, to count tokens. Without that a text
   * that another worker began is generated once more from its beginning, and what was delivered is skipped.
   */
  readonly takesQuestions: boolean;
  /** As much of `fetch` as the Ollama client uses. Aborting `signal` ends the request at any stage. */
  fetch(url: string, init: RequestInit, signal: AbortSignal): Promise<Response>;
}

/** An Ollama that answers at `host` over HTTP. */
export function httpAccess(host: string): OllamaAccess {
  return { host, takesQuestions: true, fetch: httpFetch };
}
