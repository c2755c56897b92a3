import { Chunk, Operation } from "@flock/proto/jobs";
import fc from "fast-check";
import { Answer } from "./answer.js";

function chunk(seq: number, text: string, tokens = 1): Chunk {
  const content = { $case: "plain", value: { text } } as const;
  return Chunk.fromPartial({ jobId: "j", lease: 1, seq, content, tokens, promptTokens: 7 });
}

function vectors(json: string): Chunk {
  const content = { $case: "plain", value: { embeddingsJson: Buffer.from(json) } } as const;
  return Chunk.fromPartial({ jobId: "j", lease: 1, content });
}

describe("an answer", () => {
  it("gives the next worker the delivered text, its tokens and the prompt's length", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    expect(answer.beginLease()).toBeUndefined();
    answer.take(chunk(0, "Once upon", 3));
    const resume = { deliveredText: "Once upon", deliveredTokens: 3, deliveredTokensMax: 3, promptTokens: 7 };
    expect(answer.beginLease()).toMatchObject(resume);
    answer.take(chunk(0, " a time", 2));
    expect(answer.tokens).toBe(5);
    expect([2, 3, 4].map((resumed) => answer.mayResume(resumed))).toEqual([false, true, false]);
  });

  it("sees that a chunk was lost", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    answer.take(chunk(0, "a"));
    expect(answer.take(chunk(2, "c"))).toEqual({ kind: "gap" });
    expect(answer.isNext(1)).toBe(true);
  });

  it("gives nothing away that nobody could go on with, and forgets it with its worker", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "whole" });
    answer.beginLease();
    expect(answer.take(chunk(0, '{"name": "Pip'))).toMatchObject({ kind: "hold" });
    expect([answer.hasAny, answer.tokens]).toEqual([true, 1]);
    expect(answer.beginLease()).toBeUndefined();
    expect([answer.hasAny, answer.tokens]).toEqual([false, 0]);
    expect(answer.take(chunk(0, '{"name": "Maggie'))).toMatchObject({ kind: "hold" });
  });

  it("holds back a tool call and what follows it, and goes on after what was told before", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    const call = { $case: "plain", value: { toolCallsJson: Buffer.from("[{}]") } } as const;
    expect(answer.take(chunk(0, "I look. "))).toMatchObject({ kind: "deliver" });
    expect(answer.take(Chunk.fromPartial({ lease: 1, seq: 1, content: call, tokens: 5 })).kind).toBe("hold");
    expect(answer.take(chunk(2, "Done."))).toMatchObject({ kind: "hold" });
    expect([answer.tokens, answer.saysAnything]).toEqual([7, true]);
    expect(answer.beginLease()).toMatchObject({ deliveredText: "I look. ", deliveredTokens: 1 });
    expect(answer.take(chunk(0, "Wait. "))).toMatchObject({ kind: "deliver" });
    expect(answer.tokens).toBe(2);
  });

  it("gives the next worker the delivered thinking, too", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    const content = { $case: "plain", value: { thinking: "Hm. " } } as const;
    answer.take(Chunk.fromPartial({ lease: 1, seq: 0, content, tokens: 2 }));
    expect(answer.beginLease()).toMatchObject({ deliveredText: "", deliveredThinking: "Hm. " });
  });

  it("takes a chunk that is sealed, or has no content, for one that was lost: nobody here can read it", () => {
    for (const content of [undefined, { $case: "sealed", value: Buffer.from("x") } as const]) {
      const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
      answer.beginLease();
      expect(answer.take({ ...chunk(0, "t"), content })).toEqual({ kind: "gap" });
      expect(answer.hasAny).toBe(false);
    }
  });

  it("starts an embedding over: nothing of a lost lease remains", () => {
    const answer = new Answer({ operation: Operation.EMBED, resume: "whole" });
    answer.beginLease();
    answer.take(vectors("[[0.1,"));
    answer.beginLease();
    answer.take(vectors("[[0.5]]"));
    expect(Buffer.from(answer.embeddingsJson).toString()).toBe("[[0.5]]");
  });

  it.each(["continue", "whole"] as const)(
    "gives every character once and in order, wherever workers are lost (%s)",
    (resume) => {
      const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5, unit: "grapheme" }), {
        minLength: 1,
        maxLength: 30,
      });
      const losses = fc.array(fc.nat(30), { maxLength: 5 });
      fc.assert(
        fc.property(pieces, losses, (generated, lostAfter) => {
          const answer = new Answer({ operation: Operation.GENERATE, resume });
          let seen = "";
          let held = "";
          for (const after of [...lostAfter, Number.POSITIVE_INFINITY]) {
            held = "";
            // Each piece is one token; a worker begins where the client's text ends.
            const from = answer.beginLease()?.deliveredTokens ?? 0;
            for (const [seq, text] of generated.slice(from).slice(0, after).entries()) {
              const taken = answer.take(chunk(seq, text));
              expect(taken.kind).toBe(resume === "continue" ? "deliver" : "hold");
              if (taken.kind === "deliver") seen += taken.chunk.text;
              if (taken.kind === "hold") held += taken.chunk.text;
            }
          }
          expect(seen + held).toBe(generated.join(""));
          expect(answer.tokens).toBe(generated.length);
        }),
      );
    },
  );
});
