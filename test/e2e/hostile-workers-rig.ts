import { generateIdentity } from "@flock/keys";
import { EventPublisher, ensureEventsStream, loadMeshSigner, type Mesh, openBucket } from "@flock/mesh";
import { BUCKETS, EVENTS } from "@flock/proto";
import { type CompletedJob, InferenceCompleted } from "@flock/proto/events";
import { ModelDescription, Offence, OffenceRecord } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { Requester, WorkerRuntime } from "../../packages/jobs/src/index.js";
import { DIGEST, MODEL } from "../../packages/jobs/test/fake-router.js";
import { ScriptedRunner } from "../../packages/jobs/test/scripted-runner.js";
import { type Running, spec, submit } from "../../packages/jobs/test/test-jobs.js";
import { AccountsUnderTest } from "../../services/router/test/accounts-under-test.js";
import { HostileWorker, type Hostility } from "./hostile-worker.js";

const WORDS = Array.from({ length: 8 }, (_, index) => `w${index} `);
export const TEXT = WORDS.join("");
/** Jobs that wait for an answer at the same time. */
const CLIENTS = 4;

/** A job of a client, and what became of it. */
export interface Asked extends Running {
  readonly jobId: string;
}

/**
 * A nats-server with accounts, the real router and a real requester in CORE, a real worker that is honest, and clients
 * that want answers all the time.
 */
export class HostileRig {
  readonly honest = generateIdentity();
  readonly charged = new Map<string, CompletedJob>();
  readonly runner = new ScriptedRunner(WORDS, { tokenMs: 3 });
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly accounts: AccountsUnderTest,
    readonly requester: Requester,
  ) {}

  static async start(variables: Record<string, string> = {}): Promise<HostileRig> {
    const accounts = await AccountsUnderTest.start(variables);
    const { core } = accounts;
    await ensureEventsStream(core);
    const signer = await loadMeshSigner([accounts.router.meshKeyFile]);
    const requester = new Requester({ mesh: core, reports: core, signer }, new EventPublisher(core), {
      progressTimeoutMs: 1_500,
    });
    const rig = new HostileRig(accounts, requester);
    rig.#run(requester);
    core.nats.subscribe(EVENTS.inferenceCompleted, {
      callback: (_, msg) => {
        for (const job of InferenceCompleted.decode(msg.data).jobs) rig.charged.set(job.jobId, job);
      },
    });
    await rig.#startHonest();
    return rig;
  }

  get core(): Mesh {
    return this.accounts.core;
  }

  async hostile(hostility: Hostility): Promise<HostileWorker> {
    const worker = new HostileWorker(hostility, async (id) => (await this.accounts.stranger(id)).mesh);
    await worker.start();
    this.#ends.unshift(async () => worker.stop());
    return worker;
  }

  ask(): Asked {
    const jobSpec = spec();
    return { jobId: jobSpec.jobId, ...submit(this.requester, jobSpec) };
  }

  /** Has clients ask until `isOver`; all that they asked, answered. */
  async askUntil(isOver: () => boolean | Promise<boolean>, timeoutMs: number): Promise<Asked[]> {
    const asked: Asked[] = [];
    const giveUpAtMs = performance.now() + timeoutMs;
    let over = false;
    const client = async (): Promise<void> => {
      while (!over) {
        const job = this.ask();
        asked.push(job);
        await job.ended;
      }
    };
    const clients = Array.from({ length: CLIENTS }, client);
    while (!over) {
      over = (await isOver()) || performance.now() > giveUpAtMs;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await Promise.all(clients);
    return asked;
  }

  /** Every one of them was answered by the honest worker, with its text, and is charged for that. */
  async expectHonestAnswers(asked: readonly Asked[]): Promise<void> {
    for (const job of asked) {
      const { outcome } = await job.ended;
      expect({ outcome, text: job.text() }).toEqual({ outcome: "completed", text: TEXT });
      const charged = await eventually("its charge", () => this.charged.get(job.jobId));
      expect(charged).toMatchObject({ workerId: this.honest.id, completionTokens: WORDS.length });
    }
  }

  async recordOf(workerId: string): Promise<OffenceRecord | undefined> {
    const entry = await (await openBucket(this.core, BUCKETS.offences)).get(workerId);
    return entry?.operation === "PUT" ? OffenceRecord.decode(entry.value) : undefined;
  }

  async offencesOf(workerId: string): Promise<string[]> {
    const counts = (await this.recordOf(workerId))?.counts ?? [];
    return counts.map(({ offence }) => Offence[offence] ?? "?").sort();
  }

  async isCutOff(workerId: string): Promise<boolean> {
    return ((await this.recordOf(workerId))?.cutOffUntilUnixMs ?? 0) > Date.now();
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.accounts.stop();
  }

  #run(part: { start(stop: AbortSignal): Promise<void> }): void {
    const stopping = new AbortController();
    const stopped = part.start(stopping.signal);
    this.#ends.push(async () => {
      stopping.abort();
      await stopped;
    });
  }

  async #startHonest(): Promise<void> {
    const { mesh } = await this.accounts.stranger(this.honest.id);
    const facts = { name: MODEL, digest: DIGEST, sizeBytes: 1, contextLength: 2_048 };
    const worker = new WorkerRuntime({
      ...{ mesh, workerId: this.honest.id, signer: this.honest, runner: this.runner },
      ...{ slots: CLIENTS, drainTimeoutMs: 200 },
      meshKeys: () => [this.accounts.router.meshKey],
      describe: async () => ModelDescription.fromPartial({ ...facts, showJson: Buffer.from("{}") }),
    });
    this.#run(worker);
    worker.setModels([{ ...facts, loaded: true }]);
    await eventually(
      "the honest worker to serve",
      async () => (await this.ask().ended).outcome === "completed",
    );
  }
}
