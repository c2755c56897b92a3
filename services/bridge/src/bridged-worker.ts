import { WorkerRuntime } from "@flock/jobs";
import type { Identity } from "@flock/keys";
import type { CatalogueView, Mesh } from "@flock/mesh";
import type { ServedModel } from "@flock/proto/workers";
import { BridgedRunner } from "./bridged-runner.js";
import { profileOf } from "./offered-models.js";
import { type Push, PushDesk } from "./push-desk.js";
import { type WaitingPull, WaitingPulls } from "./waiting-pulls.js";

/** A process that has not pulled for so long is gone, and its models with it. Original workers pull every 3 s. */
const GONE_AFTER_MS = 15_000;
/** Processes of one key whose models are remembered. */
const REFERENCES_MAX = 64;
/** Jobs of one key may be on several machines: that one has output says nothing of another. */
const NEVER_QUEUED = { queuedAfterMs: Number.POSITIVE_INFINITY };

export interface BridgedWorkerOptions {
  readonly mesh: Mesh;
  readonly catalogue: CatalogueView;
  /** Under which it signs. */
  readonly identity: Identity;
  /** See `WorkerRuntimeOptions`. */
  readonly meshKeys: () => readonly string[];
  /** Who is paid. */
  readonly publicKey: string;
  readonly jobsMax: number;
  readonly firstOutputMs: number;
  readonly silenceMs: number;
  readonly drainMs: number;
}

interface Offer {
  readonly models: readonly ServedModel[];
  readonly heardMs: number;
}

/**
 * All original workers that name one public key, as one worker of the mesh. It has as many slots as they have open
 * pulls and jobs, so a ticket is taken only when one of them can be given the job at once.
 */
export class BridgedWorker {
  readonly publicKey: string;
  readonly #options: BridgedWorkerOptions;
  readonly #pulls = new WaitingPulls();
  readonly #pushes: PushDesk;
  readonly #runner: BridgedRunner;
  readonly #runtime: WorkerRuntime;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  /** What each process has offered last, the one heard last at the end. */
  readonly #offers = new Map<string, Offer>();
  #heardMs = performance.now();

  constructor(options: BridgedWorkerOptions) {
    const { mesh, catalogue, identity, publicKey, jobsMax, firstOutputMs, silenceMs, drainMs } = options;
    const { meshKeys } = options;
    this.#options = options;
    this.publicKey = publicKey;
    this.#pushes = new PushDesk({ firstOutputMs, silenceMs });
    this.#runner = new BridgedRunner({
      pulls: this.#pulls,
      pushes: this.#pushes,
      firstOutputMs,
      silenceMs,
      profileOf: (model) => profileOf(catalogue.find(model)),
      onHandedJobs: () => this.#updateSlots(),
    });
    this.#runtime = new WorkerRuntime({
      mesh,
      workerId: identity.id,
      signer: identity,
      meshKeys,
      payeeId: publicKey,
      isBridged: true,
      slots: jobsMax,
      slotGauge: NEVER_QUEUED,
      runner: this.#runner,
      // What a model is, the catalogue learns from workers that have it.
      describe: async () => undefined,
      drainTimeoutMs: drainMs,
    });
    this.#runtime.limitSlots(0);
    this.#ended = this.#runtime.start(this.#stop.signal);
  }

  /** Under which the mesh knows it. */
  get workerId(): string {
    return this.#options.identity.id;
  }

  /** Nobody pulls, nothing runs, and nothing was heard for a while. */
  isIdle(nowMs: number): boolean {
    const hasWork = this.#pulls.size > 0 || this.#runtime.activeLeases > 0;
    return !hasWork && nowMs - this.#heardMs > GONE_AFTER_MS;
  }

  /** Takes a pull in; false: it brings no model, or there are as many pulls and jobs of the key as there may be. */
  offer(pull: WaitingPull, models: readonly ServedModel[]): boolean {
    const nowMs = performance.now();
    this.#heardMs = nowMs;
    this.#pushes.askedForMore(pull.reference);
    this.#offers.delete(pull.reference);
    this.#offers.set(pull.reference, { models, heardMs: nowMs });
    this.#runtime.setModels(this.#modelsAt(nowMs));
    const isFull = this.#pulls.size + this.#runner.handedJobs >= this.#options.jobsMax;
    if (this.#stop.signal.aborted || isFull || models.length === 0) return false;
    this.#pulls.add(pull);
    this.#updateSlots();
    return true;
  }

  /** The pull was answered, or its worker has gone. */
  withdraw(pull: WaitingPull): void {
    this.#heardMs = performance.now();
    this.#pulls.remove(pull);
    this.#updateSlots();
  }

  /** Takes a push in; false: nobody waits for it. */
  take(id: string, reference: string, push: Push): boolean {
    this.#heardMs = performance.now();
    return this.#pushes.take(id, reference, push);
  }

  /** Sends its pulls away, and leaves the mesh when what runs has ended or was given back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#pulls.dismiss();
    await this.#ended;
  }

  #modelsAt(nowMs: number): ServedModel[] {
    const models = new Map<string, ServedModel>();
    for (const [reference, { models: offered, heardMs }] of this.#offers) {
      const isGone = nowMs - heardMs > this.#pullLifeMs() || this.#offers.size > REFERENCES_MAX;
      if (isGone) this.#offers.delete(reference);
      else for (const model of offered) models.set(model.name, model);
    }
    return [...models.values()];
  }

  /** A process is not heard while its pull is open, nor while it works to capacity. */
  #pullLifeMs(): number {
    return GONE_AFTER_MS + this.#options.firstOutputMs;
  }

  #updateSlots(): void {
    this.#runtime.limitSlots(this.#pulls.size + this.#runner.handedJobs);
  }
}
