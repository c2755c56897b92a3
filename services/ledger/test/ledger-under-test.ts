import { connectMesh, type Mesh, type RunningService, type ServiceOptions, startService } from "@flock/mesh";
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
  private constructor(private readonly service: RunningService) {}

  static async start(
    variables: Record<string, string>,
    options: Pick<ServiceOptions, "clock"> = {},
  ): Promise<LedgerUnderTest> {
    const service = startService(createLedger, readLedgerConfig(variables), {
      name: "ledger",
      logger: createLogger("ledger", "silent"),
      meter: createMetrics("ledger").meter,
      ...options,
    });
    const ledger = new LedgerUnderTest(service);
    await service.started;
    await eventually("the ledger is ready", () => ledger.isReady);
    return ledger;
  }

  get isReady(): boolean {
    return this.service.notReady().length === 0;
  }

  /** An orderly end, as at SIGTERM. */
  async stop(): Promise<void> {
    await this.service.stop();
  }
}
