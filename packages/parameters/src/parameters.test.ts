import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { encodeParameters, type Parameters, parametersFromJson, parseParameters } from "./parameters.js";
import { parametersMarkdown } from "./parameters-markdown.js";
import { DEFAULT_PARAMETERS, LOCAL_PARAMETERS } from "./presets.js";
import { PARAMETER_RULES, REWARDS_POOL_AT_GENESIS } from "./rules.js";
import { PARAMETER_NAMES, PARAMETERS } from "./table.js";

const DOCS = join(import.meta.dirname, "../../../docs/parameters.md");

/** What is said about a document with `values`, or "accepted". */
function verdictOn(values: Record<string, unknown>): string {
  try {
    parametersFromJson({ version: 1, values });
    return "accepted";
  } catch (thrown) {
    return String(thrown);
  }
}

describe("the parameters", () => {
  it.each([
    ["defaults", DEFAULT_PARAMETERS],
    ["local preset", LOCAL_PARAMETERS],
  ])("of the %s are inside the legal box and survive a round trip", (_, parameters: Parameters) => {
    expect(parseParameters(encodeParameters(parameters))).toEqual(parameters);
  });

  it("are documented as they are (npm run documents writes it)", () => {
    expect(readFileSync(DOCS, "utf8")).toBe(parametersMarkdown());
  });

  it("have their default when a document does not name them", () => {
    expect(parseParameters('{"version": 7, "values": {"workerShareBps": 9600}}')).toEqual({
      version: 7,
      values: { ...DEFAULT_PARAMETERS.values, workerShareBps: 9_600 },
    });
  });

  it("each accept their bounds and are refused one beyond, by name, value and bound", () => {
    for (const name of PARAMETER_NAMES) {
      const definition = PARAMETERS[name];
      if (definition.kind === "switch") continue;
      const one = definition.kind === "money" ? 1n : 1;
      for (const [bound, beyond, word] of [
        [definition.min, Number(definition.min) - Number(one), "minimum"],
        [definition.max, Number(definition.max) + Number(one) * 100, "maximum"],
      ] as const) {
        const asJson = (value: bigint | number) =>
          definition.kind === "money" ? BigInt(value).toString() : Number(value);
        expect(verdictOn({ [name]: asJson(bound) })).not.toContain(`its ${word}`);
        expect(verdictOn({ [name]: asJson(beyond) })).toContain(
          `${name} is ${BigInt(beyond)} ${definition.unit}`,
        );
        expect(verdictOn({ [name]: asJson(beyond) })).toContain(`its ${word} of ${bound}`);
      }
    }
  });

  it.each([
    [{ workerShareBps: "9500" }, "workerShareBps must be a whole number"],
    [{ workerShareBps: 9_500.5 }, "workerShareBps must be a whole number"],
    [{ workerShareBps: null }, "workerShareBps must be a whole number"],
    [{ depositMinMicro: 10_000 }, "depositMinMicro must be a string of whole µLLAMA"],
    [{ depositMinMicro: "0.5" }, "depositMinMicro must be a string of whole µLLAMA"],
    [{ payoutsPaused: 1 }, "payoutsPaused must be true or false"],
    [{ worker_share_bps: 9_500 }, 'there is no parameter "worker_share_bps"'],
    [{ constructor: 1 }, 'there is no parameter "constructor"'],
  ])("%j are refused: %s", (values, message) => {
    expect(verdictOn(values)).toContain(message);
  });

  it.each([
    '{"version":0,"values":{}}',
    '{"version":1}',
    "[]",
    "null",
    '{"version":1,"values":{},"x":1}',
    "{",
  ])("%s is not a document", (json) => {
    expect(() => parseParameters(json)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });

  it("tells of every fault at once", () => {
    const verdict = verdictOn({ workerShareBps: 8_999, epochSeconds: 9 });
    expect(verdict).toContain("workerShareBps is 8999 bps, below its minimum of 9000; epochSeconds is 9 s");
  });
});

describe("the rules across parameters", () => {
  it.each([
    [{ feeDevBps: 2_999 }, "add up to 9999 bps, not to 10000"],
    [
      { emissionCapBps: 5_901, feeStakersBps: 4_000 },
      "emissionCapBps and feeStakersBps add up to 9901 bps, above 9900",
    ],
    [{ emissionHalfLifeEpochs: 1_473 }, "emissionFirstEpochMicro and emissionHalfLifeEpochs emit"],
    [{ unstakeCooldownSeconds: 172_799 }, "below epochSeconds + challengeSeconds = 172800 s"],
    [{ payoutThresholdMicro: "999999" }, "payoutMinMicro = 1000000 is not ≤ payoutThresholdMicro = 999999"],
    [
      { tier2StakeMinMicro: "100000000000" },
      "tier2StakeMinMicro = 100000000000 is not < tier3StakeMinMicro = 100000000000",
    ],
    [{ tier1Priority: 5 }, "tier1Priority = 5 is not ≤ tier2Priority = 4"],
  ])("refuse %j: %s", (values, message) => {
    expect(verdictOn(values)).toContain(message);
  });

  it("accept the last value before each of those", () => {
    expect(verdictOn({ emissionCapBps: 5_900 })).toBe("accepted");
    expect(verdictOn({ emissionHalfLifeEpochs: 1_472 })).toBe("accepted");
    expect(verdictOn({ unstakeCooldownSeconds: 172_800 })).toBe("accepted");
  });

  it("hold, with the ranges, for every document that is accepted", () => {
    const integers = PARAMETER_NAMES.filter((name) => PARAMETERS[name].kind === "integer");
    const changes = fc.dictionary(fc.constantFrom(...integers), fc.integer({ min: 0, max: 700_000 }), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(changes, (values) => {
        if (verdictOn(values) !== "accepted") return;
        const accepted = parametersFromJson({ version: 1, values }).values;
        expect(PARAMETER_RULES.map(({ fault }) => fault(accepted)).filter(Boolean)).toEqual([]);
        expect(accepted.emissionCapBps + accepted.feeStakersBps).toBeLessThan(10_000);
      }),
    );
  });

  it("give pool:rewards 95 billion LLAMA at genesis", () => {
    expect(REWARDS_POOL_AT_GENESIS).toBe(95_000_000_000_000_000n);
  });
});
