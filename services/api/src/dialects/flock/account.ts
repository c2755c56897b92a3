import { type Transfer, TransferPhase } from "@flock/proto/ledger";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { integer, list, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { Balance } from "../../mesh-services.js";
import {
  type AccountOverview,
  accountOverview,
  accountStatement,
  STATEMENT_KINDS,
} from "../../money/account-overview.js";
import { page } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { amount, count, moment, pageOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, nextOf, queryOf } from "./json-route.js";

const statementQuery = z.object({
  account: z
    .enum(STATEMENT_KINDS, { error: "must be wallet, earnings, vested, stake or cooling" })
    .default("wallet"),
  ...page,
});

/** GET /flock/v1/account: everything that the account has, and what its stake gives it. */
export function account(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async ({ requestContext }) => {
    const found = await accountOverview(gateway, requestContext);
    return {
      account: found.account,
      wallet: amountsOf(found.wallet),
      stake_micro: found.stake,
      cooling: {
        total_micro: found.cooling,
        releases: found.unreleased.map(({ requestId, amountMicro, releaseUnixMs }) => ({
          id: requestId,
          amount_micro: amountMicro,
          release_at: isoOf(releaseUnixMs),
        })),
      },
      vested: amountsOf(found.vested),
      earnings_micro: found.earnings,
      tier: tierView(found),
    };
  });
}

/** GET /flock/v1/statement: the transfers of one of its ledger accounts, newest first. */
export function statement(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { account: kind, cursor, limit } = queryOf(request, statementQuery);
    const found = await accountStatement(gateway, request.requestContext, { kind, cursor, limit });
    return {
      ledger_account: found.ledgerAccount,
      transfers: found.transfers.map(transferView),
      next_cursor: nextOf(found.nextCursor),
    };
  });
}

function amountsOf({ posted, held, available }: Balance) {
  return { posted_micro: posted, held_micro: held, available_micro: available };
}

function tierView({ tier, nextTier }: AccountOverview) {
  return {
    level: tier.level,
    requests_per_minute: tier.requestsPerMinute,
    concurrency: tier.concurrency,
    priority: tier.priority,
    next: nextTier === undefined ? null : { level: nextTier.level, stake_min_micro: nextTier.stakeMin },
  };
}

const PHASES: Readonly<Record<number, string>> = {
  [TransferPhase.SINGLE]: "single",
  [TransferPhase.PENDING]: "pending",
  [TransferPhase.POST]: "post",
  [TransferPhase.VOID]: "void",
  [TransferPhase.EXPIRE]: "expire",
};

function transferView(transfer: Transfer) {
  return {
    id: transfer.transferId,
    kind: transfer.kind,
    phase: PHASES[transfer.phase] ?? "unknown",
    debit: transfer.debitAccount,
    credit: transfer.creditAccount,
    amount_micro: transfer.amountMicro,
    business_id: transfer.businessId,
    sequence: String(transfer.sequence),
    created_at: isoOf(transfer.createdUnixMs),
  };
}

const BALANCE = told({
  posted_micro: amount("Booked."),
  held_micro: amount("Held by requests that run."),
  available_micro: amount("What can be spent."),
});

export const ACCOUNT: Operation = {
  id: "flockAccount",
  summary: "Everything that the account has, and what its stake gives it",
  answers: answering(
    told({
      account: string("The wallet's address."),
      wallet: BALANCE,
      stake_micro: amount("Staked."),
      cooling: told({
        total_micro: amount("On its way out of the stake."),
        releases: list(
          told({
            id: string("A UUID."),
            amount_micro: amount("Released then."),
            release_at: orNull(moment("When.")),
          }),
          "Soonest first.",
        ),
      }),
      vested: BALANCE,
      earnings_micro: amount("Not vested yet."),
      tier: told({
        level: integer("From 0.", { minimum: 0 }),
        requests_per_minute: integer("That may begin.", { minimum: 0 }),
        concurrency: integer("That may run at once.", { minimum: 0 }),
        priority: { type: "number" },
        next: orNull(
          told({ level: integer("The next one."), stake_min_micro: amount("The stake that it needs.") }),
        ),
      }),
    }),
    "The account.",
  ),
};

export const STATEMENT: Operation = {
  id: "flockStatement",
  summary: "The transfers of one of its ledger accounts",
  query: schemaOf(statementQuery),
  answers: answering(
    pageOf(
      "transfers",
      told({
        id: string("Of the transfer."),
        kind: string("What it was for."),
        phase: oneOf([...Object.values(PHASES), "unknown"], "Of a transfer in two steps."),
        debit: string("The ledger account from which."),
        credit: string("The ledger account to which."),
        amount_micro: amount("Moved."),
        business_id: string("Of what it was for: a job, a deposit, …"),
        sequence: count("Its place in the ledger."),
        created_at: orNull(moment("When.")),
      }),
      { ledger_account: string("`<kind>:<address>`.") },
    ),
    "A page of transfers.",
  ),
};
