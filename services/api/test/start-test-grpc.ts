import { systemClock } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { DrainState } from "../src/drain-state.js";
import { createGrpcFront, type GrpcFrontOptions } from "../src/grpc/front.js";
import type { Holds } from "../src/inference/holds.js";
import { Inference } from "../src/inference/inference.js";
import { API_KEYS } from "../src/keys/bearer-secret.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { BodyBudget } from "../src/limits/body-budget.js";
import { OpenLimits } from "../src/limits/open-limits.js";
import { ApiMetrics } from "../src/metrics.js";
import type { Admission } from "../src/tiers/account-tiers.js";
import { FakeRequester } from "./fake-requester.js";
import { endAll, unkeptStories } from "./fake-stories.js";
import { GrpcTestClient } from "./grpc-client.js";
import { metricsText } from "./metrics-text.js";
import { ABLE_MODEL, fixedCatalogue, noAllowances, PLAIN_MODEL, TEST_ALIASES } from "./start-test-api.js";

export interface TestGrpcOptions
  extends Partial<
    Pick<GrpcFrontOptions, "isReady" | "certificate" | "connectionsMax" | "identify" | "trustedProxies">
  > {
  readonly unsentBytesMax?: number;
  readonly stallTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly bodiesBytesMax?: number;
  readonly readsPerMinute?: number;
  readonly holds?: Holds;
  readonly admission?: Admission;
}

/** The gRPC side of the api in this process, over a fake requester, a fixed catalogue and one key. */
export interface TestGrpc {
  readonly address: string;
  readonly apiKey: string;
  readonly requester: FakeRequester;
  /** Log lines, parsed. */
  readonly logs: Record<string, unknown>[];
  readonly drain: DrainState;
  /** With the test's key. */
  readonly client: GrpcTestClient;
  /** All metrics, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Begins the drain; settles when it is over. */
  stop(): Promise<void>;
}

export async function startTestGrpc(options: TestGrpcOptions = {}): Promise<TestGrpc> {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger("api", "info", { write: (line) => void logs.push(JSON.parse(line)) });
  const exporter = createMetrics("api");
  const metrics = new ApiMetrics(exporter.meter);
  const apiKey = API_KEYS.create();
  const requester = new FakeRequester();
  const stories = unkeptStories();
  const drain = new DrainState();
  const front = createGrpcFront({
    inference: new Inference({
      catalogue: fixedCatalogue([PLAIN_MODEL, ABLE_MODEL]),
      requester,
      holds: options.holds ?? { hold: async ({ bounds }) => bounds },
      admission: options.admission ?? { levelOf: () => 0, begin: () => () => {} },
      allowances: noAllowances,
      aliases: TEST_ALIASES,
      metrics,
      stories,
      completionTokensMax: 4_096,
      jobTimeoutMs: 60_000,
      holdGraceMs: 10_000,
      clock: systemClock,
    }),
    limits: {
      unsentBytesMax: options.unsentBytesMax ?? 1024 * 1024,
      stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    },
    bodyBytesMax: 20 * 1024 * 1024,
    bodyBudget: new BodyBudget(options.bodiesBytesMax ?? 256 * 1024 * 1024, metrics),
    requestTimeoutMs: options.requestTimeoutMs ?? 120_000,
    money: undefined,
    identify:
      options.identify ??
      ((key) =>
        key === apiKey ? { keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS } : undefined),
    drain,
    openLimits: new OpenLimits({
      perMinute: { read: options.readsPerMinute ?? 60, write: 60 },
      wrongKeysPerMinute: 60,
      walletPerMinute: 60,
      unlimitedClients: [],
      metrics,
      logger,
    }),
    trustedProxies: options.trustedProxies ?? [],
    isReady: options.isReady ?? (() => true),
    host: "127.0.0.1",
    port: 0,
    connectionsMax: options.connectionsMax ?? 100,
    certificate: options.certificate,
    logger,
    metrics,
  });
  const stop = new AbortController();
  const stopped = front.start(stop.signal);
  await eventually("the api listens", () => front.notReady() === undefined);
  const address = `127.0.0.1:${front.port}`;
  const client = new GrpcTestClient(address, apiKey);
  return {
    address,
    apiKey,
    requester,
    logs,
    drain,
    client,
    metrics: () => metricsText(exporter),
    stop: async () => {
      stop.abort();
      await stopped;
      await endAll(requester, stories);
      client.close();
      await exporter.close();
    },
  };
}
