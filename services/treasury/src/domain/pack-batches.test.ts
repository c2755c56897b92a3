import fc from "fast-check";
import { packBatches, TRANSACTION_BYTES_MAX } from "./pack-batches.js";

/** 300 bytes of frame, and so many per item. */
const measure = (items: readonly number[]) => 300 + items.reduce((sum, bytes) => sum + bytes, 0);

describe("packBatches", () => {
  it("fills each batch before it begins the next, looking past what does not fit", () => {
    // 932 bytes of room: 400 + 400, then the 120 further back fits, 400 do not.
    const packed = packBatches([400, 400, 400, 120, 400], measure, 9);
    expect(packed).toEqual([
      { items: [400, 400, 120], bytes: 1_220 },
      { items: [400, 400], bytes: 1_100 },
    ]);
  });

  it("leaves in the queue what more batches than asked for would take", () => {
    expect(packBatches([900, 900, 900], measure, 2).map(({ items }) => items)).toEqual([[900], [900]]);
    expect(packBatches([], measure, 2)).toEqual([]);
  });

  it("loses nothing, doubles nothing, stays within the limit, and serves the first in line first", () => {
    const sizes = fc.array(fc.integer({ min: 40, max: 120 }), { maxLength: 120 });
    fc.assert(
      fc.property(sizes, (list) => {
        const items = list.map((bytes, index) => ({ bytes, index }));
        const of = (some: readonly { bytes: number }[]) => measure(some.map(({ bytes }) => bytes));
        const packed = packBatches(items, of, 1_000);
        const order = packed.flatMap((batch) => batch.items.map(({ index }) => index));
        expect([...order].sort((a, b) => a - b)).toEqual(items.map(({ index }) => index));
        expect(packed.every((batch) => batch.bytes === of(batch.items))).toBe(true);
        expect(packed.every(({ bytes }) => bytes <= TRANSACTION_BYTES_MAX)).toBe(true);
        expect(packed.slice(0, -1).every(({ bytes }) => bytes >= TRANSACTION_BYTES_MAX * 0.9)).toBe(true);
        expect(items.length === 0 || order[0] === 0).toBe(true);
      }),
    );
  });
});
