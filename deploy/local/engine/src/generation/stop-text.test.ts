import fc from "fast-check";
import type { Piece } from "./pieces.js";
import { StopText } from "./stop-text.js";

const piece = (text: string): Piece => ({ text, tokens: [{ token: text.length }] });
const textOf = (pieces: readonly Piece[]) => pieces.map(({ text }) => text).join("");

/** What a reader gets of `texts`, piece by piece. */
function read(texts: readonly string[], stops: readonly string[]) {
  const stopText = new StopText(stops);
  const released: string[] = [];
  for (const text of texts) {
    const { pieces, isStopped } = stopText.push(piece(text));
    released.push(...pieces.map((each) => each.text));
    if (isStopped) return { released, isStopped };
  }
  released.push(...stopText.flush().map((each) => each.text));
  return { released, isStopped: false };
}

/** The same by looking at the whole text after every piece. */
function expected(texts: readonly string[], stops: readonly string[]) {
  let whole = "";
  for (const text of texts) {
    whole += text;
    const ends = stops
      .filter((stop) => stop !== "" && whole.includes(stop))
      .map((stop) => whole.indexOf(stop));
    if (ends.length > 0) return { text: whole.slice(0, Math.min(...ends)), isStopped: true };
  }
  return { text: whole, isStopped: false };
}

describe("StopText", () => {
  it("delivers every piece at once when there is no stop string", () => {
    expect(new StopText(["", ""]).push(piece("a"))).toEqual({ pieces: [piece("a")], isStopped: false });
  });

  it("holds back what may become a stop string, and lets it go when it does not", () => {
    const stopText = new StopText(["END"]);
    expect(textOf(stopText.push(piece("one")).pieces)).toBe("one");
    expect(textOf(stopText.push(piece(" E")).pieces)).toBe("");
    expect(textOf(stopText.push(piece("N")).pieces)).toBe("");
    expect(textOf(stopText.push(piece("JOY")).pieces)).toBe(" ENJOY");
  });

  it("holds back whole pieces, so that the delivered text ends between two tokens", () => {
    const stopText = new StopText(["END"]);
    expect(stopText.push(piece("wordE"))).toEqual({ pieces: [], isStopped: false });
    expect(stopText.push(piece("ND more"))).toEqual({
      pieces: [{ text: "word", tokens: [{ token: 5 }] }],
      isStopped: true,
    });
  });

  it("delivers what was held back when the text ends otherwise", () => {
    const stopText = new StopText(["END"]);
    stopText.push(piece("the EN"));
    expect(textOf(stopText.flush())).toBe("the EN");
  });

  it("ends the text where a search through all of it would, whatever the pieces and stop strings", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 12 }),
        fc.array(letters, { maxLength: 3 }),
        (texts, stops) => {
          const { released, isStopped } = read(texts, stops);
          expect({ text: released.join(""), isStopped }).toEqual(expected(texts, stops));
        },
      ),
    );
  });

  it("releases pieces unbroken and in order, except for the one that a stop string cuts", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 12 }),
        fc.array(letters, { maxLength: 2 }),
        (texts, stops) => {
          const { released, isStopped } = read(texts, stops);
          const whole = isStopped ? released.slice(0, -1) : released;
          expect(whole).toEqual(texts.slice(0, whole.length));
        },
      ),
    );
  });
});
