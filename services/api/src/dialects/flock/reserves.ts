import { base58 } from "@scure/base";
import type { RouteHandlerMethod } from "fastify";
import { integer, list, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, count } from "./described.js";
import { jsonRoute } from "./json-route.js";

/** GET /flock/v1/reserves: what the treasury holds and what is owed, signed by its key. At most two seconds old. */
export function reserves({ reserves: proofs }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async () => {
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

export const RESERVES: Operation = {
  id: "flockReserves",
  summary: "What the treasury holds and what is owed, signed by its key",
  answers: answering(
    told({
      statement: string("What is signed."),
      signature: string("In base58."),
      signer: string("The treasury's address."),
      on_chain_micro: amount("Held on chain."),
      slot: integer("On chain.", { minimum: 0 }),
      in_flight_micro: amount("Of payouts that are on their way."),
      uncredited_micro: amount("Of deposits that are credited to nobody."),
      ledger_position: count("Up to which the ledger was added up."),
      ledger_hash: string("Of the ledger there, in hex."),
      liabilities: list(
        told({ kind: string("Of accounts."), sum_micro: amount("Owed to them.") }),
        "What is owed.",
      ),
    }),
    "The proof.",
  ),
  errors: ["failed_precondition"],
};
