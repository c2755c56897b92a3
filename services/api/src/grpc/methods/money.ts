import {
  type Deposit,
  DepositState,
  MoneyDefinition,
  type Withdrawal,
  WithdrawalSource,
  WithdrawalState,
} from "@flock/proto/public";
import {
  type TreasuryDeposit,
  TreasuryDepositState,
  type TreasuryPayout,
  TreasuryPayoutState,
} from "@flock/proto/treasury";
import { z } from "zod";
import { claimDeposit, depositsOf, howToDeposit } from "../../money/depositing.js";
import { uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { collectVested, stakeAmount, unstakeSigned } from "../../money/staking.js";
import { isFinal, type PAYOUT_KINDS, payoutOf, payoutsOf, withdrawSigned } from "../../money/withdrawing.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { amountMicro, page, read, signedRequest } from "./request-fields.js";

const SOURCES: ReadonlyMap<WithdrawalSource, (typeof PAYOUT_KINDS)[number]> = new Map([
  [WithdrawalSource.UNSPECIFIED, "wallet"],
  [WithdrawalSource.WALLET, "wallet"],
  [WithdrawalSource.VESTED, "vested"],
]);
const source = z
  .number()
  .transform((value) => SOURCES.get(value))
  .refine((value) => value !== undefined, "is not known here");

const depositsRequest = z.object({ isSuspended: z.boolean(), ...page });
const withdrawalsRequest = z.object({ source, ...page });
const withdrawalRequest = z.object({ id: uuid });
const amountRequest = z.object({ id: uuid, amountMicro });

const EITHER = { access: { takes: "either" } } as const;
const SESSION = { access: { takes: "session" } } as const;
const SIGNED = { access: { open: "write" } } as const;

/** The service `Money`. */
export function moneyMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  return [...depositMethods(gateway), ...withdrawalMethods(gateway), ...stakeMethods(gateway)];
}

function depositMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { getDepositInstructions, listDeposits, claimDeposit: claim } = MoneyDefinition.methods;
  return [
    unary(MoneyDefinition, getDepositInstructions, EITHER, (_request, { context }) =>
      howToDeposit(gateway, context),
    ),
    unary(MoneyDefinition, listDeposits, EITHER, async (request, { context }) => {
      const { isSuspended: suspended, pageSize: limit, cursor } = read(request, depositsRequest);
      const found = await depositsOf(gateway, context, { suspended, cursor, limit });
      return { deposits: found.deposits.map(depositOf), nextCursor: found.nextCursor };
    }),
    unary(MoneyDefinition, claim, SIGNED, async (request, { context }) => {
      const deposit = await claimDeposit(gateway, context, read(request, signedRequest).signed);
      return { deposit: deposit && depositOf(deposit) };
    }),
  ];
}

function withdrawalMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { withdraw, listWithdrawals, getWithdrawal } = MoneyDefinition.methods;
  return [
    unary(MoneyDefinition, withdraw, SIGNED, async (request, { context }) => {
      const payout = await withdrawSigned(gateway, context, read(request, signedRequest).signed);
      return { withdrawal: payout && withdrawalOf(payout) };
    }),
    unary(MoneyDefinition, listWithdrawals, EITHER, async (request, { context }) => {
      const { source: kind, pageSize: limit, cursor } = read(request, withdrawalsRequest);
      const found = await payoutsOf(gateway, context, { kind, cursor, limit });
      return { withdrawals: found.payouts.map(withdrawalOf), nextCursor: found.nextCursor };
    }),
    unary(MoneyDefinition, getWithdrawal, EITHER, async (request, { context }) => ({
      withdrawal: withdrawalOf(await payoutOf(gateway, context, read(request, withdrawalRequest).id)),
    })),
  ];
}

function stakeMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { stake, unstake, collect } = MoneyDefinition.methods;
  return [
    unary(MoneyDefinition, stake, SESSION, async (request, { context }) => {
      const { id, amountMicro: amount } = read(request, amountRequest);
      const done = await stakeAmount(gateway, context, { requestId: id, amount });
      return { id, stakeMicro: done.stakedMicro, availableMicro: done.availableMicro };
    }),
    unary(MoneyDefinition, unstake, SIGNED, async (request, { context }) => {
      const done = await unstakeSigned(gateway, context, read(request, signedRequest).signed);
      return {
        id: done.requestId,
        amountMicro: done.amount,
        stakeMicro: done.stakedMicro,
        releaseAt: timestampOf(done.releaseUnixMs),
      };
    }),
    unary(MoneyDefinition, collect, SESSION, async (request, { context }) => {
      const { id, amountMicro: amount } = read(request, amountRequest);
      const done = await collectVested(gateway, context, { requestId: id, amount });
      return { id, vestedMicro: done.vestedMicro, availableMicro: done.availableMicro };
    }),
  ];
}

const DEPOSIT_STATES: ReadonlyMap<TreasuryDepositState, DepositState> = new Map([
  [TreasuryDepositState.SEEN, DepositState.SEEN],
  [TreasuryDepositState.CREDITED, DepositState.CREDITED],
  [TreasuryDepositState.SUSPENDED, DepositState.SUSPENDED],
  [TreasuryDepositState.CLAIMED, DepositState.CLAIMED],
]);

function depositOf(deposit: TreasuryDeposit): Deposit {
  return {
    signature: deposit.signature,
    amountMicro: deposit.amountMicro,
    state: DEPOSIT_STATES.get(deposit.state) ?? DepositState.UNSPECIFIED,
    account: deposit.accountId,
    sender: deposit.sender,
    reason: deposit.reason,
    named: deposit.named,
    slot: BigInt(deposit.slot),
    seenAt: timestampOf(deposit.seenUnixMs),
  };
}

const WITHDRAWAL_STATES: ReadonlyMap<TreasuryPayoutState, WithdrawalState> = new Map([
  [TreasuryPayoutState.REQUESTED, WithdrawalState.REQUESTED],
  [TreasuryPayoutState.REFUSED, WithdrawalState.REFUSED],
  [TreasuryPayoutState.RESERVED, WithdrawalState.RESERVED],
  [TreasuryPayoutState.BATCHED, WithdrawalState.BATCHED],
  [TreasuryPayoutState.PAID, WithdrawalState.PAID],
  [TreasuryPayoutState.POSTED, WithdrawalState.POSTED],
  [TreasuryPayoutState.REJECTED, WithdrawalState.REJECTED],
  [TreasuryPayoutState.VOIDED, WithdrawalState.VOIDED],
]);

function withdrawalOf(payout: TreasuryPayout): Withdrawal {
  return {
    id: payout.payoutId,
    ledgerAccount: payout.ledgerAccount,
    recipient: payout.recipient,
    amountMicro: payout.amountMicro,
    state: WITHDRAWAL_STATES.get(payout.state) ?? WithdrawalState.UNSPECIFIED,
    isFinal: isFinal(payout),
    signature: payout.signature,
    reason: payout.reason,
    createdAt: timestampOf(payout.createdUnixMs),
    updatedAt: timestampOf(payout.updatedUnixMs),
  };
}
