import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { PLAIN_MODEL, type TestApi } from "../../services/api/test/start-test-api.js";
import { type RawResponse, send } from "./http-client.js";

/** What a real Ollama was asked, and answered; see test/golden/README.md. */
export interface Recording {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: object | string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly body?: unknown;
    readonly lines?: readonly unknown[];
  };
}

/** The models of the recordings, with what they can do. */
const CAPABILITIES: Readonly<Record<string, string[]>> = {
  smol: ["completion"],
  "smol-jinja": ["completion", "tools"],
  "smol-tools": ["completion", "tools"],
  "smol-think": ["completion", "thinking"],
  "smol-fim": ["completion", "insert"],
  "smol-embed": ["embedding"],
  "flock-tiny": ["completion"],
};

export const RECORDED_MODELS = Object.entries(CAPABILITIES).map(([name, capabilities]) =>
  CatalogueEntry.fromPartial({ ...PLAIN_MODEL, name: `${name}:latest`, capabilities }),
);

/** The exchanges in files of test/golden. */
export function recordingsIn(files: readonly string[]): readonly Recording[] {
  return files.flatMap((file) =>
    readFileSync(join(import.meta.dirname, "../golden", `${file}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Recording => JSON.parse(line)),
  );
}

/** Asks our api what Ollama was asked. */
export function replay(api: TestApi, { request }: Recording): Promise<RawResponse> {
  const { method, path, headers, body } = request;
  const bytes = bytesOf(body);
  return send(api.baseUrl, {
    method,
    path,
    headers: { ...headers, authorization: `Bearer ${api.apiKey}` },
    ...(bytes === undefined ? {} : { body: bytes }),
  });
}

/** A body that is text was recorded byte by byte. */
function bytesOf(body: Recording["request"]["body"]): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === "string" ? Buffer.from(body, "latin1") : Buffer.from(JSON.stringify(body));
}

/** The text of an error, in Ollama's form or in OpenAI's; undefined for anything else, such as plain text. */
export function errorIn(body: unknown): string | undefined {
  const error = memberOf(body, "error");
  const message = typeof error === "object" ? memberOf(error, "message") : error;
  return typeof message === "string" ? message : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  // CAST: an object of whatever members; the one that is asked for may be missing.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
