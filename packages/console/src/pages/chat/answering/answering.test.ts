import { linesOf, parseAnswerLine, storyOfHeaders } from "./answer-lines.js";
import { affordableTokens, atMost, tokenBounds } from "./at-most.js";
import { drawnTicks, longestGapMs, withPiece } from "./ribbon.js";
import { waitingWords } from "./waiting-words.js";

async function read(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const lines: string[] = [];
  for await (const line of linesOf(body)) lines.push(line);
  return lines;
}

describe("the lines of an answer", () => {
  it("are the same wherever the network cuts them, also within a letter", async () => {
    const text = '{"a":"ü🦙"}\n\n{"b":1}\n{"c":2}';
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(await read([bytes.slice(0, cut), bytes.slice(cut)])).toEqual([
        '{"a":"ü🦙"}',
        '{"b":1}',
        '{"c":2}',
      ]);
    }
  });

  it("are refused when one never ends", async () => {
    const endless = Array.from({ length: 12 }, () => new Uint8Array(100_000).fill(97));
    await expect(read(endless)).rejects.toThrow("too long");
  });

  it("are believed as far as they are what they should be", () => {
    const piece = { message: { content: "a", thinking: "b" }, done: false };
    expect(parseAnswerLine(JSON.stringify(piece))).toEqual({ kind: "piece", text: "a", thinking: "b" });
    expect(["", "{", "[]", "null", "7"].map(parseAnswerLine)).toEqual(Array(5).fill(null));
    const story = {
      job_id: "j",
      workers: ["w-1", 7, "x".repeat(999)],
      privacy: {},
      resumes: -1,
      charge_micro: 12,
      timing_ms: { queue: 0.4, claim: "3" },
    };
    const end = { message: {}, done: true, done_reason: "stop", eval_count: 12, flock: story };
    expect(parseAnswerLine(JSON.stringify(end))).toMatchObject({
      kind: "end",
      text: "",
      ending: {
        doneReason: "stop",
        completionTokens: 12,
        promptTokens: null,
        story: {
          jobId: "j",
          workers: ["w-1", "x".repeat(100)],
          privacy: null,
          resumes: null,
          chargeMicro: null,
          timingMs: { queue: 0.4 },
        },
      },
    });
  });

  it("begin with a story in their headers", () => {
    const headers = new Headers({
      "x-flock-job-id": "j",
      "x-flock-worker": "w-1",
      "x-flock-resumes": "1",
      "x-flock-charge-micro": "1250",
      "server-timing": "queue;dur=0.4, claim;dur=3.1, prefill;dur=42",
    });
    expect(storyOfHeaders(headers)).toEqual({
      jobId: "j",
      workers: ["w-1"],
      privacy: null,
      resumes: 1,
      chargeMicro: "1250",
      timingMs: { queue: 0.4, claim: 3.1, prefill: 42 },
    });
  });
});

describe("what a request costs at most", () => {
  const prices = { promptMicro: 2n, completionMicro: 5n };

  it("is the prompt's bytes and the answer's tokens, each at its price: 100 × 2 + 50 × 5 = 450", () => {
    expect(atMost(prices, { prompt: 100, completion: 50 })).toBe(450n);
    const messages = [{ role: "user", content: "ü", images: ["iVBORw0KGgo=", "AA"] }];
    const bytes = Buffer.byteLength(JSON.stringify({ messages }));
    expect(tokenBounds(messages, null, 50, null)).toEqual({ prompt: bytes + 64, completion: 50 });
  });

  it("is bounded by the context, the api's ceiling, and that of guests", () => {
    const long = [{ role: "user", content: "x".repeat(9_000) }];
    expect(tokenBounds(long, 2_048, undefined, null)).toEqual({ prompt: 2_048, completion: 2_048 });
    expect(tokenBounds(long, null, 1_000_000, null).completion).toBe(4_096);
    expect(tokenBounds(long, null, undefined, 1_024).completion).toBe(1_024);
    expect(tokenBounds(long, null, 0, null).completion).toBe(4_096);
  });

  it("is exact beyond what a number holds", () => {
    const dear = { promptMicro: 9_007_199_254_740_993n, completionMicro: 1n };
    expect(atMost(dear, { prompt: 1, completion: 0 })).toBe(9_007_199_254_740_993n);
  });

  it("says how many tokens a balance covers: 229 − 200 at 5 are 5 tokens", () => {
    const bounds = { prompt: 100, completion: 50 };
    expect([229n, 199n, 10_000n].map((each) => affordableTokens(prices, bounds, each))).toEqual([5, 0, 50]);
  });
});

describe("the ribbon", () => {
  it("has a tick for each tenth of a second, and finds the longest gap", () => {
    const ribbon = [420, 430, 505, 1_290].reduce<readonly number[]>(withPiece, []);
    expect(ribbon).toEqual([0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect(longestGapMs(ribbon)).toBe(600);
    expect(longestGapMs([])).toBe(0);
  });

  it("draws a long answer with few ticks, and loses no piece", () => {
    const { ticks, tickMs } = drawnTicks(Array.from({ length: 1_000 }, () => 1));
    expect([ticks.length, tickMs]).toEqual([200, 500]);
    expect(ticks.reduce((sum, count) => sum + count)).toBe(1_000);
  });
});

describe("a wait", () => {
  it("is told with its depth and as a range, and unknown where it is", () => {
    expect(waitingWords(12, { p50: 3_000, p90: 8_000, n: 40 })).toBe("12 before you, about 3.0–8.0 s");
    expect(waitingWords(0, null)).toBe("Nobody before you, wait unknown");
    expect(waitingWords(null, null)).toBe("Depth of the queue unknown, wait unknown");
  });
});
