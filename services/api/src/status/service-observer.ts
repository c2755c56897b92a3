import { instancesOf, type Mesh, manager, waitAtMost } from "@flock/mesh";
import { STREAMS } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import type { MeshServices } from "../mesh-services.js";
import { type ServiceName, servicesOf } from "./known-services.js";
import type { Observation } from "./service-record.js";

/** Whether payouts are being made. */
export interface Payouts {
  readonly isHalted: boolean;
  readonly reason: string | undefined;
  readonly sinceMs: number | undefined;
}

/** What one look at everything has seen. */
export interface Sample {
  /** A service that could not be looked at is not among them. */
  readonly seen: ReadonlyMap<ServiceName, Observation>;
  /** Undefined: there are none, or nobody could say. */
  readonly payouts: Payouts | undefined;
}

/** An instance that does not answer a ping in this time is of no use to clients either. */
const PING_MS = 2_000;
const STREAMS_TIMEOUT_MS = 3_000;
const REASON_LENGTH_MAX = 300;

/** Looks at every part of the mesh that an api works with. What it tells names no instance, host or worker. */
export class ServiceObserver {
  readonly #mesh: Mesh;
  readonly #services: MeshServices;
  readonly #pingMs: number;

  constructor(mesh: Mesh, services: MeshServices, pingMs = PING_MS) {
    this.#mesh = mesh;
    this.#services = services;
    this.#pingMs = pingMs;
  }

  /** To be called by who has just reached the database. Ends early, and knows less, when `stop` is aborted. */
  async observe(stop?: AbortSignal): Promise<Sample> {
    const seen = new Map<ServiceName, Observation>([["database", { instances: 1 }]]);
    if (!this.#mesh.isConnected()) {
      seen.set("messages", { instances: 0 });
      return { seen, payouts: undefined };
    }
    const called = servicesOf(this.#services.chain).filter(
      (name) => name !== "database" && name !== "messages",
    );
    const [messages, payouts] = await Promise.all([
      this.#messages(stop),
      this.#payouts(),
      ...called.map(async (name) => {
        const instances = await this.#instances(name, stop);
        if (instances !== undefined) seen.set(name, { instances });
      }),
    ]);
    seen.set("messages", messages);
    const treasury = seen.get("treasury");
    if (treasury !== undefined && payouts?.isHalted === true)
      seen.set("treasury", {
        ...treasury,
        fault: { note: `payouts are halted: ${payouts.reason}`, effect: "payouts wait; nothing is lost" },
      });
    return { seen, payouts };
  }

  /** Undefined: nobody could be asked. */
  async #instances(name: ServiceName, stop?: AbortSignal): Promise<number | undefined> {
    const found = await instancesOf(this.#mesh, name, this.#pingMs, stop).catch(() => undefined);
    // One that looks is there, also while it is only about to be heard.
    return name === "api" ? Math.max(1, found ?? 0) : found;
  }

  async #messages(stop?: AbortSignal): Promise<Observation> {
    let hasAnswered = false;
    const asking = manager(this.#mesh)
      .then(({ streams }) => streams.info(STREAMS.events))
      .then(
        () => {
          hasAnswered = true;
        },
        () => {},
      );
    await waitAtMost(asking, STREAMS_TIMEOUT_MS, stop);
    if (hasAnswered) return { instances: 1 };
    const effect = "requests may wait, and what was used is counted later";
    return { instances: 1, fault: { note: "its streams do not answer", effect } };
  }

  async #payouts(): Promise<Payouts | undefined> {
    if (this.#services.chain === "none") return undefined;
    try {
      const { stops } = await this.#services.ask(TREASURY.status, {}, { timeoutMs: this.#pingMs });
      const [first] = stops;
      if (first === undefined) return { isHalted: false, reason: undefined, sinceMs: undefined };
      const sinceMs = Math.min(...stops.map(({ sinceUnixMs }) => sinceUnixMs));
      return { isHalted: true, reason: tellable(first.reason), sinceMs };
    } catch {
      return undefined; // Its pings say whether it is there.
    }
  }
}

/** Without addresses of machines. */
function tellable(reason: string): string {
  return reason.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, "…").slice(0, REASON_LENGTH_MAX);
}
