import { delay, type Part, signatureFault, waitAtMost } from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { MESSAGE_BYTES_MAX, SUBJECTS } from "@flock/proto";
import { Outcome, WorkerControl } from "@flock/proto/jobs";
import { type ServedModel, WorkerState } from "@flock/proto/workers";
import type { Msg } from "@nats-io/nats-core";
import { Announcer } from "./announcer.js";
import { ClaimClient, type ClaimRequest, type ClaimResult } from "./claim-client.js";
import { LeaseRun } from "./lease-run.js";
import { ReportSender } from "./report-sender.js";
import { parseRequest } from "./request-json.js";
import { SLOT_GAUGE_DEFAULTS, SlotGauge } from "./slot-gauge.js";
import { type DeliveredTicket, TicketPuller } from "./ticket-puller.js";
import type { WorkerRuntimeOptions } from "./worker-options.js";

/** Heartbeats and checks. */
const HEARTBEAT_MS = 1_000;
/** Models that are not in memory are pulled for only after loaded ones had this long to bring a ticket. */
const LOADED_FIRST_MS = 30;
/** A requester that was not heard of for this long is gone; its leases are ended. */
const REQUESTER_SILENT_MS = 5_000;
/** A connection has a bounded number of subscriptions, and each pull is one. */
const PULLS_MAX = 480;
/** Of those, one model's. Each is replaced when its ticket comes, so more would only be more to keep at the server. */
const MODEL_PULLS_MAX = 16;
/** After declining a ticket that is not for us the model rests, so that another worker gets it. */
const DECLINE_REST_MS = 100;

/**
 * The side of the job protocol that runs jobs: tells the router what it serves, pulls tickets while it has a free slot,
 * claims, runs, reports, signs. The engine behind it is a {@link JobRunner}.
 *
 * States: `ready` ⇄ `paused` (operator), then `draining` → left. Only `ready` pulls.
 */
export class WorkerRuntime implements Part {
  readonly name = "worker runtime";
  readonly #options: WorkerRuntimeOptions;
  readonly #isBridged: boolean;
  readonly #models = new Map<string, ServedModel>();
  readonly #pullers = new Map<string, TicketPuller>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  readonly #runs = new Map<string, LeaseRun>();
  readonly #running = new Set<Promise<void>>();
  readonly #senders = new Map<string, ReportSender>();
  readonly #requesterHeardMs = new Map<string, number>();
  readonly #gauge: SlotGauge;
  readonly #announcer: Announcer;
  readonly #forgetReconnects: () => void;
  #claims: ClaimClient | undefined;
  #claiming = 0;
  #slotLimit = Number.POSITIVE_INFINITY;
  #state = WorkerState.READY;
  #heldOffUntilMs = 0;
  #coldPullTimer: NodeJS.Timeout | undefined;
  #progressMs = 500;
  #drainNow: AbortController | undefined;

  constructor(options: WorkerRuntimeOptions) {
    this.#options = options;
    this.#isBridged = options.isBridged === true;
    this.#gauge = new SlotGauge({ ...SLOT_GAUGE_DEFAULTS, ...options.slotGauge, slotsMax: options.slots });
    this.#announcer = new Announcer({
      mesh: options.mesh,
      workerId: options.workerId,
      intervalMs: HEARTBEAT_MS,
      isBridged: this.#isBridged,
      hardware: options.hardware,
      engine: options.engine ?? (() => ""),
      describe: (model) => options.describe(model),
    });
    this.#forgetReconnects = options.mesh.onReconnect(() => {
      for (const puller of this.#pullers.values()) puller.withdraw();
      // Nobody could be heard while NATS was away: everyone gets a full timeout again.
      for (const requesterId of this.#requesterHeardMs.keys())
        this.#requesterHeardMs.set(requesterId, performance.now());
      this.#announce();
      this.#updatePulls();
    });
  }

  get state(): WorkerState {
    return this.#state;
  }

  get activeLeases(): number {
    return this.#runs.size;
  }

  /** Jobs that it runs at once now: as configured, or as many as its engine is seen to run. */
  get slots(): number {
    return Math.min(this.#gauge.slots, this.#slotLimit);
  }

  /** The engine takes no more jobs at once for now. Running ones go on. */
  limitSlots(slots: number): void {
    if (this.#slotLimit === slots) return;
    this.#slotLimit = slots;
    this.#announce();
    this.#updatePulls();
  }

  /** Sets what this worker serves; unchanged lists cost nothing. */
  setModels(models: readonly ServedModel[]): void {
    const before = JSON.stringify([...this.#models.values()]);
    if (before === JSON.stringify(models)) return;
    this.#models.clear();
    for (const model of models) this.#models.set(model.name, model);
    for (const [name, puller] of this.#pullers) {
      if (this.#models.has(name)) continue;
      puller.withdraw();
      this.#pullers.delete(name);
    }
    this.#announce();
    this.#updatePulls();
  }

  /** The engine was away: it may have come back as another one, that runs another number of jobs at once. */
  engineReturned(): void {
    this.#gauge.reset();
    this.#updatePulls();
  }

  /** Takes no new jobs until {@link resume}; running ones go on. */
  pause(): void {
    if (this.#state !== WorkerState.READY) return;
    this.#enter(WorkerState.PAUSED);
  }

  resume(): void {
    if (this.#state !== WorkerState.PAUSED) return;
    this.#enter(WorkerState.READY);
  }

  async start(stop: AbortSignal): Promise<void> {
    const { mesh, workerId, signer, delegation, offersKeys = !this.#isBridged } = this.#options;
    this.#claims = new ClaimClient(mesh, {
      workerId,
      delegation,
      pairSigner: offersKeys ? signer : undefined,
    });
    const control = mesh.nats.subscribe(SUBJECTS.control(workerId), {
      callback: (error, msg) => {
        if (!error) this.#onControl(msg);
      },
    });
    this.#announce();
    this.#updatePulls();
    const progress = setInterval(() => this.#onInterval(), this.#progressMs);
    let nextHeartbeatMs = performance.now() + HEARTBEAT_MS;
    while (!stop.aborted) {
      await delay(Math.max(0, nextHeartbeatMs - performance.now()), stop);
      nextHeartbeatMs = performance.now() + HEARTBEAT_MS;
      if (!stop.aborted) this.#announce();
    }
    await this.#drain();
    clearInterval(progress);
    clearTimeout(this.#coldPullTimer);
    for (const timer of this.#resting.values()) clearTimeout(timer);
    control.unsubscribe();
    this.#claims.close();
    this.#forgetReconnects();
    this.#enter(WorkerState.LEFT);
    await mesh.nats.flush().catch(() => {});
  }

  /** Ends the drain at once: what still runs is given back, to go on elsewhere. */
  giveBackNow(): void {
    this.#drainNow?.abort();
  }

  async #drain(): Promise<void> {
    this.#drainNow = new AbortController();
    this.#enter(WorkerState.DRAINING);
    const finished = Promise.allSettled([...this.#running]);
    await waitAtMost(finished, this.#options.drainTimeoutMs ?? 20_000, this.#drainNow.signal);
    for (const run of this.#runs.values()) run.end("returned");
    await Promise.allSettled([...this.#running]);
    for (const sender of this.#senders.values()) sender.flush();
  }

  #enter(state: WorkerState): void {
    this.#state = state;
    this.#options.mesh.logger.info({ workerState: WorkerState[state] }, "worker state");
    // Before its pulls: the router refuses those of a worker that takes nothing.
    this.#announce();
    this.#updatePulls();
  }

  #freeSlots(): number {
    const isTaking = this.#state === WorkerState.READY && performance.now() >= this.#heldOffUntilMs;
    return isTaking ? Math.max(0, this.slots - this.#runs.size - this.#claiming) : 0;
  }

  get #pullsMax(): number {
    return Math.min(MODEL_PULLS_MAX, Math.max(1, Math.floor(PULLS_MAX / this.#models.size)));
  }

  /** Brings the waiting pulls in line with the free slots: loaded models at once, others a moment later. */
  #updatePulls(): void {
    clearTimeout(this.#coldPullTimer);
    const free = this.#freeSlots();
    const models = [...this.#models.values()];
    const loaded = models.filter((model) => model.loaded);
    const waits = free > 0 && loaded.length > 0 && loaded.length < models.length;
    for (const model of models) if (!waits || model.loaded) this.#pull(model.name, free);
    if (!waits) return;
    this.#coldPullTimer = setTimeout(() => {
      for (const model of models) if (!model.loaded) this.#pull(model.name, this.#freeSlots());
    }, LOADED_FIRST_MS);
  }

  #pull(model: string, free: number): void {
    if (this.#resting.has(model)) return;
    let puller = this.#pullers.get(model);
    if (puller === undefined) {
      const { mesh, workerId, meshKeys } = this.#options;
      puller = new TicketPuller({
        ...{ mesh, meshKeys, workerId, model },
        lane: this.#isBridged ? "bridged" : "ordinary",
        onTicket: (delivered) => this.#onTicket(delivered),
      });
      this.#pullers.set(model, puller);
    }
    puller.want(free, this.#pullsMax);
  }

  #onTicket({ ticket, ackSubject }: DeliveredTicket): void {
    const { requesterId, jobId, queuedMs } = ticket;
    const served = this.#models.get(ticket.model);
    const request = { jobId, requesterId, ackSubject, modelDigest: served?.digest ?? "", queuedMs };
    const { workerId: id } = this.#options;
    const isExcluded = ticket.excludedWorkerIds.includes(id) || (ticket.onlyWorkerId || id) !== id;
    if (isExcluded || served === undefined || served.digest !== ticket.modelDigest) {
      this.#claims?.decline(request);
      this.#rest(ticket.model);
    } else if (this.#freeSlots() === 0) {
      this.#claims?.decline(request);
    } else {
      this.#track(this.#claimAndRun(request, served, ticket.traceparent));
    }
    this.#updatePulls();
  }

  #rest(model: string): void {
    if (this.#resting.has(model)) return;
    this.#pullers.get(model)?.want(0, this.#pullsMax);
    const timer = setTimeout(() => {
      this.#resting.delete(model);
      this.#updatePulls();
    }, DECLINE_REST_MS);
    this.#resting.set(model, timer);
  }

  #track(work: Promise<void>): void {
    const settled = work.finally(() => {
      this.#running.delete(settled);
      this.#updatePulls();
    });
    this.#running.add(settled);
  }

  async #claimAndRun(request: ClaimRequest, served: ServedModel, ticketTraceparent: string): Promise<void> {
    this.#claiming += 1;
    let claimed: ClaimResult | undefined;
    try {
      claimed = await this.#claims?.claim(request);
    } finally {
      this.#claiming -= 1;
    }
    const { logger } = this.#options.mesh;
    const traceId = traceIdOf(claimed?.kind === "granted" ? claimed.traceparent : ticketTraceparent);
    const facts = { jobId: request.jobId, traceId, model: served.name };
    if (claimed?.kind !== "granted") return logger.debug(facts, "job not granted");
    const run = this.#newRun(request, served, claimed);
    if (run === undefined) return logger.warn(facts, "a granted job has no request that can be read");
    const key = `${run.jobId} ${run.lease}`;
    this.#runs.set(key, run);
    const { requestJson } = claimed.work;
    const startedMs = performance.now();
    this.#gauge.began(key, requestJson.length, run.mayBeQuiet, startedMs);
    logger.debug({ ...facts, lease: run.lease }, "run began");
    const outcome = await run.run();
    const durationMs = Math.round(performance.now() - startedMs);
    logger.debug({ ...facts, lease: run.lease, outcome: Outcome[outcome], durationMs }, "run ended");
    this.#gauge.ended(key);
    this.#runs.delete(key);
  }

  #newRun(
    { jobId, requesterId }: ClaimRequest,
    served: ServedModel,
    { lease, work, sealer }: ClaimResult & { kind: "granted" },
  ): LeaseRun | undefined {
    const request = parseRequest(work.requestJson);
    if (request === undefined) return undefined;
    const key = `${jobId} ${lease}`;
    this.#requesterHeardMs.set(requesterId, performance.now());
    return new LeaseRun({
      job: { jobId, lease, operation: work.operation, model: served.name, request, resume: work.resume },
      coalesce: work.coalesce,
      requesterId,
      modelDigest: served.digest,
      workerId: this.#options.workerId,
      signer: this.#options.signer,
      payeeId: this.#options.payeeId,
      runner: this.#options.runner,
      sender: this.#sender(requesterId),
      sealer,
      onOutput: () => this.#gauge.hadOutput(key, performance.now()),
    });
  }

  #sender(requesterId: string): ReportSender {
    let sender = this.#senders.get(requesterId);
    if (sender === undefined) {
      sender = new ReportSender(this.#options.mesh, this.#options.workerId, requesterId);
      this.#senders.set(requesterId, sender);
    }
    return sender;
  }

  #onControl(msg: Msg): void {
    const { mesh, workerId, meshKeys } = this.#options;
    // For this very worker: another one can have what was sent to itself arrive here.
    const fault = signatureFault(msg, SUBJECTS.control(workerId), meshKeys());
    if (fault !== undefined) return mesh.dropped.drop("control", fault);
    const message = mesh.dropped.decode("control", WorkerControl, msg.data, MESSAGE_BYTES_MAX.workerControl);
    switch (message?.command?.$case) {
      case "cancel": {
        const { jobId, lease } = message.command.value;
        this.#runs.get(`${jobId} ${lease}`)?.end("cancelled");
        return;
      }
      case "requesterAlive":
        this.#requesterHeardMs.set(message.command.value.requesterId, performance.now());
        return;
      case "holdOff": {
        const { reason } = message.command.value;
        // A timer of more than 24 days would be over at once.
        const durationMs = Math.min(message.command.value.durationMs, 3_600_000);
        this.#heldOffUntilMs = performance.now() + durationMs;
        mesh.logger.warn({ durationMs, reason }, "the router asked this worker to hold off");
        this.#updatePulls();
        setTimeout(() => this.#updatePulls(), durationMs + 1).unref();
        return;
      }
      case "describeModel":
        if (this.#models.has(message.command.value.model))
          void this.#announcer.describe(message.command.value.model);
        return;
      case undefined:
        return;
    }
  }

  #onInterval(): void {
    const nowMs = performance.now();
    this.#giveBackQueued(nowMs);
    const silent = new Set<string>();
    for (const run of this.#runs.values()) {
      run.sendProgress();
      const heardMs = this.#requesterHeardMs.get(run.requesterId) ?? nowMs;
      if (nowMs - heardMs > REQUESTER_SILENT_MS && this.#options.mesh.isConnected()) {
        silent.add(run.requesterId);
        run.end("abandoned");
      }
    }
    const inUse = new Set([...this.#runs.values()].map((run) => run.requesterId));
    for (const [requesterId, heardMs] of this.#requesterHeardMs) {
      if (inUse.has(requesterId) || nowMs - heardMs < 2 * REQUESTER_SILENT_MS) continue;
      this.#requesterHeardMs.delete(requesterId);
      this.#senders.delete(requesterId);
    }
    if (silent.size > 0)
      this.#options.mesh.logger.warn({ requesters: silent.size }, "requester gone: its leases were ended");
  }

  #giveBackQueued(nowMs: number): void {
    const before = this.#gauge.slots;
    const queued = this.#gauge.look(nowMs);
    for (const key of queued) this.#runs.get(key)?.end("returned");
    const { slots } = this.#gauge;
    if (slots === before) return;
    this.#options.mesh.logger.info(
      { slots, before, givenBack: queued.length, configured: this.#options.slots },
      "slots follow what the engine runs at once",
    );
    this.#announce();
    this.#updatePulls();
  }

  #announce(): void {
    this.#announcer.announce({
      state: this.#state,
      slots: this.slots,
      models: [...this.#models.values()],
      active: [...this.#runs.values()].map(({ jobId, lease }) => ({ jobId, lease })),
    });
  }
}
