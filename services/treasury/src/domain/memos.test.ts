import fc from "fast-check";
import { accountMemo, epochMemo, MEMO_READERS, type Memo, payoutMemo, readMemo } from "./memos.js";

const TOKEN = [..."ABCXYZabcxyz0189_-"];
const token = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...TOKEN), { minLength, maxLength }).map((letters) => letters.join(""));

const accountId = fc.oneof(fc.constantFrom("epoch", "payout", "flock", "fo"), token(1, 128));
const root = fc.uint8Array({ minLength: 32, maxLength: 32 });
const epoch = fc.oneof(fc.constantFrom(0n, 2n ** 63n - 1n), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }));
const batchId = token(16, 16);

const written: fc.Arbitrary<{ text: string; means: Memo }> = fc.oneof(
  accountId.map((id) => ({ text: accountMemo(id), means: { kind: "account" as const, accountId: id } })),
  fc.tuple(epoch, root).map(([number, bytes]) => ({
    text: epochMemo(number, bytes),
    means: { kind: "epoch" as const, epoch: number, root: Buffer.from(bytes).toString("hex") },
  })),
  batchId.map((id) => ({ text: payoutMemo(id), means: { kind: "payout" as const, batchId: id } })),
);

const readersOf = (text: string) =>
  Object.entries(MEMO_READERS).flatMap(([kind, read]) => (read(text) === undefined ? [] : [kind]));

describe("a memo", () => {
  it("says what it was written to say, and is read by the reader of its kind alone", () => {
    fc.assert(
      fc.property(written, ({ text, means }) => {
        expect(readMemo(text)).toEqual(means);
        expect(readersOf(text)).toEqual([means.kind]);
      }),
      { numRuns: 300 },
    );
  });

  it("is read by one reader at most, whatever somebody wrote", () => {
    // Pieces of ours, put together in any way: far more often nearly a memo than any text would be.
    const piece = fc.oneof(
      fc.constantFrom(
        "flock:",
        "fo:",
        "epoch:",
        "payout:",
        "flock",
        "epoch",
        "payout",
        ":",
        " ",
        "\n",
        "0",
        "7",
      ),
      fc.constant("07".repeat(32)),
      token(1, 20),
      batchId,
    );
    const pieced = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const cut = fc.tuple(written, fc.nat(), fc.string({ maxLength: 3 })).map(([{ text }, at, more]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + more + text.slice(from + more.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), pieced, cut), (text) => {
        expect(readersOf(text).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["epoch", "payout"])("of an account called %s is that account's", (name) => {
    expect(readMemo(accountMemo(name))).toEqual({ kind: "account", accountId: name });
  });

  it("of a batch that an earlier version wrote is still one", () => {
    expect(readMemo("fo:payout:AAAAAAAAAAAAAAAA")).toEqual({ kind: "payout", batchId: "AAAAAAAAAAAAAAAA" });
  });

  it.each([
    "",
    "flock:",
    "flock:a b",
    "flock:wallet:alice",
    "hello flock:alice",
    "Flock:alice",
    "fo:alice",
    "flock:epoch:1:ff",
    `flock:epoch:01:${"07".repeat(32)}`,
    `flock:epoch:1:${"07".repeat(32)}:`,
    `flock:epoch:1:${"AB".repeat(32)}`,
    "flock:payout:",
    "flock:payout:AAAAAAAAAAAAAAAA:2",
    ` flock:payout:AAAAAAAAAAAAAAAA`,
  ])("is %j not", (text) => {
    expect(readMemo(text)).toBeUndefined();
  });
});
