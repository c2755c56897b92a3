import { FlockError } from "@flock/errors";
import { CatalogueView, delay, type Mesh } from "@flock/mesh";
import { formatLlama, microLlama } from "@flock/money";
import { WorkerState } from "@flock/proto/workers";
import { Command } from "commander";
import { asking } from "../command.js";
import { table } from "../output.js";
import type { Surroundings } from "../surroundings.js";

const CATALOGUE_TIMEOUT_MS = 5_000;
const TOKENS_PER_PRICE = 1_000_000n;

/** `flock models`, `flock workers`: what the network offers now. */
export function networkCommands(surroundings: Surroundings): readonly Command[] {
  return [models(surroundings), workers(surroundings)];
}

function models(surroundings: Surroundings): Command {
  return new Command("models")
    .description("the models that live workers have, and what of them can be used")
    .action(
      asking(surroundings, async (mesh) => {
        const offered = await withCatalogue(mesh, (catalogue) => catalogue.offered());
        const rows = offered.map(({ entry, workers: count, ready, slots, loaded }) => [
          entry.name,
          String(count),
          String(ready),
          String(slots),
          String(loaded),
          entry.contextLength === 0 ? "?" : String(entry.contextLength),
          pricePerMillion(entry.promptPriceMicro),
          pricePerMillion(entry.completionPriceMicro),
          entry.capabilities.join(","),
        ]);
        const head = [
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
        return {
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
          text: rows.length === 0 ? "no live worker has a model\n" : table(head, rows, [1, 2, 3, 4, 5, 6, 7]),
        };
      }),
    );
}

function workers(surroundings: Surroundings): Command {
  return new Command("workers").description("the live workers").action(
    asking(surroundings, async (mesh) => {
      const live = await withCatalogue(mesh, (catalogue) => catalogue.liveWorkers());
      const described = live.map((worker) => ({
        workerId: worker.workerId,
        state: WorkerState[worker.state].toLowerCase(),
        slots: worker.slots,
        active: worker.active,
        breaker: worker.breaker,
        models: worker.models.map(({ name, loaded }) => ({ name, loaded })),
      }));
      const rows = described.map((worker) => [
        worker.workerId,
        worker.state,
        `${worker.active}/${worker.slots}`,
        worker.breaker,
        worker.models.map(({ name, loaded }) => (loaded ? `${name} (loaded)` : name)).join(", "),
      ]);
      const head = ["worker", "state", "busy", "breaker", "models"];
      return { json: described, text: rows.length === 0 ? "no live workers\n" : table(head, rows, [2]) };
    }),
  );
}

/** µLLAMA per token is the same number as LLAMA per million tokens. */
function pricePerMillion(priceMicro: bigint): string {
  return formatLlama(microLlama(priceMicro * TOKENS_PER_PRICE));
}

/** Reads the catalogue once it is complete. */
async function withCatalogue<T>(mesh: Mesh, read: (catalogue: CatalogueView) => T): Promise<T> {
  const catalogue = new CatalogueView(mesh);
  const stop = new AbortController();
  const following = catalogue.start(stop.signal);
  try {
    const giveUpAtMs = performance.now() + CATALOGUE_TIMEOUT_MS;
    while (catalogue.notReady() !== undefined) {
      if (performance.now() > giveUpAtMs)
        throw new FlockError("unavailable", "the catalogue cannot be read: is JetStream there?");
      await delay(10);
    }
    return read(catalogue);
  } finally {
    stop.abort();
    await following;
  }
}
