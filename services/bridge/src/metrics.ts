import type { Meter } from "@flock/observability";

/** `job`, `none`; or why it was refused: `unauthenticated`, `limited`, `full`, `malformed`. `gone`: its worker went. */
export type PullResult = "job" | "none" | "gone" | "unauthenticated" | "limited" | "full" | "malformed";
/** `unwanted`: nobody waits for it under that id, from that process. */
export type PushResult = "taken" | "unwanted" | "unauthenticated" | "limited";

export interface BridgeMetrics {
  countPull(result: PullResult): void;
  countPush(result: PushResult): void;
}

/** Creates the bridge's instruments, each in one line with its name and labels. */
export function bridgeMetrics(meter: Meter, keys: () => number): BridgeMetrics {
  const pulls = meter.createCounter("bridge_pulls", { description: "Pulls by how they were answered" });
  const pushes = meter.createCounter("bridge_pushes", { description: "Pushes by whether a job took them" });
  meter
    .createObservableGauge("bridge_workers", { description: "Public keys that are served" })
    .addCallback((result) => result.observe(keys()));
  return {
    countPull: (result) => pulls.add(1, { result }),
    countPush: (result) => pushes.add(1, { result }),
  };
}
