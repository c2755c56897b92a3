import type { CallOptions, Transport } from "../client/transport.js";
import {
  type Decoder,
  type IsoTime,
  list,
  members,
  number,
  object,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

/** Workers with the same kind of hardware. */
export interface HardwareGroup {
  /** `cpu`, `gpu-8`, `gpu-16`, `gpu-24`, `gpu-48`, `gpu-more`, `unified`, `other`. */
  readonly class: string;
  readonly workers: number;
  readonly slots: number;
  readonly busy: number;
}

export interface NetworkNow {
  readonly asOf: IsoTime;
  /** Groups of fewer workers are not told of. */
  readonly groupMin: number;
  /** That take jobs; null, as the next four: they are too few to tell. */
  readonly workers: number | null;
  readonly slots: { readonly all: number; readonly busy: number } | null;
  readonly waiting: number | null;
  readonly tokensPerSecond: number | null;
  readonly jobsPerMinute: number | null;
  /** Requests that were refused while a worker that could have served them was idle. */
  readonly rejectedWhileIdle: number;
  readonly hardware: readonly HardwareGroup[];
}

/** What a visitor without a key may do. */
export interface Guests {
  readonly requestsPerMinute: number;
  readonly completionTokensMax: number;
}

export interface Network {
  /** Null: LLAMA is in the ledger alone. */
  readonly chain: string | null;
  readonly genesisHash: string | null;
  readonly mint: string | null;
  readonly treasuryAddress: string | null;
  readonly treasuryTokenAccount: string | null;
  /** Governed, by name; amounts are texts. */
  readonly parameters: { readonly version: number; readonly values: Readonly<Record<string, unknown>> };
  /** Null: it is not known at the moment. */
  readonly live: NetworkNow | null;
  /** Null: nobody is served without a key. */
  readonly guests: Guests | null;
}

export interface NetworkResource {
  get(options?: CallOptions): Promise<Network>;
}

const network: Decoder<Network> = object<Network>({
  chain: orNull(text),
  genesisHash: orNull(text),
  mint: orNull(text),
  treasuryAddress: orNull(text),
  treasuryTokenAccount: orNull(text),
  parameters: object<Network["parameters"]>({ version: whole, values: members }),
  live: orNull(
    object<NetworkNow>({
      asOf: time,
      groupMin: whole,
      workers: orNull(whole),
      slots: orNull(object<{ all: number; busy: number }>({ all: whole, busy: whole })),
      waiting: orNull(whole),
      tokensPerSecond: orNull(number),
      jobsPerMinute: orNull(number),
      rejectedWhileIdle: number,
      hardware: list(object<HardwareGroup>({ class: text, workers: whole, slots: whole, busy: whole })),
    }),
  ),
  guests: orNull(object<Guests>({ requestsPerMinute: number, completionTokensMax: number })),
});

export function networkResource(transport: Transport): NetworkResource {
  return { get: (options) => transport.ask({ method: "GET", path: "/network" }, network, options) };
}
