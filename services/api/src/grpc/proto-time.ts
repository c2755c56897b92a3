import type { Duration, Timestamp } from "@flock/proto/grpc";

const NS_PER_SECOND = 1_000_000_000;

/** A time of so many nanoseconds. */
export function durationOfNs(nanoseconds: number): Duration {
  const seconds = Math.floor(nanoseconds / NS_PER_SECOND);
  return { seconds: BigInt(seconds), nanos: Math.round(nanoseconds - seconds * NS_PER_SECOND) };
}

/** A moment; undefined for 0, which stands for none. */
export function timestampOf(unixMs: number): Timestamp | undefined {
  if (unixMs === 0) return undefined;
  const seconds = Math.floor(unixMs / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.round(unixMs - seconds * 1_000) * 1_000_000 };
}
