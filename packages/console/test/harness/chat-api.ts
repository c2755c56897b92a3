import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Answers } from "./console-server.js";

/** A body of `POST /api/chat`, as the page sent it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { role: string; content: string; images?: readonly string[] }[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

/** What a stand-in for the api does with one request: it writes lines, and ends when it returns. */
export type Script = (writer: ChatWriter, request: ChatRequest) => Promise<void> | void;

export interface ChatWriter {
  /** The head of the answer: a worker has the job. */
  begin(): void;
  piece(text: string, thinking?: string): void;
  /** The last line, with the story. */
  end(changes?: Readonly<Record<string, unknown>>): void;
  error(status: number, message: string, retryAfterMs?: number): void;
  /** As it is. */
  raw(text: string): void;
  /** Cuts the connection. */
  cut(): void;
  readonly gone: Promise<void>;
}

export const JOB = "0b5e7d2c-1111-4222-8333-444455556666";
const STORY = {
  job_id: JOB,
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  workers: ["w-otdebwfknzrk"],
  privacy: "sealed-to-worker",
  resumes: 0,
  charge_micro: "2100",
  timing_ms: { queue: 0.4, claim: 3.1, prefill: 42.7, decode: 810.2, total: 858 },
};
const SPREAD = { p50: 3_000, p90: 8_000, n: 40 };

export function chatModel(name: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    name,
    digest: `sha256:${name}`,
    context_length: 8_192,
    capabilities: ["completion"],
    prompt_price_micro: "1",
    completion_price_micro: "3",
    is_checked: false,
    is_available: true,
    workers: { all: 4, warm: 2 },
    slots: { all: 8, busy: 3 },
    waiting: 0,
    wait_ms: SPREAD,
    first_token_ms: { p50: 300, p90: 900, n: 40 },
    tokens_per_second: { p50: 41, p90: 60, n: 40 },
    ...changes,
  };
}

export const MODELS = [
  chatModel("flock-tiny"),
  chatModel("seer", {
    capabilities: ["completion", "vision", "thinking"],
    completion_price_micro: "9",
    workers: { all: 3, warm: 0 },
  }),
  chatModel("away", { is_available: false, workers: null }),
  chatModel("embedder", { capabilities: ["embedding"] }),
];

/** The api of a network with guests, whose answers `script` writes. */
export function chatApi(script: Script): Answers {
  const network = { chain: null, genesis_hash: null, mint: null, live: null };
  return {
    "GET /flock/v1/models": { json: { models: MODELS, group_min: 3 } },
    "GET /flock/v1/network": {
      json: {
        ...network,
        parameters: { version: 1, values: {} },
        guests: { requests_per_minute: 60, completion_tokens_max: 1_024 },
      },
    },
    "POST /api/chat": scripted(script),
  };
}

export function scripted(script: Script): Answer {
  return (request, response) => {
    void readBody(request).then(async (body) => {
      const { authorization } = request.headers;
      // CAST: what the page sends; the tests look at it.
      const asked = { ...(JSON.parse(body) as ChatRequest), authorization };
      const writer = writerOf(response, asked.model);
      await script(writer, asked);
      response.end();
    });
  };
}

function writerOf(response: ServerResponse, model: string): ChatWriter {
  const begin = () => {
    if (response.headersSent) return;
    response.writeHead(200, {
      "content-type": "application/x-ndjson",
      "x-request-id": JOB,
      "x-flock-job-id": JOB,
      "x-flock-worker": "w-otdebwfknzrk",
      "x-flock-privacy": "sealed-to-worker",
      "x-flock-resumes": "0",
      "server-timing": "queue;dur=0.4, claim;dur=3.1, prefill;dur=42.7",
    });
    response.flushHeaders();
  };
  const line = (members: object) => {
    begin();
    response.write(`${JSON.stringify({ model, created_at: new Date().toISOString(), ...members })}\n`);
  };
  return {
    begin,
    piece: (content, thinking) =>
      line({ message: { role: "assistant", content, ...(thinking ? { thinking } : {}) }, done: false }),
    end: (changes = {}) =>
      line({
        message: { role: "assistant", content: "" },
        done: true,
        done_reason: "stop",
        prompt_eval_count: 12,
        eval_count: 212,
        eval_duration: 5_170_000_000,
        flock: STORY,
        ...changes,
      }),
    error: (status, message, retryAfterMs) => {
      const retry = retryAfterMs === undefined ? {} : { "retry-after": `${Math.ceil(retryAfterMs / 1_000)}` };
      response.writeHead(status, {
        "content-type": "application/json",
        "x-request-id": "req-test",
        ...retry,
      });
      response.write(JSON.stringify({ error: message }));
    },
    raw: (text) => {
      begin();
      response.write(text);
    },
    cut: () => response.destroy(),
    gone: new Promise((resolve) => response.on("close", () => resolve())),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
