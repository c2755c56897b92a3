/**
 * The lines of an answer, as `POST /api/chat` streams them. They come from a machine that nobody vouches for: every
 * field is looked at before it is believed, and an answer has a largest size.
 */

/** One line, as far as this page understands it. */
export type AnswerLine =
  | { readonly kind: "piece"; readonly text: string; readonly thinking: string }
  | { readonly kind: "end"; readonly text: string; readonly ending: Ending }
  | { readonly kind: "error"; readonly message: string; readonly story: Story };

export interface Ending {
  readonly doneReason: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Nanoseconds of writing, by the engine. */
  readonly evalDurationNs: number | null;
  readonly story: Story;
}

/** The member `flock`; empty where there is none. */
export interface Story {
  readonly jobId: string | null;
  readonly workers: readonly string[];
  readonly privacy: string | null;
  readonly resumes: number | null;
  readonly chargeMicro: string | null;
  readonly timingMs: Readonly<Record<string, number>>;
}

/** An answer of more text than this is cut off: no model that is served here writes so much. */
export const ANSWER_LENGTH_MAX = 2_000_000;
const LINE_LENGTH_MAX = 1_000_000;
const WORKERS_MAX = 32;
const WORD_LENGTH_MAX = 100;

/** The lines of a body that comes in any pieces. It ends without a word when the body does. */
export async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = `${rest}${value}`.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_LENGTH_MAX) throw new Error("a line of the answer is too long");
      for (const line of lines) if (line !== "") yield line;
    }
    if (rest.trim() !== "") yield rest;
  } finally {
    // Whoever stops reading wants no more of it.
    void reader.cancel().catch(() => undefined);
  }
}

/** `null` for what is no line of an answer. */
export function parseAnswerLine(line: string): AnswerLine | null {
  const value = objectOf(line);
  if (value === null) return null;
  const story = storyOf(value["flock"]);
  if (typeof value["error"] === "string") return { kind: "error", message: value["error"], story };
  const message = fieldsOf(value["message"]);
  const text = textOf(message["content"]);
  if (value["done"] !== true) return { kind: "piece", text, thinking: textOf(message["thinking"]) };
  const ending: Ending = {
    doneReason: wordOf(value["done_reason"]),
    promptTokens: countOf(value["prompt_eval_count"]),
    completionTokens: countOf(value["eval_count"]),
    evalDurationNs: countOf(value["eval_duration"]),
    story,
  };
  return { kind: "end", text, ending };
}

/** What is known of the job before its answer has ended. */
export function storyOfHeaders(headers: Headers): Story {
  const worker = headers.get("x-flock-worker");
  const resumes = headers.get("x-flock-resumes");
  return {
    jobId: wordOf(headers.get("x-flock-job-id")),
    workers: worker === null ? [] : [worker.slice(0, WORD_LENGTH_MAX)],
    privacy: wordOf(headers.get("x-flock-privacy")),
    resumes: resumes === null ? null : countOf(Number(resumes)),
    chargeMicro: microTextOf(headers.get("x-flock-charge-micro")),
    timingMs: timingOf(headers.get("server-timing") ?? ""),
  };
}

function storyOf(value: unknown): Story {
  const { job_id, workers, privacy, resumes, charge_micro, timing_ms } = fieldsOf(value);
  const timing = Object.entries(fieldsOf(timing_ms)).slice(0, WORKERS_MAX);
  return {
    jobId: wordOf(job_id),
    workers: Array.isArray(workers)
      ? workers.slice(0, WORKERS_MAX).flatMap((worker) => wordOf(worker) ?? [])
      : [],
    privacy: wordOf(privacy),
    resumes: countOf(resumes),
    chargeMicro: microTextOf(charge_micro),
    timingMs: Object.fromEntries(
      timing.filter((entry): entry is [string, number] => countOf(entry[1]) !== null),
    ),
  };
}

/** `queue;dur=0.4, claim;dur=3.1` */
function timingOf(header: string): Record<string, number> {
  const found = header.slice(0, 1_000).matchAll(/([a-z]{1,20});dur=(\d{1,12}(?:\.\d{1,6})?)/g);
  return Object.fromEntries([...found].map(([, stage = "", ms]) => [stage, Number(ms)]));
}

function objectOf(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // Half a line, or something that is not ours: an answer without its last line is not whole.
    return null;
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function wordOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, WORD_LENGTH_MAX) : null;
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function microTextOf(value: unknown): string | null {
  return typeof value === "string" && /^\d{1,19}$/.test(value) ? value : null;
}
