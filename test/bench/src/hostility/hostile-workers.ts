import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { connectMesh, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { encode, PROTOCOL_VERSION, SUBJECTS, ticketConsumer } from "@flock/proto";
import { Claim, WorkerReport } from "@flock/proto/jobs";
import type { BenchMesh } from "../bench-mesh.js";
import { LOAD_GENERATOR_MODEL } from "../load-generator/load-instructions.js";

/** Of connections; each misbehaves in one way. */
const WORKERS = 1_000;
/** Connected at once: more at a time would only time out. */
const CONNECTING = 20;
/** How often each does what it does. */
const PERIOD_MS = 1_000;
/** All of them are gone through in so many steps. */
const STEPS = 20;
const PULLS = 16;
/** More than an announcement may have, and less than NATS takes. */
const OVERSIZED = randomBytes(300 * 1024);
const NOISE = randomBytes(1_024);
const REPORTED = 200;
const SUBSCRIPTIONS = 20;

interface HostileWorker {
  readonly id: string;
  readonly credentials: string;
  mesh: Mesh;
  step: number;
}

type Misbehaviour = (worker: HostileWorker, hostile: HostileWorkers) => void;

/** What workers do that mean no good. */
const MISBEHAVIOURS: readonly Misbehaviour[] = [
  // Asks for tickets without end, and claims none.
  ({ id, mesh, step }) => {
    const way = `way-${step}`;
    mesh.nats.subscribe(SUBJECTS.delivery(id, way), { max: PULLS, callback: () => {} });
    for (let pull = 0; pull < PULLS; pull++)
      mesh.nats.publish(SUBJECTS.pull(id, ticketConsumer(LOAD_GENERATOR_MODEL)), way);
  },
  ({ id, mesh }) => mesh.nats.publish(SUBJECTS.heartbeat(id), NOISE),
  ({ id, mesh, step }) => mesh.nats.publish(SUBJECTS.heartbeat(id), step % 10 === 0 ? OVERSIZED : NOISE),
  // Claims jobs that it has no ticket of.
  ({ id, mesh, step }) => {
    const claim = Claim.fromPartial({ version: PROTOCOL_VERSION, jobId: `j${step}`, workerId: id });
    const reply = mesh.newInbox();
    mesh.nats.publish(SUBJECTS.claim(id, "nobody"), encode(Claim, claim), { reply });
  },
  // Reports on leases that it does not have.
  ({ id, mesh, step }) => {
    const progress = Array.from({ length: REPORTED }, (_, n) => ({
      jobId: `j${step}-${n}`,
      lease: 1,
      chunks: 0,
    }));
    const report = WorkerReport.fromPartial({ version: PROTOCOL_VERSION, progress });
    mesh.nats.publish(SUBJECTS.report(id, "nobody"), encode(WorkerReport, report));
  },
  // Listens to as much as it may, and more.
  ({ mesh }) => {
    for (let count = 0; count < SUBSCRIPTIONS; count++)
      mesh.nats.subscribe(mesh.newInbox(), { callback: () => {} });
  },
  (worker, hostile) => hostile.reconnect(worker),
];

/** A thousand workers with real credentials that mean no good, until they are stopped. */
export class HostileWorkers {
  readonly #mesh: BenchMesh;
  readonly #logger = createLogger("hostile", "silent");
  readonly #metrics = createMetrics("hostile");
  readonly #workers: HostileWorker[] = [];
  readonly #reconnecting = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  #isStopping = false;

  private constructor(mesh: BenchMesh) {
    this.#mesh = mesh;
  }

  /** Resolves when all are connected, and have begun. */
  static async start(mesh: BenchMesh): Promise<HostileWorkers> {
    const hostile = new HostileWorkers(mesh);
    for (let from = 0; from < WORKERS; from += CONNECTING)
      await Promise.all(Array.from({ length: CONNECTING }, (_, offset) => hostile.#join(from + offset)));
    hostile.#running = hostile.#misbehave();
    return hostile;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    await Promise.all(this.#reconnecting);
    await Promise.all(this.#workers.map(({ mesh }) => mesh.close()));
    await this.#metrics.close();
  }

  /** Ends the worker's connection and makes another one. */
  reconnect(worker: HostileWorker): void {
    const renewed = this.#renew(worker).finally(() => this.#reconnecting.delete(renewed));
    this.#reconnecting.add(renewed);
  }

  async #renew(worker: HostileWorker): Promise<void> {
    await worker.mesh.close();
    worker.mesh = await this.#connected(worker.id, worker.credentials);
  }

  async #join(number: number): Promise<void> {
    const { id, credentialsFile } = await this.#mesh.admitStranger(`hostile-${number}`);
    const credentials = await readFile(credentialsFile, "utf8");
    this.#workers.push({ id, credentials, mesh: await this.#connected(id, credentials), step: 0 });
  }

  #connected(id: string, credentials: string): Promise<Mesh> {
    return connectMesh({
      natsUrl: this.#mesh.natsUrl,
      name: id,
      logger: this.#logger,
      meter: this.#metrics.meter,
      credentials: () => credentials,
      inboxPrefix: SUBJECTS.workerInbox(id),
    });
  }

  async #misbehave(): Promise<void> {
    for (let turn = 0; !this.#isStopping; turn++) {
      for (let index = turn % STEPS; index < this.#workers.length; index += STEPS) this.#act(index);
      await sleep(PERIOD_MS / STEPS);
    }
  }

  #act(index: number): void {
    const worker = this.#workers[index];
    const misbehaviour = MISBEHAVIOURS[index % MISBEHAVIOURS.length];
    // One that NATS has thrown out, or that is about to come back, waits.
    if (worker === undefined || misbehaviour === undefined || !worker.mesh.isConnected()) return;
    worker.step += 1;
    misbehaviour(worker, this);
  }
}
