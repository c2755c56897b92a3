export type ServiceState = "ok" | "degraded" | "down" | "unknown";

export interface Service {
  readonly name: string;
  readonly state: ServiceState;
  readonly instances: number | null;
  readonly since: string | null;
  readonly note: string | null;
}

export interface Incident {
  readonly id: string;
  readonly service: string;
  readonly began_at: string;
  readonly ended_at: string | null;
  readonly effect: string;
  readonly done: string | null;
}

export interface Day {
  readonly day: string;
  readonly services: readonly { readonly name: string; readonly ok: number; readonly samples: number }[];
}

/** What `GET /flock/v1/status` answers. */
export interface Status {
  /** `null`: nobody has looked. */
  readonly as_of: string | null;
  readonly services: readonly Service[];
  readonly incidents: readonly Incident[];
  /** Oldest first; of a day on which nobody looked there is no service. */
  readonly days: readonly Day[];
  readonly payouts: {
    readonly halted: boolean;
    readonly reason: string | null;
    readonly since: string | null;
  } | null;
}

export interface Finding {
  readonly tone: "ok" | "warn" | "bad";
  readonly text: string;
}

/** The one sentence that the page is opened for. What is old is never told as well. */
export function findingOf({ as_of: asOf, services }: Status, isStale: boolean): Finding {
  const named = (state: ServiceState) =>
    services.filter((service) => service.state === state).map(({ name }) => name);
  if (isStale) return { tone: "warn", text: "How the services do now is not known. What follows is old." };
  if (asOf === null || services.length === 0)
    return { tone: "warn", text: "Nobody has looked at the services yet." };
  const down = named("down");
  if (down.length > 0) return { tone: "bad", text: `Not working: ${down.join(", ")}.` };
  const degraded = named("degraded");
  if (degraded.length > 0) return { tone: "warn", text: `Working worse than usual: ${degraded.join(", ")}.` };
  const unknown = named("unknown");
  if (unknown.length > 0) return { tone: "warn", text: `Not known at the moment: ${unknown.join(", ")}.` };
  return { tone: "ok", text: "Every service works." };
}

/** `99.98 %`; never rounded up to all. */
export function shareWords(ok: number, samples: number): string {
  return `${Math.floor((ok / samples) * 10_000) / 100} %`;
}
