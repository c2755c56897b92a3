import fc from "fast-check";
import { cutCandidates } from "./cuts.js";

const piece = fc.record({
  text: fc.string({ unit: "grapheme", maxLength: 6 }),
  tokens: fc.integer({ min: 0, max: 3 }),
});

describe("where an answer may be cut", () => {
  it("cuts before blanks between words, whatever its pieces are", () => {
    expect(cutCandidates([{ text: "One day, Tom saw a dog.", tokens: 7 }])).toEqual([3, 12, 16, 18]);
  });

  it("cuts where a piece of one token begins behind a piece of one token", () => {
    const pieces = ["日", "本", "語"].map((text) => ({ text, tokens: 1 }));
    expect(cutCandidates(pieces)).toEqual([1, 2]);
    expect(cutCandidates(pieces.map(({ text }) => ({ text, tokens: 2 })))).toEqual([]);
  });

  it("cuts never behind a blank, inside of a character, at the beginning or at the end", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.map((one) => one.text).join("");
        for (const offset of cutCandidates(pieces)) {
          const before = text.slice(0, offset);
          expect(offset > 0 && offset < text.length).toBe(true);
          expect(before).toBe(before.trimEnd());
          expect(/[\uD800-\uDBFF]$/.test(before)).toBe(false);
        }
      }),
    );
  });

  it("gives each place once, in ascending order", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const cuts = cutCandidates(pieces);
        expect(cuts).toEqual([...new Set(cuts)].sort((a, b) => a - b));
      }),
    );
  });
});
