import { FlockError } from "@flock/errors";
import { DEFAULT_PARAMETERS, type Parameters, parseParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KvEntry } from "@nats-io/kv";
import type { Mesh } from "../nats/connection.js";
import { openBucket } from "../nats/streams.js";
import type { Part } from "../runtime/lifecycle.js";
import { retryUntilDone } from "../runtime/retry-until-done.js";
import { BucketFollower } from "./bucket-follower.js";

/**
 * The governed parameters in force: a copy of the bucket PARAMS that follows it for as long as the part runs. Without a
 * document there, the defaults. A document outside the legal box is not applied: an error line, and the last good one
 * stays.
 */
export class ParametersView implements Part {
  readonly name = "parameters view";
  readonly #mesh: Mesh;
  #current: Parameters = DEFAULT_PARAMETERS;
  /** What was read last, whether it could be applied or not. */
  #document: string | undefined;

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
    const copy = {
      put: (entry: KvEntry) => this.#apply(entry),
      // Without a document the last one goes on: nobody has said that another one holds.
      remove: () => {},
      keys: () => [],
    };
    const key = PARAMS_CURRENT_KEY;
    await new BucketFollower({ mesh: this.#mesh, bucket: BUCKETS.params, key, copy }).follow(stop);
  }

  #apply(entry: KvEntry): void {
    if (entry.operation !== "PUT") return;
    const document = entry.string();
    // Shown again at each new watch. Not told by its revision: a bucket that was made anew begins to count again.
    if (document === this.#document) return;
    this.#document = document;
    try {
      this.#current = parseParameters(document);
      this.#mesh.logger.info({ parametersVersion: this.#current.version }, "parameters applied");
    } catch (thrown) {
      this.#mesh.logger.error({ err: FlockError.from(thrown) }, "the parameters were refused");
    }
  }
}
