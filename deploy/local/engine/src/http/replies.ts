import type { Prompt } from "../generation/prompt.js";
import type { Inference } from "../inference.js";
import type { ServedModel } from "./model-name.js";
import type { RunRequest } from "./requests.js";

/** What requests to `inference` are checked against. */
export function servedModel({ description, contextTokens }: Inference): ServedModel {
  return { name: description.name, contextTokens };
}

/** Tokenises prompts as the model of `inference` sees them. */
export function tokenizer({ vocabulary }: Inference): (text: string) => Uint32Array {
  return (text) => vocabulary.promptTokens(text);
}

/** The answer to a request without a prompt. The model is always loaded and stays so. */
export function loadedReply(request: RunRequest, emptyText: object): object {
  return {
    model: request.model,
    created_at: new Date().toISOString(),
    ...emptyText,
    done: true,
    done_reason: request.isUnload ? "unload" : "load",
  };
}

/**
 * The answer to `_debug_render_only`. Sent back as `prompt` with `raw: true`, the text gives exactly the tokens of the
 * request that was rendered (unless that had to be cut to the context).
 */
export function renderedReply(request: RunRequest, prompt: Prompt, emptyText: object): object {
  return {
    model: request.model,
    created_at: new Date().toISOString(),
    ...emptyText,
    done: false,
    _debug_info: { rendered_template: prompt.text },
  };
}
