/*
 * What the schedule allows an epoch to emit: half of it every H epochs, on a straight line in between.
 *
 *   scheduled(n) = floor(first × (2H − n mod H) / (2H × 2^(n div H)))
 *
 * All numbers are whole, so everybody computes the same; a fraction in an exponent would need rounding rules of its
 * own. The first H epochs allow first × (3H + 1) / 4 before rounding, the next H half of that, and so on: in total at
 * most first × (3H + 1) / 2, which the parameters keep within `pool:rewards`.
 * Example: first 1 000, H = 2: 1 000, 750, 500, 375, 250, 187, … and 3 500 at most.
 */
import { type MicroLlama, microLlama } from "@flock/money";

/** The schedule's two parameters. */
export interface EmissionSchedule {
  readonly emissionFirstEpochMicro: MicroLlama;
  readonly emissionHalfLifeEpochs: number;
}

/** The most that `epoch` (from 0) may emit; the cap and the pool's balance may allow less. */
export function scheduledEmission(epoch: number, schedule: EmissionSchedule): MicroLlama {
  const { emissionFirstEpochMicro: first, emissionHalfLifeEpochs: halfLife } = schedule;
  const halvings = Math.floor(epoch / halfLife);
  const offset = epoch % halfLife;
  // Beyond 64 halvings nothing is left of any int64, and a longer shift would only cost memory.
  if (halvings >= 64) return microLlama(0n);
  const whole = 2n * BigInt(halfLife);
  return microLlama((first * (whole - BigInt(offset))) / (whole << BigInt(halvings)));
}
