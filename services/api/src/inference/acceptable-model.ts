import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { InferenceRequest } from "./inference-request.js";
import type { Preferences } from "./preferences.js";

/**
 * Refuses a model that is dearer than the client wants it, or not checked if it is to be, before it costs anything.
 * @throws FlockError `failed_precondition`.
 */
export function requireAcceptable(
  entry: CatalogueEntry,
  { model, operation }: InferenceRequest,
  { priceMaxMicro, isCheckedOnly }: Preferences,
): void {
  if (isCheckedOnly && !entry.isChecked)
    throw new FlockError("failed_precondition", `model '${model}' is none whose answers a verifier checks`);
  if (priceMaxMicro === undefined) return;
  const { promptPriceMicro } = entry;
  // Vectors are made of prompt tokens alone.
  const completionPriceMicro = operation === Operation.EMBED ? 0n : entry.completionPriceMicro;
  if (promptPriceMicro <= priceMaxMicro && completionPriceMicro <= priceMaxMicro) return;
  throw new FlockError(
    "failed_precondition",
    `model '${model}' costs ${promptPriceMicro} µLLAMA per prompt token and ${completionPriceMicro} µLLAMA per ` +
      `completion token, and no token is to cost more than ${priceMaxMicro}`,
  );
}
