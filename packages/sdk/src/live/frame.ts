import { type Decoder, type IsoTime, list, object, orNull, text, time, whole } from "../decoding/decoder.js";

/** What happened in a second. */
export interface FrameCounts {
  readonly workers: number;
  readonly slots: number;
  readonly busy: number;
  /** Jobs that still run at workers that take no new ones. */
  readonly draining: number;
  /** Requests that wait for a worker. */
  readonly waiting: number;
  /** Generated in this second. */
  readonly tokens: number;
  /** Ended in this second. */
  readonly jobs: number;
}

export interface ModelFrame extends FrameCounts {
  readonly name: string;
}

/** The network in a second: counts alone, and none of fewer workers than the network's `groupMin`. */
export interface Frame {
  readonly at: IsoTime;
  /** Unix seconds. */
  readonly seq: number;
  /** Null: the network has too few workers to be told of. */
  readonly totals: FrameCounts | null;
  readonly models: readonly ModelFrame[];
  /** The models together that have too few workers to be told apart. */
  readonly other: FrameCounts | null;
}

const COUNTS = {
  workers: whole,
  slots: whole,
  busy: whole,
  draining: whole,
  waiting: whole,
  tokens: whole,
  jobs: whole,
};
const counts: Decoder<FrameCounts> = object<FrameCounts>(COUNTS);

export const frame: Decoder<Frame> = object<Frame>({
  at: time,
  seq: whole,
  totals: orNull(counts),
  models: list(object<ModelFrame>({ name: text, ...COUNTS })),
  other: orNull(counts),
});
