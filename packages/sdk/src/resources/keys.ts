import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  type IsoTime,
  inside,
  list,
  object,
  oneOf,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

export type Scope = "inference" | "read_account" | "manage_keys";

/** What a key may do; null: without that bound. */
export interface KeyRights {
  readonly scopes: readonly (Scope | "unknown")[];
  /** The only models that it may use. */
  readonly models: readonly string[] | null;
  readonly expiresAt: IsoTime | null;
  readonly budgetDayMicro: MicroLlama | null;
  readonly budgetMonthMicro: MicroLlama | null;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly streamsMax: number | null;
}

export interface ApiKey extends KeyRights {
  readonly id: string;
  readonly label: string;
  readonly createdAt: IsoTime | null;
  readonly revokedAt: IsoTime | null;
  /** The first letters of it, to know it by; null: of an old key they are not known. */
  readonly prefix: string | null;
  readonly lastUsedAt: IsoTime | null;
  readonly charge30DaysMicro: MicroLlama | null;
}

/** A key as it is made: `apiKey` is shown this once. */
export interface NewApiKey extends KeyRights {
  readonly id: string;
  readonly apiKey: string;
  readonly account: string;
  readonly label: string;
}

export interface NewKeyRequest {
  readonly label?: string | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly expiresAt?: IsoTime | null | undefined;
  readonly budgetDayMicro?: bigint | null | undefined;
  readonly budgetMonthMicro?: bigint | null | undefined;
  readonly requestsPerMinute?: number | null | undefined;
  readonly tokensPerMinute?: number | null | undefined;
  readonly streamsMax?: number | null | undefined;
}

export interface KeyChange {
  readonly label?: string | undefined;
  /** Null: never. */
  readonly expiresAt?: IsoTime | null | undefined;
}

export interface KeysResource {
  /** Those that work first. */
  list(options?: CallOptions): Promise<readonly ApiKey[]>;
  /** Never repeated by itself: each call makes a key. */
  create(request?: NewKeyRequest, options?: CallOptions): Promise<NewApiKey>;
  change(id: string, change: KeyChange, options?: CallOptions): Promise<void>;
  /** A second time is no error. */
  revoke(id: string, options?: CallOptions): Promise<void>;
}

const RIGHTS = {
  scopes: list(oneOf(["inference", "read_account", "manage_keys"])),
  models: orNull(list(text)),
  expiresAt: orNull(time),
  budgetDayMicro: orNull(amount),
  budgetMonthMicro: orNull(amount),
  requestsPerMinute: orNull(whole),
  tokensPerMinute: orNull(whole),
  streamsMax: orNull(whole),
};
const apiKey: Decoder<ApiKey> = object<ApiKey>(
  {
    id: text,
    label: text,
    ...RIGHTS,
    createdAt: orNull(time),
    revokedAt: orNull(time),
    prefix: orNull(text),
    lastUsedAt: orNull(time),
    charge30DaysMicro: orNull(amount),
  },
  { charge30DaysMicro: "charge_30_days_micro" },
);
const newApiKey: Decoder<NewApiKey> = object<NewApiKey>({
  id: text,
  apiKey: text,
  account: text,
  label: text,
  ...RIGHTS,
});
const changed: Decoder<void> = (value, field) => {
  inside("id", text)(value, field);
};

export function keysResource(transport: Transport): KeysResource {
  const path = (id: string): string => `/keys/${encodeURIComponent(id)}`;
  return {
    list: (options) => transport.ask({ method: "GET", path: "/keys" }, inside("keys", list(apiKey)), options),
    create: (request = {}, options) =>
      transport.ask({ method: "POST", path: "/keys", body: bodyOf(request) }, newApiKey, options),
    change: (id, { label, expiresAt }, options) =>
      transport.ask(
        { method: "PATCH", path: path(id), body: { label, expires_at: expiresAt }, isRepeatable: true },
        changed,
        options,
      ),
    revoke: (id, options) =>
      transport.ask({ method: "DELETE", path: path(id), isRepeatable: true }, changed, options),
  };
}

function bodyOf(request: NewKeyRequest): Readonly<Record<string, unknown>> {
  return {
    label: request.label,
    scopes: request.scopes,
    models: request.models,
    expires_at: request.expiresAt,
    budget_day_micro: request.budgetDayMicro,
    budget_month_micro: request.budgetMonthMicro,
    requests_per_minute: request.requestsPerMinute,
    tokens_per_minute: request.tokensPerMinute,
    streams_max: request.streamsMax,
  };
}
