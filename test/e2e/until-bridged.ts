import { eventually, type TestMesh } from "@flock/harness";
import { openBucket } from "@flock/mesh";
import { BUCKETS } from "@flock/proto";
import { WorkerSnapshot } from "@flock/proto/workers";

/** Waits until the router has admitted the bridged worker of a public key, whose id it returns. */
export async function untilBridged(mesh: TestMesh, publicKey: string): Promise<string> {
  const workers = await openBucket(await mesh.connection(), BUCKETS.workers);
  return eventually("the bridged worker is admitted", async () => {
    const joined = mesh.log("bridge").findLast((line) => line["payeeId"] === publicKey);
    if (typeof joined?.workerId !== "string") return undefined;
    const entry = await workers.get(joined.workerId);
    if (entry?.operation !== "PUT") return undefined;
    const { isBridged, models } = WorkerSnapshot.decode(entry.value);
    return isBridged && models.length > 0 ? joined.workerId : undefined;
  });
}
