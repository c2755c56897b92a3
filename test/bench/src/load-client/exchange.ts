import type { Dispatcher } from "undici";
import { AnswerReader } from "./answer-reader.js";
import type { Expected, Target } from "./plan.js";
import { timedRequest } from "./timed-request.js";

/** One request and its answer, checked. Times in ms from sending the request. */
export interface Exchange {
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly chunks: number;
  readonly reads: number;
  readonly completionTokens: number;
  readonly text: string | undefined;
}

/** Hears of an answer's first byte and of its end. */
export interface ExchangeObserver {
  onFirstByte?(): void;
}

/** Sends the request; rejects if the answer is not what is expected. */
export async function exchange(
  dispatcher: Dispatcher,
  target: Target,
  body: string,
  expected: Expected,
  observer: ExchangeObserver = {},
): Promise<Exchange> {
  const reader = new AnswerReader(expected.keepText === true);
  const headers = ["content-type", "application/json"];
  if (target.apiKey !== undefined) headers.push("authorization", `Bearer ${target.apiKey}`);
  const options = { origin: target.origin, path: "/api/generate", method: "POST", headers, body } as const;
  const { statusCode, ...times } = await timedRequest(dispatcher, options, (piece, isFirst) => {
    if (isFirst) observer.onFirstByte?.();
    reader.push(piece);
  });
  return { ...times, ...checked(reader, statusCode, expected) };
}

function checked(reader: AnswerReader, statusCode: number, expected: Expected) {
  const last = reader.last();
  const wrong = (what: string) => new Error(`wrong answer: ${what}; last line ${JSON.stringify(last)}`);
  if (statusCode !== 200) throw wrong(`status ${statusCode}`);
  if (last.done !== true || !last.done_reason) throw wrong("it does not say that it is done");
  const completionTokens = last.eval_count ?? 0;
  if (completionTokens < 1 || completionTokens !== (expected.tokens ?? completionTokens))
    throw wrong(`${completionTokens} tokens instead of ${expected.tokens ?? "some"}`);
  const chunks = expected.stream ? reader.lines - 1 : 0;
  if (expected.linePerToken && chunks !== completionTokens)
    throw wrong(`${chunks} lines for ${completionTokens} tokens`);
  return { chunks, reads: reader.reads, completionTokens, text: reader.text() };
}
