import type { WaitingJob } from "./waiting-job.js";

type Naming = Pick<WaitingJob, "jobId" | "model" | "onlyWorkerId">;

/** Which workers waiting jobs name as the only ones that may have them, and of which models those jobs are. */
export class NamedWorkers {
  /** Ids of jobs, by worker and model. */
  readonly #jobs = new Map<string, Map<string, Set<string>>>();

  /** Idempotent. */
  add({ jobId, model, onlyWorkerId }: Naming): void {
    if (onlyWorkerId === undefined) return;
    const models = this.#jobs.get(onlyWorkerId) ?? new Map<string, Set<string>>();
    this.#jobs.set(onlyWorkerId, models.set(model, (models.get(model) ?? new Set()).add(jobId)));
  }

  /** Idempotent. */
  remove({ jobId, model, onlyWorkerId }: Naming): void {
    const models = onlyWorkerId === undefined ? undefined : this.#jobs.get(onlyWorkerId);
    const jobs = models?.get(model);
    if (onlyWorkerId === undefined || models === undefined || jobs === undefined) return;
    jobs.delete(jobId);
    if (jobs.size === 0) models.delete(model);
    if (models.size === 0) this.#jobs.delete(onlyWorkerId);
  }

  /** Of any model, unless one is given. */
  has(workerId: string, model?: string): boolean {
    const models = this.#jobs.get(workerId);
    return model === undefined ? models !== undefined : models?.has(model) === true;
  }
}
