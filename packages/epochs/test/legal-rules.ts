import { microLlama } from "@flock/money";
import { DEFAULT_PARAMETERS, parametersFromJson } from "@flock/parameters";
import fc from "fast-check";
import { type EpochRules, epochRules } from "../src/division/epoch-division.js";

/** A number of `min` to `max`, often one of the two. */
export function cornered(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(min), fc.constant(max), fc.integer({ min, max }));
}

const WHOLE_BPS = 10_000;
const REBATE_MAX_BPS = 9_900;
const REWARDS_MICRO = 95_000_000_000_000_000n;

/** Rules from all over the legal box, its corners and edges above all; what it generates is checked to be legal. */
export const legalRules: fc.Arbitrary<EpochRules> = fc
  .record({
    feeStakersBps: cornered(0, REBATE_MAX_BPS),
    capPart: cornered(0, 100),
    liquidityPart: cornered(0, 100),
    emissionHalfLifeEpochs: fc.oneof(cornered(1, 20_000_000), fc.integer({ min: 1, max: 5_000 })),
    firstPart: fc.oneof(cornered(0, 1_000_000), fc.constant(0)),
  })
  .map(({ feeStakersBps, capPart, liquidityPart, emissionHalfLifeEpochs, firstPart }) => {
    const capMax = REBATE_MAX_BPS - feeStakersBps;
    const feeLiquidityBps = Math.floor(((WHOLE_BPS - feeStakersBps) * liquidityPart) / 100);
    const firstMax = (2n * REWARDS_MICRO) / (3n * BigInt(emissionHalfLifeEpochs) + 1n);
    return {
      feeStakersBps,
      feeLiquidityBps,
      feeDevBps: WHOLE_BPS - feeStakersBps - feeLiquidityBps,
      emissionCapBps: Math.floor((capMax * capPart) / 100),
      emissionFirstEpochMicro: microLlama((firstMax * BigInt(firstPart)) / 1_000_000n),
      emissionHalfLifeEpochs,
    };
  })
  .map((rules) => {
    const values = { ...rules, emissionFirstEpochMicro: rules.emissionFirstEpochMicro.toString() };
    return epochRules(parametersFromJson({ version: 1, values }));
  });

export const defaultRules = epochRules(DEFAULT_PARAMETERS);
