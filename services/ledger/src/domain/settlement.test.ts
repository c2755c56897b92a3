import { microLlama, ZERO } from "@flock/money";
import fc from "fast-check";
import { chargeFor } from "./settlement.js";

const usage = (
  promptTokens: bigint,
  promptPrice: bigint,
  completionTokens: bigint,
  completionPrice: bigint,
) => ({
  promptTokens,
  completionTokens,
  promptPrice: microLlama(promptPrice),
  completionPrice: microLlama(completionPrice),
});
const tokens = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const prices = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const shares = fc.integer({ min: 0, max: 10_000 });

describe("the charge of a job", () => {
  it("of 7 prompt tokens at 3 and 10 completion tokens at 8 is 101: 95 for the worker, 6 for the protocol", () => {
    expect(chargeFor(usage(7n, 3n, 10n, 8n), microLlama(1_000n), 9_500)).toEqual({
      charge: 101n,
      workerShare: 95n,
      protocolShare: 6n,
    });
  });

  it("is at most what was held: 60 of the 101, 57 + 3", () => {
    expect(chargeFor(usage(7n, 3n, 10n, 8n), microLlama(60n), 9_500)).toEqual({
      charge: 60n,
      workerShare: 57n,
      protocolShare: 3n,
    });
  });

  it("of 1 µLLAMA goes to the protocol whole: the dust is never the worker's", () => {
    expect(chargeFor(usage(1n, 1n, 0n, 0n), microLlama(9n), 9_500)).toMatchObject({
      workerShare: 0n,
      protocolShare: 1n,
    });
  });

  it("of no tokens is nothing", () => {
    expect(chargeFor(usage(0n, 5n, 0n, 5n), microLlama(9n), 9_500).charge).toBe(ZERO);
  });

  it("is always the sum of its shares, never above cost or hold, and the protocol's share never below its rate", () => {
    fc.assert(
      fc.property(
        tokens,
        prices,
        tokens,
        prices,
        fc.bigInt({ min: 1n, max: 10n ** 17n }),
        shares,
        (pt, pp, ct, cp, held, bps) => {
          const { charge, workerShare, protocolShare } = chargeFor(
            usage(pt, pp, ct, cp),
            microLlama(held),
            bps,
          );
          const cost = pt * pp + ct * cp;
          expect(charge <= cost && charge <= held && (charge === cost || charge === held)).toBe(true);
          expect(workerShare + protocolShare).toBe(charge);
          expect(workerShare >= 0n && protocolShare * 10_000n >= charge * BigInt(10_000 - bps)).toBe(true);
        },
      ),
    );
  });

  it("cut into many small jobs never lowers the protocol's share", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 10_000n }), { minLength: 1, maxLength: 20 }),
        shares,
        (parts, bps) => {
          const shareOf = (cost: bigint) =>
            chargeFor(usage(cost, 1n, 0n, 0n), microLlama(10n ** 9n), bps).protocolShare;
          const whole = parts.reduce((sum, part) => sum + part, 0n);
          expect(parts.reduce((sum, part) => sum + shareOf(part), 0n)).toBeGreaterThanOrEqual(shareOf(whole));
        },
      ),
    );
  });
});
