import type { RawRequest, Target } from "./http-client.js";

/** One row: a request, and what its answer must be. */
export interface RequestRow {
  readonly name: string;
  /** Key and content type are added unless given; `null` sends none. */
  readonly request: (target: Target) => Omit<RawRequest, "headers"> & {
    readonly headers?: Readonly<Record<string, string>> | null;
  };
  readonly status: number;
  /** Text that the error must contain. */
  readonly error?: string;
  /** Matched against the answer's JSON. */
  readonly json?: (target: Target) => unknown;
}

type Body = Record<string, unknown>;

function post(path: string, body: Body | string | Buffer, headers?: Record<string, string> | null) {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return { method: "POST", path, body: text, ...(headers === undefined ? {} : { headers }) };
}

const generate =
  (body: Body) =>
  ({ model }: Target) =>
    post("/api/generate", { model, prompt: "hi", stream: false, options: { num_predict: 2 }, ...body });
const chat =
  (body: Body) =>
  ({ model }: Target) =>
    post("/api/chat", {
      model,
      messages: [{ role: "user", content: "hi" }],
      stream: false,
      options: { num_predict: 2 },
      ...body,
    });
const generateText =
  (text: (model: string) => string | Buffer, headers?: Record<string, string> | null) =>
  ({ model }: Target) =>
    post("/api/generate", text(model), headers);

const small = (model: string) =>
  JSON.stringify({ model, prompt: "hi", stream: false, options: { num_predict: 1 } });
const tool = { type: "function", function: { name: "f", description: "d", parameters: { type: "object" } } };

const HEALTH: readonly RequestRow[] = [
  { name: "GET / without a key", request: () => ({ method: "GET", path: "/", headers: null }), status: 200 },
  {
    name: "HEAD / without a key",
    request: () => ({ method: "HEAD", path: "/", headers: null }),
    status: 200,
  },
  {
    name: "GET /api/version without a key",
    request: () => ({ method: "GET", path: "/api/version", headers: null }),
    status: 200,
    json: () => ({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) }),
  },
  { name: "HEAD /api/version", request: () => ({ method: "HEAD", path: "/api/version" }), status: 200 },
  { name: "HEAD /api/tags", request: () => ({ method: "HEAD", path: "/api/tags" }), status: 200 },
  {
    name: "a query string is ignored",
    request: () => ({ method: "GET", path: "/api/tags?a=1&b" }),
    status: 200,
  },
];

const KEYS: readonly RequestRow[] = [
  ...(
    [
      ["no key", null],
      ["an unknown key", { authorization: `Bearer flk_${"1".repeat(43)}` }],
      ["another scheme", { authorization: "Basic abc" }],
      ["an empty key", { authorization: "Bearer " }],
      ["a key of another form", { authorization: "Bearer sk-123" }],
    ] as const
  ).map(([name, headers]) => ({
    name: `${name}: 401 before the body is looked at`,
    request: () => post("/api/chat", "{not json", headers),
    status: 401,
    error: "unauthorized",
  })),
  {
    name: "the scheme's case does not matter",
    request: ({ apiKey }) => ({
      method: "GET",
      path: "/api/tags",
      headers: { authorization: `bEARER ${apiKey}` },
    }),
    status: 200,
  },
  {
    name: "the key as a path prefix",
    request: ({ apiKey }) => ({ method: "GET", path: `/k/${apiKey}/api/tags`, headers: null }),
    status: 200,
  },
  {
    name: "the key as a path prefix, over a placeholder in the header",
    request: ({ apiKey }) => ({
      method: "GET",
      path: `/k/${apiKey}/api/tags`,
      headers: { authorization: "Bearer ollama" },
    }),
    status: 200,
  },
  {
    name: "a bare key prefix is the root",
    request: ({ apiKey }) => ({ method: "HEAD", path: `/k/${apiKey}`, headers: null }),
    status: 200,
  },
  {
    name: "an unknown key as a path prefix",
    request: () => ({ method: "GET", path: `/k/flk_${"1".repeat(43)}/api/tags`, headers: null }),
    status: 401,
    error: "unauthorized",
  },
];

const BODIES: readonly RequestRow[] = [
  {
    name: "no body",
    request: () => ({ method: "POST", path: "/api/chat" }),
    status: 400,
    error: "missing request body",
  },
  {
    name: "empty body",
    request: () => post("/api/generate", ""),
    status: 400,
    error: "missing request body",
  },
  { name: "malformed", request: () => post("/api/chat", '{"model":'), status: 400, error: "JSON" },
  { name: "an array", request: () => post("/api/chat", "[]"), status: 400, error: "object" },
  { name: "a string", request: () => post("/api/chat", '"x"'), status: 400, error: "object" },
  {
    name: "null is as good as {}",
    request: () => post("/api/chat", "null"),
    status: 400,
    error: "model is required",
  },
  {
    name: "nothing but blanks",
    request: () => post("/api/chat", " \n"),
    status: 400,
    error: "missing request body",
  },
  {
    name: "of two objects the first counts",
    request: generateText((m) => `${small(m)}{"model":5}`),
    status: 200,
  },
  {
    name: "what follows the object does not matter",
    request: generateText((m) => `${small(m)}\n${"[".repeat(1_000)}`),
    status: 200,
  },
  {
    name: "NaN",
    request: generateText((m) => `{"model":"${m}","options":{"top_p":NaN}}`),
    status: 400,
    error: "JSON",
  },
  {
    name: "1e400 in an option",
    request: generateText((m) => `{"model":"${m}","prompt":"hi","options":{"temperature":1e400}}`),
    status: 400,
    error: "temperature",
  },
  {
    name: "1e400 in a schema",
    request: generateText((m) => `{"model":"${m}","prompt":"hi","format":{"maximum":-1e400}}`),
    status: 400,
    error: "format.maximum",
  },
  {
    name: "300 000 levels of arrays",
    request: generateText((m) => `{"model":"${m}","x":${"[".repeat(300_000)}${"]".repeat(300_000)}}`),
    status: 400,
    error: "nested",
  },
  {
    name: "300 000 levels of objects, unfinished",
    request: () => post("/api/chat", '{"a":'.repeat(300_000)),
    status: 400,
    error: "nested",
  },
  {
    name: "a hundred levels are fine",
    request: generateText((m) => small(m).replace("{", `{"x":${"[".repeat(100)}${"]".repeat(100)},`)),
    status: 200,
  },
  {
    name: "two million tiny values",
    request: generateText((m) => `{"model":"${m}","x":[${"0,".repeat(2_000_000)}0]}`),
    status: 400,
    error: "too many values",
  },
  {
    name: "bytes that are not UTF-8 are text like any other",
    request: generateText((m) => {
      const [before, after] = small(m).split("hi");
      return Buffer.concat([
        Buffer.from(before ?? ""),
        Buffer.from([0xc3, 0x28, 0xff]),
        Buffer.from(after ?? ""),
      ]);
    }),
    status: 200,
  },
  {
    name: "names of fields match without regard to case",
    request: generateText((m) =>
      small(m).replace('"model"', '"Model"').replace('"prompt"', '"PROMPT"').replace('"stream"', '"sTREAM"'),
    ),
    status: 200,
    json: () =>
      expect.objectContaining({ done: true, done_reason: expect.stringMatching(/^(stop|length)$/) }),
  },
  {
    name: "a lone surrogate is text like any other",
    request: generateText((m) => small(m).replace("hi", "a\\ud800b")),
    status: 200,
  },
  {
    name: "unknown fields and options are ignored",
    request: generate({ nonsense: { a: [1] }, options: { num_predict: 2, mirostat: "x", low_vram: 3 } }),
    status: 200,
  },
  {
    name: "__proto__ and constructor are ordinary names",
    request: generateText((m) =>
      small(m).replace("{", '{"__proto__":{"model":5,"stream":"x"},"constructor":{"prototype":1},'),
    ),
    status: 200,
  },
  {
    name: "__proto__ does not stand in for a missing field",
    request: () => post("/api/show", '{"__proto__":{"model":"x"}}'),
    status: 400,
    error: "model is required",
  },
  {
    name: "of duplicate names the last one counts",
    request: generateText((m) => small(m).replace('"stream":false', '"stream":true,"stream":false')),
    status: 200,
    json: () => expect.objectContaining({ done: true }),
  },
  {
    name: "null is as good as absent",
    request: generate({ system: null, options: { temperature: null, num_predict: 2 }, keep_alive: null }),
    status: 200,
  },
];

const CONTENT_TYPES: readonly RequestRow[] = [
  "application/json",
  "application/json; charset=utf-8",
  "application/x-www-form-urlencoded",
  "text/plain",
  "",
  "json",
  "application/json;;",
  "multipart/form-data; boundary",
  ";",
].map((type) => ({
  name: `content type ${type}`,
  request: ({ model, apiKey }: Target) =>
    post("/api/generate", small(model), { authorization: `Bearer ${apiKey}`, "content-type": type }),
  status: 200,
}));

const WRONG_TYPES: readonly RequestRow[] = (
  [
    ["stream", { stream: "yes" }],
    ["prompt", { prompt: 5 }],
    ["model", { model: 5 }],
    ["options", { options: "x" }],
    ["temperature", { options: { temperature: "NaN" } }],
    ["top_k", { options: { top_k: "many" } }],
    ["stop", { options: { stop: [1] } }],
    ["use_mmap", { options: { use_mmap: 1 } }],
    ["num_gpu", { options: { num_gpu: "all" } }],
    ["images", { images: "x" }],
    ["images", { images: ["data:image/png;base64,AAAA"] }],
    ["format", { format: "yaml" }],
    ["format", { format: 5 }],
    ["think", { think: "very" }],
    ["keep_alive", { keep_alive: "soon" }],
    ["keep_alive", { keep_alive: true }],
    ["context", { context: ["a"] }],
    ["context", { context: [1, 2, 3] }],
    ["/api/chat", { context: [0] }],
    ["repeat_last_n", { options: { repeat_last_n: -1 } }],
    ["repeat_penalty", { options: { repeat_penalty: 0 } }],
    ["raw", { raw: 1 }],
    ["logprobs", { logprobs: 1 }],
    ["top_logprobs must be between 0 and 20", { logprobs: true, top_logprobs: 21 }],
    ["top_logprobs must be between 0 and 20", { logprobs: true, top_logprobs: -1 }],
  ] as const
).map(([field, body]) => ({
  name: `generate with ${JSON.stringify(body)}`,
  request: generate(body),
  status: 400,
  error: field,
}));

const WRONG_CHATS: readonly RequestRow[] = (
  [
    ["messages", { messages: "hi" }],
    ["messages[0]", { messages: ["hi"] }],
    ["messages[0].role", { messages: [{ role: 5, content: "x" }] }],
    ["messages[0].role", { messages: [{ role: "r".repeat(200), content: "x" }] }],
    [
      "messages[1].content",
      {
        messages: [
          { role: "user", content: "x" },
          { role: "user", content: [] },
        ],
      },
    ],
    ["messages[0].images[0]", { messages: [{ role: "user", content: "x", images: ["no base64!"] }] }],
    [
      "messages[0].tool_calls[0].function.arguments",
      { messages: [{ role: "assistant", tool_calls: [{ function: { name: "f", arguments: "{}" } }] }] },
    ],
    ["tools", { tools: {} }],
    ["tools[0].function", { tools: [{ type: "function", function: "f" }] }],
    [
      "tools[0].function.parameters.properties.a",
      { tools: [{ function: { name: "f", parameters: { properties: { a: true } } } }] },
    ],
  ] as const
).map(([field, body]) => ({
  name: `chat with ${JSON.stringify(body)}`,
  request: chat(body),
  status: 400,
  error: field,
}));

const RAW_CONFLICTS: readonly RequestRow[] = [{ system: "s" }, { template: "t" }, { context: [1] }].map(
  (body) => ({
    name: `raw with ${Object.keys(body)}`,
    request: generate({ raw: true, ...body }),
    status: 400,
    error: "raw mode does not support template, system, or context",
  }),
);

const NUMBERS: readonly RequestRow[] = [
  {
    name: "floats for integers are truncated",
    request: generate({ options: { top_k: 40.7, num_predict: 2.9 } }),
    status: 200,
  },
  { name: "one stop word", request: generate({ options: { stop: "\n", num_predict: 2 } }), status: 200 },
  {
    name: "a huge num_predict is capped",
    request: generate({ options: { num_predict: 1e15, stop: ["e"] } }),
    status: 200,
  },
  { name: "a huge seed", request: generate({ options: { seed: 1e30, num_predict: 2 } }), status: 200 },
  ...[0, 1, 1e15].map((num_ctx) => ({
    name: `num_ctx ${num_ctx}`,
    request: generate({ options: { num_ctx, num_predict: 2 } }),
    status: 200,
  })),
  {
    name: "no context, as a client sends it that has had no answer yet",
    request: generate({ context: [] }),
    status: 200,
  },
  { name: "top_logprobs alone", request: generate({ top_logprobs: 3 }), status: 200 },
];

const ROLES: readonly RequestRow[] = [
  [
    { role: "developer", content: "Be brief." },
    { role: "user", content: "hi" },
  ],
  [{ role: "wizard", content: "hi" }],
  [{ content: "hi" }],
  [{ role: "USER", content: "hi" }],
  [
    { role: "user", content: "hi" },
    { role: "assistant", content: null },
    { role: "user", content: "hi" },
  ],
  [
    { role: "user", content: "hi" },
    { role: "assistant", content: "", tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] },
    { role: "tool", tool_name: "f", content: "42" },
    { role: "user", content: "hi" },
  ],
].map((messages) => ({
  name: `chat with ${JSON.stringify(messages)}`,
  request: chat({ messages }),
  status: 200,
}));

const CAPABILITIES: readonly RequestRow[] = [
  { name: "think", request: generate({ think: true }), status: 400, error: "does not support thinking" },
  { name: "think: false is fine", request: generate({ think: false }), status: 200 },
  { name: "tools", request: chat({ tools: [tool] }), status: 400, error: "does not support tools" },
  { name: "no tools are fine", request: chat({ tools: [] }), status: 200 },
  { name: "suffix", request: generate({ suffix: "end" }), status: 400, error: "does not support insert" },
  { name: "images", request: generate({ images: ["AAAA"] }), status: 400, error: "does not support vision" },
  {
    name: "images in a chat",
    request: chat({ messages: [{ role: "user", content: "x", images: ["AAAA"] }] }),
    status: 400,
    error: "does not support vision",
  },
];

const MODELS: readonly RequestRow[] = [
  ...["/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/api/show"].flatMap((path) => {
    // Ollama looks for the model of no name here, and there says that one is needed.
    const missing =
      path === "/api/generate" || path === "/api/embed"
        ? { status: 404, error: "model '' not found" }
        : { status: 400, error: "model is required" };
    return [
      {
        name: `${path} with an unknown model`,
        request: () =>
          post(path, { model: "nobody-has-this", prompt: "hi", messages: [{ role: "user", content: "x" }] }),
        status: 404,
        error: "model 'nobody-has-this' not found",
      },
      { name: `${path} without a model`, request: () => post(path, {}), ...missing },
      { name: `${path} with an empty model`, request: () => post(path, { model: "" }), ...missing },
      ...["../x y", "../../etc/passwd", "a:b:c", "m".repeat(301)].map((model) => ({
        name: `${path} with the model ${model.slice(0, 20)}`,
        request: () => post(path, { model }),
        status: 400,
        error: "invalid model name",
      })),
    ];
  }),
  ...[
    (name: string) => name.toUpperCase(),
    (name: string) => ` ${name}\n`,
    (name: string) => `library/${name}`,
    (name: string) => `Registry.Ollama.ai/Library/${name}`,
    (name: string) => `https://registry.ollama.ai/library/${name}`,
    (name: string) => name.replace(/:.*/, ":LATEST"),
    (name: string) => `${name}:local`,
  ].flatMap((spell) => [
    {
      name: `the model as ${JSON.stringify(spell("name"))}, echoed as it was written`,
      request: (target: Target) => generate({ model: spell(target.model) })(target),
      status: 200,
      json: ({ model }: Target) => expect.objectContaining({ model: spell(model), done: true }),
    },
    {
      name: `what is known of the model as ${JSON.stringify(spell("name"))}`,
      request: ({ model }: Target) => post("/api/show", { model: spell(model) }),
      status: 200,
    },
  ]),
  {
    name: "a namesake in another namespace is another model",
    request: ({ model }: Target) => post("/api/show", { model: `somebody/${model}` }),
    status: 404,
    error: "not found",
  },
  {
    name: "an unknown model on a stream has its status, and plain JSON",
    request: () =>
      post("/api/chat", { model: "nobody", messages: [{ role: "user", content: "x" }], stream: true }),
    status: 404,
    error: "not found",
  },
  {
    name: "a name without a tag is :latest, and is echoed as it was written",
    request: (target) => generate({ model: target.model.replace(":latest", "") })(target),
    status: 200,
    json: ({ model }) => expect.objectContaining({ model: model.replace(":latest", ""), done: true }),
  },
];

const LOADING: readonly RequestRow[] = [
  ["/api/generate", {}, "load"],
  ["/api/generate", { prompt: "" }, "load"],
  ["/api/generate", { keep_alive: 0 }, "unload"],
  ["/api/generate", { keep_alive: "0s" }, "unload"],
  ["/api/generate", { keep_alive: "1.5h" }, "load"],
  ["/api/chat", {}, "load"],
  ["/api/chat", { messages: [] }, "load"],
  ["/api/chat", { messages: [], keep_alive: 0 }, "unload"],
].map(([path, body, reason]) => ({
  name: `${path} ${JSON.stringify(body)}: ${reason}`,
  request: ({ model }: Target) => post(path as string, { model, ...(body as Body) }),
  status: 200,
  json: ({ model }: Target) => ({
    model,
    created_at: expect.any(String),
    ...(path === "/api/chat" ? { message: { role: "assistant", content: "" } } : { response: "" }),
    done: true,
    done_reason: reason,
  }),
}));

const EMBEDDINGS: readonly RequestRow[] = [
  ...[{ input: "" }, { input: [] }, {}].map((body) => ({
    name: `embed ${JSON.stringify(body)}`,
    request: ({ model }: Target) => post("/api/embed", { model, ...body }),
    status: 200,
    json: ({ model }: Target) => expect.objectContaining({ model, embeddings: [] }),
  })),
  ...[{ input: 5 }, { input: [1] }, { input: ["a", 5] }, { input: [["a"]] }, { input: { a: 1 } }].map(
    (body) => ({
      name: `embed ${JSON.stringify(body)}`,
      request: ({ model }: Target) => post("/api/embed", { model, ...body }),
      status: 400,
      error: "invalid input type",
    }),
  ),
  ...[[""], ["a", ""], ["", ""], ["", "a"]].map((input) => ({
    name: `embed ${JSON.stringify(input)}`,
    request: ({ model }: Target) => post("/api/embed", { model, input }),
    status: 400,
    error: "input exceeds maximum context length and cannot be truncated further",
  })),
  ...[0, -1, 1e9].map((dimensions) => ({
    name: `embed in ${dimensions} dimensions`,
    request: ({ model }: Target) => post("/api/embed", { model, input: "x", dimensions }),
    status: 200,
  })),
  ...["8", 1.5].map((dimensions) => ({
    name: `embed in ${JSON.stringify(dimensions)} dimensions`,
    request: ({ model }: Target) => post("/api/embed", { model, input: "x", dimensions }),
    status: 400,
    error: "dimensions",
  })),
  {
    name: "embeddings of nothing",
    request: ({ model }) => post("/api/embeddings", { model, prompt: "" }),
    status: 200,
    json: () => ({ embedding: [] }),
  },
];

/** Ollama redirects these; a redirect loses the body or the key of many a client, so they are served. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => path.replaceAll("/", "//"),
  (path) => `/.${path}/.`,
  (path) => `/api/..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => path.replace("api", "%61pi"),
  (path) => `${path}/?a=//b/../c`,
  (path) => `http://elsewhere.example:1${path}`,
  (path) => `${path}?${"x".repeat(8_000)}`,
];

const URLS: readonly RequestRow[] = SPELLINGS.flatMap((spell) => [
  {
    name: `GET ${spell("/api/tags").slice(0, 60)}`,
    request: () => ({ method: "GET", path: spell("/api/tags") }),
    status: 200,
    json: () => ({ models: expect.any(Array) }),
  },
  {
    name: `POST ${spell("/api/show").slice(0, 60)}`,
    request: ({ model }: Target) => post(spell("/api/show"), { model }),
    status: 200,
  },
  {
    name: `the key in front of it, in ${spell("/k/<key>/api/tags").slice(0, 60)}`,
    request: ({ apiKey }: Target) => ({
      method: "GET",
      path: spell(`/k/${apiKey}/api/tags`),
      headers: null,
    }),
    status: 200,
  },
  {
    name: `nobody's key in front of it, in ${spell("/k/<key>/api/tags").slice(0, 60)}`,
    request: () => ({ method: "GET", path: spell("/k/nobody/api/tags"), headers: null }),
    status: 401,
    error: "unauthorized",
  },
  {
    name: `without a key, ${spell("/api/tags").slice(0, 60)}`,
    request: () => ({ method: "GET", path: spell("/api/tags"), headers: null }),
    status: 401,
    error: "unauthorized",
  },
]);

const PATHS: readonly RequestRow[] = [
  {
    name: "the key in front of a path with two slashes",
    request: ({ apiKey }) => ({ method: "GET", path: `/k/${apiKey}//api/tags`, headers: null }),
    status: 200,
  },
  {
    name: "the key in front of it, posted",
    request: ({ apiKey, model }) => post(`/k/${apiKey}//api/show/`, { model }, null),
    status: 200,
  },
  {
    name: "OPTIONS of the server itself",
    request: () => ({ method: "OPTIONS", path: "*" }),
    status: 405,
    error: "method not allowed",
  },
  ...[
    "/nowhere",
    "/api/nowhere",
    "/api/me",
    "/api/status",
    "/api/experimental/x",
    "/api%2Ftags",
    "/API/tags",
  ].map((path) => ({
    name: `GET ${path}`,
    request: () => ({ method: "GET", path }),
    status: 404,
    error: "not found",
  })),
  ...(
    [
      ["GET", "/api/chat"],
      ["DELETE", "/api/tags"],
      ["PUT", "/api/generate"],
      ["POST", "/"],
      ["GET", "/api/pull"],
      ["GET", "/api/chat/"],
    ] as const
  ).map(([method, path]) => ({
    name: `${method} ${path}`,
    request: () => ({ method, path }),
    status: 405,
    error: "method not allowed",
  })),
  {
    name: "a path that is no URL",
    request: () => ({ method: "GET", path: "/%zz" }),
    status: 400,
    error: "not a valid",
  },
  ...(
    [
      ["POST", "/api/pull"],
      ["POST", "/api/push"],
      ["POST", "/api/create"],
      ["POST", "/api/copy"],
      ["DELETE", "/api/delete"],
      ["POST", "/api/blobs/sha256:abc"],
    ] as const
  ).map(([method, path]) => ({
    name: `${method} ${path} is refused`,
    request: () => ({ method, path, body: '{"model":"x"}' }),
    status: 403,
    error: "model management is not available on this server",
  })),
  {
    name: "HEAD /api/blobs is refused",
    request: () => ({ method: "HEAD", path: "/api/blobs/sha256:a" }),
    status: 403,
  },
  {
    name: "management needs a key, too",
    request: () => ({ method: "POST", path: "/api/pull", headers: null, body: "{}" }),
    status: 401,
    error: "unauthorized",
  },
];

/** Every row of the contract that one request can show, by topic. */
export const OLLAMA_REQUESTS: Readonly<Record<string, readonly RequestRow[]>> = {
  health: HEALTH,
  keys: KEYS,
  bodies: BODIES,
  "content types": CONTENT_TYPES,
  "wrong types": [...WRONG_TYPES, ...WRONG_CHATS, ...RAW_CONFLICTS],
  numbers: NUMBERS,
  roles: ROLES,
  capabilities: CAPABILITIES,
  "model names": MODELS,
  "load and unload": LOADING,
  embeddings: EMBEDDINGS,
  "spellings of URLs": URLS,
  "paths and methods": PATHS,
};
