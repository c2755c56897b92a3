const PROBE_TIMEOUT_MS = 1_000;

/**
 * How many models the Ollama at `url` has; undefined when none answers. Quick then too: a refused connection, or one
 * second.
 */
export async function countOllamaModels(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    // CAST: Ollama's documented answer; anything else fails the next line and counts as no Ollama.
    return ((await response.json()) as { models: unknown[] }).models.length;
  } catch {
    return undefined;
  }
}

/** `OLLAMA_HOST` may lack scheme and port, and may be the address that a server listens on (`0.0.0.0`). */
export function ollamaUrl(host: string): string {
  const hasScheme = /^https?:\/\//.test(host);
  const url = new URL(hasScheme ? host : `http://${host}`);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (!hasScheme && url.port === "" && !/:80$/.test(host)) url.port = "11434";
  return url.href.replace(/\/$/, "");
}
