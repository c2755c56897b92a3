import type { Identity } from "@flock/keys";
import { type CatalogueView, delay, type Mesh, type Part } from "@flock/mesh";
import { bridgedIdentity } from "./bridged-identity.js";
import { BridgedWorker, type BridgedWorkerOptions } from "./bridged-worker.js";

const LOOK_MS = 1_000;

export interface BridgedWorkersOptions
  extends Pick<BridgedWorkerOptions, "meshKeys" | "jobsMax" | "firstOutputMs" | "silenceMs" | "drainMs"> {
  readonly mesh: Mesh;
  readonly catalogue: CatalogueView;
  readonly bridge: Identity;
  readonly keysMax: number;
  readonly keysPerAddressMax: number;
}

interface Known {
  readonly worker: BridgedWorker;
  /** The address that has brought its key. */
  readonly client: string;
}

/** A bridged worker for each public key that is named in pulls; one that nobody speaks for any more leaves the mesh. */
export class BridgedWorkers implements Part {
  readonly name = "bridged workers";
  readonly #options: BridgedWorkersOptions;
  readonly #known = new Map<string, Known>();
  readonly #leaving = new Map<string, Promise<void>>();
  #isTaking = false;

  constructor(options: BridgedWorkersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  notReady(): string | undefined {
    return this.#isTaking ? undefined : "takes no pulls";
  }

  find(publicKey: string): BridgedWorker | undefined {
    return this.#known.get(publicKey)?.worker;
  }

  /** The worker of a key, which has been checked; undefined: there are as many keys as may be, or it is leaving. */
  open(publicKey: string, client: string): BridgedWorker | undefined {
    const known = this.find(publicKey);
    if (known !== undefined || !this.#hasRoom(publicKey, client)) return known;
    const { mesh, bridge } = this.#options;
    const worker = new BridgedWorker({
      ...this.#options,
      identity: bridgedIdentity(bridge, publicKey),
      publicKey,
    });
    this.#known.set(publicKey, { worker, client });
    mesh.logger.info({ workerId: worker.workerId, payeeId: publicKey }, "bridged worker joined");
    return worker;
  }

  async start(stop: AbortSignal): Promise<void> {
    this.#isTaking = true;
    while (!stop.aborted) {
      await delay(LOOK_MS, stop);
      const nowMs = performance.now();
      for (const { worker } of this.#known.values()) if (worker.isIdle(nowMs)) this.#leave(worker);
    }
    this.#isTaking = false;
    for (const { worker } of this.#known.values()) this.#leave(worker);
    await Promise.all(this.#leaving.values());
  }

  #hasRoom(publicKey: string, client: string): boolean {
    const { keysMax, keysPerAddressMax } = this.#options;
    if (!this.#isTaking || this.#leaving.has(publicKey) || this.#known.size >= keysMax) return false;
    let ofClient = 0;
    for (const known of this.#known.values()) if (known.client === client) ofClient += 1;
    return ofClient < keysPerAddressMax;
  }

  /** Its pushes are taken until it has left. */
  #leave(worker: BridgedWorker): void {
    const { publicKey, workerId } = worker;
    if (this.#leaving.has(publicKey)) return;
    const left = worker.stop().then(() => {
      this.#known.delete(publicKey);
      this.#leaving.delete(publicKey);
      this.#options.mesh.logger.info({ workerId, payeeId: publicKey }, "bridged worker left");
    });
    this.#leaving.set(publicKey, left);
  }
}
