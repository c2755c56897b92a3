import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const GOLDEN = join(import.meta.dirname, "../../golden");

export interface GoldenBody {
  readonly path: string;
  /** JSON. */
  readonly body: unknown;
}

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: { readonly body?: unknown; readonly lines?: readonly unknown[] };
}

function exchanges(): Exchange[] {
  return readdirSync(GOLDEN)
    .filter((file) => file.endsWith(".jsonl"))
    .flatMap((file) => readFileSync(join(GOLDEN, file), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line) as Exchange);
}

/** What was posted to a real Ollama, where that is JSON. Its models are ours here. */
export function goldenBodies(model = "able:7b"): GoldenBody[] {
  return exchanges()
    .filter(({ request }) => request.method === "POST" && isObject(request.body))
    .map(({ request: { path, body } }) => ({ path, body: withModel(body, model) }));
}

/** What a real Ollama answered, stream by stream: objects, or texts of lines. */
export function goldenStreams(path: RegExp): (readonly unknown[])[] {
  return exchanges()
    .filter(({ request }) => path.test(request.path))
    .map(({ response }) => response.lines ?? [response.body]);
}

function withModel(body: unknown, model: string): unknown {
  return isObject(body) && typeof body.model === "string" && /^smol|^flock/.test(body.model)
    ? { ...body, model }
    : body;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
