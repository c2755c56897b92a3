import { shortAddress } from "./address.js";
import { amountText, formatAmount, microOf, parseAmount } from "./amount.js";
import { counted } from "./count.js";
import { formatDuration, formatDurationRange } from "./duration.js";
import { withoutSecrets } from "./secret.js";
import { formatClock, formatDay, formatRelative, formatUtc, utcDay } from "./time.js";

describe("amounts", () => {
  it.each<[bigint, string]>([
    [0n, "0 LLAMA"],
    [12n, "12 µLLAMA"],
    [999n, "999 µLLAMA"],
    [1_000n, "0.001 LLAMA"],
    [4_100n, "0.0041 LLAMA"],
    [-4_100n, "−0.0041 LLAMA"],
    [1_234_500_000n, "1,234.5 LLAMA"],
    [9_223_372_036_854_775_807n, "9,223,372,036,854.775807 LLAMA"],
  ])("says %s µLLAMA as %s, and loses no digit", (micro, text) => {
    expect(formatAmount(micro)).toBe(text);
  });

  it("tells figure and unit apart", () => {
    expect(amountText(12n)).toEqual({ figure: "12", unit: "µLLAMA" });
  });

  it("reads what the API writes, and guesses nothing", () => {
    expect(["12", "-3", 12, "1.5", "", null, "9".repeat(30)].map(microOf)).toEqual([
      12n,
      -3n,
      ...Array(5).fill(null),
    ]);
  });

  it.each<[string, bigint | null]>([
    ["1.5", 1_500_000n],
    [" 1,000 ", 1_000_000_000n],
    ["0.000001", 1n],
    ["0.0000001", null],
    ["1,5", null],
    ["-1", null],
    ["1e3", null],
    ["", null],
  ])("reads what a person typed: %j", (text, micro) => {
    expect(parseAmount(text)).toBe(micro);
  });
});

describe("durations and times", () => {
  it.each<[number, string]>([
    [0, "0 ms"],
    [320, "320 ms"],
    [999.7, "1.0 s"],
    [4_210, "4.2 s"],
    [12_000, "12 s"],
    [59_700, "1 min"],
    [125_000, "2 min 5 s"],
    [11_400_000, "3 h 10 min"],
    [12 * 86_400_000 + 3_600_000, "12 d"],
  ])("says %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("says a range in one unit where both ends have it", () => {
    expect(formatDurationRange(12_000, 18_000)).toBe("12–18 s");
    expect(formatDurationRange(800, 4_000)).toBe("800 ms – 4.0 s");
    expect(formatDurationRange(12_000, 12_100)).toBe("12 s");
  });

  it("says when something was or will be", () => {
    const now = Date.parse("2026-11-29T14:02:11Z");
    expect(formatRelative(now - 2_000, now)).toBe("just now");
    expect(formatRelative(now - 190_000, now)).toBe("3 min ago");
    expect(formatRelative(now + 2 * 86_400_000, now)).toBe("in 2 d");
    expect(formatUtc(now)).toBe("29 Nov 2026, 14:02:11 UTC");
    expect(formatClock(now)).toBe("14:02:11");
    expect([utcDay(now), formatDay("2026-11-29")]).toEqual(["2026-11-29", "29 Nov"]);
  });
});

describe("words", () => {
  it("shorten addresses, count, and keep secrets out", () => {
    expect(shortAddress("7vJ4AbCdEfGhIjKlMnOpQrStUvWxYz12x9Qe")).toBe("7vJ4…x9Qe");
    expect([counted(1, "job"), counted(12_345, "job"), counted(2n, "reply", "replies")]).toEqual([
      "1 job",
      "12,345 jobs",
      "2 replies",
    ]);
    expect(withoutSecrets("the key flk_AbCdEfGh12345 was made")).toBe("the key flk_… was made");
  });
});
