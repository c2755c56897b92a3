import { outputSha256 } from "./output-hash.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const EMPTY = { thinking: "", text: "", toolCalls: [], embeddings: [] };

describe("what a receipt commits to", () => {
  it("is the documented example", () => {
    expect(hex(outputSha256({ ...EMPTY, text: "Hi" }))).toBe(
      "c384c72ad2d4743ec45bb2e85534b1581502d5fd742cac88a2679e81a456ee25",
    );
  });

  it("does not depend on how the output was cut into chunks", () => {
    const whole = { ...EMPTY, toolCalls: [Buffer.from("[1][2]")], embeddings: [Buffer.from("[[0.5]]")] };
    const cut = {
      ...EMPTY,
      toolCalls: [Buffer.from("[1]"), Buffer.from("[2]")],
      embeddings: [Buffer.from("[["), Buffer.from("0.5]]")],
    };
    expect(hex(outputSha256(cut))).toBe(hex(outputSha256(whole)));
  });

  it("tells apart which part of an output says what", () => {
    const said = Buffer.from("same");
    const hashes = [
      { ...EMPTY, thinking: "same" },
      { ...EMPTY, text: "same" },
      { ...EMPTY, toolCalls: [said] },
      { ...EMPTY, embeddings: [said] },
      { ...EMPTY, thinking: "sa", text: "me" },
    ].map((output) => hex(outputSha256(output)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
