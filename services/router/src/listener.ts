import type { Mesh, Part } from "@flock/mesh";
import type { Msg } from "@nats-io/nats-core";

/**
 * A part that hands every message on `subject` (a pattern) to `receive` until it is stopped; of those who listen with
 * the same `queue`, one gets it. Whatever a message makes `receive` throw costs that message only.
 */
export function listen(mesh: Mesh, subject: string, receive: (msg: Msg) => void, queue = ""): Part {
  return {
    name: `listener on ${subject}`,
    async start(stop) {
      const subscription = mesh.nats.subscribe(subject, {
        ...(queue === "" ? {} : { queue }),
        callback: (error, msg) => {
          if (error) return;
          try {
            receive(msg);
          } catch (thrown) {
            mesh.dropped.drop(subject, "failed", { error: String(thrown).slice(0, 200) });
          }
        },
      });
      await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
      subscription.unsubscribe();
    },
  };
}

/** `part`, not started before `ready` has settled, and not ready before that either. */
export function startAfter(ready: Promise<void>, part: Part): Part {
  let isStarted = false;
  return {
    name: part.name,
    notReady: () => (isStarted ? part.notReady?.() : `${part.name}: not started yet`),
    async start(stop) {
      const stopped = new Promise<void>((resolve) => {
        stop.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([ready, stopped]);
      if (stop.aborted) return;
      isStarted = true;
      await part.start(stop);
    },
  };
}
