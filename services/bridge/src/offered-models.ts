import type { CatalogueView } from "@flock/mesh";
import { canonicalModelName } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import type { ServedModel } from "@flock/proto/workers";
import { type ModelProfile, modelProfile, UNKNOWN_PROFILE } from "@flock/runner";

/** A model as an original worker lists it: an entry of its Ollama's `/api/tags`. */
export interface ListedModel {
  readonly name: string;
  readonly digest?: string | undefined;
  readonly remote_host?: unknown;
}

/**
 * What of a list the mesh can use: models of the catalogue, with the very digest that it pins. A digest is only said,
 * as every worker's is. The context is the catalogue's, because each request sets it. Whether a model is in memory is
 * not known.
 */
export function offeredModels(
  listed: readonly ListedModel[],
  catalogue: Pick<CatalogueView, "find">,
): ServedModel[] {
  const offered = new Map<string, ServedModel>();
  for (const { name, digest, remote_host: remoteHost } of listed) {
    // Ollama takes `x:local` for another way to say `x`.
    if (/:local$/i.test(name) || remoteHost || canonicalModelName(name) === undefined) continue;
    const entry = catalogue.find(name);
    if (entry === undefined || entry.digest !== digest) continue;
    const { name: canonical, sizeBytes, contextLength } = entry;
    offered.set(canonical, { name: canonical, digest, sizeBytes, contextLength, loaded: false });
  }
  return [...offered.values()];
}

/** How a model is run: as those who described it run it. */
export function profileOf(entry: CatalogueEntry | undefined): ModelProfile {
  if (entry === undefined) return UNKNOWN_PROFILE;
  const { contextLength, showJson } = entry;
  return { ...modelProfile(shownOf(showJson), contextLength), contextLength };
}

function shownOf(showJson: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(showJson)) as Readonly<Record<string, unknown>>;
  } catch {
    return {}; // Without stop words, a token count may be a lower bound.
  }
}
