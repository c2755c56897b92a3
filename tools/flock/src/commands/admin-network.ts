import { FlockError } from "@flock/errors";
import { CatalogueView, delay, type Mesh, OffencesView, type Part } from "@flock/mesh";
import { formatLlama, microLlama } from "@flock/money";
import { Offence, type OffenceRecord, WorkerState } from "@flock/proto/workers";
import type { Answer, Call } from "../command.js";
import { asking } from "../mesh-access.js";
import { listed } from "../output/page.js";

const CATALOGUE_TIMEOUT_MS = 5_000;
const TOKENS_PER_PRICE = 1_000_000n;
const MODEL_HEAD = [
  "model",
  "workers",
  "ready",
  "slots",
  "loaded",
  "context",
  "LLAMA/M prompt",
  "LLAMA/M completion",
  "capabilities",
];

/** `flock admin models` */
export async function listOffered(command: Call): Promise<Answer> {
  const offered = await asking(command, (mesh) => withCatalogue(mesh, (catalogue) => catalogue.offered()));
  return listed({
    json: offered.map(({ entry, workers: count, ready, slots, loaded }) => ({
      name: entry.name,
      digest: entry.digest,
      workers: count,
      ready,
      slots,
      loaded,
      contextLength: entry.contextLength,
      promptPriceMicro: entry.promptPriceMicro,
      completionPriceMicro: entry.completionPriceMicro,
      capabilities: entry.capabilities,
    })),
    head: MODEL_HEAD,
    rows: offered.map(({ entry, workers: count, ready, slots, loaded }) => [
      entry.name,
      String(count),
      String(ready),
      String(slots),
      String(loaded),
      entry.contextLength === 0 ? "?" : String(entry.contextLength),
      pricePerMillion(entry.promptPriceMicro),
      pricePerMillion(entry.completionPriceMicro),
      entry.capabilities.join(","),
    ]),
    right: [1, 2, 3, 4, 5, 6, 7],
    none: "no live worker has a model",
  });
}

/** `flock admin workers` */
export async function listLiveWorkers(command: Call): Promise<Answer> {
  const live = await asking(command, (mesh) => withCatalogue(mesh, (catalogue) => catalogue.liveWorkers()));
  const described = live.map((worker) => ({
    workerId: worker.workerId,
    state: WorkerState[worker.state].toLowerCase(),
    slots: worker.slots,
    active: worker.active,
    breaker: worker.breaker,
    models: worker.models.map(({ name, loaded }) => ({ name, loaded })),
  }));
  return listed({
    json: described,
    head: ["worker", "state", "busy", "breaker", "models"],
    rows: described.map((worker) => [
      worker.workerId,
      worker.state,
      `${worker.active}/${worker.slots}`,
      worker.breaker,
      worker.models.map(({ name, loaded }) => (loaded ? `${name} (loaded)` : name)).join(", "),
    ]),
    right: [2],
    none: "no live workers",
  });
}

/** µLLAMA per token is the same number as LLAMA per million tokens. */
function pricePerMillion(priceMicro: bigint): string {
  return formatLlama(microLlama(priceMicro * TOKENS_PER_PRICE));
}

/** `flock admin offences` */
export async function listOffences(command: Call): Promise<Answer> {
  const described = await asking(command, (mesh) => {
    const view = new OffencesView(mesh);
    return whenRead(view, "the offences", () =>
      [...view.records].map(([workerId, record]) => describedRecord(workerId, record)),
    );
  });
  return listed({
    json: described,
    head: ["worker", "caught at", "times cut off", "cut off until"],
    rows: described.map(({ workerId, caught, timesCutOff, cutOffUntil }) => [
      workerId,
      caught.map(({ offence, count }) => `${offence} ${count}`).join(", "),
      String(timesCutOff),
      cutOffUntil ?? "",
    ]),
    right: [2],
    none: "no worker was caught",
  });
}

function describedRecord(workerId: string, { counts, timesCutOff, cutOffUntilUnixMs }: OffenceRecord) {
  const isCutOff = cutOffUntilUnixMs > Date.now();
  return {
    workerId,
    caught: counts.map(({ offence, count, firstUnixMs, lastUnixMs }) => ({
      offence: (Offence[offence] ?? String(offence)).toLowerCase(),
      count,
      first: new Date(firstUnixMs).toISOString(),
      last: new Date(lastUnixMs).toISOString(),
    })),
    timesCutOff,
    cutOffUntil: isCutOff ? new Date(cutOffUntilUnixMs).toISOString() : undefined,
  };
}

/** Reads the catalogue once it is complete. */
async function withCatalogue<T>(mesh: Mesh, read: (catalogue: CatalogueView) => T): Promise<T> {
  const catalogue = new CatalogueView(mesh);
  return whenRead(catalogue, "the catalogue", () => read(catalogue));
}

/** Reads a view once it is complete. */
async function whenRead<T>(view: Part, what: string, read: () => T): Promise<T> {
  const stop = new AbortController();
  const following = view.start(stop.signal);
  try {
    const giveUpAtMs = performance.now() + CATALOGUE_TIMEOUT_MS;
    while (view.notReady?.() !== undefined) {
      if (performance.now() > giveUpAtMs)
        throw new FlockError("unavailable", `${what} cannot be read: is JetStream there?`);
      await delay(10);
    }
    return read();
  } finally {
    stop.abort();
    await following;
  }
}
