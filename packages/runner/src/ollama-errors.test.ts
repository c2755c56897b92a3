import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FlockError } from "@flock/errors";
import { translateOllamaError } from "./ollama-errors.js";

interface Exchange {
  readonly name: string;
  readonly response: { readonly status: number; readonly body?: { readonly error?: unknown } };
}

const GOLDEN = join(import.meta.dirname, "../../../test/golden");

/** Every refusal of a real Ollama's endpoints that a worker asks. */
const refusals = ["generate", "chat", "embed"].flatMap((file) =>
  readFileSync(join(GOLDEN, `${file}.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange)
    .filter(({ response }) => response.status >= 400 && typeof response.body?.error === "string")
    .map(({ name, response }): [string, number, string] => [
      name,
      response.status,
      String(response.body?.error),
    ]),
);

function translate(message: string, status?: number, signal = new AbortController().signal): FlockError {
  // What the Ollama client throws: an Error, with a status unless it stood in a stream.
  return translateOllamaError(Object.assign(new Error(message), status && { status_code: status }), signal);
}

describe("what a real Ollama refused", () => {
  it("was recorded", () => {
    expect(refusals.length).toBeGreaterThan(60);
  });

  it.each(refusals.filter(([, status]) => status !== 404 && status !== 403))(
    "is the request's fault, in plain words: %s (%i)",
    (_name, status, message) => {
      const error = translate(message, status);
      expect(error.code).toBe("invalid_argument");
      expect(error.message).not.toContain('{"error"');
    },
  );

  it.each(refusals.filter(([, status]) => status === 404 || status === 403))(
    "is this machine's fault if its model is gone or somebody else's: %s (%i)",
    (_name, status, message) => {
      expect(translate(message, status).code).toBe("unavailable");
    },
  );
});

describe("translateOllamaError", () => {
  it.each([
    ['{"error":{"code":400,"message":"bad schema","type":"invalid_request_error"}}', 400, "bad schema"],
    ['{"error":"{\\"error\\":{\\"message\\":\\"deep\\"}}"}', 400, "deep"],
    ['detokenize error: {"error":{"message":"out of range"}}', 500, "detokenize error: out of range"],
    ['{"error" is how it begins', 400, '{"error" is how it begins'],
    [
      '{"error":{"code":400,"message":"try increasing it","type":"exceed_context_size_error","n_prompt_tokens":1229,"n_ctx":256}}',
      400,
      "the prompt has 1229 tokens, more than this model's context of 256 tokens",
    ],
  ])("unwraps %s", (message, status, words) => {
    expect(translate(message, status)).toMatchObject({ code: "invalid_argument", message: words });
  });

  it.each([
    ["model requires more system memory (5.6 GiB) than is available (3.1 GiB)", 500],
    ["llama runner process has terminated: exit status 2", 500],
    ["timed out waiting for llama runner to start - progress 0.00", 500],
    ["llama runner process has terminated: CUDA error: out of memory", 500],
    ["an error was encountered while running the model: unexpected EOF", undefined],
    ["unable to load model: blobs/sha256-0123: this architecture is not supported", 500],
    ["server busy, please try again.  maximum pending requests exceeded", 503],
    ["model 'm' not found", 404],
  ])("blames the machine for: %s", (message, status) => {
    expect(translate(message, status).code).toBe("unavailable");
  });

  it.each([
    ["template: :1:4: executing: memory is not a function", 500],
    ["this model does not support embeddings", 500],
    ["This server does not support embeddings. Start it with `--embeddings`", 501],
    ["failed to parse grammar", undefined],
  ])("blames the request for: %s", (message, status) => {
    expect(translate(message, status).code).toBe("invalid_argument");
  });

  it("leaves open whose fault words are that it does not know", () => {
    expect(translate("the tortoise is upside down", 500)).toMatchObject({
      code: "aborted",
      message: "the tortoise is upside down",
    });
  });

  it("blames the machine when nobody answers, and nobody when the run was ended", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(translateOllamaError(refused, new AbortController().signal).code).toBe("unavailable");
    expect(translate("anything", 500, AbortSignal.abort()).code).toBe("cancelled");
  });

  it("bounds what it passes on", () => {
    expect(translate("x".repeat(1e6), 400).message.length).toBeLessThan(5_000);
    expect(translate(`{"error":`.repeat(1_000), 400).code).toBe("invalid_argument");
  });
});
