import type {
  Clawback,
  ClawbackOutcome,
  Compensate,
  CompensateOutcome,
  Slash,
  SlashOutcome,
} from "./challenges.js";
import type { Claim, ClaimOutcome, Custody, CustodyOutcome, Deposit, DepositOutcome } from "./deposits.js";
import type { Distribute, DistributeOutcome } from "./distribution.js";
import type { Collect, CollectOutcome } from "./earnings.js";
import type { Grant, GrantOutcome } from "./grants.js";
import type {
  Expire,
  Hold,
  HoldOutcome,
  ReleaseOutcome,
  Settle,
  SettleOutcome,
  Void,
} from "./job-operations.js";
import type {
  EndPayoutOutcome,
  PostPayout,
  ReservePayout,
  ReservePayoutOutcome,
  VoidPayout,
} from "./payouts.js";
import type { Release, ReleaseStakeOutcome, Stake, StakeOutcome, Unstake, UnstakeOutcome } from "./stakes.js";

/**
 * What the ledger can be asked to do. Each operation is idempotent by its id (of the job, request, payout, …):
 * repeated, it changes nothing and answers what happened the first time.
 */
export type Operation =
  | Hold
  | Settle
  | Void
  | Expire
  | Grant
  | Custody
  | Deposit
  | Claim
  | ReservePayout
  | PostPayout
  | VoidPayout
  | Stake
  | Unstake
  | Release
  | Collect
  | Clawback
  | Slash
  | Compensate
  | Distribute;

interface Outcomes {
  readonly hold: HoldOutcome;
  readonly settle: SettleOutcome;
  readonly void: ReleaseOutcome;
  readonly expire: ReleaseOutcome;
  readonly grant: GrantOutcome;
  readonly custody: CustodyOutcome;
  readonly deposit: DepositOutcome;
  readonly claim: ClaimOutcome;
  readonly reserve_payout: ReservePayoutOutcome;
  readonly post_payout: EndPayoutOutcome;
  readonly void_payout: EndPayoutOutcome;
  readonly stake: StakeOutcome;
  readonly unstake: UnstakeOutcome;
  readonly release: ReleaseStakeOutcome;
  readonly collect: CollectOutcome;
  readonly clawback: ClawbackOutcome;
  readonly slash: SlashOutcome;
  readonly compensate: CompensateOutcome;
  readonly distribute: DistributeOutcome;
}

/** The outcome that each kind of operation has. */
export type OutcomeOf<O extends Operation> = Outcomes[O["kind"]];
export type Outcome = Outcomes[Operation["kind"]];
