import { ParsingOllama } from "@flock/harness";
import type { GrantedJob, Piece } from "@flock/jobs";
import { Operation, type Resume } from "@flock/proto/jobs";
import { modelProfile } from "../src/model-profile.js";
import { OllamaRunner } from "../src/ollama-runner.js";

/* Answers that Ollama takes apart (thinking, tools), taken up by another worker after any line. */

const PROFILE = modelProfile({ capabilities: ["completion", "tools", "thinking"] }, 4_096);
const MESSAGES = [{ role: "user", content: "How is the weather in Paris?" }];
const TOOLS = [{ type: "function", function: { name: "get_weather", parameters: { type: "object" } } }];

interface Said {
  readonly thinking: string;
  readonly text: string;
  readonly calls: readonly string[];
}

function saidIn(pieces: readonly Piece[]): Said {
  return {
    thinking: pieces.map(({ thinking = "" }) => thinking).join(""),
    text: pieces.map(({ text = "" }) => text).join(""),
    calls: pieces.flatMap(({ toolCallsJson }) =>
      toolCallsJson === undefined
        ? []
        : [
            Buffer.from(toolCallsJson)
              .toString()
              .replace(/call_\d+/, "call"),
          ],
    ),
  };
}

function resumeOf(pieces: readonly Piece[]): Resume | undefined {
  const { thinking, text } = saidIn(pieces);
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  if (tokens === 0) return undefined;
  return {
    ...{ deliveredText: text, deliveredThinking: thinking, promptTokens: 0 },
    ...{ deliveredTokens: tokens, deliveredTokensMax: tokens, blankTailLength: 0, blankTailTokens: 0 },
  };
}

async function run(ollama: ParsingOllama, request: object, resume: Resume | undefined) {
  const operation = "messages" in request ? Operation.CHAT : Operation.GENERATE;
  const job: GrantedJob = {
    jobId: "j",
    lease: 1,
    operation,
    model: "m:latest",
    request: { ...request },
    resume,
  };
  const pieces: Piece[] = [];
  const runner = new OllamaRunner(ollama.url, () => PROFILE);
  const result = await runner.run(job, (piece) => void pieces.push(piece), new AbortController().signal);
  return { pieces, result };
}

const REQUESTS: readonly [string, object][] = [
  ["a chat with thinking", { messages: MESSAGES }],
  ["thinking for a prompt", { prompt: "How is the weather?", system: "Be kind." }],
  ["a chat with tools", { messages: MESSAGES, tools: TOOLS, think: false }],
  ["a chat with tools and thinking", { messages: MESSAGES, tools: TOOLS }],
];

describe.each([
  ["whose template leaves the last message open", false],
  ["whose template closes every message", true],
])("an answer of an Ollama %s", (_what, closesMessages) => {
  let ollama: ParsingOllama;
  beforeAll(async () => {
    ollama = await ParsingOllama.start({ closesMessages });
  });
  afterAll(() => ollama.stop());

  it.each(REQUESTS)("is the same after a loss at any line: %s", async (_name, request) => {
    const options = { num_predict: 500, seed: 1 };
    const undisturbed = await run(ollama, { ...request, options }, undefined);
    const whole = saidIn(undisturbed.pieces);
    expect(whole.text).toMatch(/^Let me see .* in winter\.$/);
    const firstCall = undisturbed.pieces.findIndex(({ toolCallsJson }) => toolCallsJson !== undefined);
    const cuts = firstCall < 0 ? undisturbed.pieces.length : firstCall;
    expect(cuts).toBeGreaterThan(20);
    for (let cut = 1; cut <= cuts; cut++) {
      const before = undisturbed.pieces.slice(0, cut);
      const after = await run(ollama, { ...request, options }, resumeOf(before));
      const { calls, ...rest } = saidIn(after.pieces);
      expect([cut, saidIn([...before, ...after.pieces])]).toEqual([cut, whole]);
      expect(calls).toEqual(whole.calls);
      // Thinking is never told again, nor told as text.
      expect(rest.text.includes("think")).toBe(false);
      const tokens = (after.result.resumedTokens ?? 0) + after.result.completionTokens;
      expect(tokens).toBeLessThanOrEqual(undisturbed.result.completionTokens);
      expect(tokens).toBeGreaterThanOrEqual(undisturbed.result.completionTokens - 4);
      if (tokens < undisturbed.result.completionTokens) expect(after.result.isLowerBound).toBe(true);
    }
  });
});

describe("an answer that nobody can go on with", () => {
  it("is refused by the worker if it is structured output, which no Ollama takes up in the middle", async () => {
    const ollama = await ParsingOllama.start();
    const begun = resumeOf([{ text: '{"run"', tokens: 1 }]);
    await expect(run(ollama, { prompt: "x", format: "json" }, begun)).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(ollama.seen).toEqual([]);
    await ollama.stop();
  });

  it("is given up, without a word, if the model thinks something else the second time", async () => {
    const ollama = await ParsingOllama.start({ closesMessages: true });
    const begun = resumeOf([
      { thinking: "Something else", tokens: 2 },
      { text: "And that.", tokens: 2 },
    ]);
    await expect(run(ollama, { messages: MESSAGES, tools: TOOLS }, begun)).rejects.toMatchObject({
      code: "unavailable",
    });
    await ollama.stop();
  });
});
