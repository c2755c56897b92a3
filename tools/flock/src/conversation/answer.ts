import { FlockError } from "@flock/errors";
import type { Call } from "../command.js";
import { inLlama } from "../money/llama.js";
import type { Line } from "./endpoint.js";
import { type AnswerLine, answering, type Message, type Story } from "./ollama-stream.js";

export interface AnswerOptions {
  readonly system?: string;
  readonly maxTokens?: string;
  readonly temperature?: string;
}

export interface Answered {
  readonly text: string;
  readonly last: AnswerLine;
  /** Milliseconds until its first piece, and until its end. */
  readonly firstMs: number;
  readonly totalMs: number;
}

/** Options of the engine, as somebody typed them. */
export function engineOptions({ maxTokens, temperature }: AnswerOptions): Readonly<Record<string, number>> {
  const options: Record<string, number> = {};
  if (maxTokens !== undefined) options["num_predict"] = numberOf("--max-tokens", maxTokens, /^[1-9]\d{0,8}$/);
  if (temperature !== undefined)
    options["temperature"] = numberOf("--temperature", temperature, /^\d{1,3}(\.\d+)?$/);
  return options;
}

function numberOf(flag: string, text: string, form: RegExp): number {
  if (!form.test(text))
    throw new FlockError("invalid_argument", `${flag} ${text} is not a number that it can be`);
  return Number(text);
}

/** Has a model answer, and hands on each piece of the text as it comes. */
export async function answerOf(
  call: Call,
  { endpoint, explained }: Line,
  question: {
    readonly model: string;
    readonly messages: readonly Message[];
    readonly options: Readonly<Record<string, number>>;
  },
  { signal, piece }: { readonly signal: AbortSignal; readonly piece: (text: string) => void },
): Promise<Answered> {
  const beganAtMs = performance.now();
  const since = () => performance.now() - beganAtMs;
  const lines = answering(endpoint, question, signal);
  let text = "";
  let firstMs: number | undefined;
  const said = ({ message }: AnswerLine) => {
    if (message?.thinking) call.report.event("thinking", { text: message.thinking });
    const content = message?.content ?? "";
    if (content === "") return;
    firstMs ??= since();
    text += content;
    piece(content);
  };
  try {
    let line = await call.report.during(`waiting for ${question.model}`, async (tell) => {
      // Thoughts are not shown, so they count as waiting.
      for (;;) {
        const next = await lines.next();
        if (next.done === true) throw new FlockError("aborted", "the answer broke off");
        if (next.value.message?.thinking) tell("it thinks");
        if (next.value.done || next.value.message?.content) return next.value;
        said(next.value);
      }
    });
    for (;;) {
      said(line);
      if (line.done) return { text, last: line, firstMs: firstMs ?? since(), totalMs: since() };
      const next = await lines.next();
      if (next.done === true) throw new FlockError("aborted", "the answer broke off");
      line = next.value;
    }
  } catch (error) {
    throw signal.aborted ? error : await explained(error, question.model);
  }
}

/** Below a thousandth of a LLAMA in µLLAMA, because nobody counts zeros. */
export function costText(micro: Story["charge_micro"]): string {
  return micro > 0n && micro < 1_000n ? `${micro} µLLAMA` : `${inLlama(micro)} LLAMA`;
}

/** What an answer cost, and the way it went, in a line. */
export function storyLine({ last, firstMs, totalMs }: Answered): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const { flock } = last;
  const parts = [
    last.eval_count === undefined ? undefined : `${last.eval_count} tokens`,
    flock && costText(flock.charge_micro),
    `${seconds(totalMs)}, first word after ${seconds(firstMs)}`,
    flock && `worker ${flock.workers.join(", ")}`,
    flock && flock.resumes > 0 ? `resumed ${flock.resumes} ×` : undefined,
    flock?.privacy ?? undefined,
    last.done_reason === "length" ? "cut at the most tokens" : undefined,
    flock && `job ${flock.job_id}`,
  ];
  return parts.filter((part) => part !== undefined).join(" · ");
}

/** The same for machines. */
export function storyOf({ last, firstMs, totalMs }: Answered): Readonly<Record<string, unknown>> {
  return {
    done_reason: last.done_reason ?? null,
    prompt_tokens: last.prompt_eval_count ?? null,
    completion_tokens: last.eval_count ?? null,
    first_word_ms: Math.round(firstMs),
    total_ms: Math.round(totalMs),
    flock: last.flock ?? null,
  };
}
