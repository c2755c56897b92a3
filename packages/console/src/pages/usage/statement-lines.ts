import type { StatementAccount, Transfer } from "@flockollamas/sdk";

/** A line of the statement, as its reader sees it. */
export interface StatementLine {
  readonly transfer: Transfer;
  readonly words: string;
  /** With its sign: what came is above 0. */
  readonly amountMicro: bigint;
  /** Whether it moved the balance; what is only held has not. */
  readonly isBooked: boolean;
  /** After it; `null`: not known. */
  readonly balanceMicro: bigint | null;
  readonly about: "job" | "deposit" | "withdrawal" | "other";
}

const WORDS: Readonly<Record<string, string>> = {
  hold: "Held for an answer",
  settlement: "Answer, the worker’s share",
  fee: "Answer, the network’s share",
  void: "Held for an answer, given back",
  expire: "Held for an answer, given back",
  deposit: "Deposit",
  claim: "Deposit, claimed",
  payout: "Withdrawal, reserved",
  payout_posted: "Withdrawal, paid",
  payout_voided: "Withdrawal, given back",
  grant: "Grant",
  stake: "Staked",
  unstake: "Unstaked, cooling",
  release: "Back from the stake",
  slash: "Slashed",
  clawback: "Taken back after a verdict",
  compensate: "Compensation",
  collect: "Collected from earnings",
  vest: "Vested",
  emission: "Reward of the network",
  staking_reward: "Reward for the stake",
};

const JOB_KINDS = new Set(["hold", "settlement", "fee", "void", "expire", "clawback", "compensate"]);
const DEPOSIT_KINDS = new Set(["deposit", "claim"]);
const PAYOUT_KINDS = new Set(["payout", "payout_posted", "payout_voided"]);

/**
 * The lines of an account of the ledger, newest first as they come.
 * @param postedMicro The balance after the newest, if it is known for that very moment.
 */
export function statementLines(
  transfers: readonly Transfer[],
  which: StatementAccount,
  owner: string,
  postedMicro: bigint | null,
): readonly StatementLine[] {
  const code = `${which}:${owner}`;
  let balance = postedMicro;
  return transfers.map((transfer) => {
    const amountMicro = transfer.credit === code ? transfer.amountMicro : -transfer.amountMicro;
    const isBooked = transfer.phase === "single" || transfer.phase === "post";
    const balanceMicro = balance;
    if (balance !== null && isBooked) balance -= amountMicro;
    const words = WORDS[transfer.kind] ?? transfer.kind;
    // What is given back was held with the same sign before: it comes back.
    const signed = isBooked || transfer.phase === "pending" ? amountMicro : -amountMicro;
    return { transfer, words, amountMicro: signed, isBooked, balanceMicro, about: aboutOf(transfer.kind) };
  });
}

/** The balance at the end of each day, in µLLAMA; `null` if the lines do not reach back so far. */
export function balanceByDay(
  lines: readonly StatementLine[],
  days: readonly string[],
  isWhole: boolean,
): readonly bigint[] | null {
  const [first = ""] = days;
  const oldest = lines.at(-1);
  const newest = lines[0];
  if (newest === undefined || oldest === undefined || newest.balanceMicro === null) return null;
  if (!isWhole && (oldest.transfer.createdAt ?? "").slice(0, 10) >= first) return null;
  const before = oldest.balanceMicro === null ? null : oldest.balanceMicro - bookedOf(oldest);
  return days.map((day) => {
    const last = lines.find(({ transfer }) => (transfer.createdAt ?? "").slice(0, 10) <= day);
    return last?.balanceMicro ?? before ?? 0n;
  });
}

function bookedOf({ isBooked, amountMicro }: StatementLine): bigint {
  return isBooked ? amountMicro : 0n;
}

function aboutOf(kind: string): StatementLine["about"] {
  if (JOB_KINDS.has(kind)) return "job";
  if (DEPOSIT_KINDS.has(kind)) return "deposit";
  return PAYOUT_KINDS.has(kind) ? "withdrawal" : "other";
}
