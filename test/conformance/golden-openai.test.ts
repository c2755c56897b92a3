import type { FakeJob } from "../../services/api/test/fake-requester.js";
import { startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";
import { FLOCK_ADDITION } from "./golden-differences.js";
import { OPENAI_DIFFERENCES, OPENAI_FRAME_DIFFERENCES } from "./golden-openai-differences.js";
import {
  errorIn,
  parsed,
  RECORDED_MODELS,
  type Recording,
  recordingsIn,
  replay,
} from "./golden-recordings.js";

type Json = Record<string, unknown>;

/** What of an object of OpenAI's API is a model's doing. */
interface OpenAiObject {
  readonly choices?: readonly {
    readonly text?: string;
    readonly delta?: Said;
    readonly message?: Said;
    readonly logprobs?: { readonly content: readonly Json[] };
    readonly finish_reason: string | null;
  }[];
  readonly data?: readonly { readonly embedding: string | readonly number[] }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
}
interface Said {
  readonly content?: string;
  readonly reasoning?: string;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

const RECORDINGS = recordingsIn(["v1-chat-completions", "v1-completions", "v1-embeddings", "v1-models"]);
const ANSWERED = RECORDINGS.filter(({ request: { path }, response: { status } }) => {
  return status === 200 && /^\/v1\/(chat\/completions|completions|embeddings)$/.test(path);
});
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** The objects of a body or a stream; `[DONE]` is a text among them. */
function objectsOf(text: string): unknown[] {
  if (!text.startsWith("data: ")) return [parsed(text)];
  expect(text.endsWith("\n\n")).toBe(true);
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((event) => parsed(event.slice("data: ".length)));
}

function recordedObjects({ response: { body, lines } }: Recording): OpenAiObject[] {
  const objects = lines === undefined ? [body] : objectsOf(`${lines.join("\n").trimEnd()}\n\n`);
  // CAST: what an Ollama answers to OpenAI's clients.
  return objects.filter((object) => typeof object === "object") as OpenAiObject[];
}

/** Answers a job with what the model of the recording said, in the pieces in which it said it. */
function sayAgain(recording: Recording): (job: FakeJob) => void {
  return (job) => {
    const objects = recordedObjects(recording);
    let doneReason = "stop";
    for (const { text, delta, message, logprobs, finish_reason: reason } of objects.flatMap(
      ({ choices }) => choices ?? [],
    )) {
      const said = delta ?? message;
      job.chunk(text ?? said?.content ?? "", {
        thinking: said?.reasoning ?? "",
        // Counted at the end: that Ollama ignores a limit that we keep.
        tokens: 0,
        ...(logprobs === undefined ? {} : { logprobsJson: json(logprobs.content) }),
        ...(said?.tool_calls === undefined ? {} : { toolCallsJson: json(said.tool_calls.map(calledAgain)) }),
      });
      if (reason === "length") doneReason = reason;
    }
    const { usage, data } = objects.at(-1) ?? {};
    job.end({
      doneReason,
      promptTokens: usage?.prompt_tokens ?? 0,
      completionTokens: usage?.completion_tokens ?? 0,
      embeddingsJson: json(data?.map(({ embedding }) => vectorOf(embedding)) ?? []),
    });
  };
}

function calledAgain({ function: { name, arguments: given } }: NonNullable<Said["tool_calls"]>[number]) {
  return { function: { name, arguments: JSON.parse(given) } };
}

function vectorOf(embedding: string | readonly number[]): readonly number[] {
  if (typeof embedding !== "string") return embedding;
  const bytes = Buffer.from(embedding, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

const ADDED: readonly string[] = FLOCK_ADDITION.wholeMembers;

/** An object as text, members in their order, but for ids, times and what is added. */
function comparable(object: unknown): string {
  return JSON.stringify(object, (name, value: unknown) => (ADDED.includes(name) ? undefined : value))
    .replace(/"id":"(chatcmpl|cmpl|call)[-_][^"]*"/g, '"id":"$1"')
    .replace(/"created":\d+/g, '"created":0');
}

/** The api alone: what it decides itself must be what Ollama decides. */
describe("what a real Ollama was asked by OpenAI's clients", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ models: RECORDED_MODELS, corsOrigins: ["local"] });
  });
  afterAll(() => api.stop());

  const ask = (recording: Recording) => {
    api.requester.onJob = sayAgain(recording);
    return replay(api, recording);
  };

  it.each(RECORDINGS.map((recording) => [recording.name, recording] as const))(
    "%s is answered as there, or as the table of differences says",
    async (name, recording) => {
      const { response } = recording;
      const difference = OPENAI_DIFFERENCES.find(({ names }) => names.includes(name));
      const given = await ask(recording);
      expect(given.status).toBe(difference?.status ?? response.status);
      if (given.status < 400) return;
      const error = errorIn(parsed(given.body));
      if (difference?.error !== undefined) expect(error).toMatch(difference.error);
      else expect(error).toBe(errorIn(response.body));
      expect(parsed(given.body)).toEqual({
        error: {
          message: error,
          type: given.status === 404 ? "not_found_error" : "invalid_request_error",
          param: null,
          code: given.status === 404 ? "model_not_found" : null,
        },
      });
    },
  );

  it.each(
    ANSWERED.filter(({ name }) => !OPENAI_DIFFERENCES.some(({ names }) => names.includes(name)))
      .filter(({ name }) => !OPENAI_FRAME_DIFFERENCES.some(({ names }) => names.includes(name)))
      .map((recording) => [recording.name, recording] as const),
  )("%s is framed as there, member by member", async (_name, recording) => {
    const { body } = await ask(recording);
    const { lines } = recording.response;
    const given = objectsOf(body);
    if (lines !== undefined) expect(given.pop()).toBe("[DONE]");
    expect(given.map(comparable)).toEqual(recordedObjects(recording).map(comparable));
  });

  it.each(
    RECORDINGS.filter(({ name }) => /^v1-models?($|-tag|-encoded)/.test(name)).map(
      (r) => [r.name, r] as const,
    ),
  )("%s has the members that it has there", async (_name, recording) => {
    // CAST: a list of models, or one.
    const [there, given] = [recording.response.body, parsed((await ask(recording)).body)] as Json[];
    const modelsIn = (body: Json = {}) => (Array.isArray(body["data"]) ? (body["data"] as Json[]) : [body]);
    expect(Object.keys(given ?? {}).filter((name) => !ADDED.includes(name))).toEqual(
      Object.keys(there ?? {}),
    );
    const withoutTime = (models: Json[]) => models.map((model) => comparable(model)).sort();
    expect(withoutTime(modelsIn(given))).toEqual(withoutTime(modelsIn(there)));
  });

  it("is told apart from it where it differs, and nowhere else", async () => {
    const listed = [...OPENAI_DIFFERENCES, ...OPENAI_FRAME_DIFFERENCES].flatMap(({ names }) => names);
    expect(new Set(listed).size).toBe(listed.length);
    const same: string[] = [];
    for (const name of listed) {
      const recording = RECORDINGS.find((candidate) => candidate.name === name);
      if (recording === undefined) throw new Error(`there is no recording ${name}`);
      const { status, body } = await ask(recording);
      const { lines, body: there } = recording.response;
      const isSame =
        status === recording.response.status &&
        (status >= 400
          ? errorIn(parsed(body)) === errorIn(there)
          : objectsOf(body).map(comparable).join() ===
            [...recordedObjects(recording), ...(lines === undefined ? [] : ["[DONE]"])]
              .map(comparable)
              .join());
      if (isSame) same.push(name);
    }
    expect(same).toEqual([]);
  });
});
