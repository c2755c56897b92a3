import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, identifyProcess } from "@flock/provision";
import { eventually } from "@flock/provision/testing";
import { LogFile } from "../src/log-file.js";
import { startNodeService } from "../src/node-service.js";
import type { ProcessRegistry } from "../src/process-registry.js";
import type { PartSpec, Role } from "../src/running.js";

const SERVICE_FIXTURE = join(import.meta.dirname, "fixtures/service.mjs");

export interface FixturePart {
  readonly name: string;
  readonly role?: Role;
  readonly dependsOn?: readonly string[];
  readonly stopGroup?: number;
  readonly mode?: "broken" | "stubborn" | "slow";
  readonly whyNotAgain?: PartSpec["whyNotAgain"];
}

/** Makes parts that run test/fixtures/service.mjs and note what happens to them in one file. */
export class FixtureParts {
  readonly #directory: string;
  readonly #registry: ProcessRegistry;
  readonly #logs: LogFile[] = [];

  constructor(directory: string, registry: ProcessRegistry) {
    this.#directory = directory;
    this.#registry = registry;
  }

  async make(part: FixturePart): Promise<PartSpec> {
    const { name, role = "api", dependsOn = [], stopGroup = 1, mode = "", whyNotAgain } = part;
    const port = await freePort();
    const log = new LogFile(join(this.#directory, `${name}.log`));
    this.#logs.push(log);
    const environment = {
      ...{ HEALTH_PORT: String(port), FIXTURE_NAME: name, FIXTURE_MODE: mode },
      ...{ FIXTURE_LOG: join(this.#directory, "events"), FIXTURE_GATE: this.gate },
    };
    const readyUrl = `http://127.0.0.1:${port}/readyz`;
    const service = { name, program: SERVICE_FIXTURE, environment, readyUrl, stopWaitMs: 1_000, whyNotAgain };
    const start: PartSpec["start"] = (signal) => startNodeService(service, log, this.#registry, signal);
    return { name, role, dependsOn, stopGroup, logFile: log.path, start, whyNotAgain };
  }

  /** "slow" parts become ready when this file exists. */
  get gate(): string {
    return join(this.#directory, "gate");
  }

  /** What the parts noted, in order: `<name> starts`, `<name> ends`. */
  events(): string[] {
    const file = join(this.#directory, "events");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  close(): void {
    for (const log of this.#logs) log.close();
  }
}

/** Waits until none of the processes is there. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  await eventually(`processes ${pids.join(", ")} end`, async () => {
    return (await Promise.all(pids.map(identifyProcess))).every((identity) => identity === undefined);
  });
}
