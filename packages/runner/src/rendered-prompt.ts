import type { Ollama } from "ollama/browser";
import { type Endpoint, optionsOf } from "./request-body.js";
import { readLine } from "./stream-line.js";

/** A prompt as the model reads it: what `/api/generate` takes with `raw`. */
export interface RenderedPrompt {
  readonly text: string;
  /** The images that `[img-0]`, `[img-1]`, … in the text stand for, base64. */
  readonly images: readonly string[];
}

type Body = Readonly<Record<string, unknown>>;

/**
 * The prompt that Ollama makes of a request by the model's template (`_debug_render_only`). The text of a
 * beginning-of-sequence token that a template writes stays in it: Ollama treats it alike here and there. Undefined from
 * an Ollama that does not know how to render only; it generates one token instead.
 */
export async function renderedPrompt(
  client: Ollama,
  endpoint: Exclude<Endpoint, "embed">,
  body: Body,
): Promise<RenderedPrompt | undefined> {
  const images = imagesOf(endpoint, body);
  if (body.raw === true) return { text: String(body.prompt ?? ""), images };
  const probe = {
    ...body,
    stream: false,
    _debug_render_only: true,
    options: { ...optionsOf(body), num_predict: 1 },
  };
  // CAST: the body was put together from untyped JSON; Ollama validates it.
  const answer: unknown = await (endpoint === "chat"
    ? client.chat(probe as never)
    : client.generate(probe as never));
  const rendered = (answer as { _debug_info?: { rendered_template?: unknown } })._debug_info
    ?.rendered_template;
  return typeof rendered === "string" ? { text: rendered, images } : undefined;
}

/** The request that goes on after `text` behind the prompt. `body` is the job's own. */
export function rawBody(prompt: RenderedPrompt, text: string, body: Body, numPredict: number): Body {
  const { model, logprobs, top_logprobs, truncate, shift } = body;
  return {
    ...{ model, truncate, shift, raw: true, prompt: prompt.text + text },
    ...(prompt.images.length === 0 ? {} : { images: prompt.images }),
    ...(logprobs === undefined ? {} : { logprobs, top_logprobs }),
    options: { ...optionsOf(body), num_predict: numPredict },
  };
}

/** How many tokens `text` behind the prompt makes together with it. Costs the model one token. */
export async function countTokens(
  client: Ollama,
  prompt: RenderedPrompt,
  text: string,
  body: Body,
): Promise<number> {
  const { logprobs: _, ...silent } = body;
  const request = { ...rawBody(prompt, text, silent, 1), stream: false };
  // CAST: as above; not streamed, so it is one object.
  const answer: unknown = await client.generate(request as never);
  return readLine(answer).prompt_eval_count ?? 0;
}

function imagesOf(endpoint: "generate" | "chat", body: Body): readonly string[] {
  const carriers = endpoint === "generate" ? [body] : ((body.messages as unknown[] | undefined) ?? []);
  return carriers.flatMap((carrier) => (carrier as { images?: readonly string[] } | null)?.images ?? []);
}
