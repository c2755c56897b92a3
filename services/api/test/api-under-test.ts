import { connectMesh, type Mesh, type RunningService, type ServiceOptions, startService } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { meshSigner } from "@flock/ports";
import { eventually } from "@flock/provision/testing";
import { readApiConfig } from "../src/config.js";
import { FrontDoors } from "../src/front-doors.js";
import { createApiOver } from "../src/service.js";
import { FakeRequester } from "./fake-requester.js";
import { metricsText } from "./metrics-text.js";

/** A connection to NATS for a test; its owner closes it. */
export function connectForTest(natsUrl: string, name: string): Promise<Mesh> {
  const { meter } = createMetrics(name);
  return connectMesh({ natsUrl, name, logger: createLogger(name, "silent"), meter });
}

/** The whole api service in the test's process, on real Postgres and NATS, over a fake requester and free holds. */
export class ApiUnderTest {
  readonly requester = new FakeRequester();
  /** Its log lines. */
  readonly logs: string[] = [];
  readonly #exporter = createMetrics("api");
  readonly #service: RunningService;
  #doors: FrontDoors | undefined;

  private constructor(environment: NodeJS.ProcessEnv, options: Pick<ServiceOptions, "clock">) {
    const logger = createLogger("api", "info", { write: (line) => void this.logs.push(line) });
    const { meter } = this.#exporter;
    this.#service = startService(
      async (config, runtime) => {
        const parts = await createApiOver(config, runtime, () => ({
          requester: this.requester,
          holds: { hold: async ({ bounds }) => bounds },
          meshKeys: meshSigner.publicKeys,
        }));
        this.#doors = parts.find((part) => part instanceof FrontDoors);
        return parts;
      },
      readApiConfig(environment),
      { name: "api", logger, meter, ...options },
    );
  }

  /**
   * @param environment Over what a test usually wants: any port, and no limits for this machine.
   * @param options What it is started with beside that; default: what a process would have.
   */
  static async start(
    natsUrl: string,
    databaseUrl: string,
    environment: NodeJS.ProcessEnv = {},
    options: Pick<ServiceOptions, "clock"> = {},
  ): Promise<ApiUnderTest> {
    const usual = { API_PORT: "0", API_GRPC_PORT: "0", API_UNLIMITED_CLIENTS: "127.0.0.1" };
    // The fake requester signs nothing.
    const own = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, MESH_KEY_FILE: "nobody-reads-it.json" };
    const api = new ApiUnderTest({ ...usual, ...own, ...environment }, options);
    await api.#service.started;
    await eventually("the api is ready", () => api.notReady.length === 0);
    return api;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#doors?.http.port}`;
  }

  /** Where gRPC's clients connect. */
  get grpcAddress(): string {
    return `127.0.0.1:${this.#doors?.grpc.port}`;
  }

  /** Why it is not ready, as `/readyz` would say. */
  get notReady(): readonly string[] {
    return this.#service.notReady();
  }

  /** All its metrics, as Prometheus reads them. */
  metrics(): Promise<string> {
    return metricsText(this.#exporter);
  }

  async status(apiKey: string): Promise<number> {
    const response = await fetch(`${this.baseUrl}/api/tags`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    await response.text();
    return response.status;
  }

  /** An orderly end, as at SIGTERM. */
  async stop(): Promise<void> {
    await this.#service.stop();
    const faults = this.logs.filter((line) => line.includes("left open"));
    if (faults.length > 0) throw new Error(faults.join(""));
  }
}
