import { readFile } from "node:fs/promises";
import type { Logger } from "@flock/observability";
import { API_KEYS } from "../keys/bearer-secret.js";

/** How long the key is taken as it was read: whoever changes the file waits no longer. */
const KEPT_MS = 1_000;

/**
 * The API key that guests are served as. Its file may come after the api, as in a mesh that is just being set up, and
 * may change: it is read again.
 */
export class GuestKey {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #clock: () => number;
  #key: string | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<string | undefined> | undefined;
  #lastFault: string | undefined;

  /** @param clock Monotonic milliseconds. */
  constructor(file: string, logger: Logger, clock: () => number = () => performance.now()) {
    this.#file = file;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Undefined: there is none now. */
  async read(): Promise<string | undefined> {
    if (this.#key !== undefined && this.#clock() - this.#readMs < KEPT_MS) return this.#key;
    // One at a time, however many ask.
    this.#reading ??= this.#readAnew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAnew(): Promise<string | undefined> {
    const text = await this.#text();
    this.#key = API_KEYS.matches(text) ? text : undefined;
    this.#readMs = this.#clock();
    if (this.#key !== undefined) this.#lastFault = undefined;
    else if (text !== "") this.#warn("it holds no API key");
    return this.#key;
  }

  async #text(): Promise<string> {
    try {
      return (await readFile(this.#file, "utf8")).trim();
    } catch (thrown) {
      this.#warn((thrown as NodeJS.ErrnoException).code ?? "it cannot be read");
      return "";
    }
  }

  /** Once per fault: everybody without a key has the file read. */
  #warn(reason: string): void {
    if (reason === this.#lastFault) return;
    this.#lastFault = reason;
    this.#logger.warn(
      { file: this.#file, reason },
      "no guest is served: the file with their key is not usable",
    );
  }
}
