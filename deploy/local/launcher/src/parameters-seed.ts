import { isDeepStrictEqual } from "node:util";
import { openBucket } from "@flock/mesh";
import { encodeParameters, type Parameters, parametersFromJson } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY } from "@flock/proto";
import type { KV } from "@nats-io/kv";
import type { Endpoints } from "./endpoints.js";
import { localParameters, withValues } from "./local-parameters.js";
import { withMesh } from "./mesh-connection.js";

/**
 * Gives a mesh its governed parameters: at first those for a laptop (epochs of a minute instead of a day), with
 * `values` in place of some. Later on only values that were asked for are set, as the next version. Idempotent.
 * @throws FlockError `invalid_argument` when the values are not legal.
 */
export function seedParameters(endpoints: Endpoints, values: object | undefined): Promise<void> {
  return withMesh(endpoints, async (mesh) => {
    const bucket = await openBucket(mesh, BUCKETS.params);
    const current = await bucket.get(PARAMS_CURRENT_KEY);
    const before = current?.operation === "PUT" ? parametersFromJson(current.json()) : undefined;
    if (before === undefined) return put(bucket, localParameters(values));
    const wanted = withValues(before, before.version + 1, values);
    if (!isDeepStrictEqual(wanted.values, before.values)) await put(bucket, wanted);
  });
}

async function put(bucket: KV, parameters: Parameters): Promise<void> {
  const json = encodeParameters(parameters);
  await bucket.put(`v${parameters.version}`, json);
  await bucket.put(PARAMS_CURRENT_KEY, json);
}
