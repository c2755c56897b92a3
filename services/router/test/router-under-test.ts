import { connectMesh, type Mesh, type RunningService, startService } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { type RouterConfig, readRouterConfig } from "../src/config.js";
import { createRouter } from "../src/service.js";

const LOG_LEVEL = "silent";

/** A connection to the mesh for a test; its owner closes it. */
export function connectForTest(natsUrl: string, name: string): Promise<Mesh> {
  const meter = createMetrics(name).meter;
  return connectMesh({ natsUrl, name, logger: createLogger(name, LOG_LEVEL), meter });
}

/** The real router, in the test's process, on a real nats-server. */
export class RouterUnderTest {
  readonly #service: RunningService;
  #mesh: Mesh | undefined;
  #hasCrashed = false;

  private constructor(config: RouterConfig) {
    const logger = createLogger("router", LOG_LEVEL);
    this.#service = startService(
      (_, runtime) =>
        createRouter(config, {
          ...runtime,
          connect: async () => {
            this.#mesh = await runtime.connect();
            return this.#mesh;
          },
        }),
      config,
      { name: "router", logger, meter: createMetrics("router").meter },
    );
  }

  static async start(natsUrl: string, variables: Record<string, string> = {}): Promise<RouterUnderTest> {
    const router = new RouterUnderTest(readRouterConfig({ NATS_URL: natsUrl, ...variables }));
    await router.#service.started;
    await eventually("the router is ready", () => router.isReady);
    return router;
  }

  get isReady(): boolean {
    return this.#service.notReady().length === 0;
  }

  /** An orderly end, as at SIGTERM. */
  async stop(): Promise<void> {
    if (!this.#hasCrashed) await this.#service.stop();
  }

  /** A sudden end: the connection is cut before anything can say good-bye. */
  async crash(): Promise<void> {
    this.#hasCrashed = true;
    await this.#mesh?.nats.close();
    // Without its connection some of it fails: that is the point.
    await this.#service.stop("it crashes").catch(() => {});
  }
}
