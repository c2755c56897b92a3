import { nuid } from "@nats-io/nats-core";
import type { Mesh } from "../nats/connection.js";
import { delay } from "../runtime/delay.js";
import { SOFTWARE_VERSION } from "../runtime/software-version.js";

interface EndpointStats {
  num_requests: number;
  num_errors: number;
  last_error: string;
  processing_time: number;
}

/**
 * The discovery half of the NATS service framework (ADR-32): answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS` for one
 * service, so that `nats micro` lists it. Written here because the client's own module pulls in a second client core.
 */
export class ServiceStats {
  readonly #mesh: Mesh;
  readonly #name: string;
  readonly #id = nuid.next();
  readonly #started = new Date().toISOString();
  readonly #endpoints = new Map<string, EndpointStats>();

  constructor(mesh: Mesh, name: string) {
    this.#mesh = mesh;
    this.#name = name;
  }

  /** Counts one answered call of `subject`; `error` is the refusal's message. */
  count(subject: string, durationMs: number, error?: string): void {
    let stats = this.#endpoints.get(subject);
    if (stats === undefined) {
      stats = { num_requests: 0, num_errors: 0, last_error: "", processing_time: 0 };
      this.#endpoints.set(subject, stats);
    }
    stats.num_requests += 1;
    stats.processing_time += Math.round(durationMs * 1e6);
    if (error !== undefined) {
      stats.num_errors += 1;
      stats.last_error = error;
    }
  }

  /** Starts answering discovery requests; returns how to stop. */
  announce(): () => void {
    const bodies: Record<string, () => object> = {
      PING: () => ({ type: "io.nats.micro.v1.ping_response" }),
      INFO: () => ({
        type: "io.nats.micro.v1.info_response",
        description: "",
        endpoints: this.#endpointList(),
      }),
      STATS: () => ({
        type: "io.nats.micro.v1.stats_response",
        started: this.#started,
        endpoints: this.#endpointList(),
      }),
    };
    const identity = { name: this.#name, id: this.#id, version: SOFTWARE_VERSION, metadata: {} };
    const subscriptions = Object.entries(bodies).flatMap(([verb, body]) =>
      [`$SRV.${verb}`, `$SRV.${verb}.${this.#name}`, `$SRV.${verb}.${this.#name}.${this.#id}`].map(
        (subject) =>
          this.#mesh.nats.subscribe(subject, {
            callback: (error, msg) => {
              if (!error) msg.respond(JSON.stringify({ ...identity, ...body() }));
            },
          }),
      ),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  #endpointList(): object[] {
    return [...this.#endpoints].map(([subject, stats]) => ({
      name: subject.split(".")[2] ?? subject,
      subject,
      queue_group: this.#name,
      average_processing_time: Math.round(stats.processing_time / Math.max(1, stats.num_requests)),
      ...stats,
    }));
  }
}

const PINGS = 2;
const PING_BYTES_MAX = 4_096;
/** More would be nobody's mesh. */
const INSTANCES_MAX = 10_000;

/**
 * How many processes of a service answer within `waitMs`, or until `stop` is aborted. Each is asked twice, because a
 * message may be lost.
 * @throws Error if NATS is not reached.
 */
export async function instancesOf(
  mesh: Mesh,
  name: string,
  waitMs: number,
  stop?: AbortSignal,
): Promise<number> {
  const inbox = mesh.newInbox();
  const found = new Set<string>();
  const subscription = mesh.nats.subscribe(inbox, {
    callback: (error, msg) => {
      const id = error || found.size >= INSTANCES_MAX ? undefined : idIn(msg.data);
      if (id !== undefined) found.add(id);
    },
  });
  try {
    for (let asked = 0; asked < PINGS; asked++) {
      mesh.nats.publish(`$SRV.PING.${name}`, new Uint8Array(), { reply: inbox });
      await delay(waitMs / PINGS, stop);
    }
  } finally {
    subscription.unsubscribe();
  }
  return found.size;
}

/** Undefined for what is no answer to a ping, such as the server's word that nobody is there. */
function idIn(data: Uint8Array): string | undefined {
  if (data.length === 0 || data.length > PING_BYTES_MAX) return undefined;
  try {
    const { id } = JSON.parse(new TextDecoder().decode(data)) as { readonly id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}
