import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import { baseUnits, fromBaseUnits } from "../domain/base-units.js";
import { reservesStatement } from "../domain/reserves-statement.js";
import { readOwnBooks } from "../store/movements.js";
import type { Treasury } from "../treasury.js";

/** `svc.treasury.reserves`: made and signed anew for each call. */
export function reservesMethod(treasury: Treasury): ServedMethod {
  const { db, endpoints, ledger, network, signer, accounts, clock } = treasury;
  return method(TREASURY.reserves, async () => {
    const { amount, slot } = await endpoints.any((chain) => chain.holdings());
    const [own, totals] = await Promise.all([readOwnBooks(db.kysely), ledger.totals()]);
    const onChain = fromBaseUnits(baseUnits(amount));
    const statement = reservesStatement({
      network,
      mint: accounts.mint,
      tokenAccount: accounts.tokenAccount,
      onChain,
      slot,
      inFlight: own.unposted,
      uncredited: own.uncredited,
      ledgerPosition: totals.position,
      ledgerHash: Buffer.from(totals.hash).toString("hex"),
      liabilities: totals.kinds,
      takenMs: clock.unixMs(),
    });
    return {
      version: PROTOCOL_VERSION,
      statement,
      signature: await signer.sign(Buffer.from(statement, "utf8")),
      signer: signer.address,
      onChainMicro: onChain,
      slot: Number(slot),
      liabilities: totals.kinds.map(({ kind, sum }) => ({ kind, sumMicro: sum })),
      ledgerPosition: totals.position,
      ledgerHash: totals.hash,
      inFlightMicro: own.unposted,
      uncreditedMicro: own.uncredited,
    };
  });
}
