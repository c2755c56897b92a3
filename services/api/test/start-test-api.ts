import type { AddressInfo } from "node:net";
import { type ModelAvailability, systemClock } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { canonicalModelName } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { eventually } from "@flock/provision/testing";
import { anthropicDialect } from "../src/dialects/anthropic/index.js";
import { ConsoleFiles } from "../src/dialects/console/console-files.js";
import { consoleDialect } from "../src/dialects/console/index.js";
import { documented } from "../src/dialects/docs/index.js";
import type { InferenceGateway } from "../src/dialects/inference-gateway.js";
import { ollamaDialect } from "../src/dialects/ollama/index.js";
import { openAiDialect } from "../src/dialects/openai/index.js";
import { responsesDialect } from "../src/dialects/responses/index.js";
import { DrainState } from "../src/drain-state.js";
import { createApp } from "../src/http/app.js";
import { HttpListener } from "../src/http/listener.js";
import type { Identity } from "../src/identity.js";
import type { Holds } from "../src/inference/holds.js";
import { type Catalogue, Inference } from "../src/inference/inference.js";
import { API_KEYS } from "../src/keys/bearer-secret.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { BodyBudget } from "../src/limits/body-budget.js";
import type { Allowances } from "../src/limits/key-allowances.js";
import { OpenLimits } from "../src/limits/open-limits.js";
import { ApiMetrics } from "../src/metrics.js";
import type { Admission } from "../src/tiers/account-tiers.js";
import type { RenewedCertificate } from "../src/tls/renewed-certificate.js";
import { WorkerAliases } from "../src/workers/worker-alias.js";
import { FakeRequester } from "./fake-requester.js";
import { endAll, unkeptStories } from "./fake-stories.js";
import { metricsText } from "./metrics-text.js";

export interface TestApiOptions {
  readonly unsentBytesMax?: number;
  readonly stallTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly bodiesBytesMax?: number;
  readonly connectionsMax?: number;
  /** Addresses that it listens at; the first one is that of its URL. */
  readonly hosts?: readonly [string, ...string[]];
  readonly corsOrigins?: readonly string[];
  /** Where a console is built; default: nowhere. */
  readonly consoleFolder?: string;
  readonly models?: readonly CatalogueEntry[];
  readonly holds?: Holds;
  readonly admission?: Admission;
  /** Of its one key; default: one of alice that may do what all could. */
  readonly identity?: Identity;
  readonly certificate?: RenewedCertificate;
  /** Until then keys are being looked up; default: they are known. */
  readonly keysKnown?: Promise<void>;
}

/** The HTTP side of the api in this process, over a fake requester, a fixed catalogue and one key. */
export interface TestApi {
  readonly baseUrl: string;
  readonly port: number;
  readonly apiKey: string;
  readonly requester: FakeRequester;
  /** Log lines, parsed. */
  readonly logs: Record<string, unknown>[];
  readonly drain: DrainState;
  /** All metrics, as Prometheus reads them. */
  metrics(): Promise<string>;
  /** Begins the drain; settles when it is over. */
  stop(): Promise<void>;
}

/** A model that can complete and embed, and nothing else, like the bundled one. */
export const PLAIN_MODEL = CatalogueEntry.fromPartial({
  version: 1,
  name: "flock-tiny:latest",
  digest: "a".repeat(64),
  sizeBytes: 1_700_000,
  modifiedUnixMs: 1_700_000_000_000,
  contextLength: 2_048,
  capabilities: ["completion", "embedding"],
  promptPriceMicro: 1n,
  completionPriceMicro: 2n,
  showJson: Buffer.from(
    JSON.stringify({
      details: {
        format: "gguf",
        family: "llama",
        families: ["llama"],
        parameter_size: "1M",
        quantization_level: "F16",
      },
      model_info: {
        "general.architecture": "llama",
        "llama.embedding_length": 128,
        "tokenizer.ggml.tokens": Array.from({ length: 300 }, (_, index) => `t${index}`),
      },
      template: "{{ .Prompt }}",
    }),
  ),
});

/** A model that can do everything. */
export const ABLE_MODEL = CatalogueEntry.fromPartial({
  ...PLAIN_MODEL,
  name: "able:7b",
  digest: "b".repeat(64),
  capabilities: ["completion", "tools", "insert", "vision", "thinking", "embedding"],
});

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger("api", "info", { write: (line) => void logs.push(JSON.parse(line)) });
  const exporter = createMetrics("api");
  const metrics = new ApiMetrics(exporter.meter);
  const apiKey = API_KEYS.create();
  const requester = new FakeRequester();
  const stories = unkeptStories();
  const { identity = { keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS } } = options;
  const limits = {
    unsentBytesMax: options.unsentBytesMax ?? 1024 * 1024,
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
  };
  const inference = new Inference({
    catalogue: fixedCatalogue(options.models ?? [PLAIN_MODEL, ABLE_MODEL]),
    requester,
    holds: options.holds ?? { hold: async ({ bounds }) => bounds },
    allowances: noAllowances,
    aliases: TEST_ALIASES,
    admission: options.admission ?? { levelOf: () => 0, begin: () => () => {} },
    metrics,
    stories,
    completionTokensMax: 4_096,
    jobTimeoutMs: 60_000,
    holdGraceMs: 10_000,
    clock: systemClock,
  });
  const drain = new DrainState();
  const gateway: InferenceGateway = {
    inference,
    bodyBytesMax: 20 * 1024 * 1024,
    bodyBudget: new BodyBudget(options.bodiesBytesMax ?? 256 * 1024 * 1024, metrics),
    limits,
    metrics,
    logger,
  };
  const app = await createApp({
    dialects: documented([
      ollamaDialect(gateway),
      anthropicDialect(gateway),
      responsesDialect(gateway),
      openAiDialect(gateway),
      consoleDialect(
        options.consoleFolder === undefined
          ? undefined
          : await ConsoleFiles.read(options.consoleFolder, logger),
      ),
    ]),
    identify: async (key) => {
      await options.keysKnown;
      return key === apiKey ? identity : undefined;
    },
    drain,
    limits,
    openLimits: new OpenLimits({
      perMinute: { read: 60, write: 60 },
      wrongKeysPerMinute: 60,
      walletPerMinute: 60,
      unlimitedClients: [],
      metrics,
      logger,
    }),
    requestTimeoutMs: options.requestTimeoutMs ?? 120_000,
    trustedProxies: [],
    corsOrigins: options.corsOrigins ?? [],
    certificate: options.certificate,
    logger,
    metrics,
  });
  const listener = new HttpListener({
    app,
    drain,
    hosts: options.hosts ?? ["127.0.0.1"],
    port: 0,
    connectionsMax: options.connectionsMax ?? 10_000,
    logger,
    metrics,
  });
  const stop = new AbortController();
  const stopped = listener.start(stop.signal);
  await eventually("the api listens", () => listener.notReady() === undefined);
  const { port } = app.server.address() as AddressInfo;
  return {
    baseUrl: `${options.certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    apiKey,
    requester,
    logs,
    drain,
    metrics: () => metricsText(exporter),
    stop: async () => {
      stop.abort();
      await stopped;
      await endAll(requester, stories);
      await exporter.close();
    },
  };
}

/** A catalogue of these models, of which each has a worker that is ready. */
export function fixedCatalogue(entries: readonly CatalogueEntry[]): Catalogue {
  const available: ModelAvailability[] = entries.map((entry) => ({
    entry,
    workers: 1,
    ready: 1,
    slots: 4,
    loaded: 1,
  }));
  return {
    find: (model) => entries.find(({ name }) => name === canonicalModelName(model)),
    available: () => available,
    workersOf: () => ["worker"],
    notReady: () => undefined,
  };
}

/** What accounts call workers in tests without a database. */
export const TEST_ALIASES = new WorkerAliases(Buffer.alloc(32, 7));

/** Of an api whose keys have no limits, and which never asks. */
export const noAllowances: Allowances = {
  admit: async () => {
    throw new Error("a key without limits asks for no allowance");
  },
};
