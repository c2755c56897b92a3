import { EMPTY_DRAFT, keyRequestOf } from "./key-draft.js";

const NOW = Date.parse("2026-11-30T12:00:00Z");

describe("what was filled in for a key", () => {
  it("becomes a request with exact amounts and nothing that was left out", () => {
    const draft = { ...EMPTY_DRAFT, label: " phone ", models: "tiny, qwen3:4b\ntiny2", budgetDay: "2.5" };
    expect(keyRequestOf({ ...draft, expires: "2026-12-01", streamsMax: "2" }, NOW)).toEqual({
      request: {
        label: "phone",
        scopes: ["inference", "read_account"],
        models: ["tiny", "qwen3:4b", "tiny2"],
        expiresAt: "2026-12-01T00:00:00.000Z",
        budgetDayMicro: 2_500_000n,
        streamsMax: 2,
      },
    });
  });

  it.each([
    ["label", { label: "" }],
    ["label", { label: "x".repeat(101) }],
    ["scopes", { scopes: [] }],
    ["scopes", { scopes: ["manage_keys"], streamsMax: "1" }],
    ["budgetDay", { budgetDay: "0" }],
    ["budgetMonth", { budgetMonth: "1e6" }],
    ["requestsPerMinute", { requestsPerMinute: "1.5" }],
    ["tokensPerMinute", { tokensPerMinute: "-1" }],
    ["expires", { expires: "2026-11-30" }],
  ] as const)("is refused at the field %s: %j", (field, change) => {
    const read = keyRequestOf({ ...EMPTY_DRAFT, label: "phone", ...change }, NOW);
    expect(read).toHaveProperty(`errors.${field}`);
  });
});
