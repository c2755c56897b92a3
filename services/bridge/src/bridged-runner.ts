import { FlockError } from "@flock/errors";
import type { GrantedJob, JobRunner, Piece, RunResult } from "@flock/jobs";
import { type ModelProfile, type OllamaAccess, OllamaRunner } from "@flock/runner";
import { PushedAnswer } from "./answers/pushed-answer.js";
import type { PushDesk } from "./push-desk.js";
import type { WaitingPulls } from "./waiting-pulls.js";

/** The Ollama client wants one; only the path of a request matters. */
const HOST = "http://original-worker.invalid";

export interface BridgedRunnerOptions {
  readonly pulls: WaitingPulls;
  readonly pushes: PushDesk;
  readonly firstOutputMs: number;
  readonly silenceMs: number;
  profileOf(model: string): ModelProfile;
  /** How many jobs original workers have changed. */
  onHandedJobs(): void;
}

/**
 * Runs jobs on the Ollamas of original workers: a job is the answer to one of their pulls, and what their Ollama says
 * to it is the body of their push.
 */
export class BridgedRunner implements JobRunner {
  readonly #options: BridgedRunnerOptions;
  #handedJobs = 0;

  constructor(options: BridgedRunnerOptions) {
    this.#options = options;
  }

  /** Jobs that original workers have now. */
  get handedJobs(): number {
    return this.#handedJobs;
  }

  async run(job: GrantedJob, emit: (piece: Piece) => void, signal: AbortSignal): Promise<RunResult> {
    let isHanded = false;
    const onHanded = (): void => {
      isHanded = true;
      this.#changeHanded(1);
    };
    const ollama: OllamaAccess = {
      host: HOST,
      // One pull, one request: there is no second one to ask with.
      takesQuestions: false,
      fetch: (url, init, end) =>
        this.#ask(job.model, new URL(url).pathname, String(init.body), end, onHanded),
    };
    try {
      return await new OllamaRunner(ollama, this.#options.profileOf).run(job, emit, signal);
    } catch (thrown) {
      const error = FlockError.from(thrown);
      // Nobody's request is refused on this worker's word alone: the next engine must say the same.
      if (error.code !== "invalid_argument") throw error;
      throw new FlockError("aborted", error.message, { cause: thrown });
    } finally {
      if (isHanded) this.#changeHanded(-1);
    }
  }

  async #ask(
    model: string,
    path: string,
    body: string,
    signal: AbortSignal,
    onHanded: () => void,
  ): Promise<Response> {
    const { pulls, pushes, firstOutputMs, silenceMs } = this.#options;
    const pull = pulls.takeFor(model);
    if (pull === undefined)
      throw new FlockError("failed_precondition", "the worker has gone before it was given the job");
    onHanded();
    const request = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const { id, arrived } = pushes.expect(pull.reference, signal);
    pull.answer({ id, path, request });
    // A call of a tool comes in one piece, embeddings do, too.
    const mayBeQuiet = request["tools"] !== undefined || request["stream"] !== true;
    const quietMs = mayBeQuiet ? Math.max(firstOutputMs, silenceMs) : silenceMs;
    return new PushedAnswer(await arrived, quietMs, signal).asResponse();
  }

  #changeHanded(by: number): void {
    this.#handedJobs += by;
    this.#options.onHandedJobs();
  }
}
