import { HoldGate } from "./hold-gate.js";
import type { DeliveredChunk } from "./job.js";

const NO_BYTES = new Uint8Array();

function chunk(text: string, tokens: number): DeliveredChunk {
  return { text, tokens, thinking: "", logprobsJson: NO_BYTES, toolCallsJson: NO_BYTES };
}

/** A gate, and the text that its caller has been handed. */
function gateOf(isOpen: boolean) {
  const texts: string[] = [];
  const gate = new HoldGate({ onChunk: ({ text }) => void texts.push(text), onEnd: () => {} }, isOpen);
  return { gate, text: () => texts.join("") };
}

/* The rest of a character, or a call that the parser was still reading: no token more. */
describe("the end of an answer that stands for no token", () => {
  const PIECES = [chunk("one ", 1), chunk("two ", 1), chunk("rest", 0)];

  it.each(["waits for the hold", "is kept until the answer is whole", "is both"])(
    "is handed on where the money ends with the token before it, if it %s",
    (how) => {
      const { gate, text } = gateOf(how === "is kept until the answer is whole");
      for (const piece of PIECES) how === "waits for the hold" ? gate.chunk(piece) : gate.keep(piece);
      if (how !== "waits for the hold") gate.releaseKept(2);
      gate.open(2);
      expect(text()).toBe("one two rest");
      expect(gate.toldTokens).toBe(2);
    },
  );

  it.each([true, false])("is not, where the token before it is not paid for (open: %s)", (isOpen) => {
    const { gate, text } = gateOf(isOpen);
    for (const piece of PIECES) gate.keep(piece);
    gate.releaseKept(1);
    gate.open(1);
    expect(text()).toBe("one ");
    expect(gate.toldTokens).toBe(1);
  });
});
