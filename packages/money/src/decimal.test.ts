import fc from "fast-check";
import { formatLlama, microFromJson, parseLlama } from "./decimal.js";
import { MICRO_LLAMA_MAX, MICRO_LLAMA_MIN, microLlama, TOTAL_SUPPLY } from "./micro-llama.js";

const anyAmount = fc.bigInt({ min: MICRO_LLAMA_MIN, max: MICRO_LLAMA_MAX }).map(microLlama);

describe("decimal LLAMA", () => {
  it.each([
    ["0", 0n],
    ["1", 1_000_000n],
    ["1.5", 1_500_000n],
    ["-0.5", -500_000n],
    ["0.000001", 1n],
    ["100000000000", TOTAL_SUPPLY],
    ["9223372036854.775807", MICRO_LLAMA_MAX],
    ["-9223372036854.775808", MICRO_LLAMA_MIN],
  ])("%s LLAMA is %s µLLAMA, and back", (text, micro) => {
    expect(parseLlama(text)).toBe(micro);
    expect(formatLlama(microLlama(micro))).toBe(text);
  });

  it.each([
    "",
    " 1",
    "1 ",
    "+1",
    "01",
    "1.",
    ".5",
    "1e6",
    "0.0000001",
    "1,5",
    "NaN",
    "0x10",
    "١",
    "1\n",
    "9223372036854.775808",
    "99999999999999999999",
  ])("%j is refused", (text) => {
    expect(() => parseLlama(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });

  it("reads back whatever it writes", () => {
    fc.assert(fc.property(anyAmount, (amount) => parseLlama(formatLlama(amount)) === amount));
  });

  it("agrees with shifting the point of the integer six places", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 9_223_372_036_853n }),
        fc.integer({ min: 0, max: 999_999 }),
        (w, f) => {
          const text = `${w}.${f.toString().padStart(6, "0")}`;
          return parseLlama(text).toString() === text.replace(".", "").replace(/^0+(?=\d)/, "");
        },
      ),
    );
  });
});

describe("amounts in JSON", () => {
  it("survive a round trip through JSON text", () => {
    fc.assert(
      fc.property(
        anyAmount,
        (amount) => microFromJson(JSON.parse(JSON.stringify(String(amount)))) === amount,
      ),
    );
  });

  it.each([5, 5n, null, "", "1.0", "-0", "007", " 1", "9223372036854775808"])("%p is refused", (value) => {
    expect(() => microFromJson(value)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });
});
