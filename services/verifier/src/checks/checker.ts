import { delay, type Part, Wake } from "@flock/mesh";
import { claimCheck, keepClaim, type OpenCheck, openChecks } from "../store/checks.js";
import { decide } from "../store/decisions.js";
import type { Verifier } from "../verifier.js";
import type { ChecksAccount } from "./checks-account.js";
import { type ExaminationTools, examine, lapsed } from "./examination.js";

/** A check that a process took along when it died is taken up by another one after this time. */
const CLAIM_MS = 15_000;
const CLAIM_RENEWED_MS = 5_000;
const IDLE_MS = 1_000;
/** When something is away that a check needs. */
const RETRY_AFTER_MS = 3_000;

export interface CheckerOptions {
  readonly concurrency: number;
  /** An older check is not begun any more. */
  readonly ageMaxMs: number;
}

/** Makes the checks that were drawn, a few at once. */
export class Checker implements Part {
  readonly name = "checker";
  readonly #verifier: Verifier;
  readonly #tools: ExaminationTools;
  readonly #account: Pick<ChecksAccount, "isEmpty">;
  readonly #options: CheckerOptions;
  readonly #drawn = new Wake();

  constructor(
    verifier: Verifier,
    tools: ExaminationTools,
    account: Pick<ChecksAccount, "isEmpty">,
    options: CheckerOptions,
  ) {
    this.#verifier = verifier;
    this.#tools = tools;
    this.#account = account;
    this.#options = options;
  }

  /** Something was drawn. */
  wake(): void {
    this.#drawn.call();
  }

  async start(stop: AbortSignal): Promise<void> {
    const lanes = Array.from({ length: this.#options.concurrency }, () => this.#work(stop));
    await Promise.all([...lanes, this.#watch(stop)]);
  }

  async #watch(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await openChecks(this.#verifier.db.kysely).then(
        (count) => this.#verifier.metrics.open(count),
        () => {}, // The database's own watch tells of it.
      );
      await delay(10 * IDLE_MS, stop);
    }
  }

  async #work(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const hasWorked = await this.#next(stop).catch((error: unknown) => {
        this.#verifier.logger.warn({ err: error }, "no check can be taken up");
        return false;
      });
      if (hasWorked) continue;
      await this.#drawn.wait(stop, IDLE_MS);
      this.#drawn.clear();
    }
  }

  /** True if there was something to do. */
  async #next(stop: AbortSignal): Promise<boolean> {
    const check = await claimCheck(this.#verifier.db.kysely, CLAIM_MS);
    if (check === undefined) return false;
    await this.check(check, stop);
    return true;
  }

  /** Makes one check, or gives it back for a while. */
  async check(check: OpenCheck, stop: AbortSignal): Promise<void> {
    const { db, logger, clock, newId, rules, metrics } = this.#verifier;
    const keeping = setInterval(() => {
      // If it is lost, another process makes the check, too, and only one of them is stored.
      void keepClaim(db.kysely, check.jobId, CLAIM_MS).catch(() => {});
    }, CLAIM_RENEWED_MS);
    try {
      const ageMs = clock.unixMs() - check.drawnAt.getTime();
      const isLate = ageMs > this.#options.ageMaxMs;
      if (!isLate && this.#account.isEmpty(clock.nowMs())) return await this.#giveBack(check);
      const decision = isLate ? lapsed(check) : await examine(check, this.#verifier, this.#tools, stop);
      // What the referees could not be paid for is no finding.
      const isUnpaid = decision.reason === "no_referee" && this.#account.isEmpty(clock.nowMs());
      if (isUnpaid) return await this.#giveBack(check);
      const made = await decide(db.kysely, decision, { unixMs: clock.unixMs(), rules: rules(), newId });
      if (!made.isNew) return;
      metrics.decided(decision.evidence.verdict, decision.reason, ageMs / 1_000);
      if (made.verdict === undefined) return;
      metrics.verdict(made.verdict);
      logger.warn({ workerId: check.workerId, verdict: made.verdict }, "a verdict on a worker");
    } catch (error) {
      if (!stop.aborted) logger.warn({ err: error, jobId: check.jobId }, "a check cannot be made yet");
      await this.#giveBack(check).catch(() => {});
    } finally {
      clearInterval(keeping);
    }
  }

  async #giveBack({ jobId }: OpenCheck): Promise<void> {
    await keepClaim(this.#verifier.db.kysely, jobId, RETRY_AFTER_MS);
  }
}
