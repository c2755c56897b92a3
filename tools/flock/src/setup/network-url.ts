import type { Target } from "./tool.js";

/**
 * The URL with the key in it. OLLAMA_HOST has this form in every file that we write, also for libraries that could send
 * the key in a header: what one tool gets must not contradict another.
 */
export function keyedUrl({ url, apiKey }: Target): string {
  return `${url}/k/${apiKey}`;
}

/** What people have to know who set OLLAMA_HOST. */
export const SERVES_TOO =
  "OLLAMA_HOST is also where `ollama serve`, `flock-worker` and `npm start` look: start those where it is not set.";

/** Whether a URL is of this machine alone. */
export function isLoopback(url: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(new URL(url).hostname);
}
