import { type Mesh, SOFTWARE_VERSION } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import {
  HardwareClass,
  type Heartbeat,
  type ModelDescription,
  WorkerAnnouncement,
} from "@flock/proto/workers";

/** What a worker says of itself: all but what never changes. */
export type Announcement = Pick<Heartbeat, "state" | "slots" | "models" | "active">;

export interface AnnouncerOptions {
  readonly mesh: Mesh;
  readonly workerId: string;
  /** How often it is going to announce itself. */
  readonly intervalMs: number;
  readonly isBridged: boolean;
  /** Undefined: unknown. */
  readonly hardware: HardwareClass | undefined;
  /** Its engine as it is now; empty: unknown. */
  engine(): string;
  /** Describes a model for the catalogue; undefined if it is not served (any more). */
  describe(model: string): Promise<Omit<ModelDescription, "workerId"> | undefined>;
}

/** Tells the routers that a worker lives, what it serves, and what its models are. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #startedUnixMs = Date.now();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** A heartbeat. While NATS is away it is not kept: what it says would be old when NATS is back. */
  announce(announcement: Announcement): void {
    const { mesh, workerId, intervalMs, isBridged, hardware = HardwareClass.UNSPECIFIED } = this.#options;
    if (!mesh.isConnected()) return;
    const startedUnixMs = this.#startedUnixMs;
    const constants = { workerId, startedUnixMs, intervalMs, isBridged, hardware };
    const engine = this.#options.engine();
    const value = { ...constants, engine, softwareVersion: SOFTWARE_VERSION, ...announcement };
    this.#publish({ $case: "heartbeat", value });
  }

  /** Answers the router that asked what a model is. */
  async describe(model: string): Promise<void> {
    const { mesh, workerId } = this.#options;
    try {
      const description = await this.#options.describe(model);
      if (description === undefined) return;
      this.#publish({ $case: "modelDescription", value: { ...description, workerId } });
    } catch (error) {
      // The router asks again while the model is offered and not described.
      mesh.logger.warn({ err: error, model }, "cannot describe a model");
    }
  }

  #publish(body: WorkerAnnouncement["body"]): void {
    const { mesh, workerId } = this.#options;
    const message = encode(WorkerAnnouncement, { version: PROTOCOL_VERSION, body });
    mesh.nats.publish(SUBJECTS.heartbeat(workerId), message);
  }
}
