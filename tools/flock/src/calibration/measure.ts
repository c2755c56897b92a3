import { createHash } from "node:crypto";
import {
  type CellKey,
  cellKeyOf,
  excessOf,
  isMiss,
  missPpm,
  type Reading,
  samplingOf,
} from "@flock/evidence";
import { readingsAt } from "./audit.js";
import { answerAt, identityAt } from "./ollama.js";
import { calibrationPrompt } from "./prompts.js";

export interface Pair {
  readonly model: string;
  readonly workerUrl: string;
  readonly refereeUrl: string;
  /** Of the worker; a name of the network's hardware classes. */
  readonly hardware: string;
  readonly speculation: string;
  readonly prompts: number;
  readonly temperatures: readonly number[];
  readonly signal: AbortSignal;
}

/** What was measured at one temperature. */
export interface Measured {
  readonly temperature: number;
  readonly positions: number;
  readonly misses: number;
  /** Places where the answer's token is none of the referee's twenty. */
  readonly outside: number;
  /** How much likelier the referee's first choice is, in millinats, of the places inside. */
  readonly marginMillinats: Percentiles;
  /** Mean of what answers surprise beyond expectation, and its standard error, in millinats; 0 if greedy. */
  readonly surprisalMillinats: number;
  readonly surprisalErrorMillinats: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Calibration {
  readonly cell: CellKey;
  readonly positions: number;
  readonly misses: number;
  readonly missPpm: number;
  readonly surprisalSlackMillinats: number;
  readonly measured: readonly Measured[];
}

const PLACES = 8;
const ANSWER_TOKENS = 80;
/** The draw of the places. It is no secret here: nobody cheats at a measurement of their own. */
const DRAW = createHash("sha256").update("flock calibrate").digest();
/** Quantile of the normal distribution: 99 %, one-sided. */
const Z99 = 2.326;

/** Has one Ollama answer and another one read the answers. Both are honest: what differs is noise. */
export async function calibrate(pair: Pair, tell: (detail: string) => void): Promise<Calibration> {
  const { digest, engine } = await identityAt(pair.workerUrl, pair.model, pair.signal);
  const measured: Measured[] = [];
  for (const temperature of pair.temperatures) measured.push(await measureAt(pair, temperature, tell));
  const sum = (of: (each: Measured) => number) => measured.reduce((all, each) => all + of(each), 0);
  const [positions, misses] = [sum((each) => each.positions), sum((each) => each.misses)];
  const slack = Math.max(
    0,
    ...measured.map((each) => each.surprisalMillinats + Z99 * each.surprisalErrorMillinats),
  );
  const { hardware, speculation } = pair;
  return {
    cell: { ...cellKeyOf({ modelDigest: digest, engine, hardware }), speculation },
    ...{ positions, misses, missPpm: missPpm({ misses, positions }) },
    surprisalSlackMillinats: Math.ceil(slack),
    measured,
  };
}

async function measureAt(pair: Pair, temperature: number, tell: (detail: string) => void): Promise<Measured> {
  const { model, workerUrl, refereeUrl, prompts, signal } = pair;
  const readings: Reading[] = [];
  const samplings = { temperature, top_k: 40, top_p: 0.9, repeat_penalty: 1 };
  const sampling = samplingOf({ options: samplings });
  if (sampling === undefined)
    throw new RangeError(`nothing follows from answers at temperature ${temperature}`);
  for (let index = 0; index < prompts; index++) {
    tell(`temperature ${temperature}, answer ${index + 1} of ${prompts}`);
    const options = { ...samplings, seed: index + 1, num_predict: ANSWER_TOKENS };
    const question = { model, prompt: calibrationPrompt(index), options };
    const answer = await answerAt(workerUrl, question, signal);
    const draw = { dayKey: DRAW, jobId: `${temperature} ${index}`, places: PLACES };
    const audited = { question, answer, ...draw, endsByItself: true };
    readings.push(...(await readingsAt(refereeUrl, audited, signal)));
  }
  const inside = readings.filter(({ claimed }) => claimed >= 0);
  const margins = inside.map(({ choices, claimed }) => (choices[0] ?? 0) - (choices[claimed] ?? 0));
  const excess = readings
    .filter(({ kind, choices }) => temperature > 0 && kind === "token" && choices.length > 0)
    .map((reading) => excessOf(reading, sampling))
    .flatMap((nats) => (nats === undefined ? [] : [nats * 1_000]));
  return {
    ...{ temperature, positions: readings.length, outside: readings.length - inside.length },
    misses: readings.filter((reading) => isMiss(reading, sampling)).length,
    marginMillinats: percentilesOf(margins),
    surprisalMillinats: Math.round(mean(excess)),
    surprisalErrorMillinats: Math.round(standardError(excess)),
  };
}

function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
