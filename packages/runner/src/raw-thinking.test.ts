import fc from "fast-check";
import { RawThinking } from "./raw-thinking.js";

const END = "</think>";

function split(pieces: readonly string[]) {
  const raw = new RawThinking(END);
  const parts = [...pieces.map((piece) => raw.add(piece)), raw.flush()];
  return {
    thinking: parts.map(({ thinking }) => thinking).join(""),
    text: parts.map(({ text }) => text).join(""),
  };
}

describe("raw text in the middle of thinking", () => {
  it("is thinking up to the tag and text behind it, without the blanks around the tag", () => {
    expect(split(["so I", " say \n", "\n</thi", "nk>", "\n\n", " Paris", ". "])).toEqual({
      thinking: "so I say",
      text: "Paris. ",
    });
  });

  it("is all thinking if the model ends before the tag", () => {
    expect(split(["so I say < and", " </thin"])).toEqual({ thinking: "so I say < and </thin", text: "" });
  });

  it("is the same, however it is cut into pieces", () => {
    const parts = fc.array(fc.constantFrom("a", " ", "\n", "<", "/think>", "</think>", "</th"), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(parts, (written) => {
        const whole = written.join("");
        expect(split([...whole])).toEqual(split([whole]));
        expect(split(written)).toEqual(split([whole]));
      }),
    );
  });
});
