import { join } from "node:path";
import { createIdentity } from "@flock/keys";
import {
  connectMesh,
  loadMeshSigner,
  type Mesh,
  type MeshOptions,
  type RunningService,
  startService,
} from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { type RouterConfig, readRouterConfig } from "../src/config.js";
import { createRouter } from "../src/service.js";

const LOG_LEVEL = "silent";

/** What tests look for in its log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A connection to the mesh for a test; its owner closes it. */
export function connectForTest(
  natsUrl: string,
  name: string,
  options: Pick<MeshOptions, "credentials" | "inboxPrefix"> = {},
): Promise<Mesh> {
  const meter = createMetrics(name).meter;
  return connectMesh({ natsUrl, name, logger: createLogger(name, LOG_LEVEL), meter, ...options });
}

/** The real router, in the test's process, on a real nats-server. */
export class RouterUnderTest {
  readonly #service: RunningService;
  readonly #directory: TestDirectory;
  #mesh: Mesh | undefined;
  #hasCrashed = false;
  /** Its warnings and errors. */
  readonly log: LogLine[] = [];

  private constructor(
    config: RouterConfig,
    directory: TestDirectory,
    /** What it signs with. */
    readonly meshKey: string,
    /** The file of that key. */
    readonly meshKeyFile: string,
  ) {
    this.#directory = directory;
    const write = (line: string): void => void this.log.push(JSON.parse(line));
    const logger = createLogger("router", "warn", { write });
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
    const directory = await createTestDirectory();
    const file = variables["MESH_KEY_FILE"] ?? join(directory.path, "mesh-key.json");
    if (variables["MESH_KEY_FILE"] === undefined) await createIdentity(file);
    const [id = ""] = (await loadMeshSigner([file])).publicKeys;
    const config = readRouterConfig({ NATS_URL: natsUrl, MESH_KEY_FILE: file, ...variables });
    const router = new RouterUnderTest(config, directory, id, file);
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
    await this.#directory.remove();
  }

  /** A sudden end: the connection is cut before anything can say good-bye. */
  async crash(): Promise<void> {
    this.#hasCrashed = true;
    await this.#mesh?.nats.close();
    // Without its connection some of it fails: that is the point.
    await this.#service.stop("it crashes").catch(() => {});
  }
}
