import { HARDWARE_CLASS_NAMES } from "@flock/proto/workers";
import { calibrate, type Measured } from "../calibration/measure.js";
import type { Answer, Call } from "../command.js";
import { Fault } from "../faults/fault.js";
import { facts, table } from "../output/sheet.js";

interface Options {
  readonly model: string;
  readonly workerOllama: string;
  readonly refereeOllama: string;
  readonly prompts: string;
  readonly temperatures: string;
  readonly hardware: string;
  readonly speculation: string;
}

const PROMPTS_MAX = 1_000;

/** `flock calibrate`: how far two honest Ollamas with the same model differ. */
export async function calibrateHere(call: Call<Options>): Promise<Answer> {
  const { options, report, surroundings } = call;
  const prompts = Number(options.prompts);
  if (!Number.isSafeInteger(prompts) || prompts < 1 || prompts > PROMPTS_MAX)
    throw new Fault("usage", `--prompts must be a whole number from 1 to ${PROMPTS_MAX}`);
  const temperatures = options.temperatures.split(",").map(Number);
  if (!temperatures.every((each) => each >= 0 && each <= 2))
    throw new Fault("usage", "--temperatures must be numbers from 0 to 2, with commas between");
  if (!HARDWARE_CLASS_NAMES.includes(options.hardware))
    throw new Fault("usage", `--hardware must be one of ${HARDWARE_CLASS_NAMES.join(", ")}`);
  const pair = {
    model: options.model,
    workerUrl: urlIn("--worker-ollama", options.workerOllama),
    refereeUrl: urlIn("--referee-ollama", options.refereeOllama),
    ...{ hardware: options.hardware, speculation: options.speculation },
    ...{ prompts, temperatures, signal: surroundings.interruption },
  };
  const found = await report.during("measuring", (tell) => calibrate(pair, tell));
  const { cell, positions, misses, missPpm, surprisalSlackMillinats, measured } = found;
  return {
    json: {
      // As the verifier's file has them.
      cells: [
        {
          ...cell,
          positions,
          misses,
          surprisalSlackMillinats,
          measuredUnixMs: Date.now(),
          frozenUntilUnixMs: 0,
        },
      ],
      miss_ppm: missPpm,
      measured: measured.map(jsonOf),
    },
    text: [
      facts([
        ["model digest", cell.modelDigest],
        ["engine", cell.engine],
        ["hardware", cell.hardware],
        ["speculation", cell.speculation],
        ["missed", `${misses} of ${positions} places`],
        ["missed at most (99 %)", `${(missPpm / 10_000).toFixed(2)} %`],
        ["surprisal, added", `${surprisalSlackMillinats} millinats`],
      ]),
      table(
        ["temperature", "places", "missed", "outside", "margin p50", "p90", "p99", "max", "surprisal"],
        measured.map(rowOf),
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
      ),
    ],
    note: "Margins and surprisal are millinats. --json prints what the verifier is given.\n",
  };
}

function jsonOf(each: Measured): object {
  return {
    ...{ temperature: each.temperature, positions: each.positions, misses: each.misses },
    outside_of_choices: each.outside,
    margin_millinats: each.marginMillinats,
    surprisal_millinats: each.surprisalMillinats,
    surprisal_error_millinats: each.surprisalErrorMillinats,
  };
}

function rowOf(each: Measured): string[] {
  const { p50, p90, p99, max } = each.marginMillinats;
  const { temperature, positions, misses, outside, surprisalMillinats, surprisalErrorMillinats } = each;
  const surprisal = `${surprisalMillinats} ± ${surprisalErrorMillinats}`;
  return [...[temperature, positions, misses, outside, p50, p90, p99, max].map(String), surprisal];
}

function urlIn(option: string, text: string): string {
  if (!URL.canParse(text)) throw new Fault("usage", `${option} must be a URL such as http://127.0.0.1:11434`);
  return text;
}
