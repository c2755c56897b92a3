import { TREASURY_METHODS } from "@flock/calls";
import { readClaim } from "@flock/orders";
import { type TreasuryDeposit, TreasuryDepositState } from "@flock/proto";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { accountOf, answering, isoOf, nextOf, queryOf, tracing } from "./json-route.js";
import { page } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";
import { signedOrderOf } from "./signed-order.js";

const STATES: Readonly<Record<number, string>> = {
  [TreasuryDepositState.SEEN]: "seen",
  [TreasuryDepositState.CREDITED]: "credited",
  [TreasuryDepositState.SUSPENDED]: "suspended",
  [TreasuryDepositState.CLAIMED]: "claimed",
};

const depositsQuery = z.object({
  suspended: z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((value) => value === "true"),
  ...page,
});

/** GET /flock/v1/deposit: how to pay LLAMA into the account. */
export function depositInstructions({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const accountId = accountOf(request);
    const found = await services.ask(TREASURY_METHODS.depositInstructions, { accountId }, tracing(request));
    return {
      network: found.network,
      mint: found.mint,
      address: found.address,
      token_account: found.tokenAccount,
      memo: found.memo,
      reference: found.reference,
      url: found.url,
      deposit_min_micro: found.depositMinMicro,
    };
  });
}

/** GET /flock/v1/deposits: finalized deposits of the account, or those from the wallet that nobody was credited for. */
export function deposits({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { suspended, cursor, limit } = queryOf(request, depositsQuery);
    const owner = accountOf(request);
    const whose = suspended ? { accountId: "", sender: owner } : { accountId: owner, sender: "" };
    const found = await services.ask(
      TREASURY_METHODS.deposits,
      { ...whose, cursor, limit },
      tracing(request),
    );
    return { deposits: found.deposits.map(depositView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** POST /flock/v1/claims: credits a deposit in suspense to whom its sender names in a signed text. */
export function claim(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { text, signature } = await signedOrderOf(request, readClaim, gateway);
    const asked = { text, signature };
    const { deposit } = await gateway.services.ask(TREASURY_METHODS.claim, asked, tracing(request));
    return { deposit: deposit === undefined ? null : depositView(deposit) };
  });
}

function depositView(deposit: TreasuryDeposit) {
  return {
    signature: deposit.signature,
    amount_micro: deposit.amountMicro,
    state: STATES[deposit.state] ?? "unknown",
    account: deposit.accountId === "" ? null : deposit.accountId,
    sender: deposit.sender === "" ? null : deposit.sender,
    reason: deposit.reason,
    ...(deposit.named === undefined ? {} : { named: deposit.named }),
    slot: deposit.slot,
    seen_at: isoOf(deposit.seenUnixMs),
  };
}
