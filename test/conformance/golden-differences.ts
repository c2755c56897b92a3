/** Where the api answers otherwise than Ollama does, and why. */
export interface Difference {
  readonly why: string;
  /** Of recordings in test/golden. */
  readonly names: readonly string[];
  /** Ours; undefined: the same as Ollama's. */
  readonly status?: number;
  /** What our error says; undefined: the same as Ollama's, or there is none. */
  readonly error?: RegExp;
}

/** What the last line or event of each stream, and what a model is described by, has in addition, in every dialect. */
export const FLOCK_ADDITION = {
  why: "the story of the job: the head of a stream leaves before most of it is known; and the prices of a model",
  wholeMembers: ["flock"],
} as const;

export const DIFFERENCES: readonly Difference[] = [
  {
    why: "Ollama tells what its JSON decoder said, in Go's words; ours name the field, or what is wrong with the body",
    names: [
      "generate-array-body",
      "generate-bad-json",
      "generate-images-bad-base64",
      "generate-images-data-url",
      "generate-infinity",
      "generate-model-number",
      "generate-nan",
      "generate-options-string",
      "generate-prompt-number",
      "generate-real-form",
      "generate-stream-string",
      "generate-string-body",
      "generate-trailing-comma",
      "generate-truncated-json",
      "keep-alive-bad",
      "keep-alive-bool",
      "keep-alive-number-string",
      "chat-bad-json",
      "chat-content-number",
      "chat-content-parts",
      "chat-messages-string",
      "chat-tool-args-string",
      "chat-tools-parameters-string",
      "chat-tools-property-true",
      "embed-dimensions-string",
      "show-bad-json",
      "show-model-number",
    ],
    error: /^field "|^the request body |^the number in options\.temperature is out of range$/,
  },
  {
    why: "one rule for what is no count of alternatives, a fraction or too many",
    names: ["generate-top-logprobs-float"],
    error: /^top_logprobs must be between 0 and 20$/,
  },
  {
    why: "a client's mistake is 400, not 500: nothing of ours is broken",
    names: ["generate-num-predict-string", "generate-temperature-string", "generate-use-mmap-string"],
    status: 400,
  },
  {
    why: "as above, and one text for all that is no list of stop words",
    names: ["generate-stop-mixed", "generate-stop-number"],
    status: 400,
    error: /^option "stop" must be of type array of strings$/,
  },
  {
    why: "as above, and the field is named",
    names: [
      "generate-format-array",
      "generate-format-number",
      "generate-format-xml",
      "generate-format-xml-stream",
    ],
    status: 400,
    error: /^field "format" must be /,
  },
  {
    why: "one stop word is as good as a list of one",
    names: ["generate-stop-string"],
    status: 200,
  },
  {
    why: "Ollama passes on what its runner said, JSON in JSON; ours names the option",
    names: ["generate-odd-repeat_last_n--1", "generate-odd-repeat_penalty--2"],
    error: /^option "repeat_(last_n|penalty)" must be /,
  },
  {
    why: "what a model cannot do is told before anything is routed or charged, in one form for all capabilities",
    names: [
      "generate-images-no-vision",
      "chat-images-no-vision",
      "chat-images-no-vision-jinja",
      "embed-generation-model",
      "embeddings-legacy-generation-model",
    ],
    status: 400,
    error: /^(smol|smol-jinja|"smol") does not support (vision|embeddings)$/,
  },
  {
    why: "Ollama tells the whole name here and the client's own elsewhere; ours is always the client's",
    names: ["generate-suffix-unsupported", "chat-tools-unsupported"],
    error: /^smol does not support (insert|tools)$/,
  },
  {
    why: "nobody can pull here, so it is not advised",
    names: ["embed-unknown-model", "embeddings-legacy-unknown"],
    error: /^model 'no-such-model-zz9:1b' not found$/,
  },
  {
    why: "a name like another: here are no models of a cloud",
    names: ["generate-model-cloud-suffix"],
    status: 404,
    error: /^model 'x:cloud' not found$/,
  },
  {
    why: "context is tokens of one model at one machine; what cannot be gone on from is refused and not dropped",
    names: ["generate-context", "generate-context-bad-token"],
    status: 400,
    error: /^field "context" is not supported by this server: send the conversation to \/api\/chat$/,
  },
  {
    why: "decided by the model's engine, for which an echo stands here",
    names: [
      "generate-format-bad-ref",
      "generate-format-bad-schema",
      "generate-template-bad",
      "generate-too-long-shift-false",
      "generate-too-long-truncate-false",
      "generate-too-long-truncate-false-shift-false",
      "chat-too-long-jinja",
      "chat-too-long-truncate-false-jinja",
      "embed-too-long-truncate-false",
    ],
    status: 200,
  },
  {
    why: "a path is served however it is spelled: a redirect loses the body or the key of many a client",
    names: ["path_api_tags_"],
    status: 200,
  },
  { why: "as good as GET wherever there is a GET", names: ["ps-head"], status: 200 },
  {
    why: "who may call is a matter of keys, and of API_CORS_ORIGINS (none, here), not of the host or the origin",
    names: ["cors-get-forbidden", "host-header-foreign"],
    status: 200,
  },
  {
    why: "as above: without origins there is nothing to allow, and OPTIONS is a method like any other",
    names: ["cors-preflight", "cors-preflight-forbidden"],
    status: 405,
    error: /^method not allowed$/,
  },
  {
    why: "models are the workers' own",
    names: ["blob-head-unknown", "copy-unknown", "delete-unknown"],
    status: 403,
    error: /^(model management is not available on this server)?$/,
  },
  {
    why: "of Ollama's cloud and account, and what no model here does",
    names: ["me", "path_api_experimental_model-recommendations", "path_api_status", "v1-audio"],
    status: 404,
    error: /^path .* not found$/,
  },
];
