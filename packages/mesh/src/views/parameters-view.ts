import { FlockError } from "@flock/errors";
import { DEFAULT_PARAMETERS, type Parameters, parseParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KvEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import type { Part } from "../runtime/lifecycle.js";
import { delay, retryUntilDone } from "../runtime/retry-until-done.js";

const RESTART_WAIT_MS = 500;

/**
 * The governed parameters in force: a copy of the bucket PARAMS that follows it for as long as the part runs. Without a
 * document there, the defaults. A document outside the legal box is not applied: an error line, and the last good one
 * stays.
 */
export class ParametersView implements Part {
  readonly name = "parameters view";
  readonly #mesh: Mesh;
  #current: Parameters = DEFAULT_PARAMETERS;
  #revision = 0;
  #endWatch: () => void = () => {};

  private constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** A view that has been read once, however long NATS takes for that. */
  static async load(mesh: Mesh): Promise<ParametersView> {
    const view = new ParametersView(mesh);
    await retryUntilDone("read the parameters", mesh.logger, async () => {
      const entry = await (await openBucket(mesh, BUCKETS.params)).get(PARAMS_CURRENT_KEY);
      if (entry !== null) view.#apply(entry);
    });
    return view;
  }

  get current(): Parameters {
    return this.#current;
  }

  async start(stop: AbortSignal): Promise<void> {
    // What was watched on may be gone with the server's memory, and a change may have been missed.
    this.#mesh.onReconnect(() => this.#endWatch());
    stop.addEventListener("abort", () => this.#endWatch(), { once: true });
    while (!stop.aborted) {
      await retryUntilDone("follow the parameters", this.#mesh.logger, () => this.#follow(stop), stop);
      await delay(RESTART_WAIT_MS, stop);
    }
  }

  async #follow(stop: AbortSignal): Promise<void> {
    const bucket = await openBucket(this.#mesh, BUCKETS.params);
    const watch = await bucket.watch({ key: PARAMS_CURRENT_KEY });
    this.#endWatch = () => watch.stop();
    if (stop.aborted) watch.stop();
    try {
      for await (const entry of watch) this.#apply(entry);
    } finally {
      watch.stop();
    }
  }

  #apply(entry: KvEntry): void {
    // A bucket that was made anew begins to count again.
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
