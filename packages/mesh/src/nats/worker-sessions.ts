import { BUCKETS, workerSessionEntry } from "@flock/proto";
import type { Mesh } from "./connection.js";
import { openBucket } from "./streams.js";

/*
 * Which sessions workers were let in with: the bucket SESSIONS. What is in it can be revoked, whether the worker is
 * connected at that moment or not. So a session is put there before its JWT is given away.
 */

/** Remembers a session for as long as any JWT of it can live from now on. */
export async function rememberWorkerSession(mesh: Mesh, workerId: string, session: string): Promise<void> {
  const bucket = await openBucket(mesh, BUCKETS.sessions);
  await bucket.put(workerSessionEntry(workerId, session), "");
}

/** Public keys of the sessions that a worker may have. */
export async function workerSessions(mesh: Mesh, workerId: string): Promise<string[]> {
  const bucket = await openBucket(mesh, BUCKETS.sessions);
  const sessions: string[] = [];
  for await (const key of await bucket.keys(workerSessionEntry(workerId, "*")))
    sessions.push(key.slice(workerSessionEntry(workerId, "").length));
  return sessions;
}
