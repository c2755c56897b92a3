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
    expect(answer.deliveredTokens).toBe(5);
    expect([2, 3, 4].map((resumed) => answer.mayResume(resumed))).toEqual([false, true, false]);
  });

  it("sees that a chunk was lost", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
    answer.beginLease();
    answer.take(chunk(0, "a"));
    expect(answer.take(chunk(2, "c"))).toEqual({ kind: "gap" });
    expect(answer.isNext(1)).toBe(true);
  });

  it("sees that a replay takes another course", () => {
    const answer = new Answer({ operation: Operation.CHAT, resume: "replay" });
    answer.beginLease();
    answer.take(chunk(0, '{"name": "Pip'));
    answer.beginLease();
    expect(answer.take(chunk(0, '{"name"'))).toEqual({ kind: "repeated" });
    expect(answer.take(chunk(1, ': "Maggie'))).toEqual({ kind: "diverged" });
  });

  it("takes a chunk that is sealed, or has no content, for one that was lost: nobody here can read it", () => {
    for (const content of [undefined, { $case: "sealed", value: Buffer.from("x") } as const]) {
      const answer = new Answer({ operation: Operation.CHAT, resume: "continue" });
      answer.beginLease();
      expect(answer.take({ ...chunk(0, "t"), content })).toEqual({ kind: "gap" });
      expect(answer.hasDelivered).toBe(false);
    }
  });

  it("starts an embedding over: nothing of a lost lease remains", () => {
    const answer = new Answer({ operation: Operation.EMBED, resume: "replay" });
    answer.beginLease();
    answer.take(vectors("[[0.1,"));
    answer.beginLease();
    answer.take(vectors("[[0.5]]"));
    expect(Buffer.from(answer.embeddingsJson).toString()).toBe("[[0.5]]");
  });

  it.each(["continue", "replay"] as const)(
    "delivers every character once and in order, wherever workers are lost (%s)",
    (resume) => {
      const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5, unit: "grapheme" }), {
        minLength: 1,
        maxLength: 30,
      });
      const losses = fc.array(fc.nat(30), { maxLength: 5 });
      fc.assert(
        fc.property(pieces, losses, (generated, lostAfter) => {
          const whole = generated.join("");
          const answer = new Answer({ operation: Operation.GENERATE, resume });
          let seen = "";
          let tokens = 0;
          for (const after of [...lostAfter, Number.POSITIVE_INFINITY]) {
            answer.beginLease();
            // Each piece is one token; a worker that continues begins where the client's text ends.
            const from = resume === "continue" ? tokens : 0;
            for (const [seq, text] of generated.slice(from).slice(0, after).entries()) {
              const taken = answer.take(chunk(seq, text));
              if (taken.kind === "deliver") {
                seen += taken.chunk.text;
                tokens += taken.chunk.tokens;
              } else expect(taken.kind).toBe("repeated");
              expect(whole.startsWith(seen)).toBe(true);
            }
          }
          expect(seen).toBe(whole);
          expect(tokens).toBe(generated.length);
          expect(answer.deliveredTokens).toBe(generated.length);
        }),
      );
    },
  );
});
