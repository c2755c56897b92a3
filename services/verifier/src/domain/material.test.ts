import { outputSha256 } from "@flock/jobs";
import { MaterialPiece } from "@flock/proto/verifier";
import { tokensBefore, vouchedAnswer } from "./material.js";

const pieces = ["The", " capital", " is", " Lima", "."].map((text) =>
  MaterialPiece.fromPartial({ text, tokens: 1 }),
);
const signed = (text: string) => ({
  outputSha256: outputSha256({ thinking: "", text, toolCalls: [], embeddings: [] }),
});

describe("an answer", () => {
  it("is its worker's when the worker has signed it", () => {
    const answer = vouchedAnswer({ pieces }, signed("The capital is Lima."), 1);
    expect(answer).toEqual({ thinking: "", text: "The capital is Lima.", from: 0 });
  });

  it("is none's when somebody has signed something else", () => {
    expect(vouchedAnswer({ pieces }, signed("The capital is Quito."), 1)).toBeUndefined();
    expect(vouchedAnswer({ pieces }, signed(" is Lima."), 1)).toBeUndefined();
  });

  it("is in its end its last worker's when it was resumed", () => {
    expect(vouchedAnswer({ pieces }, signed(" is Lima."), 2)).toMatchObject({ from: 11 });
  });

  it("has so many tokens before a place: exactly where a piece begins, else within bounds", () => {
    expect(tokensBefore(pieces, 11)).toEqual({ tokens: 2, tokensMax: 2 });
    expect(tokensBefore(pieces, 12)).toEqual({ tokens: 2, tokensMax: 3 });
    expect(tokensBefore(pieces, 20)).toEqual({ tokens: 5, tokensMax: 5 });
  });
});
