import { FlockError } from "@flock/errors";
import { delay, type Mesh, openBucket, type Part, retryUntilDone } from "@flock/mesh";
import { DEFAULT_PARAMETERS, type Parameters, parseParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KvEntry } from "@nats-io/kv";

const RESTART_WAIT_MS = 500;

/**
 * The governed parameters in force, followed from the bucket PARAMS. Without a document there, the defaults. A document
 * outside the legal box is not applied: an error line, and the last good one stays.
 */
export class ParametersView implements Part {
  readonly name = "parameters view";
  readonly #mesh: Mesh;
  #current: Parameters = DEFAULT_PARAMETERS;
  #revision = 0;
  #isSynced = false;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  get current(): Parameters {
    return this.#current;
  }

  notReady(): string | undefined {
    return this.#isSynced ? undefined : "parameters not read yet";
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await retryUntilDone("watch the parameters", this.#mesh.logger, () => this.#watchOnce(stop), stop);
      await delay(RESTART_WAIT_MS, stop);
    }
  }

  async #watchOnce(stop: AbortSignal): Promise<void> {
    const bucket = await openBucket(this.#mesh, BUCKETS.params);
    // Read first: a watch of a key that does not exist says nothing.
    const found = await bucket.get(PARAMS_CURRENT_KEY);
    if (found !== null) this.#apply(found);
    this.#isSynced = true;
    const watch = await bucket.watch({ key: PARAMS_CURRENT_KEY });
    const onStop = (): void => watch.stop();
    stop.addEventListener("abort", onStop, { once: true });
    try {
      for await (const entry of watch) this.#apply(entry);
    } finally {
      stop.removeEventListener("abort", onStop);
      watch.stop();
    }
  }

  #apply(entry: KvEntry): void {
    if (entry.operation !== "PUT" || entry.revision === this.#revision) return;
    this.#revision = entry.revision;
    try {
      this.#current = parseParameters(entry.string());
      this.#mesh.logger.info({ parametersVersion: this.#current.version }, "parameters applied");
    } catch (thrown) {
      this.#mesh.logger.error({ err: FlockError.from(thrown) }, "the parameters were refused");
    }
  }
}
