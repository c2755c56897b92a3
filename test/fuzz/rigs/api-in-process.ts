import { FlockError } from "@flock/errors";
import type { JobSpec } from "@flock/jobs";
import { systemClock } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { Operation } from "@flock/proto/jobs";
import type { FastifyInstance } from "fastify";
import { clientDialects } from "../../../services/api/src/client-dialects.js";
import { LIVE_EVENTS } from "../../../services/api/src/dialects/flock/live.js";
import type { InferenceGateway } from "../../../services/api/src/dialects/inference-gateway.js";
import { DrainState } from "../../../services/api/src/drain-state.js";
import { LiveFeed } from "../../../services/api/src/figures/live-feed.js";
import { createApp } from "../../../services/api/src/http/app.js";
import { Inference } from "../../../services/api/src/inference/inference.js";
import { DEFAULT_RIGHTS } from "../../../services/api/src/keys/key-rights.js";
import { BodyBudget } from "../../../services/api/src/limits/body-budget.js";
import { OpenLimits } from "../../../services/api/src/limits/open-limits.js";
import { ApiMetrics } from "../../../services/api/src/metrics.js";
import type { MoneyGateway } from "../../../services/api/src/money/money-gateway.js";
import { StatementReaders } from "../../../services/api/src/money/statement-readers.js";
import { type FakeJob, FakeRequester } from "../../../services/api/test/fake-requester.js";
import { unkeptStories } from "../../../services/api/test/fake-stories.js";
import {
  ABLE_MODEL,
  fixedCatalogue,
  noAllowances,
  PLAIN_MODEL,
  TEST_ALIASES,
} from "../../../services/api/test/start-test-api.js";

const NEVER = Number.MAX_SAFE_INTEGER;

export interface ApiInProcess {
  readonly app: FastifyInstance;
  readonly gateway: InferenceGateway;
  readonly requester: FakeRequester;
  readonly drain: DrainState;
  readonly metrics: ApiMetrics;
  /** Lines since it was last emptied. */
  readonly logs: string[];
}

/**
 * The HTTP side of the api with all its dialects, over a fake requester that answers at once, and over services and
 * tables that are all away. Whoever comes is let in.
 */
export async function apiInProcess(): Promise<ApiInProcess> {
  const logs: string[] = [];
  const logger = createLogger("api", "info", { write: (line) => void logs.push(line) });
  const metrics = new ApiMetrics(createMetrics("api").meter);
  const requester = new FakeRequester();
  requester.onJob = answerAtOnce;
  const inference = new Inference({
    ...{ requester, metrics, allowances: noAllowances, aliases: TEST_ALIASES, clock: systemClock },
    catalogue: fixedCatalogue([PLAIN_MODEL, ABLE_MODEL]),
    holds: { hold: async ({ bounds }) => bounds },
    admission: { levelOf: () => 0, begin: () => () => {} },
    stories: unkeptStories(),
    ...{ completionTokensMax: 4_096, jobTimeoutMs: 60_000, holdGraceMs: 10_000 },
  });
  const limits = { unsentBytesMax: 1024 * 1024, stallTimeoutMs: 30_000 };
  const bodyBudget = new BodyBudget(256 * 1024 * 1024, metrics);
  const gateway = { inference, bodyBytesMax: 20 * 1024 * 1024, bodyBudget, limits, metrics, logger };
  const openLimits = new OpenLimits({
    perMinute: { read: NEVER, write: NEVER },
    ...{
      wrongKeysPerMinute: NEVER,
      walletPerMinute: NEVER,
      unlimitedClients: ["127.0.0.1"],
      metrics,
      logger,
    },
  });
  const drain = new DrainState();
  const identity = { keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS };
  const app = await createApp({
    dialects: clientDialects(
      gateway,
      awayGateway({
        ...{ openLimits, clock: systemClock, logger, statementReaders: new StatementReaders() },
        live: endedFeed(metrics),
      }),
    ),
    identify: async () => identity,
    ...{
      drain,
      limits,
      openLimits,
      requestTimeoutMs: 120_000,
      trustedProxies: ["127.0.0.1"],
      corsOrigins: ["*"],
    },
    ...{ logger, metrics },
  });
  await app.ready();
  await giveSocketsAnEnd(app);
  return { app, gateway, requester, drain, metrics, logs };
}

/** What feeds the routes without a connection has sockets that nobody can destroy. */
async function giveSocketsAnEnd(app: FastifyInstance): Promise<void> {
  const { raw } = await app.inject("/");
  Object.assign(Object.getPrototypeOf(raw.req.socket), { destroy: () => {} });
}

/** What a model says, whatever it is asked. */
function answerAtOnce(job: FakeJob): void {
  if (job.spec.operation === Operation.EMBED) {
    job.chunk("", { tokens: 0 });
    return job.end({ embeddingsJson: vectorsFor(job.spec) });
  }
  job.chunk("well ");
  job.chunk('{"a":1}', {
    thinking: "hm",
    toolCallsJson: Buffer.from('[{"function":{"name":"f","arguments":{}}}]'),
  });
  job.end();
}

function vectorsFor({ requestJson }: JobSpec): Uint8Array {
  const { input } = JSON.parse(Buffer.from(requestJson).toString()) as { input: string[] };
  return Buffer.from(JSON.stringify(input.map(() => [0.6, 0.8])));
}

/** A live feed that is over: what would not end by itself cannot be fed without a connection. */
function endedFeed(metrics: ApiMetrics): LiveFeed {
  const frames = { kept: () => [], listen: () => () => {} };
  const feed = new LiveFeed({
    ...{ frames, form: LIVE_EVENTS, metrics, connectionsMax: NEVER, connectionsPerClientMax: NEVER },
  });
  feed.end();
  return feed;
}

/** Services and tables that do not answer, whatever is asked of them; but for these. */
function awayGateway(present: Partial<MoneyGateway>): MoneyGateway {
  const away = (): Promise<never> => {
    const answer = Promise.reject(new FlockError("unavailable", "it is away"));
    // Who asks for a value and no promise does not wait for it.
    answer.catch(() => {});
    return answer;
  };
  const part: object = new Proxy(away, { get: () => part });
  const get = (_target: object, name: string | symbol) => Reflect.get(present, name) ?? part;
  // CAST: none of its methods has an answer that anybody reads.
  return new Proxy({}, { get }) as MoneyGateway;
}
