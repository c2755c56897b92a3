import { connectMesh, type Mesh, type Part, type Runtime } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { readLedgerConfig } from "../src/config.js";
import { createLedger } from "../src/service.js";

/** A connection to the mesh for a test; its owner closes it. */
export function connectForTest(natsUrl: string): Promise<Mesh> {
  return connectMesh({
    natsUrl,
    name: "ledger-test",
    logger: createLogger("ledger-test", "silent"),
    meter: createMetrics("ledger-test").meter,
  });
}

/** The real ledger service, in the test's process, on real NATS and Postgres. */
export class LedgerUnderTest {
  readonly #running: { part: Part; stop: AbortController; settled: Promise<void> }[] = [];
  readonly #resources: { close(): Promise<void> | void }[] = [];

  static async start(variables: Record<string, string>): Promise<LedgerUnderTest> {
    const ledger = new LedgerUnderTest();
    const config = readLedgerConfig(variables);
    const runtime: Runtime = {
      logger: createLogger("ledger", "silent"),
      meter: createMetrics("ledger").meter,
      open: (resource) => {
        ledger.#resources.push(resource);
        return resource;
      },
      connect: async () => {
        const mesh = await connectForTest(config.NATS_URL);
        ledger.#resources.push(mesh);
        return mesh;
      },
      readyWhen: () => {},
      control: () => {},
      stop: () => {},
    };
    for (const part of await createLedger(config, runtime)) {
      const stop = new AbortController();
      ledger.#running.push({ part, stop, settled: part.start(stop.signal) });
    }
    await eventually("the ledger is ready", () => ledger.isReady);
    return ledger;
  }

  get isReady(): boolean {
    return this.#running.every(({ part }) => part.notReady?.() === undefined);
  }

  /** An orderly end, as at SIGTERM. */
  async stop(): Promise<void> {
    for (const { stop, settled } of [...this.#running].reverse()) {
      stop.abort();
      await settled;
    }
    for (const resource of [...this.#resources].reverse()) await resource.close();
  }
}
