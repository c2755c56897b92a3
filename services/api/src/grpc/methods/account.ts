import { TransferPhase as LedgerPhase, type Transfer as LedgerTransfer } from "@flock/proto/ledger";
import {
  AccountDefinition,
  type Balance as BalanceMessage,
  LedgerAccountKind,
  type Transfer,
  TransferPhase,
} from "@flock/proto/public";
import { z } from "zod";
import type { Balance } from "../../mesh-services.js";
import { accountEarnings } from "../../money/account-earnings.js";
import { accountOverview, accountStatement, type STATEMENT_KINDS } from "../../money/account-overview.js";
import { workerId } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { keyMethods } from "./keys.js";
import { ownWorkersMethod } from "./own-workers.js";
import { optionalDay, orEmpty, page, read } from "./request-fields.js";
import { usageMethod } from "./usage.js";

type StatementKind = (typeof STATEMENT_KINDS)[number];

const KINDS: ReadonlyMap<LedgerAccountKind, StatementKind> = new Map([
  [LedgerAccountKind.UNSPECIFIED, "wallet"],
  [LedgerAccountKind.WALLET, "wallet"],
  [LedgerAccountKind.EARNINGS, "earnings"],
  [LedgerAccountKind.VESTED, "vested"],
  [LedgerAccountKind.STAKE, "stake"],
  [LedgerAccountKind.COOLING, "cooling"],
]);
const kind = z
  .number()
  .transform((value) => KINDS.get(value))
  .refine((value) => value !== undefined, "is not known here");

const transfersRequest = z.object({ kind, ...page });
const earningsRequest = z.object({ fromDay: optionalDay, toDay: optionalDay, workerId: orEmpty(workerId) });

/** The service `Account`. */
export function accountMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { getAccount, listTransfers, listEarnings } = AccountDefinition.methods;
  const either = { access: { takes: "either" } } as const;
  return [
    unary(AccountDefinition, getAccount, either, async (_request, { context }) => {
      const found = await accountOverview(gateway, context);
      const { tier, nextTier } = found;
      return {
        account: found.account,
        wallet: balanceOf(found.wallet),
        stakeMicro: found.stake,
        coolingMicro: found.cooling,
        releases: found.unreleased.map(({ requestId, amountMicro, releaseUnixMs }) => ({
          id: requestId,
          amountMicro,
          releaseAt: timestampOf(releaseUnixMs),
        })),
        vested: balanceOf(found.vested),
        earningsMicro: found.earnings,
        tier,
        nextTier: nextTier && { level: nextTier.level, stakeMinMicro: nextTier.stakeMin },
      };
    }),
    unary(AccountDefinition, listTransfers, either, async (request, { context }) => {
      const { pageSize: limit, ...asked } = read(request, transfersRequest);
      const found = await accountStatement(gateway, context, { ...asked, limit });
      return {
        transfers: found.transfers.map(transferOf),
        nextCursor: found.nextCursor,
        ledgerAccount: found.ledgerAccount,
      };
    }),
    unary(AccountDefinition, listEarnings, either, async (request, { context }) => {
      const { fromDay: from, toDay: to, workerId: worker } = read(request, earningsRequest);
      const found = await accountEarnings(gateway, context, { from, to, worker });
      return {
        worker: found.account,
        fromDay: found.from,
        toDay: found.to,
        earnings: found.rows.map(({ doneBy: workerId, ...row }) => ({ ...row, workerId })),
        totalMicro: found.totalMicro,
        isCut: found.isCut,
        vesting: found.totals.vesting.map(({ vestsUnixMs, ...epoch }) => ({
          ...epoch,
          vestsAt: timestampOf(vestsUnixMs),
        })),
        totals: found.totals,
      };
    }),
    usageMethod(gateway),
    ownWorkersMethod(gateway),
    ...keyMethods(gateway),
  ];
}

function balanceOf({ posted, held, available }: Balance): BalanceMessage {
  return { postedMicro: posted, heldMicro: held, availableMicro: available };
}

const PHASES: ReadonlyMap<LedgerPhase, TransferPhase> = new Map([
  [LedgerPhase.SINGLE, TransferPhase.SINGLE],
  [LedgerPhase.PENDING, TransferPhase.PENDING],
  [LedgerPhase.POST, TransferPhase.POST],
  [LedgerPhase.VOID, TransferPhase.VOID],
  [LedgerPhase.EXPIRE, TransferPhase.EXPIRE],
]);

function transferOf({ transferId: id, phase, createdUnixMs, ...transfer }: LedgerTransfer): Transfer {
  return {
    ...transfer,
    id,
    phase: PHASES.get(phase) ?? TransferPhase.UNSPECIFIED,
    createdAt: timestampOf(createdUnixMs),
  };
}
