import { canonicalModelName, type ModelDescription, type ServedModel } from "@flock/proto";
import { listingClient } from "./ollama-client.js";

const DIGEST = /^[0-9a-f]{64}$/;
const SHOW_BYTES_MAX = 64 * 1024;
const NAMES_MAX = 256;

/** The models that Ollama has, and which of them are in memory. Cloud proxies and malformed entries are left out. */
export async function listModels(host: string): Promise<ServedModel[]> {
  const client = listingClient(host);
  const [{ models }, running] = await Promise.all([client.list(), client.ps()]);
  const loaded = new Set(running.models.map((model) => canonicalModelName(model.name)));
  const served = new Map<string, ServedModel>();
  for (const { name: listedName, digest, size, ...more } of models) {
    const name = servedName(listedName);
    const isRemote = "remote_host" in more && Boolean(more.remote_host);
    if (name === undefined || served.has(name) || !DIGEST.test(digest) || isRemote) continue;
    served.set(name, { name, digest, sizeBytes: size, loaded: loaded.has(name) });
  }
  return [...served.values()].slice(0, NAMES_MAX);
}

/**
 * The canonical name of a model that Ollama lists; undefined if it cannot be asked for by it: Ollama takes `x:local`
 * for another way to say `x`.
 */
function servedName(listedName: string): string | undefined {
  return /:local$/i.test(listedName) ? undefined : canonicalModelName(listedName);
}

/** Fields of `/api/show` that say the same on every machine. `modelfile` is not one: it names the worker's paths. */
const SHOWN = [
  "details",
  "model_info",
  "template",
  "parameters",
  "system",
  "license",
  "projector_info",
] as const;

function showJson(shown: Readonly<Record<string, unknown>>): Uint8Array {
  const fields = Object.fromEntries(
    SHOWN.filter((name) => shown[name] !== undefined).map((name) => [name, shown[name]]),
  );
  for (const drop of ["", "license", "projector_info", "model_info", "template"]) {
    delete fields[drop];
    const bytes = new TextEncoder().encode(JSON.stringify(fields));
    if (bytes.length <= SHOW_BYTES_MAX) return bytes;
  }
  return new TextEncoder().encode("{}");
}

function contextLength(modelInfo: unknown): number {
  const entries = Object.entries((modelInfo ?? {}) as Record<string, unknown>);
  const length = entries.find(([key]) => key.endsWith(".context_length"))?.[1];
  return typeof length === "number" && Number.isSafeInteger(length) && length > 0 ? length : 0;
}

/** What the catalogue is told of a model, with no capabilities if Ollama is too old to tell; undefined: not there. */
export async function describeModel(
  host: string,
  model: string,
): Promise<Omit<ModelDescription, "workerId"> | undefined> {
  const client = listingClient(host);
  const [{ models }, shown] = await Promise.all([client.list(), client.show({ model })]);
  const listed = models.find((candidate) => servedName(candidate.name) === model);
  if (listed === undefined) return undefined;
  // CAST: the client's type lacks fields that Ollama sends.
  const fields = shown as unknown as Readonly<Record<string, unknown>>;
  const modifiedUnixMs = Date.parse(String(listed.modified_at));
  return {
    name: model,
    digest: listed.digest,
    sizeBytes: listed.size,
    modifiedUnixMs: Number.isFinite(modifiedUnixMs) ? modifiedUnixMs : 0,
    contextLength: contextLength(fields.model_info),
    capabilities: Array.isArray(fields.capabilities) ? fields.capabilities.map(String).slice(0, 32) : [],
    showJson: showJson(fields),
  };
}
