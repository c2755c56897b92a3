import { FlockError } from "@flock/errors";
import { type Mesh, openBucket, type Part, retryUntilDone } from "@flock/mesh";
import { DEFAULT_PARAMETERS, type Parameters, parseParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KV } from "@nats-io/kv";
import { repeating } from "./repeating-part.js";

const INTERVAL_MS = 1_000;

/**
 * The governed parameters in force, read from the bucket PARAMS once a second. Without a document there, the defaults.
 * A document that is outside the legal box is not applied: an error line, and the last good one stays.
 */
export class ParametersWatch {
  readonly #mesh: Mesh;
  #current: Parameters = DEFAULT_PARAMETERS;
  #revision = 0;
  #bucket: KV | undefined;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  get current(): Parameters {
    return this.#current;
  }

  /** Reads them for the first time, however long NATS takes. */
  async load(): Promise<void> {
    await retryUntilDone("read the parameters", this.#mesh.logger, () => this.#read());
  }

  /** Keeps them up to date. */
  part(): Part {
    const options = { name: "parameters watch", logger: this.#mesh.logger, intervalMs: INTERVAL_MS };
    return repeating(options, async () => {
      await this.#read();
      return false;
    });
  }

  async #read(): Promise<void> {
    const bucket = this.#bucket ?? (await openBucket(this.#mesh, BUCKETS.params));
    // Set again below: after a failure the bucket may be gone (another NATS, another data directory).
    this.#bucket = undefined;
    const entry = await bucket.get(PARAMS_CURRENT_KEY);
    this.#bucket = bucket;
    if (entry === null || entry.operation !== "PUT" || entry.revision === this.#revision) return;
    this.#revision = entry.revision;
    try {
      this.#current = parseParameters(entry.string());
      this.#mesh.logger.info({ parametersVersion: this.#current.version }, "parameters applied");
    } catch (thrown) {
      this.#mesh.logger.error({ err: FlockError.from(thrown) }, "the parameters were refused");
    }
  }
}
