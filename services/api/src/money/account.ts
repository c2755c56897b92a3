import { LEDGER_METHODS } from "@flock/calls";
import type { MicroLlama } from "@flock/money";
import { type Parameters, type TierLevel, tierOf } from "@flock/parameters";
import { type Transfer, TransferPhase } from "@flock/proto";
import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import type { Balance } from "../mesh-services.js";
import { accountOf, answering, isoOf, nextOf, queryOf, tracing } from "./json-route.js";
import { page } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";

/** Unstaked amounts that are told at most. */
const RELEASES_MAX = 100;

const statementQuery = z.object({
  account: z
    .enum(["wallet", "earnings", "vested", "stake", "cooling"], {
      error: "must be wallet, earnings, vested, stake or cooling",
    })
    .default("wallet"),
  ...page,
});

/** GET /flock/v1/account: everything that the account has, and what its stake gives it. */
export function account({ services, parameters, stakes }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const owner = accountOf(request);
    const options = tracing(request);
    const balance = (kind: string) => services.balance(`${kind}:${owner}`, options);
    const unstakes = { owner, cursor: "", limit: RELEASES_MAX };
    const [wallet, stake, cooling, vested, earnings, unstaked] = await Promise.all([
      balance("wallet"),
      balance("stake"),
      balance("cooling"),
      balance("vested"),
      balance("earnings"),
      services.ask(LEDGER_METHODS.unstakes, unstakes, options),
    ]);
    stakes.learn(owner, stake.posted);
    return {
      account: owner,
      wallet: amountsOf(wallet),
      stake_micro: stake.posted,
      cooling: {
        total_micro: cooling.posted,
        releases: unstaked.unstakes
          .filter(({ isReleased }) => !isReleased)
          .map(({ requestId, amountMicro, releaseUnixMs }) => ({
            id: requestId,
            amount_micro: amountMicro,
            release_at: isoOf(releaseUnixMs),
          })),
      },
      vested: amountsOf(vested),
      earnings_micro: earnings.posted,
      tier: tierView(stake.posted, parameters.current),
    };
  });
}

/** GET /flock/v1/statement: the transfers of one of its ledger accounts, newest first. */
export function statement({ services }: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { account: kind, cursor, limit } = queryOf(request, statementQuery);
    const ledgerAccount = `${kind}:${accountOf(request)}`;
    const found = await services.ask(
      LEDGER_METHODS.statement,
      { ledgerAccount, cursor, limit },
      tracing(request),
    );
    return {
      ledger_account: ledgerAccount,
      transfers: found.transfers.map(transferView),
      next_cursor: nextOf(found.nextCursor),
    };
  });
}

function amountsOf({ posted, held, available }: Balance) {
  return { posted_micro: posted, held_micro: held, available_micro: available };
}

function tierView(stake: MicroLlama, parameters: Parameters) {
  const { level, requestsPerMinute, concurrency, priority } = tierOf(stake, parameters);
  const next = ([1, 2, 3] as const).find((each: TierLevel) => each > level);
  return {
    level,
    requests_per_minute: requestsPerMinute,
    concurrency,
    priority,
    next:
      next === undefined
        ? null
        : { level: next, stake_min_micro: parameters.values[`tier${next}StakeMinMicro`] },
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
