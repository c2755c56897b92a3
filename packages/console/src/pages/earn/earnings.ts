import { microOf } from "../../format/amount.js";

export interface EarningsRow {
  readonly day: string;
  readonly model: string;
  readonly worker_id: string;
  readonly jobs: string;
  readonly prompt_tokens: string;
  readonly completion_tokens: string;
  readonly share_micro: string;
  readonly clawed_back_micro: string;
}

/** What `GET /flock/v1/earnings` answers. The rows are of the days that were asked for, the totals of all time. */
export interface Earnings {
  readonly from: string;
  readonly to: string;
  /** Newest day first. */
  readonly earnings: readonly EarningsRow[];
  readonly is_cut: boolean;
  readonly vesting: readonly {
    readonly epoch: number;
    readonly amount_micro: string;
    readonly vests_at: string | null;
  }[];
  /** The first is the sum of the last five. */
  readonly totals: {
    readonly earned_micro: string;
    readonly emission_micro: string;
    readonly clawed_back_micro: string;
    readonly vesting_micro: string;
    readonly vested_micro: string;
    readonly collected_micro: string;
    readonly paid_micro: string;
  };
}

export interface Sum {
  readonly name: string;
  readonly earnedMicro: bigint;
  readonly clawedBackMicro: bigint;
  readonly jobs: bigint;
}

/** Sums of rows that have something in common, such as their worker; the most earned first. */
export function sumsBy(rows: readonly EarningsRow[], nameOf: (row: EarningsRow) => string): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    const name = nameOf(row);
    const before = sums.get(name) ?? { name, earnedMicro: 0n, clawedBackMicro: 0n, jobs: 0n };
    sums.set(name, {
      name,
      earnedMicro: before.earnedMicro + (microOf(row.share_micro) ?? 0n),
      clawedBackMicro: before.clawedBackMicro + (microOf(row.clawed_back_micro) ?? 0n),
      jobs: before.jobs + (microOf(row.jobs) ?? 0n),
    });
  }
  return [...sums.values()].sort((a, b) => Number(b.earnedMicro - a.earnedMicro));
}

/** Every UTC day from the first to the last, both included. */
export function daysBetween(from: string, to: string): readonly string[] {
  const first = Date.parse(`${from}T00:00:00Z`);
  const count = Math.round((Date.parse(`${to}T00:00:00Z`) - first) / DAY_MS) + 1;
  return Array.from({ length: Math.max(0, Math.min(count, DAYS_MAX)) }, (_, day) =>
    new Date(first + day * DAY_MS).toISOString().slice(0, 10),
  );
}

const DAY_MS = 86_400_000;
/** More bars than these are thinner than a pixel. */
const DAYS_MAX = 400;
