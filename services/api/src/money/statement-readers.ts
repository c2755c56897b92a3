import { FlockError } from "@flock/errors";
import { clientOf } from "../limits/client-address.js";

/** Statements that are read at once, by whomever: each costs the ledger a query per portion. */
const READERS_MAX = 8;
/** By one client: else a few slow readers of one could keep everybody else out. */
const READERS_PER_CLIENT_MAX = 2;

/** Who is being sent a statement of an epoch, by whatever front. */
export class StatementReaders {
  /** The client of each statement. */
  readonly #readers: string[] = [];

  /**
   * Lets a client at this address begin; the caller tells its end, once.
   * @throws FlockError `resource_exhausted` if it is one too many.
   */
  begin(address: string): () => void {
    const client = clientOf(address);
    if (this.#readers.length >= READERS_MAX)
      throw new FlockError("resource_exhausted", `${READERS_MAX} statements are being read, try again soon`);
    if (this.#readers.filter((each) => each === client).length >= READERS_PER_CLIENT_MAX)
      throw new FlockError(
        "resource_exhausted",
        `too many statements at once: ${READERS_PER_CLIENT_MAX} are being sent to your address`,
      );
    this.#readers.push(client);
    return () => void this.#readers.splice(this.#readers.indexOf(client), 1);
  }
}
