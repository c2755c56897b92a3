import { type ParameterValues, parametersFromJson } from "@flock/parameters";
import fc from "fast-check";

const WHOLE_BPS = 10_000;
/** Emission and stakers get no more than this of the protocol share together. */
const REBATE_MAX_BPS = 9_900;

/** Often one of the two bounds. */
function cornered(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
}

/** A part of a hundred, rounded down. */
const part = cornered(0, 100);

/**
 * Shares and schedules from all over the legal box, its corners above all; the other parameters have their defaults.
 * Half of the schedules emit so little that they bind before the cap does.
 */
export const legalValues: fc.Arbitrary<ParameterValues> = fc
  .record({
    workerShareBps: cornered(9_000, 9_900),
    feeStakersBps: fc.oneof(fc.constant(4_000), cornered(0, REBATE_MAX_BPS)),
    capPart: part,
    liquidityPart: part,
    first: fc.oneof(fc.constant(10n ** 15n), fc.bigInt({ min: 0n, max: 200n })),
    halfLife: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ workerShareBps, feeStakersBps, capPart, liquidityPart, first, halfLife }) => {
    const feeLiquidityBps = Math.floor(((WHOLE_BPS - feeStakersBps) * liquidityPart) / 100);
    const values = {
      workerShareBps,
      feeStakersBps,
      feeLiquidityBps,
      feeDevBps: WHOLE_BPS - feeStakersBps - feeLiquidityBps,
      emissionCapBps: Math.floor(((REBATE_MAX_BPS - feeStakersBps) * capPart) / 100),
      emissionFirstEpochMicro: first.toString(),
      emissionHalfLifeEpochs: halfLife,
    };
    return parametersFromJson({ version: 1, values }).values;
  });
