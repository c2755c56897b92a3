import { lanesOf } from "./lanes.js";
import type { Model } from "./model.js";

function model(name: string, more: Partial<Model>): Model {
  return {
    name,
    digest: "",
    context_length: null,
    capabilities: [],
    prompt_price_micro: "1",
    completion_price_micro: "2",
    is_checked: false,
    is_available: true,
    workers: null,
    slots: null,
    waiting: null,
    wait_ms: null,
    first_token_ms: null,
    tokens_per_second: null,
    ...more,
  };
}

describe("the queue lanes", () => {
  it("draw the longest queue first, leave out what is not told, and count in one unit", () => {
    const { lanes, perBlock, perSlot, waitMaxMs } = lanesOf([
      model("hidden", {}),
      model("idle", { slots: { all: 4, busy: 0 }, waiting: 0 }),
      model("full", {
        slots: { all: 240, busy: 240 },
        waiting: 49,
        wait_ms: { p50: 1_500, p90: 3_000, n: 9 },
      }),
    ]);
    expect([perBlock, perSlot, waitMaxMs]).toEqual([3, 10, 5_000]);
    expect(
      lanes.map(({ model: { name }, blocks, busy, free, wait }) => [name, blocks, busy, free, wait]),
    ).toEqual([
      ["full", 17, 24, 0, { from: 0.3, to: 0.6 }],
      ["idle", 0, 0, 1, null],
    ]);
  });
});
