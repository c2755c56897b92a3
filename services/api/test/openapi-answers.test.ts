import { FlockError } from "@flock/errors";
import { AnswerChecker } from "./answer-checker.js";
import { answerWithEcho, type FakeJob } from "./fake-requester.js";
import { ABLE_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const model = ABLE_MODEL.name;
const messages = [{ role: "user", content: "one two" }];
const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];

/** Everything that a piece can have. */
function answerFully(job: FakeJob): void {
  job.chunk("", { thinking: "hm" });
  const other = { token: "two", logprob: -2, bytes: [116] };
  job.chunk("one", { logprobsJson: json([{ token: "one", logprob: -0.5, top_logprobs: [other] }]) });
  job.chunk("", {
    toolCallsJson: json([{ id: "call_1", function: { index: 0, name: "f", arguments: { a: 1 } } }]),
  });
  job.end({ completionTokensBound: "lower" });
}

function failInTheMiddle(job: FakeJob): void {
  job.chunk("one");
  job.fail(new FlockError("unavailable", "no worker"));
}

/** Routes that answer with text, and what they are asked. */
const TEXT_ROUTES: readonly (readonly [string, object])[] = [
  ["/api/chat", { messages, tools, think: true, logprobs: true }],
  ["/api/generate", { prompt: "one", think: true }],
  ["/v1/chat/completions", { messages, tools, stream_options: { include_usage: true } }],
  ["/v1/completions", { prompt: "one", stream_options: { include_usage: true } }],
  [
    "/v1/responses",
    { input: "one", tools: [{ type: "function", name: "f", strict: true }], instructions: "x" },
  ],
  ["/v1/messages", { messages, max_tokens: 10, tools: [{ name: "f", input_schema: { type: "object" } }] }],
];

const OTHER_ROUTES: readonly (readonly [string, string, object?])[] = [
  ["POST", "/api/embed", { input: ["a", "b"] }],
  ["POST", "/api/embeddings", { prompt: "a" }],
  ["POST", "/v1/embeddings", { input: "a" }],
  ["POST", "/v1/embeddings", { input: "a", encoding_format: "base64" }],
  ["POST", "/api/show", { verbose: true }],
  ["GET", "/api/tags"],
  ["GET", "/api/ps"],
  ["GET", "/api/version"],
  ["GET", "/"],
  ["GET", "/v1/models"],
];

const REFUSED: readonly (readonly [string, string, number])[] = [
  ["POST", "/api/pull", 403],
  ["POST", "/api/push", 403],
  ["POST", "/api/create", 403],
  ["POST", "/api/copy", 403],
  ["DELETE", "/api/delete", 403],
  ["POST", "/api/blobs/{digest}", 403],
  ["POST", "/v1/messages/count_tokens", 404],
];

describe("answers of models are as they are described", () => {
  let api: TestApi;
  let checker: AnswerChecker;

  beforeAll(async () => {
    api = await startTestApi();
    checker = await AnswerChecker.of(api.baseUrl);
  });
  beforeEach(() => {
    api.requester.onJob = answerWithEcho;
  });
  afterAll(() => api?.stop());

  const init = (body?: object, headers: Record<string, string> = {}): RequestInit => ({
    headers: { authorization: `Bearer ${api.apiKey}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify({ model, ...body }) }),
  });

  it.each(TEXT_ROUTES)("%s, whole and as a stream", async (path, body) => {
    for (const answer of [answerWithEcho, answerFully]) {
      api.requester.onJob = answer;
      for (const stream of [false, true])
        expect(await checker.ask("POST", path, init({ ...body, stream }))).toMatchObject({
          status: 200,
          faults: [],
        });
    }
  });

  it.each(TEXT_ROUTES)("%s, cut short", async (path, body) => {
    api.requester.onJob = (job) => {
      job.chunk("one");
      job.end({ doneReason: "length" });
    };
    for (const stream of [false, true])
      expect(await checker.ask("POST", path, init({ ...body, stream }))).toMatchObject({
        status: 200,
        faults: [],
      });
  });

  it.each(TEXT_ROUTES)("%s, without a prompt", async (path) => {
    const needed = { messages, max_tokens: 10 };
    const body = path.includes("chat/completions") || path.includes("v1/messages") ? needed : {};
    for (const stream of [false, true])
      expect(await checker.ask("POST", path, init({ ...body, stream }))).toMatchObject({
        status: 200,
        faults: [],
      });
  });

  it.each(TEXT_ROUTES)("%s, failed in the middle of a stream and before", async (path, body) => {
    api.requester.onJob = failInTheMiddle;
    const inTheMiddle = await checker.ask("POST", path, init({ ...body, stream: true }));
    expect(inTheMiddle).toMatchObject({
      status: 200,
      faults: [],
      text: expect.stringContaining("no worker"),
    });
    const whole = await checker.ask("POST", path, init({ ...body, stream: false }));
    expect(whole).toMatchObject({ status: 503, faults: [] });
  });

  it.each(OTHER_ROUTES.map((route) => ({ route, name: route.slice(0, 2).join(" ") })))(
    "$name",
    async ({ route }) => {
      const [method, path, body] = route;
      expect(await checker.ask(method, path, init(body))).toMatchObject({ status: 200, faults: [] });
      if (method === "GET")
        expect(await checker.ask("HEAD", path, init())).toMatchObject({ status: 200, faults: [] });
    },
  );

  it.each<Record<string, string>>([{}, { "anthropic-version": "2023-06-01" }])(
    "/v1/models, with the headers %j",
    async (headers) => {
      for (const method of ["GET", "HEAD"])
        for (const [path, url, status] of [
          ["/v1/models", "/v1/models", 200],
          ["/v1/models/{model}", `/v1/models/${model}`, 200],
          ["/v1/models/{model}", "/v1/models/nobody/none", 404],
        ] as const)
          expect(await checker.ask(method, path, init(undefined, headers), url)).toMatchObject({
            status,
            faults: [],
          });
    },
  );

  it.each(REFUSED)("%s %s is refused", async (method, path, status) => {
    expect(await checker.ask(method, path, init())).toMatchObject({ status, faults: [] });
  });

  it("errors of each kind", async () => {
    const keyed = checker.described.operations().filter(({ operation }) => operation.security.length > 0);
    for (const { method, path } of keyed)
      expect([path, await checker.ask(method, path)]).toMatchObject([path, { status: 401, faults: [] }]);
    for (const [path] of TEXT_ROUTES) {
      expect(await checker.ask("POST", path, { ...init(), body: "{" })).toMatchObject({
        status: 400,
        faults: [],
      });
      const unknown = init({ model: "nobody:1b", messages, prompt: "x", input: "x", max_tokens: 1 });
      expect(await checker.ask("POST", path, unknown)).toMatchObject({ status: 404, faults: [] });
    }
  });

  it("finds an answer that is not as it is described", () => {
    const faultOf = (body: object) =>
      checker.described.faultOfAnswer("GET", "/api/version", 200, "application/json", body);
    expect(faultOf({ version: "1" })).toBeUndefined();
    expect(faultOf({ version: 1 })).toContain("must be string");
    expect(faultOf({ version: "1", more: 1 })).toContain("additional properties");
    expect(faultOf({})).toContain("required");
  });

  it("of every route at least one, and one error of each that can be refused", () => {
    // Refused by an api that shuts down alone.
    const free = ["GET /: no error", "GET /api/version: no error"];
    const unseen = checker.unseen(["ollama", "openai", "responses", "anthropic"]);
    expect(unseen.filter((each) => !free.includes(each))).toEqual([]);
  });
});
