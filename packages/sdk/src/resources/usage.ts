import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  count,
  type Decoder,
  day,
  flag,
  type IsoDay,
  list,
  object,
  optional,
  text,
} from "../decoding/decoder.js";

export interface UsageQuery {
  readonly from?: IsoDay | undefined;
  readonly to?: IsoDay | undefined;
  /** What is told apart; default: all of it. */
  readonly by?: readonly ("day" | "model" | "key")[] | undefined;
  /** The id of a key: only what came with it. */
  readonly key?: string | undefined;
}

export interface UsageRow {
  readonly day?: IsoDay;
  readonly model?: string;
  readonly keyId?: string;
  readonly requests: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly chargeMicro: MicroLlama;
}

export interface Usage {
  readonly account: string;
  readonly from: IsoDay;
  readonly to: IsoDay;
  /** Newest day first. */
  readonly usage: readonly UsageRow[];
  /** There is more than is told. */
  readonly isCut: boolean;
}

export interface UsageResource {
  get(query?: UsageQuery, options?: CallOptions): Promise<Usage>;
}

const usage: Decoder<Usage> = object<Usage>({
  account: text,
  from: day,
  to: day,
  usage: list(
    object<UsageRow>({
      day: optional(day),
      model: optional(text),
      keyId: optional(text),
      requests: count,
      promptTokens: count,
      completionTokens: count,
      chargeMicro: amount,
    }),
  ),
  isCut: flag,
});

export function usageResource(transport: Transport): UsageResource {
  return {
    get: ({ from, to, by, key } = {}, options) =>
      transport.ask(
        { method: "GET", path: "/usage", query: { from, to, by: by?.join(","), key } },
        usage,
        options,
      ),
  };
}
