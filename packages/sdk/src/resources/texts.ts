import { FlockError } from "@flock/errors";
import { microLlama } from "@flock/money";
import { claimText, type Delegation, delegationText, unstakeText, withdrawalText } from "@flock/orders/pure";
import type { CallOptions } from "../client/transport.js";
import type { IsoTime } from "../decoding/decoder.js";
import { newRequestId } from "../request-id.js";
import type { NetworkResource } from "./network.js";

/** For how long a text is good, unless it says otherwise. */
const LIFETIME_MS = 3_600_000;

/** What every text says. */
interface TextRequest {
  /** The wallet that signs. */
  readonly account: string;
  /** When it lapses: at most 24 hours ahead. Default: in an hour. */
  readonly expiresAt?: IsoTime | undefined;
}

export interface WithdrawalRequest extends TextRequest {
  readonly amountMicro: bigint;
  /** The wallet that is paid. */
  readonly to: string;
  /** A UUID; default: a fresh one. */
  readonly id?: string | undefined;
}

export interface UnstakeRequest extends TextRequest {
  readonly amountMicro: bigint;
  /** A UUID; default: a fresh one. */
  readonly id?: string | undefined;
}

export interface ClaimRequest extends TextRequest {
  /** Signature of the deposit's transaction. */
  readonly deposit: string;
  /** The account to be credited. */
  readonly to: string;
}

/** The texts that a wallet signs. Each names the network, which is asked for its name. */
export interface TextsResource {
  withdrawal(request: WithdrawalRequest, options?: CallOptions): Promise<string>;
  unstake(request: UnstakeRequest, options?: CallOptions): Promise<string>;
  claim(request: ClaimRequest, options?: CallOptions): Promise<string>;
  /** With which a wallet lets a worker's key work in its name. */
  delegation(request: Delegation): string;
}

export function textsResource(network: NetworkResource): TextsResource {
  const facts = async ({ account, expiresAt }: TextRequest, options?: CallOptions) => ({
    network: await genesisHash(network, options),
    account,
    expiresMs: expiresAt === undefined ? Date.now() + LIFETIME_MS : Date.parse(expiresAt),
  });
  return {
    withdrawal: async (request, options) =>
      withdrawalText({
        ...(await facts(request, options)),
        amount: microLlama(request.amountMicro),
        to: request.to,
        id: (request.id ?? newRequestId()).toLowerCase(),
      }),
    unstake: async (request, options) =>
      unstakeText({
        ...(await facts(request, options)),
        amount: microLlama(request.amountMicro),
        id: (request.id ?? newRequestId()).toLowerCase(),
      }),
    claim: async (request, options) =>
      claimText({ ...(await facts(request, options)), deposit: request.deposit, to: request.to }),
    delegation: delegationText,
  };
}

async function genesisHash(network: NetworkResource, options?: CallOptions): Promise<string> {
  const { genesisHash: found } = await network.get(options);
  if (found === null)
    throw new FlockError("failed_precondition", "this network has no chain: nothing can be signed for it");
  return found;
}
