import { base58 } from "@scure/base";
import type { RouteHandlerMethod } from "fastify";
import type { MoneyGateway } from "../money-gateway.js";
import { answering } from "./json-route.js";

/** GET /flock/v1/reserves: what the treasury holds and what is owed, signed by its key. At most two seconds old. */
export function reserves({ reserves: proofs }: MoneyGateway): RouteHandlerMethod {
  return answering(async () => {
    const found = await proofs.read();
    return {
      statement: found.statement,
      signature: base58.encode(found.signature),
      signer: found.signer,
      on_chain_micro: found.onChainMicro,
      slot: found.slot,
      in_flight_micro: found.inFlightMicro,
      uncredited_micro: found.uncreditedMicro,
      ledger_position: String(found.ledgerPosition),
      ledger_hash: Buffer.from(found.ledgerHash).toString("hex"),
      liabilities: found.liabilities.map(({ kind, sumMicro }) => ({ kind, sum_micro: sumMicro })),
    };
  });
}
