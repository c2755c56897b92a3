import fc from "fast-check";
import { PieceAssembler, type TokenTexts } from "./pieces.js";

/** A vocabulary in which every token is one byte. */
const BYTES: TokenTexts = {
  text: (token) => Buffer.of(token).toString("utf8"),
  textOf: (tokens) => Buffer.from(tokens).toString("utf8"),
};

const push = (assembler: PieceAssembler, bytes: Iterable<number>) =>
  [...bytes].flatMap((token) => assembler.push({ token }) ?? []);

describe("PieceAssembler", () => {
  it("makes a piece of the four tokens of one character", () => {
    const assembler = new PieceAssembler(BYTES);
    const pieces = push(assembler, Buffer.from("a🦙"));
    expect(pieces.map(({ text }) => text)).toEqual(["a", "🦙"]);
    expect(pieces[1]?.tokens).toHaveLength(4);
  });

  it("gives any text back in whole characters, with every token in exactly one piece", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => !text.includes("\uFFFD")),
        (text) => {
          const assembler = new PieceAssembler(BYTES);
          const bytes = Buffer.from(text);
          const pieces = push(assembler, bytes);
          expect(pieces.map((piece) => piece.text).join("")).toBe(text);
          expect(pieces.flatMap((piece) => piece.tokens.map(({ token }) => token))).toEqual([...bytes]);
          expect(pieces.every((piece) => !piece.text.includes("\uFFFD"))).toBe(true);
          expect(assembler.flush()).toBeUndefined();
        },
      ),
    );
  });

  it("does not wait for ever on bytes that are no character", () => {
    const pieces = push(new PieceAssembler(BYTES), [0xff, 0xfe, 0xfd, 0xfc, 0x61]);
    expect(pieces.map(({ tokens }) => tokens.length)).toEqual([4, 1]);
    expect(pieces[1]?.text).toBe("a");
  });

  it("drops an incomplete character at the end of the text, but not what precedes it", () => {
    const assembler = new PieceAssembler(BYTES);
    push(assembler, Buffer.from("🦙").subarray(0, 2));
    expect(assembler.flush()).toMatchObject({ text: "", tokens: [{ token: 0xf0 }, { token: 0x9f }] });
    expect(assembler.flush()).toBeUndefined();
  });
});
