import { join } from "node:path";
import { createEngine, type Engine, type EngineOptions, FLOCK_TINY_FILE } from "@flock/engine";
import type { CheatingOllamaOptions } from "./cheating-ollama.js";
import { writeWeakerModel } from "./weaker-model.js";

/** One of five layers does nothing. */
const SMALLER = { idleLayers: [2] };
const COARSER = { bits: 4 };

/** Engines that cheats need, with the bundled model and weaker copies of it. */
export class RealEngines {
  readonly #engines: readonly Engine[];
  readonly urls: Pick<CheatingOllamaOptions, "claimedUrl" | "smallerUrl" | "coarserUrl">;
  /** Another engine with the claimed model and other settings: honest, too. */
  readonly refereeUrl: string;

  private constructor(engines: readonly Engine[], urls: readonly string[]) {
    this.#engines = engines;
    const [claimedUrl = "", smallerUrl = "", coarserUrl = "", refereeUrl = ""] = urls;
    this.urls = { claimedUrl, smallerUrl, coarserUrl };
    this.refereeUrl = refereeUrl;
  }

  /** @param folder Where the weaker copies are written; they go away with it. */
  static async start(folder: string): Promise<RealEngines> {
    const [smaller, coarser] = [join(folder, "fewer-layers.gguf"), join(folder, "four-bits.gguf")];
    await writeWeakerModel(FLOCK_TINY_FILE, smaller, SMALLER);
    await writeWeakerModel(FLOCK_TINY_FILE, coarser, COARSER);
    const all: EngineOptions[] = [
      { sequences: 2 },
      { sequences: 2, modelFile: smaller },
      { sequences: 2, modelFile: coarser },
      { sequences: 8 },
    ];
    const engines: Engine[] = [];
    for (const options of all) engines.push(await createEngine(options));
    const listening = engines.map((engine) => engine.listen({ host: "127.0.0.1", port: 0 }));
    return new RealEngines(
      engines,
      (await Promise.all(listening)).map(({ url }) => url),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
  }
}
