import { type TreasuryDeposit, TreasuryDepositState } from "@flock/proto/treasury";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { integer, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { claimDeposit, depositsOf, howToDeposit } from "../../money/depositing.js";
import { page } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, moment, pageOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, nextOf, queryOf } from "./json-route.js";
import { SIGNED_BODY, SIGNED_ERRORS, signedTextOf } from "./signed-body.js";

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
  return jsonRoute(async ({ requestContext }) => {
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
  return jsonRoute(async (request) => {
    const found = await depositsOf(gateway, request.requestContext, queryOf(request, depositsQuery));
    return { deposits: found.deposits.map(depositView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** POST /flock/v1/claims: credits a deposit in suspense to whom its sender names in a signed text. */
export function claim(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
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

export const DEPOSIT: Operation = {
  id: "flockDepositInstructions",
  summary: "How to pay LLAMA into the account",
  answers: answering(
    told({
      network: string("The genesis hash of the chain."),
      mint: string("Of LLAMA."),
      address: string("The treasury's."),
      token_account: string("The treasury's."),
      memo: string("Names the account."),
      reference: string("Also names the account."),
      url: string("A request of Solana Pay."),
      deposit_min_micro: amount("Less is not credited."),
    }),
    "Where to pay, and how the deposit names the account.",
  ),
  errors: ["failed_precondition"],
};

const DEPOSIT_VIEW = told(
  {
    signature: string("Of the transfer on chain."),
    amount_micro: amount("Paid."),
    state: oneOf([...Object.values(STATES), "unknown"], "Where it stands."),
    account: orNull(string("That was credited.")),
    sender: orNull(string("The wallet that paid.")),
    reason: string("Why it was not credited at once; empty: it was."),
    named: string("The one account that it names, if it names one."),
    slot: integer("On chain.", { minimum: 0 }),
    seen_at: orNull(moment("When it was final.")),
  },
  ["named"],
);

export const DEPOSITS: Operation = {
  id: "flockDeposits",
  summary: "Final deposits of the account, or those from the wallet that nobody was credited for",
  query: schemaOf(depositsQuery),
  answers: answering(pageOf("deposits", DEPOSIT_VIEW), "A page of deposits."),
  errors: ["failed_precondition"],
};

export const CLAIM: Operation = {
  id: "flockClaim",
  summary: "Credit a deposit in suspense to whom its sender names in a signed text",
  body: SIGNED_BODY,
  answers: answering(told({ deposit: orNull(DEPOSIT_VIEW) }), "The deposit."),
  errors: SIGNED_ERRORS,
};
