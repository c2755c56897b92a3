import { newRequestId } from "@flockollamas/sdk";
import { formatAmount } from "../../format/amount.js";
import { MoveInside } from "./move-inside.js";
import type { MoveProps } from "./stake.js";

/** From vested earnings to the wallet of the same key. */
export function Collect({ account, onClose }: MoveProps) {
  return (
    <MoveInside
      title="Collect vested earnings"
      maxMicro={account.vested.availableMicro}
      action="Collect it"
      done={(micro) => `${formatAmount(micro)} is in your wallet.`}
      move={(flock, amountMicro, id) => flock.collects.collect({ amountMicro, id })}
      makeId={newRequestId}
      onClose={onClose}
    >
      <p>Vested earnings are yours for good. Collected, they are in your balance and can be spent.</p>
    </MoveInside>
  );
}
