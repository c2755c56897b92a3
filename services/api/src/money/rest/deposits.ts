import { type TreasuryDeposit, TreasuryDepositState } from "@flock/proto/treasury";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { claimDeposit, depositsOf, howToDeposit } from "../depositing.js";
import { page } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, isoOf, nextOf, queryOf, signedTextOf } from "./json-route.js";

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
export function depositInstructions(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async ({ requestContext }) => {
    const found = await howToDeposit(gateway, requestContext);
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
export function deposits(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const found = await depositsOf(gateway, request.requestContext, queryOf(request, depositsQuery));
    return { deposits: found.deposits.map(depositView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** POST /flock/v1/claims: credits a deposit in suspense to whom its sender names in a signed text. */
export function claim(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const deposit = await claimDeposit(gateway, request.requestContext, await signedTextOf(request));
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
