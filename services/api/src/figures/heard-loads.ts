import { randomUUID } from "node:crypto";
import type { Clock, Mesh, Part } from "@flock/mesh";
import { decodeWire, encode, MESSAGE_BYTES_MAX, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { AnswerPulse, RouterLoad } from "@flock/proto/figures";
import type { HardwareClass } from "@flock/proto/workers";
import type { AnswerMeter } from "./answer-meter.js";
import { nextSecond } from "./next-second.js";

/** A router that has not been heard for so long is gone. */
const ROUTER_LIFE_MS = 5_000;

/** What routers and apis say of a model. */
export interface HeardLoad {
  /** Requests in the queues of all routers. */
  waiting: number;
  /** Jobs at workers that take jobs, by what they run on. */
  running: ReadonlyMap<HardwareClass, number>;
  /** Jobs at workers that take no new ones. */
  draining: number;
  drainingWorkers: number;
  /** Completion tokens, of so many answers, since it was asked last. */
  tokens: number;
  streams: number;
  /** Answers that ended whole, since it was asked last. */
  jobs: number;
}

type Given = Pick<HeardLoad, "tokens" | "streams" | "jobs">;

const NOTHING: HeardLoad = {
  ...{ waiting: 0, running: new Map(), draining: 0, drainingWorkers: 0 },
  ...{ tokens: 0, streams: 0, jobs: 0 },
};

/**
 * Hears what routers and apis tell of their load once a second, and tells what this api has given to clients. All
 * routers know the same workers, so what runs is one router's word; what waits is in each one's own queue.
 */
export class HeardLoads implements Part {
  readonly name = "heard loads";
  readonly #apiId = randomUUID();
  readonly #routers = new Map<string, { readonly load: RouterLoad; readonly atMs: number }>();
  /** By api and model: what was told since it was taken last. */
  #given = new Map<string, Map<string, Given>>();

  constructor(
    private readonly mesh: Mesh,
    private readonly meter: AnswerMeter,
    private readonly clock: Clock,
  ) {}

  async start(stop: AbortSignal): Promise<void> {
    const { nats } = this.mesh;
    const subscriptions = [
      nats.subscribe(SUBJECTS.routerLoad, {
        callback: (error, msg) => {
          if (error === null) this.#hearRouter(msg.data);
        },
      }),
      nats.subscribe(SUBJECTS.answerPulse, {
        callback: (error, msg) => {
          if (error === null) this.#hearApi(msg.data);
        },
      }),
    ];
    while (!stop.aborted) {
      await nextSecond(this.clock, 0, stop);
      this.#tell();
    }
    for (const subscription of subscriptions) subscription.unsubscribe();
  }

  /** Whether some router was heard just now: else nothing is known of what runs. */
  get isHearing(): boolean {
    this.#forgetRouters();
    return this.#routers.size > 0;
  }

  get rejectedWhileIdle(): number {
    this.#forgetRouters();
    return [...this.#routers.values()].reduce((sum, { load }) => sum + load.rejectedWhileIdle, 0);
  }

  /** What is known of each model that there is anything to say of. */
  take(): ReadonlyMap<string, HeardLoad> {
    this.#forgetRouters();
    const loads = new Map<string, HeardLoad>();
    const of = (model: string): HeardLoad => {
      let load = loads.get(model);
      if (load === undefined) {
        load = { ...NOTHING };
        loads.set(model, load);
      }
      return load;
    };
    for (const ofApi of this.#given.values())
      for (const [model, { tokens, streams, jobs }] of ofApi) {
        const load = of(model);
        load.tokens += tokens;
        load.streams += streams;
        load.jobs += jobs;
      }
    this.#given = new Map();
    const [newest] = [...this.#routers.values()].sort((a, b) => b.atMs - a.atMs);
    for (const { model, running, draining, drainingWorkers } of newest?.load.models ?? []) {
      const runningAt = new Map(running.map(({ hardware, jobs }) => [hardware, jobs]));
      Object.assign(of(model), { running: runningAt, draining, drainingWorkers });
    }
    for (const { load } of this.#routers.values())
      for (const { model, waiting } of load.models) of(model).waiting += waiting;
    return loads;
  }

  #tell(): void {
    const models = this.meter.take();
    // What it says now would be old when NATS is back.
    if (models.length === 0 || !this.mesh.isConnected()) return;
    const pulse: AnswerPulse = { version: PROTOCOL_VERSION, apiId: this.#apiId, models };
    this.mesh.nats.publish(SUBJECTS.answerPulse, encode(AnswerPulse, pulse));
  }

  #hearRouter(data: Uint8Array): void {
    const decoded = decodeWire(RouterLoad, data, MESSAGE_BYTES_MAX.figures);
    if (!decoded.ok) return this.mesh.dropped.drop(SUBJECTS.routerLoad, decoded.reason);
    const { message: load } = decoded;
    this.#routers.set(load.routerId, { load, atMs: this.clock.nowMs() });
  }

  #hearApi(data: Uint8Array): void {
    const decoded = decodeWire(AnswerPulse, data, MESSAGE_BYTES_MAX.figures);
    if (!decoded.ok) return this.mesh.dropped.drop(SUBJECTS.answerPulse, decoded.reason);
    const { apiId, models } = decoded.message;
    const given = this.#given.get(apiId) ?? new Map<string, Given>();
    this.#given.set(apiId, given);
    for (const { model, tokens, streams, jobs } of models) {
      const before = given.get(model) ?? NOTHING;
      given.set(model, {
        tokens: before.tokens + tokens,
        // Two pulses may have come since: most of these answers are the same.
        streams: Math.max(before.streams, streams),
        jobs: before.jobs + jobs,
      });
    }
  }

  #forgetRouters(): void {
    const oldestMs = this.clock.nowMs() - ROUTER_LIFE_MS;
    for (const [routerId, { atMs }] of this.#routers) if (atMs < oldestMs) this.#routers.delete(routerId);
  }
}
