import { readFileSync } from "node:fs";
import { request as send } from "node:http";
import { DIFFERENCES, type Difference } from "./golden-differences.js";
import { RunningEngine } from "./running-engine.js";

/* What a real Ollama answered (test/golden), asked of the engine again. */

interface Recording {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly body?: unknown;
    readonly lines?: readonly Readonly<Record<string, unknown>>[];
  };
}

/** Models of the recording that can do what flock-tiny cannot. */
const ABLE_MODELS = /smol-(tools|think|fim)/;
/** Beyond Ollama, every line has the counts so far. */
const COUNTS = ["eval_count", "prompt_eval_count"];

const read = (file: string): Recording[] =>
  readFileSync(new URL(`../../../../test/golden/${file}.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recording);
const recordings = ["generate", "chat", "embed", "listing"]
  .flatMap(read)
  .filter(({ request }) => !ABLE_MODELS.test(JSON.stringify(request.body)));

/**
 * With the engine's model instead of the recorded one, and long texts, which the recording cut, as long as they were.
 */
const adapted = (text: string) =>
  text
    .replace(/\bsmol(-jinja|-embed)?\b/g, "flock-tiny")
    .replace(/\bSMOL\b/g, "FLOCK-TINY")
    .replace(/(llama )+ll…/g, "llama ".repeat(1200));

const differencesOf = (name: string): readonly Difference[] =>
  DIFFERENCES.filter((difference) => difference.recordings.includes(name));

/** The counts in the error of a prompt that is too long depend on model and tokenizer. */
const withoutCounts = (error: unknown) =>
  typeof error === "string" && error.includes("exceed_context_size_error")
    ? error.replace(/\d+/g, "0")
    : error;

let engine: RunningEngine;
beforeAll(async () => {
  engine = await RunningEngine.start();
}, 30_000);
afterAll(() => engine.engine.close());

function ask({
  method,
  path,
  headers,
  body,
}: Recording["request"]): Promise<{ status: number; text: string }> {
  const text =
    body === null || body === undefined
      ? ""
      : adapted(typeof body === "string" ? body : JSON.stringify(body));
  const allHeaders = text === "" ? headers : { ...headers, "Content-Length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const request = send(engine.url + path, { method, headers: allHeaders }, (response) => {
      const parts: string[] = [];
      response.setEncoding("utf8").on("data", (part: string) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: parts.join("") }));
    });
    request.on("error", reject).end(text);
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The names of an answer's fields, as a difference changes them. */
function fieldsOf(answer: object, { without = [], extra = [] }: Partial<Difference> = {}): string[] {
  const names = Object.keys(answer).filter((name) => !without.includes(name));
  return [...new Set([...names, ...extra])].sort();
}

describe("a request that a real Ollama has answered", () => {
  it("is one of more than 180, of all that a model without special abilities can be asked", () => {
    expect(recordings.length).toBeGreaterThan(180);
  });

  it.each(recordings.map((recording) => [recording.name, recording] as const))(
    "has the same status, error and fields here, or a known difference: %s",
    async (name, { request, response }) => {
      const [difference] = differencesOf(name);
      const { status, text } = await ask(request);
      expect(status).toBe(difference?.status ?? response.status);
      if (request.method === "HEAD") return;
      if (status >= 400) {
        const { error } = JSON.parse(text);
        const recorded = isObject(response.body) ? response.body["error"] : undefined;
        if (difference?.error !== undefined) expect(error.startsWith(difference.error)).toBe(true);
        else if (recorded !== undefined)
          expect(withoutCounts(error)).toBe(withoutCounts(adapted(String(recorded))));
      } else if (response.status !== status) {
        expect(text).not.toBe("");
      } else if (response.lines !== undefined) {
        const lines = text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(fieldsOf(lines.at(-1))).toEqual(fieldsOf(response.lines.at(-1) ?? {}, difference));
        expect(fieldsOf(lines[0])).toEqual(fieldsOf(response.lines[0] ?? {}, { extra: COUNTS }));
      } else if (isObject(response.body)) {
        expect(fieldsOf(JSON.parse(text))).toEqual(fieldsOf(response.body, difference));
      }
    },
  );

  it("differs at most for one reason, and no reason is without a recording that needs it", () => {
    const names = recordings.map(({ name }) => name);
    const listed = DIFFERENCES.flatMap((difference) => difference.recordings);
    expect(listed.filter((name) => !names.includes(name))).toEqual([]);
    expect(listed.filter((name, index) => listed.indexOf(name) !== index)).toEqual([]);
    for (const { name, response } of recordings) {
      const answer = response.lines?.at(-1) ?? (isObject(response.body) ? response.body : {});
      for (const { status = response.status, error, without = [], extra = [] } of differencesOf(name)) {
        const isNeeded =
          status !== response.status ||
          (error !== undefined && !String(answer["error"]).startsWith(error)) ||
          without.some((field) => field in answer) ||
          extra.some((field) => !(field in answer));
        expect([name, isNeeded]).toEqual([name, true]);
      }
    }
  });
});
