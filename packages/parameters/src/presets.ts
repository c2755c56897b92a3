import { micro } from "./definition.js";
import { defaultValues, type Parameters } from "./parameters.js";

/** What a network starts with. */
export const DEFAULT_PARAMETERS: Parameters = { version: 1, values: defaultValues() };

/**
 * What a mesh on one machine starts with (`npm start`, tests): an epoch closes 90 seconds after it began, stakes
 * come back after two minutes, and an account without stake may load the whole machine.
 */
export const LOCAL_PARAMETERS: Parameters = {
  version: 1,
  values: {
    ...DEFAULT_PARAMETERS.values,
    epochSeconds: 60,
    challengeSeconds: 30,
    unstakeCooldownSeconds: 120,
    appealSeconds: 20,
    payoutMinMicro: micro(1n),
    payoutThresholdMicro: micro(100n),
    tier0RequestsPerMinute: 1_000_000,
    tier0Concurrency: 10_000,
    tier1RequestsPerMinute: 2_000_000,
    tier1Concurrency: 20_000,
    tier2RequestsPerMinute: 4_000_000,
    tier2Concurrency: 40_000,
    tier3RequestsPerMinute: 8_000_000,
    tier3Concurrency: 80_000,
  },
};
