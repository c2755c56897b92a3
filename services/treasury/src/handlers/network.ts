import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, type TreasuryNetworkReply } from "@flock/proto/treasury";
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
  return method(TREASURY.network, async () => reply);
}
