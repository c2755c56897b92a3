import { FlockAnswerError } from "./errors.js";

/** More than any answer has that is read whole. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** The bytes of a body as they come. Browsers do not all iterate over a stream by themselves. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Who reads no further lets the connection go. What that says is of no use to him.
    await reader.cancel().catch(() => {});
  }
}

/** A whole body as text. */
export async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of chunksOf(response)) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new FlockAnswerError("", "the answer is too long");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
