import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  flag,
  type IsoTime,
  inside,
  list,
  number,
  object,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

/** Of measurements: half of them, and nine tenths, were at most so. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  /** How many there were. */
  readonly n: number;
}

/** A model that live workers have, and how it does in the last half hour; null: too little was measured. */
export interface Model {
  /** With its tag. */
  readonly name: string;
  readonly digest: string;
  /** In tokens. */
  readonly contextLength: number | null;
  /** `completion`, `tools`, `vision`, … */
  readonly capabilities: readonly string[];
  /** Of a token of the prompt. */
  readonly promptPriceMicro: MicroLlama;
  /** Of a token of the answer. */
  readonly completionPriceMicro: MicroLlama;
  readonly isChecked: boolean;
  readonly isAvailable: boolean;
  /** Null: fewer than the network tells of. */
  readonly workers: { readonly all: number; readonly warm: number } | null;
  readonly slots: { readonly all: number; readonly busy: number } | null;
  /** Requests that wait for a worker and can be served; null: not known at the moment. */
  readonly waiting: number | null;
  readonly waitMs: Percentiles | null;
  readonly firstTokenMs: Percentiles | null;
  readonly tokensPerSecond: Percentiles | null;
}

export interface Models {
  readonly models: readonly Model[];
  readonly asOf: IsoTime;
  /** Groups of fewer workers are not told of. */
  readonly groupMin: number;
  /** Jobs that ended before are in no figure; null: none was measured yet. */
  readonly measuredSince: IsoTime | null;
}

/** A model in an hour. */
export interface ModelHour {
  readonly at: IsoTime;
  readonly tokensPerSecond: number | null;
  readonly firstTokenMs: number | null;
  readonly waitMs: number | null;
}

export interface ModelInDetail extends Model {
  /** Null: too few workers to tell them apart. */
  readonly hardware: readonly { readonly class: string; readonly workers: number }[] | null;
  readonly hours: readonly ModelHour[];
}

export interface ModelsResource {
  list(options?: CallOptions): Promise<Models>;
  get(name: string, options?: CallOptions): Promise<ModelInDetail>;
}

const percentiles = object<Percentiles>({ p50: number, p90: number, n: whole });
const MODEL = {
  name: text,
  digest: text,
  contextLength: orNull(whole),
  capabilities: list(text),
  promptPriceMicro: amount,
  completionPriceMicro: amount,
  isChecked: flag,
  isAvailable: flag,
  workers: orNull(object<{ all: number; warm: number }>({ all: whole, warm: whole })),
  slots: orNull(object<{ all: number; busy: number }>({ all: whole, busy: whole })),
  waiting: orNull(whole),
  waitMs: orNull(percentiles),
  firstTokenMs: orNull(percentiles),
  tokensPerSecond: orNull(percentiles),
};
const models: Decoder<Models> = object<Models>({
  models: list(object<Model>(MODEL)),
  asOf: time,
  groupMin: whole,
  measuredSince: orNull(time),
});
const inDetail: Decoder<ModelInDetail> = object<ModelInDetail>({
  ...MODEL,
  hardware: orNull(list(object<{ class: string; workers: number }>({ class: text, workers: whole }))),
  hours: list(
    object<ModelHour>({
      at: time,
      tokensPerSecond: orNull(number),
      firstTokenMs: orNull(number),
      waitMs: orNull(number),
    }),
  ),
});

export function modelsResource(transport: Transport): ModelsResource {
  return {
    list: (options) => transport.ask({ method: "GET", path: "/models" }, models, options),
    get: (name, options) =>
      transport.ask(
        { method: "GET", path: `/models/${encodeURIComponent(name)}` },
        inside("model", inDetail),
        options,
      ),
  };
}
