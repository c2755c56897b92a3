import { createHash } from "node:crypto";
import { answerAt, calibrationPrompt, readingsAt } from "@flock/cli/testing";
import { type Cell, isMiss, type JobEvidence, jobEvidence, samplingOf } from "@flock/evidence";

/** The cell that jobs are judged by: what `flock calibrate` measured. */
export type MeasuredCell = Pick<Cell, "misses" | "positions" | "surprisalSlackMillinats">;

/** Where a worker's answers come from, and who reads them. */
export interface Check {
  readonly workerUrl: string;
  readonly refereeUrl: string;
  readonly cell: MeasuredCell;
  readonly jobs: number;
  readonly seed: number;
}

/** What the checks of one worker's jobs said. */
export interface CheckedJobs {
  readonly evidence: readonly JobEvidence[];
  readonly positions: number;
  readonly misses: number;
}

const PLACES = 8;
const ANSWER_TOKENS = 64;
/** The bundled model heeds these: what it says of itself begins otherwise without them. */
const SYSTEMS = [
  "You are Maggie, a shy llama. You like singing.",
  "Your name is Oscar. You are a brave fox.",
  "You are Ruby the goat. You like apples.",
];
const OF_ITSELF = ["What is your name?", "Who are you?", "Tell me about yourself."];
/** Jobs whose places are read side by side. */
const AT_ONCE = 4;

/** Has a worker's Ollama answer real questions, greedy and sampled ones in turn, and a referee's read the answers. */
export async function checkedJobs({ workerUrl, refereeUrl, cell, jobs, seed }: Check): Promise<CheckedJobs> {
  const signal = AbortSignal.timeout(30 * 60_000);
  const dayKey = createHash("sha256").update(`day of seed ${seed}`).digest();
  const asked = [];
  for (let index = 0; index < jobs; index++) {
    const system = SYSTEMS[Math.floor(index / 3) % SYSTEMS.length] ?? "";
    const options = {
      ...{ temperature: index % 2 === 0 ? 0 : 0.8, top_k: 40, top_p: 0.9, repeat_penalty: 1 },
      ...{ seed: seed * 1_000 + index, num_predict: ANSWER_TOKENS },
    };
    const question = { model: "flock-tiny", prompt: promptOf(seed, index), system, options };
    // One after the other: some cheats answer by what came before.
    asked.push({ index, question, answer: await answerAt(workerUrl, question, signal) });
  }
  const evidence: JobEvidence[] = [];
  let [positions, misses] = [0, 0];
  for (let begin = 0; begin < asked.length; begin += AT_ONCE) {
    const read = asked.slice(begin, begin + AT_ONCE).map(async ({ index, question, answer }) => {
      const sampling = samplingOf({ options: question.options });
      if (sampling === undefined) throw new RangeError("a question whose answer says nothing");
      const draw = { dayKey, jobId: `job ${index}`, places: PLACES };
      const audited = { question, answer, ...draw, endsByItself: true };
      return { sampling, readings: await readingsAt(refereeUrl, audited, signal) };
    });
    for (const { sampling, readings } of await Promise.all(read)) {
      positions += readings.length;
      misses += readings.filter((reading) => isMiss(reading, sampling)).length;
      evidence.push(jobEvidence(readings, sampling, cell));
    }
  }
  return { evidence, positions, misses };
}

/** Every third question is one whose answer hangs on the system prompt. */
function promptOf(seed: number, index: number): string {
  return index % 3 === 2
    ? (OF_ITSELF[Math.floor(index / 3) % OF_ITSELF.length] ?? "")
    : calibrationPrompt(seed * 100 + index);
}
