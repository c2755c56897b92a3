import type { Resume } from "@flock/proto";
import type { Ollama } from "ollama/browser";
import { type Endpoint, optionsOf } from "./request-body.js";

/**
 * Texts of beginning-of-sequence tokens that a template may begin with. Ollama adds the token itself, and on the raw
 * path strips only `<bos>`: left in place, a continued prompt would begin with two.
 */
const BOS_TEXTS = [
  "<bos>",
  "<s>",
  "<|begin_of_text|>",
  "<|startoftext|>",
  "<|begin▁of▁sentence|>",
  "[gMASK]<sop>",
];

function withoutBos(prompt: string): string {
  const bos = BOS_TEXTS.find((text) => prompt.startsWith(text));
  return bos === undefined ? prompt : prompt.slice(bos.length);
}

async function renderedPrompt(client: Ollama, endpoint: Endpoint, body: Readonly<Record<string, unknown>>) {
  if (body.raw === true) return String(body.prompt ?? "");
  // An Ollama that does not know `_debug_render_only` generates instead: one token, to tell.
  const probe = {
    ...body,
    stream: false,
    _debug_render_only: true,
    options: { ...optionsOf(body), num_predict: 1 },
  };
  const answer: unknown = await (endpoint === "chat"
    ? client.chat(probe as never)
    : client.generate(probe as never));
  const rendered = (answer as { _debug_info?: { rendered_template?: unknown } })._debug_info
    ?.rendered_template;
  return typeof rendered === "string" ? withoutBos(rendered) : undefined;
}

/** A request that continues a text which another worker began. */
export interface Continuation {
  readonly endpoint: "generate" | "chat";
  readonly body: Record<string, unknown>;
}

/**
 * The request that continues `resume.deliveredText`: `/api/generate` with `raw` and the rendered prompt followed by
 * that text, which is exact for every model. Where Ollama does not tell the rendered prompt: a chat whose last message
 * is the text, which most templates leave open.
 */
export async function continuationOf(
  client: Ollama,
  endpoint: "generate" | "chat",
  body: Readonly<Record<string, unknown>>,
  resume: Resume,
): Promise<Continuation> {
  const options = optionsOf(body);
  const numPredict = Number(options.num_predict ?? -1);
  const remaining = numPredict < 0 ? numPredict : Math.max(1, numPredict - resume.deliveredTokens);
  const shared = {
    model: body.model,
    options: { ...options, num_predict: remaining },
    ...(body.logprobs === undefined ? {} : { logprobs: body.logprobs, top_logprobs: body.top_logprobs }),
  };
  const prompt = await renderedPrompt(client, endpoint, body);
  if (prompt !== undefined) {
    return { endpoint: "generate", body: { ...shared, raw: true, prompt: prompt + resume.deliveredText } };
  }
  const begun = { role: "assistant", content: resume.deliveredText };
  const messages =
    endpoint === "chat"
      ? [...((body.messages as unknown[] | undefined) ?? []), begun]
      : [
          ...(body.system ? [{ role: "system", content: body.system }] : []),
          { role: "user", content: body.prompt },
          begun,
        ];
  return { endpoint: "chat", body: { ...shared, messages } };
}
