import { createHash } from "node:crypto";
import {
  ASKED_AGAIN_MAX,
  agreedEnd,
  certainEnd,
  cutCandidates,
  drawCuts,
  endReading,
  optionsOfQuestion,
  type Reading,
  tokenReading,
} from "@flock/evidence";
import { nextAt, type Question, renderedAt, type Said } from "./ollama.js";

/** An answer, and by which draw it is looked at. */
export interface Audited {
  readonly question: Question;
  readonly answer: Said;
  /** 32 bytes. */
  readonly dayKey: Uint8Array;
  readonly jobId: string;
  /** Places that are drawn, beside the end. */
  readonly places: number;
  /** Its end is one that the model chose. */
  readonly endsByItself: boolean;
}

/**
 * Reads an answer's places on another Ollama: behind the same request and the answer up to the place, one token. The
 * Ollama is not told what the answer has there.
 */
export async function readingsAt(
  refereeUrl: string,
  { question, answer, dayKey, jobId, places, endsByItself }: Audited,
  signal: AbortSignal,
): Promise<Reading[]> {
  const { text } = answer;
  const prompt = await renderedAt(refereeUrl, question, signal);
  const outputSha256 = createHash("sha256").update(text).digest();
  const cuts = drawCuts(dayKey, { jobId, outputSha256 }, cutCandidates(answer.pieces), places);
  const readings: Reading[] = [];
  for (const offset of cuts) {
    const before = { ...question, prompt: prompt + text.slice(0, offset) };
    const choices = await choicesAt(refereeUrl, before, signal);
    const place = { offset, rest: text.slice(offset) };
    readings.push(choices === undefined ? certainEnd(offset) : tokenReading(choices, place));
  }
  if (answer.isEnded && endsByItself && text !== "") {
    const whole = { ...greedy(question), prompt: prompt + text };
    const { choices } = await nextAt(refereeUrl, whole, signal);
    readings.push(choices === undefined ? agreedEnd(text.length) : endReading(choices, text.length));
  }
  return readings;
}

/** The first choices there; undefined: it ends, however often it is asked. No engine tells choices where it ends. */
async function choicesAt(url: string, before: Question, signal: AbortSignal) {
  for (let number = 0; number <= ASKED_AGAIN_MAX; number++) {
    const options = optionsOfQuestion(greedy(before).options, number);
    const { choices } = await nextAt(url, { ...before, options }, signal);
    if (choices !== undefined) return choices;
  }
  return undefined;
}

function greedy(question: Question): Question {
  return { ...question, options: { ...question.options, temperature: 0 } };
}
