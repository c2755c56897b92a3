/**
 * Recordings (test/golden) whose requests anything that speaks a dialect answers alike: with the same status, in the
 * same frames, with objects that have at least the same members. What our network does otherwise on purpose is in the
 * lists of differences instead.
 */
export const SHARED_REQUESTS: Readonly<
  Record<string, { readonly files: string[]; readonly names: string[] }>
> = {
  Ollama: {
    files: ["chat", "generate", "embed", "listing"],
    names: [
      ...[
        "chat",
        "chat-stream",
        "chat-format-schema",
        "chat-logprobs-stream",
        "chat-multi-turn",
        "load-chat",
      ],
      ...[
        "chat-role-developer",
        "chat-content-null",
        "chat-bad-json",
        "chat-empty-body",
        "chat-missing-model",
      ],
      ...["chat-messages-string", "chat-unknown-model", "chat-tools-unsupported", "chat-think-unsupported"],
      ...["generate", "generate-stream", "generate-stop-word", "generate-emoji-stream", "generate-raw"],
      ...[
        "generate-format-json",
        "generate-natural-stop",
        "generate-options-null",
        "generate-form-content-type",
      ],
      ...["generate-prompt-number", "generate-bad-json", "generate-unknown-model-stream"],
      ...[
        "generate-top-logprobs-21",
        "generate-trailing-comma",
        "load-generate",
        "generate-get",
        "generate-put",
      ],
      ...["embed", "embed-empty-list", "embed-unknown-model", "embed-object", "embeddings-legacy"],
      ...["tags-get", "version-get", "show", "show-unknown", "show-bad-json", "ps-loaded"],
    ],
  },
  OpenAI: {
    files: ["v1-chat-completions", "v1-completions", "v1-embeddings", "v1-models"],
    names: [
      ...["v1-chat", "v1-chat-stream", "v1-chat-stream-usage", "v1-chat-logprobs-stream", "v1-chat-logprobs"],
      ...[
        "v1-chat-json-schema",
        "v1-chat-json-object",
        "v1-chat-stop",
        "v1-chat-content-parts",
        "v1-chat-n-2",
      ],
      ...["v1-chat-bad-json", "v1-chat-empty-body", "v1-chat-empty-messages", "v1-chat-unknown-model"],
      ...["v1-chat-unknown-model-stream", "v1-chat-image-url-http", "v1-chat-get"],
      ...["v1-completions", "v1-completions-stream", "v1-completions-unknown-model"],
      ...["v1-embeddings", "v1-embeddings-base64", "v1-embeddings-unknown-model", "v1-embeddings-tokens"],
      ...[
        "v1-models",
        "v1-model",
        "v1-model-tag",
        "v1-model-encoded-tag",
        "v1-model-unknown",
        "v1-models-post",
      ],
    ],
  },
  Anthropic: {
    files: ["v1-messages"],
    names: [
      ...["v1-messages", "v1-messages-stream", "v1-messages-blocks", "v1-messages-stop-sequence"],
      ...["v1-messages-bad-json", "v1-messages-empty-body", "v1-messages-empty", "v1-messages-no-max-tokens"],
      ...["v1-messages-unknown-model", "v1-messages-unknown-model-stream", "v1-messages-image-url"],
      ...["v1-messages-tools-unsupported", "v1-messages-thinking-unsupported", "v1-count-tokens"],
    ],
  },
  Responses: {
    files: ["v1-responses"],
    names: [
      ...["v1-responses", "v1-responses-stream", "v1-responses-items", "v1-responses-json-schema"],
      ...["v1-responses-bad-json", "v1-responses-empty-body", "v1-responses-input-number"],
      ...["v1-responses-unknown-model", "v1-responses-unknown-model-stream"],
    ],
  },
};
