/* Server-sent events: how OpenAI's and Anthropic's APIs stream. */

/** Headers of a response that is a stream of events: neither a cache nor a proxy's buffer may hold them back. */
export const SSE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/**
 * One whole event. `data` is JSON (or a word such as `[DONE]`), so it has no line ends, which would end the field;
 * `event` is its type, where a dialect has types.
 */
export function sseEvent(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
