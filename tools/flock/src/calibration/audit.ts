import { createHash } from "node:crypto";
import { agreedEnd, cutCandidates, drawCuts, endReading, type Reading, tokenReading } from "@flock/evidence";
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

/** How often a referee that ends is asked for its choices again, each time with another seed. */
const TRIES = 4;
/** Hardly likely at all. */
const NOTHING_MILLINATS = -100_000;
/** So hot that it hardly ever ends again if anything else is likely at all. */
const HOT = { temperature: 2, top_k: 20, top_p: 1 };

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
    // It ends there whatever it is asked: the answer has none of its choices.
    readings.push(
      choices === undefined
        ? { kind: "token", offset, choices: [0, NOTHING_MILLINATS], claimed: -1 }
        : tokenReading(choices, place),
    );
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
  const first = await nextAt(url, greedy(before), signal);
  if (first.choices !== undefined) return first.choices;
  for (let seed = 1; seed < TRIES; seed++) {
    const options = { ...before.options, ...HOT, seed };
    const { choices } = await nextAt(url, { ...before, options }, signal);
    if (choices !== undefined) return choices;
  }
  return undefined;
}

function greedy(question: Question): Question {
  return { ...question, options: { ...question.options, temperature: 0 } };
}
