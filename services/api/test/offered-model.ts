import { type Mesh, openBucket } from "@flock/mesh";
import { BUCKETS, encode, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { WorkerSnapshot, WorkerState } from "@flock/proto/workers";

const WORKER_ID = "worker";

/** Puts a model into the catalogue, and a ready worker of it into the registry; gives the worker another state. */
export async function offer(
  mesh: Mesh,
  entry: CatalogueEntry,
): Promise<(state: WorkerState) => Promise<void>> {
  const models = await openBucket(mesh, BUCKETS.models);
  await models.put(modelToken(entry.name), encode(CatalogueEntry, entry));
  const workers = await openBucket(mesh, BUCKETS.workers);
  const workerIs = async (state: WorkerState) => {
    const snapshot = WorkerSnapshot.fromPartial({
      ...{ version: 1, workerId: WORKER_ID, state, slots: 1 },
      models: [{ name: entry.name }],
      expiresUnixMs: Number.MAX_SAFE_INTEGER,
    });
    await workers.put(WORKER_ID, encode(WorkerSnapshot, snapshot));
  };
  await workerIs(WorkerState.READY);
  return workerIs;
}
