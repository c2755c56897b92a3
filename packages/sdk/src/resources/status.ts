import type { CallOptions, Transport } from "../client/transport.js";
import {
  type Decoder,
  day,
  flag,
  type IsoDay,
  type IsoTime,
  list,
  object,
  oneOf,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

export interface ServiceState {
  readonly name: string;
  readonly state: "ok" | "degraded" | "down" | "unknown";
  /** Null: not known. */
  readonly instances: number | null;
  /** From when on it is in this state. */
  readonly since: IsoTime | null;
  readonly note: string | null;
}

export interface Incident {
  readonly id: string;
  readonly service: string;
  readonly beganAt: IsoTime;
  /** Null: it lasts. */
  readonly endedAt: IsoTime | null;
  /** What clients noticed. */
  readonly effect: string | null;
  /** What was done. */
  readonly done: string | null;
}

export interface StatusDay {
  readonly day: IsoDay;
  /** How many samples there were of each service, and of how many it was well; empty: nobody looked. */
  readonly services: readonly { readonly name: string; readonly ok: number; readonly samples: number }[];
}

export interface Status {
  /** Null: nobody has looked yet. */
  readonly asOf: IsoTime | null;
  readonly services: readonly ServiceState[];
  readonly incidents: readonly Incident[];
  /** Oldest first. */
  readonly days: readonly StatusDay[];
  /** Null: not known. */
  readonly payouts: {
    readonly halted: boolean;
    readonly reason: string | null;
    readonly since: IsoTime | null;
  } | null;
}

export interface StatusResource {
  get(options?: CallOptions): Promise<Status>;
}

const status: Decoder<Status> = object<Status>({
  asOf: orNull(time),
  services: list(
    object<ServiceState>({
      name: text,
      state: oneOf(["ok", "degraded", "down"]),
      instances: orNull(whole),
      since: orNull(time),
      note: orNull(text),
    }),
  ),
  incidents: list(
    object<Incident>({
      id: text,
      service: text,
      beganAt: time,
      endedAt: orNull(time),
      effect: orNull(text),
      done: orNull(text),
    }),
  ),
  days: list(
    object<StatusDay>({
      day,
      services: list(object<StatusDay["services"][number]>({ name: text, ok: whole, samples: whole })),
    }),
  ),
  payouts: orNull(
    object<NonNullable<Status["payouts"]>>({ halted: flag, reason: orNull(text), since: orNull(time) }),
  ),
});

export function statusResource(transport: Transport): StatusResource {
  return { get: (options) => transport.ask({ method: "GET", path: "/status" }, status, options) };
}
