import type { StatementLine } from "@flock/epochs";
import type { ReferencePayment } from "./reference-epochs.js";

/** What an epoch pays, as its statement says. */
export function statedPayments(lines: readonly StatementLine[]): ReferencePayment[] {
  const payments: ReferencePayment[] = [];
  const pay = (
    kind: ReferencePayment["kind"],
    receiver: string,
    from: string,
    to: string,
    amount: bigint,
  ) => {
    if (amount > 0n) payments.push({ kind, receiver, from, to, amount });
  };
  for (const line of lines) {
    if (line.kind === "worker") {
      const [earnings, vested] = [`earnings:${line.worker}`, `vested:${line.worker}`];
      pay("vest", line.worker, earnings, vested, line.vest);
      pay("emission", line.worker, "pool:rewards", vested, line.emission);
    } else if (line.kind === "staker") {
      pay("staking_reward", line.staker, "pool:fees", `stake:${line.staker}`, line.reward);
    } else if (line.kind === "total") {
      pay("fee_share", "liquidity", "pool:fees", "pool:liquidity", line.toLiquidity);
      pay("fee_share", "dev", "pool:fees", "pool:dev", line.toDev);
      pay("fee_share", "slashed", "pool:fees", "pool:slashed", line.toSlashed);
    }
  }
  return payments;
}
