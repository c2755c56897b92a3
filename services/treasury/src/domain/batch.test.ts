import { type EndpointView, judgeBatch, type SignatureStatus, type Unreachable } from "./batch.js";

const LAST_VALID = 1_000n;
const MARGIN = 32n;

const ok: SignatureStatus = { slot: 990n, isFinalized: true, error: undefined };
const failed: SignatureStatus = { slot: 990n, isFinalized: true, error: "InstructionError" };
const confirmed: SignatureStatus = { slot: 990n, isFinalized: false, error: undefined };
const early = LAST_VALID + MARGIN;
const over = early + 1n;

const view = (endpoint: string, finalizedBlockHeight: bigint, status?: SignatureStatus): EndpointView => ({
  endpoint,
  finalizedBlockHeight,
  status,
});
const away: Unreachable = { endpoint: "b", unreachable: true };
const judge = (...views: (EndpointView | Unreachable)[]) =>
  judgeBatch({ lastValidBlockHeight: LAST_VALID }, views, MARGIN).kind;

describe("judgeBatch", () => {
  it.each<[string, (EndpointView | Unreachable)[], string]>([
    ["one endpoint found it finalized", [view("a", 900n, ok), view("b", 900n)], "landed"],
    ["one found it finalized, the other is away", [view("a", 900n, ok), away], "landed"],
    [
      "one found it finalized, the other says it never will be",
      [view("a", over, ok), view("b", over)],
      "landed",
    ],
    ["it is only confirmed", [view("a", 900n, confirmed), view("b", 900n, confirmed)], "wait"],
    ["it is not found while it is valid", [view("a", 900n), view("b", 900n)], "wait"],
    ["it is not found within the margin", [view("a", early), view("b", early)], "wait"],
    ["it is not found beyond the margin", [view("a", over), view("b", over)], "expired"],
    ["it is not found, but one endpoint lags", [view("a", over), view("b", early)], "wait"],
    ["it is not found, but one endpoint is away", [view("a", over), away], "wait"],
    ["nobody answers", [away], "wait"],
    ["every endpoint says it failed", [view("a", 990n, failed), view("b", 990n, failed)], "failed"],
    ["one says it failed, the other does not know yet", [view("a", 990n, failed), view("b", 990n)], "wait"],
    ["one says it failed, the other is away", [view("a", over, failed), away], "wait"],
    [
      "one says it failed, the other that it is lost",
      [view("a", over, failed), view("b", over)],
      "contradiction",
    ],
    [
      "one says it failed, the other that it landed",
      [view("a", 990n, failed), view("b", 990n, ok)],
      "contradiction",
    ],
    [
      "it is past its validity, and still only confirmed",
      [view("a", over, confirmed), view("b", over)],
      "contradiction",
    ],
  ])("when %s", (_, views, expected) => {
    expect(judge(...views)).toBe(expected);
    expect(judge(...[...views].reverse())).toBe(expected);
  });

  it("never calls a batch expired or failed while any endpoint has not said so", () => {
    const statuses = [undefined, ok, failed, confirmed];
    const heights = [900n, early, over];
    const all = statuses.flatMap((status) => heights.map((height) => view("x", height, status)));
    for (const one of [...all, away])
      for (const other of [...all, away]) {
        const finding = judge(one, other);
        const says = (each: EndpointView | Unreachable, what: "expired" | "failed") =>
          !("unreachable" in each) &&
          (what === "failed"
            ? each.status?.error !== undefined
            : each.status === undefined && each.finalizedBlockHeight === over);
        if (finding === "expired" || finding === "failed")
          expect([says(one, finding), says(other, finding)]).toEqual([true, true]);
      }
  });
});
