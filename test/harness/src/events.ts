import { type Mesh, manager } from "@flock/mesh";
import { EVENTS, InferenceCompleted, STREAMS } from "@flock/proto";

/** Every `evt.inference.completed` that the stream holds, oldest first. */
export async function completedEvents(mesh: Mesh): Promise<InferenceCompleted[]> {
  const { streams } = await manager(mesh);
  const found: InferenceCompleted[] = [];
  for (let seq = 1; ; ) {
    const query = { seq, next_by_subj: EVENTS.inferenceCompleted };
    const stored = await streams.getMessage(STREAMS.events, query);
    if (stored === null) return found;
    found.push(InferenceCompleted.decode(stored.data));
    seq = stored.seq + 1;
  }
}
