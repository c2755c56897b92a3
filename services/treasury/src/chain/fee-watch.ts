import { type Part, repeating } from "@flock/mesh";
import type { Treasury } from "../treasury.js";

const INTERVAL_MS = 15_000;

/** Watches the treasury's lamports, and raises the alarm while there are fewer than `lamportsMin`. */
export function feeWatch(treasury: Treasury, lamportsMin: bigint): Part {
  const { logger } = treasury;
  return repeating({ name: "fee watch", logger, intervalMs: INTERVAL_MS }, () =>
    watchFees(treasury, lamportsMin).then(() => false),
  );
}

/** One look. */
export async function watchFees(
  { endpoints, metrics, logger }: Treasury,
  lamportsMin: bigint,
): Promise<void> {
  const held = await endpoints.any((chain) => chain.lamports());
  metrics.lamports(held);
  if (held < lamportsMin)
    logger.error({ lamports: String(held), lamportsMin: String(lamportsMin) }, "SOL is low");
}
