import { TREASURY_METHODS } from "@flock/calls";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION, type TreasuryNetworkReply } from "@flock/proto";
import type { Treasury } from "../treasury.js";

/**
 * `svc.treasury.network`: known from the start, so that it may be asked for often and while database and chain are
 * away.
 */
export function networkMethod({ network, signer, accounts }: Treasury): ServedMethod {
  const reply: TreasuryNetworkReply = {
    version: PROTOCOL_VERSION,
    network,
    mint: accounts.mint,
    address: signer.address,
    tokenAccount: accounts.tokenAccount,
  };
  return method(TREASURY_METHODS.network, async () => reply);
}
