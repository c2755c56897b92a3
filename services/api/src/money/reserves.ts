import { TREASURY_METHODS } from "@flock/calls";
import type { ReservesReply } from "@flock/proto";
import { base58 } from "@scure/base";
import type { RouteHandlerMethod } from "fastify";
import { LRUCache } from "lru-cache";
import { answering } from "./json-route.js";
import type { MoneyGateway } from "./money-gateway.js";

/** The treasury asks the chain and signs for each; anybody may ask us. */
const KEPT_MS = 2_000;

/** GET /flock/v1/reserves: what the treasury holds and what is owed, signed by its key. At most two seconds old. */
export function reserves({ services }: MoneyGateway): RouteHandlerMethod {
  const kept = new LRUCache<"reserves", ReservesReply>({
    max: 1,
    ttl: KEPT_MS,
    fetchMethod: () => services.ask(TREASURY_METHODS.reserves, {}),
  });
  return answering(async () => {
    const found = await kept.forceFetch("reserves");
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
