import { canonicalModelName } from "@flock/proto";
import type { ModelDescription, ServedModel } from "@flock/proto/workers";
import { listingClient, type ModelProfile, modelProfile, UNKNOWN_PROFILE } from "@flock/runner";

const DIGEST = /^[0-9a-f]{64}$/;
const SHOW_BYTES_MAX = 64 * 1024;
const NAMES_MAX = 256;

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

interface ListedModel {
  /** Canonical. */
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly modifiedAt: unknown;
}

/**
 * The canonical name of a model that Ollama lists; undefined if it cannot be asked for by it: Ollama takes `x:local`
 * for another way to say `x`.
 */
function servedName(listedName: string): string | undefined {
  return /:local$/i.test(listedName) ? undefined : canonicalModelName(listedName);
}

interface LearnedModel {
  readonly digest: string;
  readonly profile: ModelProfile;
}

/** The models of the Ollama at this worker's side, and how this worker runs each. */
export class ModelInventory {
  readonly #host: string;
  readonly #contextMax: number;
  /** By canonical name, for the models of the last list. */
  #profiles = new Map<string, LearnedModel>();

  /** @param contextMax Tokens of context for models whose owner has set none. */
  constructor(host: string, contextMax: number) {
    this.#host = host;
    this.#contextMax = contextMax;
  }

  /** How a model of the last list is run. */
  profileOf(model: string): ModelProfile {
    return this.#profiles.get(model)?.profile ?? UNKNOWN_PROFILE;
  }

  /**
   * The models that Ollama has, and which of them are in memory. Left out are proxies of hosted services, malformed
   * entries, namesakes, and models that Ollama cannot show.
   */
  async list(): Promise<ServedModel[]> {
    const client = listingClient(this.#host);
    const [listed, running] = await Promise.all([this.#listed(), client.ps()]);
    const loaded = new Set(running.models.map((model) => canonicalModelName(model.name)));
    const profiles = new Map<string, LearnedModel>();
    for (const { name, digest } of listed) {
      const known = this.#profiles.get(name);
      const entry = known?.digest === digest ? known : await this.#learn(name, digest);
      if (entry !== undefined) profiles.set(name, entry);
    }
    this.#profiles = profiles;
    return listed.flatMap(({ name, digest, sizeBytes }): ServedModel[] => {
      const entry = profiles.get(name);
      if (entry?.digest !== digest) return [];
      return [
        { name, digest, sizeBytes, loaded: loaded.has(name), contextLength: entry.profile.contextLength },
      ];
    });
  }

  /** What the catalogue is told of a model, with no capabilities if Ollama is too old to tell; undefined: not there. */
  async describe(model: string): Promise<Omit<ModelDescription, "workerId"> | undefined> {
    const [listed, shown] = await Promise.all([this.#listed(), this.#show(model)]);
    const found = listed.find(({ name }) => name === model);
    if (found === undefined) return undefined;
    const { contextLength, resumesFormat } = modelProfile(shown, this.#contextMax);
    const modifiedUnixMs = Date.parse(String(found.modifiedAt));
    return {
      name: model,
      digest: found.digest,
      sizeBytes: found.sizeBytes,
      modifiedUnixMs: Number.isFinite(modifiedUnixMs) ? modifiedUnixMs : 0,
      contextLength,
      capabilities: Array.isArray(shown.capabilities) ? shown.capabilities.map(String).slice(0, 32) : [],
      showJson: showJson(shown),
      resumesFormat,
    };
  }

  async #listed(): Promise<ListedModel[]> {
    const { models } = await listingClient(this.#host).list();
    const served = new Map<string, ListedModel>();
    for (const { name: listedName, digest, size, modified_at: modifiedAt, ...more } of models) {
      const name = servedName(listedName);
      const isRemote = "remote_host" in more && Boolean(more.remote_host);
      if (name === undefined || served.has(name) || !DIGEST.test(digest) || isRemote) continue;
      served.set(name, { name, digest, sizeBytes: size, modifiedAt });
    }
    return [...served.values()].slice(0, NAMES_MAX);
  }

  async #learn(name: string, digest: string): Promise<LearnedModel | undefined> {
    try {
      return { digest, profile: modelProfile(await this.#show(name), this.#contextMax) };
    } catch (error) {
      // Ollama says no for this model alone (a broken blob): the others are served. Anything else is for the caller.
      if ((error as { status_code?: unknown }).status_code === undefined) throw error;
      return undefined;
    }
  }

  async #show(model: string): Promise<Readonly<Record<string, unknown>>> {
    // CAST: the client's type lacks fields that Ollama sends.
    return (await listingClient(this.#host).show({ model })) as unknown as Readonly<Record<string, unknown>>;
  }
}

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
