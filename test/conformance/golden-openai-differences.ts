import type { Difference } from "./golden-differences.js";

/** Where the api answers OpenAI's clients otherwise than Ollama does, and why. */
export const OPENAI_DIFFERENCES: readonly Difference[] = [
  {
    why: "Ollama tells what its JSON decoder said, in Go's words; ours name the field, or what is wrong with the body",
    names: [
      "v1-chat-array-body",
      "v1-chat-bad-json",
      "v1-chat-content-number",
      "v1-chat-empty-body",
      "v1-chat-empty-messages",
      "v1-chat-max-tokens-string",
      "v1-chat-message-no-content",
      "v1-chat-messages-string",
      "v1-chat-null-body",
      "v1-chat-part-type-bogus",
      "v1-chat-tools-bad-arguments",
      "v1-completions-prompt-array",
    ],
    error: /^field "|^the request body |^missing request body$/,
  },
  {
    why: "a wrong type is refused; Ollama drops it, and the answer goes on past where it was to stop",
    names: ["v1-chat-stop-bad"],
    status: 400,
    error: /^field "stop" must be a string or an array of strings$/,
  },
  {
    why: "what a model cannot do is told before anything is routed or charged, in one form for all capabilities",
    names: ["v1-chat-image-no-vision", "v1-embeddings-generation-model"],
    status: 400,
    error: /^(smol does not support vision|"smol" does not support embeddings)$/,
  },
  {
    why: "Ollama tells the whole name here and the client's own elsewhere; ours is always the client's",
    names: ["v1-chat-tools-unsupported", "v1-completions-suffix-unsupported"],
    error: /^smol does not support (insert|tools)$/,
  },
  {
    why: "nobody can pull here, so it is not advised",
    names: ["v1-embeddings-unknown-model"],
    error: /^model 'no-such-model-zz9:1b' not found$/,
  },
  { why: "as good as GET wherever there is a GET", names: ["v1-models-head"], status: 200 },
  {
    why: "a path without a method that it has is told in JSON, as every error",
    names: ["v1-chat-get", "v1-models-post"],
    error: /^method not allowed$/,
  },
  {
    why: "a model's name may have slashes in the path, so it is looked for",
    names: ["v1-model-namespace-encoded", "v1-model-namespace-raw"],
    error: /^model 'no-such\/ns-model:1b' not found$/,
  },
];

/** Where the frames themselves, for the same words of a model, are otherwise. */
export const OPENAI_FRAME_DIFFERENCES: readonly Pick<Difference, "why" | "names">[] = [
  {
    why: "the usage that is to come is null, as OpenAI says; Ollama has zeros, which look like one",
    names: ["v1-completions-stream-usage"],
  },
  {
    why: "nothing was generated, so it ended: OpenAI's clients know of no reason `load`",
    names: ["v1-completions-empty-prompt", "v1-completions-no-prompt"],
  },
  {
    why: "an answer that repeats itself ends with `stop`; Ollama ends it without a reason and without [DONE]",
    names: ["v1-chat-token-repeat-stream"],
  },
];
