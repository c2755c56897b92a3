import { FlockError, type FlockErrorCode } from "@flock/errors";
import { z } from "zod";
import { micro } from "../money/llama.js";

/** A line of an answer is a few tokens; one that is longer than this comes from nobody who means well. */
const LINE_LENGTH_MAX = 4_000_000;

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Who is asked, and what it is shown; no key: nothing at all. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly trace: (line: string) => void;
}

export interface Question {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly options: Readonly<Record<string, number>>;
}

/** What the network tells of a job at the end of its answer. */
const story = z.looseObject({
  job_id: z.string(),
  workers: z.array(z.string()),
  privacy: z.string().nullable(),
  resumes: z.number(),
  charge_micro: micro,
  timing_ms: z.looseObject({ queue: z.number(), claim: z.number(), prefill: z.number(), total: z.number() }),
});
export type Story = z.output<typeof story>;

const line = z.looseObject({
  message: z.looseObject({ content: z.string().default(""), thinking: z.string().optional() }).optional(),
  done: z.boolean().default(false),
  done_reason: z.string().optional(),
  prompt_eval_count: z.number().optional(),
  eval_count: z.number().optional(),
  error: z.string().optional(),
  // A plain Ollama tells no story.
  flock: story.optional(),
});
export type AnswerLine = z.output<typeof line>;

const CODES: Readonly<Record<number, FlockErrorCode>> = {
  400: "invalid_argument",
  401: "unauthenticated",
  402: "insufficient_funds",
  403: "permission_denied",
  404: "not_found",
  413: "payload_too_large",
  429: "resource_exhausted",
  502: "aborted",
  503: "unavailable",
  504: "deadline_exceeded",
};

/**
 * The lines of an answer as they come, the one with `done` last.
 * @throws FlockError what it was refused with; `aborted` when it breaks off
 */
export async function* answering(
  { baseUrl, apiKey, trace }: Endpoint,
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<AnswerLine> {
  const url = `${baseUrl}/api/chat`;
  const beganAtMs = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ ...question, stream: true }),
    signal,
  }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new FlockError("unavailable", `no API answers at ${baseUrl}`, { cause });
  });
  const id = response.headers.get("x-request-id");
  trace(
    `POST ${url}: ${response.status} in ${(performance.now() - beganAtMs).toFixed(0)} ms, request ${id ?? "without an id"}`,
  );
  if (!response.ok) throw await refusal(response, id);
  try {
    for await (const text of linesOf(response)) {
      const read = line.parse(JSON.parse(text));
      if (read.error !== undefined) throw new FlockError("aborted", read.error);
      yield read;
      if (read.done) return;
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof FlockError) throw cause;
    throw brokenOff(cause);
  }
  throw brokenOff();
}

function brokenOff(cause?: unknown): FlockError {
  return new FlockError("aborted", "the answer broke off: what came until then is all there is", { cause });
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  // CAST: Node's streams are asynchronously iterable, which the DOM's types do not know.
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LENGTH_MAX) throw new FlockError("aborted", "the answer has a line without end");
    yield* lines.filter((each) => each.trim() !== "");
  }
  if (rest.trim() !== "") yield rest;
}

async function refusal(response: Response, id: string | null): Promise<FlockError> {
  const body: unknown = await response.json().catch(() => undefined);
  const said = z.object({ error: z.string() }).safeParse(body);
  const message = said.success ? said.data.error : `${response.url} answered ${response.status}`;
  const details: Record<string, string> = id === null ? {} : { request_id: id };
  return new FlockError(CODES[response.status] ?? "internal", message, { details });
}
