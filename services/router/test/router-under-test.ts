import { connectMesh, type Mesh, type Part, type Runtime } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { createRouter, readRouterConfig } from "../src/index.js";

const LOG_LEVEL = "silent";

/** A connection to the mesh for a test; its owner closes it. */
export function connectForTest(natsUrl: string, name: string): Promise<Mesh> {
  const meter = createMetrics(name).meter;
  return connectMesh({ natsUrl, name, logger: createLogger(name, LOG_LEVEL), meter });
}

/** The real router, in the test's process, on a real nats-server. */
export class RouterUnderTest {
  readonly #running: { part: Part; stop: AbortController; settled: Promise<void> }[] = [];
  #mesh: Mesh | undefined;

  static async start(natsUrl: string, variables: Record<string, string> = {}): Promise<RouterUnderTest> {
    const router = new RouterUnderTest();
    const config = readRouterConfig({ NATS_URL: natsUrl, ...variables });
    const logger = createLogger("router", LOG_LEVEL);
    const runtime: Runtime = {
      logger,
      meter: createMetrics("router").meter,
      open: (resource) => resource,
      connect: async () => {
        router.#mesh = await connectForTest(natsUrl, "router");
        return router.#mesh;
      },
      readyWhen: () => {},
      control: () => {},
      stop: () => {},
    };
    for (const part of await createRouter(config, runtime)) {
      const stop = new AbortController();
      router.#running.push({ part, stop, settled: part.start(stop.signal) });
    }
    await eventually("the router is ready", () => router.isReady);
    return router;
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
    await this.#mesh?.close();
  }

  /** A sudden end: the connection is cut before anything can say good-bye. */
  async crash(): Promise<void> {
    await this.#mesh?.nats.close();
    for (const { stop } of this.#running) stop.abort();
    await Promise.allSettled(this.#running.map(({ settled }) => settled));
  }
}
