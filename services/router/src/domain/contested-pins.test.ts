import { ContestedPins, equalsPin, fitsPin } from "./contested-pins.js";

const DIGEST = "a".repeat(64);
const OTHER = "b".repeat(64);
const pin = { digest: DIGEST, contextLength: 4_096 };

describe("a worker's model", () => {
  it.each([
    ["the pinned digest and context", { digest: DIGEST, contextLength: 4_096 }, true, true],
    ["more context", { digest: DIGEST, contextLength: 8_192 }, true, false],
    ["a context that it does not tell", { digest: DIGEST, contextLength: 0 }, true, false],
    ["less context", { digest: DIGEST, contextLength: 2_048 }, false, false],
    ["another digest", { digest: OTHER, contextLength: 4_096 }, false, false],
  ])("with %s: may serve %s", (_what, served, fits, equals) => {
    expect([fitsPin(served, pin), equalsPin(served, pin)]).toEqual([fits, equals]);
  });

  it("serves nothing that is not in the catalogue", () => {
    expect(fitsPin(pin, undefined)).toBe(false);
  });
});

describe("a pin that no worker stands for", () => {
  it("may be renewed once that has been so for the whole time", () => {
    const pins = new ContestedPins(10_000);
    expect([0, 9_999, 10_000].map((nowMs) => pins.contest("m", nowMs))).toEqual([false, false, true]);
  });

  it("is not renewed while a worker that stands for it comes back now and then", () => {
    const pins = new ContestedPins(10_000);
    pins.contest("m", 0);
    pins.confirm("m");
    expect([9_000, 15_000, 19_000].map((nowMs) => pins.contest("m", nowMs))).toEqual([false, false, true]);
  });
});
