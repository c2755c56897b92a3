/** Where the engine answers otherwise than the recorded Ollama, on purpose. */
export interface Difference {
  readonly why: string;
  /** Names of recordings in `test/golden`. */
  readonly recordings: readonly string[];
  /** The engine's status; undefined: the same. */
  readonly status?: number;
  /** Begins the engine's error; undefined: the same text. */
  readonly error?: string;
  /** Fields of an answer (of its last line, if streamed) that the engine leaves out or adds. */
  readonly without?: readonly string[];
  readonly extra?: readonly string[];
}

const RUN_METRICS = [
  ...["done_reason", "total_duration", "load_duration"],
  ...["prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration"],
];

export const DIFFERENCES: readonly Difference[] = [
  {
    why: "a bad request is 400 also where Ollama says 500",
    status: 400,
    recordings: [
      ...[
        "generate-format-array",
        "generate-format-number",
        "generate-format-xml",
        "generate-format-xml-stream",
      ],
      ...[
        "generate-num-predict-string",
        "generate-stop-mixed",
        "generate-stop-number",
        "generate-temperature-string",
      ],
    ],
  },
  {
    why: "Go's words for JSON that does not parse quote the body, which may hold a prompt",
    error: "invalid JSON in the request body",
    recordings: [
      ...["generate-bad-json", "generate-nan", "generate-real-form", "generate-trailing-comma"],
      ...["generate-truncated-json", "chat-bad-json", "show-bad-json"],
    ],
  },
  {
    why: "a body is one JSON value",
    status: 400,
    error: "invalid JSON in the request body",
    recordings: ["generate-two-objects"],
  },
  {
    why: "Go's words for a body that is no object name a Go type",
    error: "the request body must be a JSON object",
    recordings: ["generate-array-body", "generate-string-body"],
  },
  {
    why: "Go's words for a field of another type name Go types; the engine's name the field",
    error: '"',
    recordings: [
      ...[
        "generate-model-number",
        "generate-options-string",
        "generate-prompt-number",
        "generate-stream-string",
      ],
      ...["generate-top-logprobs-float", "chat-content-number", "chat-content-parts", "chat-messages-string"],
      ...["embed-dimensions-string", "show-model-number"],
    ],
  },
  {
    why: "as above, of an option",
    error: "option ",
    recordings: ["generate-infinity", "generate-odd-repeat_penalty--2"],
  },
  {
    why: "the engine names the model as the client did, and what it cannot do; images are not even decoded",
    error: '"flock-tiny" does not support ',
    recordings: [
      ...["generate-images-bad-base64", "generate-images-data-url", "generate-images-no-vision"],
      ...["generate-suffix-unsupported", "chat-images-no-vision", "chat-tools-unsupported"],
    ],
  },
  {
    why: "as above, and a bad request is 400",
    status: 400,
    error: '"flock-tiny" does not support ',
    recordings: ["chat-images-no-vision-jinja"],
  },
  {
    why: "the template is the file's; Go templates are not understood",
    status: 400,
    error: '"flock-tiny" does not support template overrides',
    recordings: ["generate-template", "generate-template-bad", "generate-template-exec-error"],
  },
  {
    why: "a schema is refused in the engine's words",
    error: "format: ",
    recordings: ["generate-format-bad-ref", "generate-format-bad-schema"],
  },
  {
    why: "errors of every kind are JSON",
    error: "method not allowed",
    recordings: ["generate-get", "generate-options-method", "generate-put", "chat-get"],
  },
  {
    why: "Ollama's documentation allows repeat_last_n -1, the whole context",
    status: 200,
    recordings: ["generate-odd-repeat_last_n--1"],
  },
  {
    why: "one stop string is as good as a list of one, as clients have it",
    status: 200,
    recordings: ["generate-stop-string"],
  },
  {
    why: "options that mean nothing here are not looked at",
    status: 200,
    recordings: ["generate-use-mmap-string"],
  },
  {
    why: "`context`, which Ollama calls deprecated, is neither given nor read",
    without: ["context"],
    recordings: [
      ...[
        "generate",
        "generate-stream",
        "generate-context",
        "generate-for-context",
        "generate-duplicate-keys",
      ],
      ...["generate-form-content-type", "generate-text-content-type", "generate-format-empty-string"],
      ...["generate-format-json", "generate-format-schema", "generate-format-schema-stream"],
      ...[
        "generate-invalid-utf8",
        "generate-keep-alive-0-with-prompt",
        "generate-key-case",
        "generate-logprobs",
      ],
      ...["generate-natural-stop", "generate-num-predict-0", "generate-num-predict-float"],
      ...["generate-odd-min_p-2", "generate-odd-num_ctx--5", "generate-odd-num_ctx-1"],
      ...[
        "generate-odd-num_ctx-1000000000000000.0",
        "generate-odd-num_keep--1",
        "generate-odd-temperature--1",
      ],
      ...["generate-odd-top_k--3", "generate-odd-top_p-99", "generate-odd-typical_p-0"],
      ...["generate-runs-into-context", "generate-runs-into-context-shift-false", "generate-seed-huge"],
      ...[
        "generate-system",
        "generate-temperature-null",
        "generate-think-false",
        "generate-too-long-default",
      ],
      ...[
        "generate-top-logprobs-stream",
        "generate-top-logprobs-without-logprobs",
        "generate-unknown-option",
      ],
      "generate-upper-name",
    ],
  },
  {
    why: "`context` is not read, so it cannot be wrong",
    status: 200,
    recordings: ["generate-context-bad-token"],
  },
  {
    why: "Ollama gives up on an answer that repeats one token; the engine goes on to the end",
    extra: RUN_METRICS,
    recordings: ["chat-token-repeat", "chat-token-repeat-stream"],
  },
  {
    why: "the file's template gets the shortened prompt that Ollama keeps for Go templates",
    status: 200,
    recordings: ["chat-too-long-jinja"],
  },
  {
    why: "the one model generates and embeds",
    status: 200,
    recordings: [
      ...["embed-model-generate", "embed-model-chat"],
      ...["embed-generation-model", "embeddings-legacy-generation-model"],
    ],
  },
  {
    why: "there are no hosted models here",
    status: 404,
    error: "model 'x:cloud' not found",
    recordings: ["generate-model-cloud-suffix"],
  },
  {
    why: "the engine serves this machine's processes: it sends no CORS headers, so no browser lets a page read it",
    status: 405,
    recordings: ["cors-preflight", "cors-preflight-forbidden"],
  },
  {
    why: "as above: who asks is not looked at",
    status: 200,
    recordings: ["cors-get-forbidden", "host-header-foreign"],
  },
  {
    why: "paths are taken literally",
    status: 404,
    recordings: ["path_api_tags_"],
  },
  {
    why: "the model comes from a file, not from a Modelfile with parameters, a system prompt or messages",
    without: ["parameters", "system", "messages"],
    extra: ["license", "resumes_format"],
    recordings: ["show", "show-flock", "show-jinja"],
  },
  {
    why: "workers tell which engine they have, and this one is no Ollama",
    extra: ["engine"],
    recordings: ["version-get", "cors-get-allowed"],
  },
];
