import { FlockError } from "@flock/errors";
import { BodyBudget } from "./body-budget.js";

const KIB = 1024;
const FREE = 64 * KIB;
const WHOLE = 1_600 * KIB;
const OF_ACCOUNT = WHOLE / 4;

describe("BodyBudget", () => {
  let heldBytes: number;
  let refused: string[];
  let budget: BodyBudget;
  beforeEach(() => {
    heldBytes = 0;
    refused = [];
    budget = new BodyBudget(WHOLE, {
      bodyBytes: (more) => {
        heldBytes += more;
      },
      bodyRefused: (limit) => void refused.push(limit),
    });
  });
  const codeOf = (run: () => void): string | undefined => {
    try {
      run();
    } catch (thrown) {
      return FlockError.from(thrown).code;
    }
    return undefined;
  };

  it("does not count the small ones", () => {
    for (let count = 0; count < 1_000; count++) budget.share("alice").receive(FREE);
    expect([heldBytes, refused]).toEqual([0, []]);
  });

  it("refuses one account what is more than its part, and nobody else", () => {
    budget.share("alice").receive(FREE + OF_ACCOUNT);
    expect(codeOf(() => budget.share("alice").receive(FREE + 1_000))).toBe("resource_exhausted");
    expect(codeOf(() => budget.share("alice").receive(FREE))).toBeUndefined();
    expect(codeOf(() => budget.share("bob").receive(FREE + OF_ACCOUNT))).toBeUndefined();
    expect(refused).toEqual(["account"]);
    expect(heldBytes).toBe(2 * OF_ACCOUNT);
  });

  it("refuses everybody what is more than the whole", () => {
    const shares = ["alice", "bob", "carol", "dave"].map((account) => budget.share(account));
    for (const share of shares) share.receive(FREE + OF_ACCOUNT);
    expect(codeOf(() => budget.share("eve").receive(FREE + 1_000))).toBe("unavailable");
    shares[0]?.release();
    expect(codeOf(() => budget.share("eve").receive(FREE + 1_000))).toBeUndefined();
    expect(refused).toEqual(["all"]);
  });

  it("tells from the announced length what would be refused, and takes nothing for it", () => {
    expect(codeOf(() => budget.share("alice").announce(FREE + OF_ACCOUNT + 1))).toBe("resource_exhausted");
    expect(codeOf(() => budget.share("alice").announce(FREE + OF_ACCOUNT))).toBeUndefined();
    expect(heldBytes).toBe(0);
  });

  it("counts a small piece with what keeping it costs", () => {
    const share = budget.share("alice");
    for (let piece = 0; piece < 1_000; piece++) share.receive(1);
    expect(heldBytes).toBe(1_000 * 256 - FREE);
  });

  it("takes back what was held, once, and counts nothing that comes later", () => {
    const share = budget.share("alice");
    share.receive(FREE + 100 * KIB);
    share.release();
    share.release();
    share.receive(100 * KIB);
    expect(heldBytes).toBe(0);
    expect(codeOf(() => budget.share("alice").receive(FREE + OF_ACCOUNT))).toBeUndefined();
  });
});
