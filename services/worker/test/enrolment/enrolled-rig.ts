import { join as pathOf } from "node:path";
import { workerIssuer } from "@flock/access";
import { Requester, WorkerRuntime } from "@flock/jobs";
import {
  EventPublisher,
  ensureEventsStream,
  type Mesh,
  type RunningService,
  startService,
} from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { meshSigner } from "@flock/ports";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { AccountsRig } from "../../../../packages/access/test/accounts-rig.js";
import { FakeEnrolmentApi } from "../../../../packages/enrolment/test/fake-enrolment-api.js";
import { DIGEST, FakeRouter, MODEL } from "../../../../packages/jobs/test/fake-router.js";
import { ScriptedRunner } from "../../../../packages/jobs/test/scripted-runner.js";
import { readWorkerConfig, type WorkerConfig } from "../../src/config.js";
import { type Joined, join } from "../../src/enrolment/join.js";
import { createWorker } from "../../src/service.js";

/** A worker that enrols, around a fake engine. */
export interface EnrolledWorker {
  readonly service: RunningService;
  /** What it has logged. */
  readonly log: readonly string[];
  /** Settles when it has enrolled. */
  readonly joined: Promise<Joined>;
}

/** A mesh with accounts, a fake api that lets workers into it, and requesters with a fake router. */
export class EnrolledRig {
  readonly accounts: AccountsRig;
  readonly api: FakeEnrolmentApi;
  readonly requester: Requester;
  readonly directory: TestDirectory;
  readonly #ending: (() => Promise<unknown>)[];
  readonly #workers: RunningService[] = [];

  private constructor(
    parts: Pick<EnrolledRig, "accounts" | "api" | "requester" | "directory">,
    ending: (() => Promise<unknown>)[],
  ) {
    this.accounts = parts.accounts;
    this.api = parts.api;
    this.requester = parts.requester;
    this.directory = parts.directory;
    this.#ending = ending;
  }

  static async start(furtherConfig = ""): Promise<EnrolledRig> {
    const accounts = await AccountsRig.start({}, furtherConfig);
    const directory = await createTestDirectory();
    const issuer = workerIssuer(accounts.tree);
    const api = await FakeEnrolmentApi.start({
      ...{ issuer, natsUrls: [accounts.nats.url] },
      meshKeys: meshSigner.publicKeys,
    });
    const core: Mesh = await accounts.core();
    await ensureEventsStream(core);
    const router = new FakeRouter(core);
    await router.start();
    const requester = new Requester(
      { mesh: core, reports: core, signer: meshSigner },
      new EventPublisher(core),
    );
    const stopping = new AbortController();
    const stopped = requester.start(stopping.signal);
    const stopRequester = async (): Promise<void> => {
      stopping.abort();
      await stopped;
    };
    const ending = [stopRequester, () => router.stop(), () => api.stop(), () => accounts.stop()];
    return new EnrolledRig({ accounts, api, requester, directory }, [...ending, () => directory.remove()]);
  }

  /** A path in a directory of this rig. */
  file(name: string): string {
    return pathOf(this.directory.path, name);
  }

  /** Starts a worker with this runner and these variables. */
  worker(
    variables: Readonly<Record<string, string>> = {},
    runner: ScriptedRunner = new ScriptedRunner(["done"]),
  ): EnrolledWorker {
    const config = this.#config(variables);
    const log: string[] = [];
    const logger = createLogger("worker", "debug", { write: (line: string) => void log.push(line) });
    let tell: (joined: Joined) => void = () => {};
    const joined = new Promise<Joined>((resolve) => {
      tell = resolve;
    });
    const service = startService(
      async (_, runtime) => {
        const all = await join(config, runtime);
        const { mesh, enrolment, renewal } = all;
        const { workerId, workKey: signer, payeeId } = enrolment;
        const worker = new WorkerRuntime({
          ...{ mesh, workerId, signer, slots: 4, runner, drainTimeoutMs: 0 },
          ...(payeeId === undefined ? {} : { payeeId }),
          delegation: () => enrolment.delegation,
          meshKeys: () => enrolment.session.meshKeys,
          describe: async () => undefined,
        });
        worker.setModels([{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 }]);
        tell(all);
        return [renewal, worker];
      },
      config,
      { name: "worker", logger, meter: createMetrics("worker").meter },
    );
    this.#workers.push(service);
    return { service, log, joined };
  }

  /** Starts the service as it is, beside an Ollama that is not there. */
  wholeWorker(): RunningService {
    const config = this.#config({ OLLAMA_HOST: "http://127.0.0.1:1" });
    const logger = createLogger("worker", "silent");
    const service = startService(createWorker, config, {
      ...{ name: "worker", logger, meter: createMetrics("worker").meter },
    });
    this.#workers.push(service);
    return service;
  }

  #config(variables: Readonly<Record<string, string>>): WorkerConfig {
    return readWorkerConfig({
      WORKER_API_URL: this.api.url,
      WORKER_KEY_FILE: this.file("wallet.json"),
      DRAIN_TIMEOUT_MS: "5000",
      ...variables,
    });
  }

  /** Waits until the api has let a session in so many times in all. */
  async untilSessions(count: number, timeoutMs = 20_000): Promise<void> {
    await eventually(`${count} sessions`, () => this.api.jwts.length >= count, { timeoutMs });
  }

  /** Between two tests. */
  async stopWorkers(): Promise<void> {
    for (const worker of this.#workers.splice(0)) await worker.stop().catch(() => {});
    Object.assign(this.api, { lifeSeconds: 3_600, isAway: false, skewMs: 0, mangle: undefined });
    Object.assign(this.api, { natsUrls: [this.accounts.nats.url] });
    this.api.jwts.length = 0;
    this.api.taken.length = 0;
    this.api.banned.clear();
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    for (const end of this.#ending) await end();
  }
}
