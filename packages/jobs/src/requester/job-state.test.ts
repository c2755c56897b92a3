import { Chunk, ClaimRefusal, Operation } from "@flock/proto";
import fc from "fast-check";
import { JobState } from "./job-state.js";

function chunk(lease: number, seq: number, text: string, tokens = 1): Chunk {
  const content = { $case: "plain", value: { text } } as const;
  return Chunk.fromPartial({ jobId: "j", lease, seq, content, tokens, promptTokens: 7 });
}

function vectors(lease: number, json: string): Chunk {
  const content = { $case: "plain", value: { embeddingsJson: Buffer.from(json) } } as const;
  return Chunk.fromPartial({ jobId: "j", lease, content });
}

function granted(claimed: ReturnType<JobState["claim"]>) {
  if (typeof claimed === "number") throw new Error(`refused: ${ClaimRefusal[claimed]}`);
  return claimed;
}

describe("JobState", () => {
  it("refuses a second claim while the lease lives", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    expect(granted(state.claim("a", 0))).toEqual({ lease: 1, resume: undefined });
    expect(state.claim("b", 0)).toBe(ClaimRefusal.ALREADY_LEASED);
  });

  it("refuses the worker that failed for as long as it is excluded", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    granted(state.claim("a", 0));
    state.release(5_000);
    expect(state.claim("a", 4_999)).toBe(ClaimRefusal.EXCLUDED);
    expect(state.excludedWorkerIds(4_999)).toEqual(["a"]);
    expect(granted(state.claim("a", 5_000)).lease).toBe(2);
  });

  it("refuses every claim once the job has ended", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    state.end();
    expect(state.claim("a", 0)).toBe(ClaimRefusal.CANCELLED);
  });

  it("is fenced by the lease number and the holder", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    granted(state.claim("a", 0));
    state.release(10);
    granted(state.claim("b", 0));
    expect(state.holds("a", 1)).toBe(false);
    expect(state.holds("a", 2)).toBe(false);
    expect(state.holds("b", 1)).toBe(false);
    expect(state.holds("b", 2)).toBe(true);
  });

  it("gives the next worker the delivered text, its tokens and the prompt's length", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    granted(state.claim("a", 0));
    state.chunk(chunk(1, 0, "Once upon", 3));
    state.release(10);
    const resume = { deliveredText: "Once upon", deliveredTokens: 3, deliveredTokensMax: 3, promptTokens: 7 };
    expect(granted(state.claim("b", 0))).toMatchObject({ lease: 2, resume });
    state.chunk(chunk(2, 0, " a time", 2));
    expect(state.deliveredTokens).toBe(5);
    expect([2, 3, 4].map((resumed) => state.mayResume(resumed))).toEqual([false, true, false]);
  });

  it("sees that a chunk was lost", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
    granted(state.claim("a", 0));
    state.chunk(chunk(1, 0, "a"));
    expect(state.chunk(chunk(1, 2, "c"))).toEqual({ kind: "gap" });
    expect(state.isNext(1)).toBe(true);
  });

  it("sees that a replay takes another course", () => {
    const state = new JobState({ operation: Operation.CHAT, resume: "replay" });
    granted(state.claim("a", 0));
    state.chunk(chunk(1, 0, '{"name": "Pip'));
    state.release(10);
    granted(state.claim("b", 0));
    expect(state.chunk(chunk(2, 0, '{"name"'))).toEqual({ kind: "repeated" });
    expect(state.chunk(chunk(2, 1, ': "Maggie'))).toEqual({ kind: "diverged" });
  });

  it("ends the lease of a worker whose chunk is sealed, or has no content: nobody here can read it", () => {
    for (const content of [undefined, { $case: "sealed", value: Buffer.from("x") } as const]) {
      const state = new JobState({ operation: Operation.CHAT, resume: "continue" });
      granted(state.claim("a", 0));
      expect(state.chunk({ ...chunk(1, 0, "t"), content })).toEqual({ kind: "gap" });
      expect(state.hasDelivered).toBe(false);
    }
  });

  it("starts an embedding over: nothing of a lost lease remains", () => {
    const state = new JobState({ operation: Operation.EMBED, resume: "replay" });
    granted(state.claim("a", 0));
    state.chunk(vectors(1, "[[0.1,"));
    state.release(10);
    granted(state.claim("b", 0));
    state.chunk(vectors(2, "[[0.5]]"));
    expect(Buffer.from(state.embeddingsJson).toString()).toBe("[[0.5]]");
  });

  it.each(["continue", "replay"] as const)(
    "delivers every character once and in order, wherever workers are lost (%s)",
    (resume) => {
      const answer = fc.array(fc.string({ minLength: 1, maxLength: 5, unit: "grapheme" }), {
        minLength: 1,
        maxLength: 30,
      });
      const losses = fc.array(fc.nat(30), { maxLength: 5 });
      fc.assert(
        fc.property(answer, losses, (pieces, lostAfter) => {
          const whole = pieces.join("");
          const state = new JobState({ operation: Operation.GENERATE, resume });
          let seen = "";
          let tokens = 0;
          for (const [attempt, after] of [...lostAfter, Number.POSITIVE_INFINITY].entries()) {
            const { lease } = granted(state.claim(`w${attempt}`, 0));
            // Each piece is one token; a worker that continues begins where the client's text ends.
            const from = resume === "continue" ? tokens : 0;
            for (const [seq, text] of pieces.slice(from).slice(0, after).entries()) {
              const taken = state.chunk(chunk(lease, seq, text));
              if (taken.kind === "deliver") {
                seen += taken.chunk.text;
                tokens += taken.chunk.tokens;
              } else expect(taken.kind).toBe("repeated");
              expect(whole.startsWith(seen)).toBe(true);
            }
            if (after !== Number.POSITIVE_INFINITY) state.release(1);
          }
          expect(seen).toBe(whole);
          expect(tokens).toBe(pieces.length);
          expect(state.deliveredTokens).toBe(pieces.length);
        }),
      );
    },
  );
});
