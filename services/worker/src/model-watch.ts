import type { WorkerRuntime } from "@flock/jobs";
import { delay, type Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import { engineName } from "./engine-name.js";
import type { ModelInventory } from "./model-inventory.js";

export interface ModelWatchOptions {
  readonly ollamaUrl: string;
  readonly inventory: ModelInventory;
  readonly intervalMs: number;
  readonly runtime: WorkerRuntime;
  readonly logger: Logger;
}

/** Keeps the runtime's models those of the Ollama at its side; while Ollama is away the worker serves nothing. */
export class ModelWatch implements Part {
  readonly name = "model watch";
  readonly #options: ModelWatchOptions;
  #isReachable = false;
  #engine = "";

  constructor(options: ModelWatchOptions) {
    this.#options = options;
  }

  notReady(): string | undefined {
    return this.#isReachable ? undefined : `Ollama does not answer at ${this.#options.ollamaUrl}`;
  }

  /** The engine as it was when it was last asked, such as `ollama/0.33.1`; empty: unknown. */
  get engine(): string {
    return this.#engine;
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#look();
      await delay(this.#options.intervalMs, stop);
    }
  }

  async #look(): Promise<void> {
    const { ollamaUrl, inventory, runtime, logger } = this.#options;
    try {
      const [models, engine] = await Promise.all([inventory.list(), engineName(ollamaUrl).catch(() => "")]);
      this.#engine = engine;
      if (!this.#isReachable)
        logger.info({ ollamaUrl, models: models.map((model) => model.name) }, "Ollama answers");
      if (!this.#isReachable) runtime.engineReturned();
      this.#isReachable = true;
      runtime.setModels(models);
    } catch (error) {
      if (this.#isReachable) logger.warn({ err: error, ollamaUrl }, "Ollama does not answer");
      this.#isReachable = false;
      runtime.setModels([]);
    }
  }
}
