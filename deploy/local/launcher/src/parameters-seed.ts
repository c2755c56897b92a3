import { isDeepStrictEqual } from "node:util";
import { connectMesh, openBucket } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { encodeParameters, type Parameters, parametersFromJson } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KV } from "@nats-io/kv";
import { localParameters, withValues } from "./local-parameters.js";

/**
 * Gives a mesh its governed parameters: at first those for a laptop (epochs of a minute instead of a day), with
 * `values` in place of some. Later on only values that were asked for are set, as the next version. Idempotent.
 * @throws FlockError `invalid_argument` when the values are not legal.
 */
export async function seedParameters(natsUrl: string, values: object | undefined): Promise<void> {
  const metrics = createMetrics("launcher");
  const logger = createLogger("launcher", "silent");
  const mesh = await connectMesh({ natsUrl, name: "launcher", logger, meter: metrics.meter });
  try {
    const bucket = await openBucket(mesh, BUCKETS.params);
    const current = await bucket.get(PARAMS_CURRENT_KEY);
    const before = current?.operation === "PUT" ? parametersFromJson(current.json()) : undefined;
    if (before === undefined) await put(bucket, localParameters(values));
    else {
      const wanted = withValues(before, before.version + 1, values);
      if (!isDeepStrictEqual(wanted.values, before.values)) await put(bucket, wanted);
    }
  } finally {
    await mesh.close();
    await metrics.close();
  }
}

async function put(bucket: KV, parameters: Parameters): Promise<void> {
  const json = encodeParameters(parameters);
  await bucket.put(`v${parameters.version}`, json);
  await bucket.put(PARAMS_CURRENT_KEY, json);
}
