import fc from "fast-check";
import { RepeatedText } from "./repeated-text.js";

describe("text that is expected once more", () => {
  it("is cut off however the pieces fall", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.nat(8)), (expected, rest, sizes) => {
        const repeated = new RepeatedText(expected);
        let text = expected + rest;
        let beyond = "";
        for (const size of [...sizes, text.length]) {
          beyond += repeated.beyond(text.slice(0, size)) ?? "another text";
          text = text.slice(size);
        }
        expect(beyond).toBe(rest);
        expect(repeated.isPending).toBe(false);
      }),
    );
  });

  it("is told from another text at its first other character", () => {
    const repeated = new RepeatedText("\n\nOnce");
    expect(repeated.beyond("\n")).toBe("");
    expect(repeated.isPending).toBe(true);
    expect(repeated.beyond("Once")).toBeUndefined();
  });
});
