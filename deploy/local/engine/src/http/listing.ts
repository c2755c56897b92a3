import type { Inference } from "../inference.js";
import { Fields, type JsonObject } from "./fields.js";
import { CHAT_NAMES, readModelName } from "./model-name.js";
import { servedModel } from "./replies.js";

const CAPABILITIES = ["completion", "embedding"] as const;
/** The model is never unloaded; Ollama says that with a date far away. */
const NEVER = "2318-01-01T00:00:00Z";

/** GET /api/tags: the one model. */
export function tags({ description }: Inference): object {
  const { name, digest, sizeBytes, modifiedAt, details } = description;
  return {
    models: [
      {
        name,
        model: name,
        modified_at: modifiedAt,
        size: sizeBytes,
        digest,
        details,
        capabilities: CAPABILITIES,
      },
    ],
  };
}

/** GET /api/ps: the one model, always loaded. */
export function processes({ description, contextTokens }: Inference): object {
  const { name, digest, sizeBytes, details } = description;
  const model = { name, model: name, size: sizeBytes, digest, details, expires_at: NEVER, size_vram: 0 };
  return { models: [{ ...model, context_length: contextTokens }] };
}

/** POST /api/show. */
export function show(inference: Inference, body: JsonObject): object {
  const fields = new Fields(body);
  readModelName(fields, servedModel(inference), CHAT_NAMES);
  const { description } = inference;
  return {
    ...(description.license === "" ? {} : { license: description.license }),
    modelfile: "",
    template: description.template,
    details: description.details,
    model_info: description.info(fields.boolean("verbose") ?? false),
    tensors: description.tensors,
    capabilities: CAPABILITIES,
    modified_at: description.modifiedAt,
    // No field of Ollama's: `_format_begun` is understood here.
    resumes_format: true,
  };
}
