import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  type IsoTime,
  inside,
  object,
  oneOf,
  optional,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";
import { type Pages, pagesOf } from "../pages.js";
import { type SignedText, signedBody } from "../signed-text.js";

/** How to pay LLAMA into the account. */
export interface DepositInstructions {
  /** The genesis hash of the chain. */
  readonly network: string;
  readonly mint: string;
  readonly address: string;
  readonly tokenAccount: string;
  /** Names the account. */
  readonly memo: string;
  /** Names the account, too. */
  readonly reference: string;
  /** A request of Solana Pay. */
  readonly url: string;
  /** Less is not credited. */
  readonly depositMinMicro: MicroLlama;
}

export interface Deposit {
  /** Of the transfer on chain. */
  readonly signature: string;
  readonly amountMicro: MicroLlama;
  readonly state: "seen" | "credited" | "suspended" | "claimed" | "unknown";
  readonly account: string | null;
  readonly sender: string | null;
  /** Why it was not credited at once; empty: it was. */
  readonly reason: string;
  /** The one account that it names, if it names one. */
  readonly named?: string;
  readonly slot: number;
  readonly seenAt: IsoTime | null;
}

export interface DepositsResource {
  instructions(options?: CallOptions): Promise<DepositInstructions>;
  /**
   * Newest first.
   * @param query suspended: those that the wallet sent and that were credited to no account.
   */
  list(query?: { readonly suspended?: boolean | undefined }, options?: CallOptions): Pages<Deposit>;
  /** Hands in a claim of a suspended deposit. The same text again has no second effect. */
  claim(signed: SignedText, options?: CallOptions): Promise<Deposit | null>;
}

const instructions: Decoder<DepositInstructions> = object<DepositInstructions>({
  network: text,
  mint: text,
  address: text,
  tokenAccount: text,
  memo: text,
  reference: text,
  url: text,
  depositMinMicro: amount,
});
const deposit: Decoder<Deposit> = object<Deposit>({
  signature: text,
  amountMicro: amount,
  state: oneOf(["seen", "credited", "suspended", "claimed"]),
  account: orNull(text),
  sender: orNull(text),
  reason: text,
  named: optional(text),
  slot: whole,
  seenAt: orNull(time),
});

export function depositsResource(transport: Transport): DepositsResource {
  return {
    instructions: (options) => transport.ask({ method: "GET", path: "/deposit" }, instructions, options),
    list: ({ suspended } = {}, options) =>
      pagesOf(
        transport,
        { path: "/deposits", query: { suspended }, rows: "deposits", row: deposit },
        options,
      ),
    claim: (signed, options) =>
      transport.ask(
        { method: "POST", path: "/claims", body: signedBody(signed), isRepeatable: true },
        inside("deposit", orNull(deposit)),
        options,
      ),
  };
}
