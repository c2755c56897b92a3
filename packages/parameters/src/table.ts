/*
 * Every number of the network that its holders may change, in one table: unit, default, legal range, meaning, readers.
 * docs/parameters.md is made from it. Rules across parameters are in rules.ts. A new parameter is a new line here; a
 * document written before it existed has its default.
 */
import { TOTAL_SUPPLY } from "@flock/money";
import {
  integer,
  llama,
  micro,
  money,
  type ParameterDefinition,
  toggle,
  type ValueOf,
} from "./definition.js";

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;
const QUARTER_S = 90 * DAY_S;
const NOTHING = micro(0n);
const ONE_MICRO = micro(1n);
/** 95 % of the supply: what `pool:rewards` is given at genesis. */
const REWARDS = llama(95_000_000_000n);

const shares = {
  workerShareBps: integer("bps", 9_500, [9_000, 9_900], {
    does: "Share of a job's charge that its worker earns, rounded down; the rest is the protocol share.",
    readBy: ["ledger"],
  }),
  feeStakersBps: integer("bps", 4_000, [0, 9_900], {
    does: "Share of an epoch's protocol share that stakers get, in proportion to their smallest stake of the epoch.",
    readBy: ["ledger"],
  }),
  feeLiquidityBps: integer("bps", 3_000, [0, 10_000], {
    does: "Share of an epoch's protocol share that goes to `pool:liquidity`.",
    readBy: ["ledger"],
  }),
  feeDevBps: integer("bps", 3_000, [0, 10_000], {
    does: "Share of an epoch's protocol share that goes to `pool:dev`.",
    readBy: ["ledger"],
  }),
};

const emission = {
  emissionCapBps: integer("bps", 5_000, [0, 9_900], {
    does: "The emission of an epoch is at most this share of the epoch's protocol share, which makes paying oneself a loss.",
    readBy: ["ledger"],
  }),
  emissionFirstEpochMicro: money("µLLAMA", llama(43_000_000n), [NOTHING, REWARDS], {
    does: "What the schedule allows to be emitted in epoch 0. It halves every `emissionHalfLifeEpochs`.",
    readBy: ["ledger"],
  }),
  emissionHalfLifeEpochs: integer("epochs", 1_461, [1, 20_000_000], {
    does: "After how many epochs the schedule has halved.",
    readBy: ["ledger"],
  }),
};

const times = {
  epochSeconds: integer("s", DAY_S, [10, WEEK_S], {
    does: "Length of an epoch. A change applies from the next epoch on.",
    readBy: ["ledger"],
  }),
  challengeSeconds: integer("s", DAY_S, [0, WEEK_S], {
    does: "How long after an epoch's end its jobs can be clawed back; then it is closed, and earnings vest.",
    readBy: ["ledger", "verifier"],
  }),
  unstakeCooldownSeconds: integer("s", WEEK_S, [0, QUARTER_S], {
    does: "How long unstaked LLAMA waits, and can still be slashed, before it is back in the wallet.",
    readBy: ["ledger"],
  }),
};

const chain = {
  depositMinMicro: money("µLLAMA", micro(10_000n), [ONE_MICRO, llama(1_000_000n)], {
    does: "A smaller deposit is not credited: it waits in suspense.",
    readBy: ["treasury"],
  }),
  payoutMinMicro: money("µLLAMA", llama(1n), [ONE_MICRO, llama(1_000_000n)], {
    does: "The smallest withdrawal: below it, the chain's fee is out of proportion.",
    readBy: ["treasury"],
  }),
  payoutThresholdMicro: money("µLLAMA", llama(10n), [ONE_MICRO, llama(1_000_000_000n)], {
    does: "Vested earnings of at least this much are paid out by themselves after an epoch closes.",
    readBy: ["treasury"],
  }),
  payoutMaxMicro: money("µLLAMA", llama(1_000_000n), [ONE_MICRO, TOTAL_SUPPLY], {
    does: "The largest single payout.",
    readBy: ["treasury"],
  }),
  payoutDailyMaxMicro: money("µLLAMA", llama(10_000_000n), [ONE_MICRO, TOTAL_SUPPLY], {
    does: "The most that is paid out, to everybody together, in a UTC day.",
    readBy: ["treasury"],
  }),
  payoutsPaused: toggle(false, {
    does: "Stops new payouts. What is already signed is followed to its end.",
    readBy: ["treasury"],
  }),
};

function stakeMin(level: number, initial: bigint) {
  return money("µLLAMA", llama(initial), [ONE_MICRO, TOTAL_SUPPLY], {
    does: `Stake from which an account is in tier ${level}.`,
    readBy: ["api", "router"],
  });
}
function requestsPerMinute(level: number, initial: number) {
  return integer("requests/min", initial, [1, 10_000_000], {
    does: `Requests that an account in tier ${level} may start in a minute.`,
    readBy: ["api"],
  });
}
function concurrency(level: number, initial: number) {
  return integer("requests", initial, [1, 100_000], {
    does: `Requests that an account in tier ${level} may have running at once.`,
    readBy: ["api"],
  });
}
function priority(level: number, initial: number) {
  return integer("weight", initial, [1, 1_000], {
    does: `Share of a busy network that an account in tier ${level} gets, in proportion to those of others waiting.`,
    readBy: ["router"],
  });
}
const tiers = {
  tier0RequestsPerMinute: requestsPerMinute(0, 60),
  tier0Concurrency: concurrency(0, 4),
  tier0Priority: priority(0, 1),
  tier1StakeMinMicro: stakeMin(1, 1_000n),
  tier1RequestsPerMinute: requestsPerMinute(1, 300),
  tier1Concurrency: concurrency(1, 16),
  tier1Priority: priority(1, 2),
  tier2StakeMinMicro: stakeMin(2, 10_000n),
  tier2RequestsPerMinute: requestsPerMinute(2, 1_200),
  tier2Concurrency: concurrency(2, 64),
  tier2Priority: priority(2, 4),
  tier3StakeMinMicro: stakeMin(3, 100_000n),
  tier3RequestsPerMinute: requestsPerMinute(3, 6_000),
  tier3Concurrency: concurrency(3, 256),
  tier3Priority: priority(3, 8),
};

function price(of: "prompt" | "completion", size: string, initial: bigint) {
  return money(`µLLAMA/${of} token`, micro(initial), [NOTHING, llama(1_000n)], {
    does: `Price of a ${of} token of a model ${size}, unless the catalogue says otherwise.`,
    readBy: ["router"],
  });
}
const prices = {
  priceUpTo1bPromptMicro: price("prompt", "of up to 1 billion parameters", 1n),
  priceUpTo1bCompletionMicro: price("completion", "of up to 1 billion parameters", 3n),
  priceUpTo8bPromptMicro: price("prompt", "of up to 8 billion parameters", 3n),
  priceUpTo8bCompletionMicro: price("completion", "of up to 8 billion parameters", 10n),
  priceUpTo34bPromptMicro: price("prompt", "of up to 34 billion parameters", 10n),
  priceUpTo34bCompletionMicro: price("completion", "of up to 34 billion parameters", 30n),
  priceUpTo80bPromptMicro: price("prompt", "of up to 80 billion parameters", 25n),
  priceUpTo80bCompletionMicro: price("completion", "of up to 80 billion parameters", 75n),
  priceAbove80bPromptMicro: price("prompt", "of more than 80 billion parameters", 60n),
  priceAbove80bCompletionMicro: price("completion", "of more than 80 billion parameters", 180n),
};

const checks = {
  checkFloorBps: integer("bps", 500, [0, 10_000], {
    does: "Share of a proven worker's jobs that is checked. Of other workers more are.",
    readBy: ["verifier"],
  }),
  checkPositions: integer("places", 8, [1, 32], {
    does: "In how many places, at most, a checked answer is read by another worker, beside its end.",
    readBy: ["verifier"],
  }),
  appealSeconds: integer("s", DAY_S / 4, [0, WEEK_S], {
    does: "How long a conviction can be appealed against before anything follows from it; `challengeSeconds` at the most.",
    readBy: ["verifier"],
  }),
  slashBps: integer("bps", 2_000, [0, 2_000], {
    does: "Share of its stake that a convicted worker loses.",
    readBy: ["verifier"],
  }),
};

const definitions = { ...shares, ...emission, ...times, ...chain, ...tiers, ...prices, ...checks };

export type ParameterName = keyof typeof definitions;

/** Every parameter, by name, in the order of the documentation. */
export const PARAMETERS: Readonly<Record<ParameterName, ParameterDefinition>> = definitions;

/** All names, in the order of {@link PARAMETERS}. */
export const PARAMETER_NAMES = Object.keys(definitions) as readonly ParameterName[];

/** A value for every parameter: integers are numbers, money is `MicroLlama`, switches are booleans. */
export type ParameterValues = { readonly [Name in ParameterName]: ValueOf<(typeof definitions)[Name]> };
