import { agreedEnd, endReading, kindest, tokenReading } from "./reading.js";

const at = (rest: string) => ({ offset: 7, rest });
const choices = [
  { token: " the", logprob: -0.5 },
  { token: " th", logprob: -1 },
  { token: " a", logprob: -2 },
];

describe("the reading of a place", () => {
  it("takes the most probable choice that the answer goes on with", () => {
    expect(tokenReading(choices, at(" then"))).toEqual({
      kind: "token",
      offset: 7,
      choices: [-500, -1_000, -2_000],
      claimed: 0,
    });
    expect(tokenReading(choices, at(" thorn")).claimed).toBe(1);
    expect(tokenReading(choices, at(" a cat")).claimed).toBe(2);
  });

  it("says so when the answer goes on with none of them", () => {
    expect(tokenReading(choices, at(" dog")).claimed).toBe(-1);
    expect(tokenReading([{ token: "", logprob: -1 }], at(" dog")).claimed).toBe(-1);
  });

  it("takes half a character for the beginning of any that is not ASCII", () => {
    const halves = [
      { token: " \uFFFD", logprob: -0.5 },
      { token: " a", logprob: -2 },
    ];
    expect(tokenReading(halves, at(" 🦙 runs")).claimed).toBe(0);
    expect(tokenReading(halves, at(" a llama")).claimed).toBe(1);
    expect(tokenReading(halves, at("🦙")).claimed).toBe(-1);
  });

  it("takes at most twenty choices, whatever order and numbers they come in", () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ token: `t${index}`, logprob: Number.NaN }));
    expect(tokenReading(many, at("x")).choices).toEqual(new Array(20).fill(-100_000));
    expect(tokenReading([{ token: "x", logprob: 5 }], at("x")).choices).toEqual([0]);
    const infinite = [{ token: "x", logprob: Number.NEGATIVE_INFINITY }];
    expect(tokenReading(infinite, at("x")).choices).toEqual([-100_000]);
  });
});

describe("the reading behind an answer that ended by itself", () => {
  it("knows the end by its name where the engine lists it", () => {
    const listed = [
      { token: " and", logprob: -0.1 },
      { token: "<|im_end|>", logprob: -3 },
    ];
    expect(endReading(listed, 9)).toEqual({ kind: "end", offset: 9, choices: [-100, -3_000], claimed: 1 });
  });

  it("gives the end all that the listed choices leave where the engine does not list it", () => {
    const half = endReading([{ token: " and", logprob: Math.log(0.4) }], 9);
    expect(half.claimed).toBe(0);
    expect(half.choices[0]).toBeCloseTo(1_000 * Math.log(0.6), -1);
    expect(endReading([{ token: " and", logprob: 0 }], 9)).toMatchObject({
      choices: [0, -100_000],
      claimed: 1,
    });
  });

  it("is certain when the referee ended there, too", () => {
    expect(agreedEnd(9)).toEqual({ kind: "end", offset: 9, choices: [0], claimed: 0 });
  });
});

describe("readings of one place by several referees", () => {
  it("count as the kindest of them, whatever their order", () => {
    const harsh = { ...agreedEnd(3), choices: [-10, -9_000], claimed: 1 };
    const lost = { ...harsh, claimed: -1 };
    const kind = { ...harsh, claimed: 0 };
    expect(kindest([harsh, kind, lost])).toBe(kind);
    expect(kindest([lost, harsh])).toBe(harsh);
    expect(kindest([lost])).toBe(lost);
  });
});
