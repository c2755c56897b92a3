import type { JobSpec } from "@flock/jobs";
import type { WorkerAliases } from "../workers/worker-alias.js";
import type { Preferences } from "./preferences.js";

/**
 * Which workers an account wants to have a job, and which not. It knows them by aliases; their ids are those of the
 * workers that serve the model now. An excluded one that comes later is known by its alias when it claims the job.
 */
export function workersWanted(
  { excludedWorkers, preferredWorker }: Preferences,
  accountId: string,
  serving: () => readonly string[],
  aliases: Pick<WorkerAliases, "aliasOf">,
): Pick<JobSpec, "excludedWorkerIds" | "acceptsWorker" | "preferredWorkerId"> {
  if (excludedWorkers.size === 0 && preferredWorker === undefined) return {};
  const aliasOf = (workerId: string): string => aliases.aliasOf(accountId, workerId);
  const known = serving().map((workerId) => ({ workerId, alias: aliasOf(workerId) }));
  const preferred = known.find(({ alias }) => alias === preferredWorker);
  const excluded = known.filter(({ alias }) => excludedWorkers.has(alias));
  return {
    excludedWorkerIds: excluded.map(({ workerId }) => workerId),
    ...(excludedWorkers.size > 0
      ? { acceptsWorker: (workerId: string) => !excludedWorkers.has(aliasOf(workerId)) }
      : {}),
    ...(preferred === undefined ? {} : { preferredWorkerId: preferred.workerId }),
  };
}
