import { ChunkPiece, Operation } from "@flock/proto/jobs";
import fc from "fast-check";
import { Answer } from "./answer.js";

function words(text: string, tokens = 1): ChunkPiece {
  return ChunkPiece.fromPartial({ content: { text }, tokens });
}

function vectors(json: string): ChunkPiece {
  return ChunkPiece.fromPartial({ content: { embeddingsJson: Buffer.from(json) } });
}

describe("an answer", () => {
  it("gives the next worker the delivered text, its tokens and the prompt's length", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    expect(answer.beginLease()).toBeUndefined();
    answer.begin({ promptTokens: 7 });
    answer.take(words("Once upon", 3));
    const resume = { deliveredText: "Once upon", deliveredTokens: 3, deliveredTokensMax: 3, promptTokens: 7 };
    expect(answer.beginLease()).toMatchObject(resume);
    answer.take(words(" a time", 2));
    expect(answer.tokens).toBe(5);
    expect([2, 3, 4].map((resumed) => answer.mayResume(resumed))).toEqual([false, true, false]);
  });

  it("sees that a chunk was lost", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    answer.begin({ promptTokens: 7 });
    expect([answer.isNext(1), answer.isNext(2)]).toEqual([true, false]);
    answer.beginLease();
    expect([answer.isNext(0), answer.isNext(1)]).toEqual([true, false]);
  });

  it("gives nothing away that nobody could go on with, and forgets it with its worker", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "whole" });
    answer.beginLease();
    expect(answer.take(words('{"name": "Pip'))).toMatchObject({ kind: "hold" });
    expect([answer.hasAny, answer.tokens]).toEqual([true, 1]);
    expect(answer.beginLease()).toBeUndefined();
    expect([answer.hasAny, answer.tokens]).toEqual([false, 0]);
    expect(answer.take(words('{"name": "Maggie'))).toMatchObject({ kind: "hold" });
  });

  it("holds back a tool call and what follows it, and goes on after what was told before", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    const call = { toolCallsJson: Buffer.from("[{}]") };
    expect(answer.take(words("I look. "))).toMatchObject({ kind: "deliver" });
    expect(answer.take(ChunkPiece.fromPartial({ content: call, tokens: 5 })).kind).toBe("hold");
    expect(answer.take(words("Done."))).toMatchObject({ kind: "hold" });
    expect([answer.tokens, answer.saysAnything]).toEqual([7, true]);
    expect(answer.beginLease()).toMatchObject({ deliveredText: "I look. ", deliveredTokens: 1 });
    expect(answer.take(words("Wait. "))).toMatchObject({ kind: "deliver" });
    expect(answer.tokens).toBe(2);
  });

  it("gives the next worker the delivered thinking, too", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    answer.take(ChunkPiece.fromPartial({ content: { thinking: "Hm. " }, tokens: 2 }));
    expect(answer.beginLease()).toMatchObject({ deliveredText: "", deliveredThinking: "Hm. " });
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
            for (const text of generated.slice(from).slice(0, after)) {
              const taken = answer.take(words(text));
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
