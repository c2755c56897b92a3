import { connectMesh, type Mesh, type Part, type Runtime } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { type ApiConfig, readApiConfig } from "../src/config.js";
import { HttpListener } from "../src/http/listener.js";
import { createApiOver } from "../src/service.js";
import { FakeRequester } from "./fake-requester.js";

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
  readonly #running: { part: Part; stop: AbortController; settled: Promise<void> }[] = [];
  readonly #resources: { close(): Promise<void> | void }[] = [];
  #port = 0;

  /** @param environment Over what a test usually wants: any port, and no limits for this machine. */
  static async start(
    natsUrl: string,
    databaseUrl: string,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<ApiUnderTest> {
    const api = new ApiUnderTest();
    const usual = { API_PORT: "0", API_UNLIMITED_CLIENTS: "127.0.0.1" };
    const own = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl };
    await api.#start(readApiConfig({ ...usual, ...own, ...environment }));
    return api;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Why it is not ready, as `/readyz` would say. */
  get notReady(): readonly string[] {
    return this.#running.map(({ part }) => part.notReady?.()).filter((reason) => reason !== undefined);
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
    for (const { stop, settled } of [...this.#running].reverse()) {
      stop.abort();
      await settled;
    }
    for (const resource of [...this.#resources].reverse()) await resource.close();
  }

  async #start(config: ApiConfig): Promise<void> {
    const logger = createLogger("api", "info", { write: (line) => void this.logs.push(line) });
    const runtime: Runtime = {
      logger,
      meter: createMetrics("api").meter,
      open: (resource) => {
        this.#resources.push(resource);
        return resource;
      },
      connect: async () => runtime.open(await connectForTest(config.NATS_URL, "api")),
      readyWhen: () => {},
      control: () => {},
      stop: () => {},
    };
    const parts = await createApiOver(config, runtime, () => ({
      requester: this.requester,
      holds: { hold: async ({ bounds }) => bounds },
    }));
    for (const part of parts) {
      const stop = new AbortController();
      this.#running.push({ part, stop, settled: part.start(stop.signal) });
    }
    await eventually("the api is ready", () => this.notReady.length === 0);
    this.#port = parts.find((part) => part instanceof HttpListener)?.port ?? 0;
  }
}
