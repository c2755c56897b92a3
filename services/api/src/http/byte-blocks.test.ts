import { ByteBlocks } from "./byte-blocks.js";

/** What came out, and how much was held for it. */
function gathered(pieces: readonly Buffer[]): { whole: Buffer; heldBytes: number } {
  const blocks = new ByteBlocks();
  let heldBytes = 0;
  for (const piece of pieces)
    blocks.push(piece, (bytes) => {
      heldBytes += bytes;
    });
  const whole = blocks.whole();
  expect(blocks.bytes).toBe(whole.length);
  return { whole, heldBytes };
}

const numbered = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));
/** In pieces of these lengths, again and again. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

describe("ByteBlocks", () => {
  it.each([[[1]], [[4_095]], [[4_096]], [[70_000]], [[1, 5_000, 3, 3, 16_384]], [[0, 1]]])(
    "makes of pieces of %j bytes what they were cut of",
    (lengths) => {
      const bytes = numbered(200_000);
      expect(gathered(cut(bytes, lengths)).whole.equals(bytes)).toBe(true);
    },
  );

  it("holds little more than the bytes, however small the pieces are", () => {
    const bytes = numbered(200_000);
    expect(gathered(cut(bytes, [1])).heldBytes).toBeLessThan(bytes.length + 2 * 16_384);
    expect(gathered(cut(numbered(40_960), [4_096])).heldBytes).toBe(40_960);
    expect(gathered(cut(numbered(500), [100])).heldBytes).toBe(4_096);
  });

  it("is empty without any", () => {
    expect(gathered([]).whole).toHaveLength(0);
  });
});
