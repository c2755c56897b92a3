import { type Mesh, manager } from "@flock/mesh";
import { EVENTS, STREAMS } from "@flock/proto";
import { type CompletedJob, InferenceCompleted } from "@flock/proto/events";

/** Every job that an `evt.inference.completed` of the stream tells of, oldest first. */
export async function completedJobs(mesh: Mesh): Promise<CompletedJob[]> {
  const { streams } = await manager(mesh);
  const found: CompletedJob[] = [];
  for (let seq = 1; ; ) {
    const query = { seq, next_by_subj: EVENTS.inferenceCompleted };
    const stored = await streams.getMessage(STREAMS.events, query);
    if (stored === null) return found;
    found.push(...InferenceCompleted.decode(stored.data).jobs);
    seq = stored.seq + 1;
  }
}
