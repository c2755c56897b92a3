import { type MicroLlama, microLlama, ZERO } from "@flock/money";
import { DEFAULT_PARAMETERS, LOCAL_PARAMETERS } from "@flock/parameters";
import { AccountTiers } from "./account-tiers.js";
import { StakeView } from "./stake-view.js";

function tiersUnderTest(stake: MicroLlama | undefined) {
  const never = new Promise<MicroLlama>(() => {});
  const stakes = new StakeView({ read: () => never, ttlMs: 60_000, entriesMax: 10 });
  if (stake !== undefined) stakes.learn("a", stake);
  const parameters = { current: DEFAULT_PARAMETERS };
  return { tiers: new AccountTiers(stakes, parameters), parameters };
}

/** How many requests of the account may run at once. */
function concurrencyOf(tiers: AccountTiers): number {
  for (let running = 0; ; running += 1) {
    try {
      tiers.begin("a");
    } catch {
      return running;
    }
  }
}

describe("AccountTiers", () => {
  const { values } = DEFAULT_PARAMETERS;

  it.each([
    [ZERO, 0, values.tier0Concurrency],
    [values.tier1StakeMinMicro, 1, values.tier1Concurrency],
    [microLlama(values.tier2StakeMinMicro - 1n), 1, values.tier1Concurrency],
    [values.tier3StakeMinMicro, 3, values.tier3Concurrency],
  ])("gives a stake of %s µLLAMA level %s and %s requests at once", (stake, level, concurrency) => {
    const { tiers } = tiersUnderTest(stake);
    expect(tiers.levelOf("a")).toBe(level);
    expect(concurrencyOf(tiers)).toBe(concurrency);
  });

  it("queues an account that is not known yet as the lowest, and refuses it as the highest", () => {
    const { tiers } = tiersUnderTest(undefined);
    expect(tiers.levelOf("a")).toBe(0);
    expect(concurrencyOf(tiers)).toBe(values.tier3Concurrency);
  });

  it("goes by the parameters in force", () => {
    const { tiers, parameters } = tiersUnderTest(ZERO);
    for (let request = 0; request < values.tier0Concurrency; request += 1) tiers.begin("a");
    expect(() => tiers.begin("a")).toThrow("too many requests at once");
    parameters.current = LOCAL_PARAMETERS;
    tiers.begin("a");
  });
});
