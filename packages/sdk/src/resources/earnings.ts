import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  count,
  type Decoder,
  day,
  type IsoDay,
  type IsoTime,
  list,
  object,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

export interface EarningsQuery {
  readonly from?: IsoDay | undefined;
  readonly to?: IsoDay | undefined;
  /** Of this worker alone. */
  readonly worker?: string | undefined;
}

export interface EarningsRow {
  readonly day: IsoDay;
  readonly model: string;
  /** Null: of the account's own wallet. */
  readonly workerId: string | null;
  readonly jobs: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly shareMicro: MicroLlama;
  readonly clawedBackMicro: MicroLlama;
}

export interface Vesting {
  readonly epoch: number;
  readonly amountMicro: MicroLlama;
  readonly vestsAt: IsoTime | null;
}

export interface EarningsTotals {
  readonly earnedMicro: MicroLlama;
  readonly vestingMicro: MicroLlama;
  readonly vestedMicro: MicroLlama;
  readonly collectedMicro: MicroLlama;
  readonly paidMicro: MicroLlama;
  readonly clawedBackMicro: MicroLlama;
}

export interface Earnings {
  readonly from: IsoDay;
  readonly to: IsoDay;
  /** Newest day first. */
  readonly earnings: readonly EarningsRow[];
  /** Of these days, without what was taken back. */
  readonly totalMicro: MicroLlama;
  readonly vesting: readonly Vesting[];
  readonly totals: EarningsTotals;
}

export interface EarningsResource {
  get(query?: EarningsQuery, options?: CallOptions): Promise<Earnings>;
}

const earnings: Decoder<Earnings> = object<Earnings>({
  from: day,
  to: day,
  earnings: list(
    object<EarningsRow>({
      day,
      model: text,
      workerId: orNull(text),
      jobs: count,
      promptTokens: count,
      completionTokens: count,
      shareMicro: amount,
      clawedBackMicro: amount,
    }),
  ),
  totalMicro: amount,
  vesting: list(object<Vesting>({ epoch: whole, amountMicro: amount, vestsAt: orNull(time) })),
  totals: object<EarningsTotals>({
    earnedMicro: amount,
    vestingMicro: amount,
    vestedMicro: amount,
    collectedMicro: amount,
    paidMicro: amount,
    clawedBackMicro: amount,
  }),
});

export function earningsResource(transport: Transport): EarningsResource {
  return {
    get: ({ from, to, worker } = {}, options) =>
      transport.ask({ method: "GET", path: "/earnings", query: { from, to, worker } }, earnings, options),
  };
}
