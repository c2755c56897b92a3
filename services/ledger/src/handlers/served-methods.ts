import type { Database } from "@flock/database";
import type { ServedMethod } from "@flock/mesh";
import type { LEDGER } from "@flock/proto/ledger";
import type { OperationRunner } from "../operation-runner.js";
import type { LedgerSchema } from "../store/schema.js";
import { balanceMethod } from "./balance.js";
import { clawbackMethod, compensateMethod, slashMethod } from "./challenges.js";
import { claimDepositMethod, custodyMethod, depositMethod } from "./deposits.js";
import { collectMethod, earningsMethod, earningsTotalsMethod } from "./earnings.js";
import { epochAnchoredMethod, epochMethod, epochStatementMethod, epochsMethod } from "./epochs.js";
import { fundMethod } from "./fund.js";
import { holdMethod } from "./hold.js";
import { ownerMethod } from "./owner.js";
import { payableMethod, postPayoutMethod, reservePayoutMethod, voidPayoutMethod } from "./payouts.js";
import { stakeMethod, unstakeMethod, unstakesMethod } from "./stakes.js";
import { statementMethod } from "./statement.js";
import { totalsMethod } from "./totals.js";

/** Every method that the ledger serves: one that others can call and that has no handler here does not compile. */
export function servedMethods(operations: OperationRunner, db: Database<LedgerSchema>): ServedMethod[] {
  const methods: Record<keyof typeof LEDGER, ServedMethod> = {
    hold: holdMethod(operations, db),
    fund: fundMethod(operations),
    balance: balanceMethod(db),
    owner: ownerMethod(db),
    statement: statementMethod(db),
    custody: custodyMethod(operations, db),
    deposit: depositMethod(operations),
    claimDeposit: claimDepositMethod(operations),
    reservePayout: reservePayoutMethod(operations, db),
    postPayout: postPayoutMethod(operations),
    voidPayout: voidPayoutMethod(operations),
    payable: payableMethod(db),
    stake: stakeMethod(operations, db),
    unstake: unstakeMethod(operations, db),
    unstakes: unstakesMethod(db),
    collect: collectMethod(operations),
    earnings: earningsMethod(db),
    earningsTotals: earningsTotalsMethod(db),
    clawback: clawbackMethod(operations),
    slash: slashMethod(operations),
    compensate: compensateMethod(operations),
    epochs: epochsMethod(db),
    epoch: epochMethod(db),
    epochStatement: epochStatementMethod(db),
    epochAnchored: epochAnchoredMethod(db),
    totals: totalsMethod(db),
  };
  return Object.values(methods);
}
