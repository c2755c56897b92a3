import { Repetition } from "./repetition.js";

/** After how many of the pieces the answer is over; undefined: not at all. */
function endsAfter(pieces: readonly string[], delivered = ""): number | undefined {
  const repetition = new Repetition(delivered);
  const index = pieces.findIndex((piece) => repetition.add(piece));
  return index < 0 ? undefined : index;
}

describe("the end of an answer that repeats itself", () => {
  it("comes after 31 equal pieces", () => {
    expect(endsAfter(Array.from({ length: 100 }, () => "la"))).toBe(31);
    expect(endsAfter(["x", ...Array.from({ length: 100 }, () => "la")])).toBe(32);
  });

  it("does not look at the blanks around them", () => {
    expect(endsAfter(Array.from({ length: 100 }, (_, index) => (index % 2 ? " la" : "la\n")))).toBe(31);
  });

  it("does not come while the pieces differ", () => {
    expect(endsAfter(Array.from({ length: 100 }, (_, index) => (index % 30 ? "la" : "lo")))).toBeUndefined();
  });

  it.each([0, 1, 15, 30])(
    "comes at the same place after %i of them were delivered by another worker",
    (before) => {
      const all = Array.from({ length: 60 }, () => "la ");
      const delivered = `Sing: ${all.slice(0, before).join("")}`;
      expect(before + (endsAfter(all.slice(before), delivered) ?? Number.NaN)).toBe(31);
    },
  );

  it("is at its limit exactly when one more piece would end it", () => {
    const repetition = new Repetition("");
    const limits = Array.from({ length: 32 }, () => {
      repetition.add("la");
      return repetition.isAtLimit;
    });
    expect(limits.indexOf(true)).toBe(30);
  });
});
