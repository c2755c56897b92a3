import { anyObject, asked, type JsonSchema, string } from "../http/openapi/json-schema.js";
import { ROLE_LENGTH_MAX } from "../inference/text-bounds.js";

/* What requests of several dialects have in common, as `/openapi.json` describes it. */

export const MODEL = string("The model's name, as the lists of models tell it.");

export const ROLE = string(
  "Who speaks: `system`, `user`, `assistant` or `tool`. Templates may know others.",
  {
    maxLength: ROLE_LENGTH_MAX,
  },
);

export const IMAGE = string("An image in base64.", { contentEncoding: "base64" });

export const DATA_URL_IMAGE = string("A `data:` URL of a JPEG, PNG or WebP image. Nothing is fetched.", {
  contentMediaType: "image/*",
});

/** A JSON object as text. */
export const ARGUMENTS_TEXT = string("What it was called with: a JSON object, as text.", {
  contentMediaType: "application/json",
});

/** The function of a tool; `schemaField` is what the dialect calls the schema of its parameters. */
export function toolFunction(schemaField = "parameters"): Record<string, JsonSchema> {
  return {
    name: string("What the model calls it by."),
    description: string("What it does."),
    [schemaField]: anyObject("A JSON schema of its parameters."),
  };
}

/** The `tools` of a chat as Ollama and OpenAI have them. */
export const FUNCTION_TOOL = asked({
  type: string("`function`."),
  function: asked(toolFunction()),
});
