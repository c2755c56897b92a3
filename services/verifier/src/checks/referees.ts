import { drawReferees } from "@flock/evidence";
import type { CatalogueView } from "@flock/mesh";
import { WorkerState } from "@flock/proto/workers";
import type { OpenCheck } from "../store/checks.js";
import { shutOutWorkers } from "../store/workers.js";
import type { Verifier } from "../verifier.js";

/** A seat of a panel: who may read the places of a job, and who is asked first. */
export interface Seat {
  readonly number: number;
  readonly workers: ReadonlySet<string>;
  readonly preferred: string;
}

/** Who can be asked about a job. */
export class Referees {
  readonly #strangers: readonly string[];
  readonly #own: readonly string[];
  readonly #check: OpenCheck;

  private constructor(check: OpenCheck, strangers: readonly string[], own: readonly string[]) {
    this.#check = check;
    this.#strangers = strangers;
    this.#own = own;
  }

  /** Live workers with the model, but for the one in question, and for those that no client's job may go to. */
  static async of(
    check: OpenCheck,
    { db }: Pick<Verifier, "db">,
    catalogue: Pick<CatalogueView, "liveWorkers">,
    protocolIds: ReadonlySet<string>,
  ): Promise<Referees> {
    const shutOut = await shutOutWorkers(db.kysely);
    const able = catalogue.liveWorkers().filter(
      ({ workerId, state, models, isBridged }) =>
        // Whom a bridge speaks for cannot go on behind a text.
        state === WorkerState.READY &&
        !isBridged &&
        workerId !== check.workerId &&
        workerId !== check.payeeId &&
        !shutOut.has(workerId) &&
        models.some(({ name, digest }) => name === check.model && digest === check.modelDigest),
    );
    const ids = able.map(({ workerId }) => workerId);
    const isOwn = (id: string): boolean => protocolIds.has(id);
    return new Referees(
      check,
      ids.filter((id) => !isOwn(id)),
      ids.filter(isOwn),
    );
  }

  /** Strangers who have not read anything of the job yet; in this order. */
  stranger(number: number, without: ReadonlySet<string>): Seat | undefined {
    return this.#seat(number, this.#strangers, without);
  }

  protocol(number: number, without: ReadonlySet<string>): Seat | undefined {
    return this.#seat(number, this.#own, without);
  }

  #seat(number: number, all: readonly string[], without: ReadonlySet<string>): Seat | undefined {
    const { dayKey, jobId } = this.#check;
    const candidates = all.filter((id) => !without.has(id));
    const [preferred] = drawReferees(dayKey, { jobId, round: number }, candidates, 1);
    return preferred === undefined ? undefined : { number, workers: new Set(candidates), preferred };
  }
}
