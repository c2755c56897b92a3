import { FlockError } from "@flock/errors";
import type { Piece } from "@flock/jobs";
import { Operation } from "@flock/proto/jobs";
import { type ModelProfile, modelProfile, type OllamaAccess, OllamaRunner } from "@flock/runner";
import fc from "fast-check";
import { isLastLine } from "../../../services/bridge/src/answers/answer-line.js";
import { fuzzTarget } from "../fuzz-target.js";
import { withChanges } from "../generators/bytes.js";
import { mutatedJson } from "../generators/json.js";
import { mustHold, taken, takenLater } from "../outcome.js";
import { goldenStreams } from "../rigs/golden-bodies.js";

const SHOWN = {
  parameters: 'stop "<|im_end|>"\nnum_ctx 4096',
  model_info: { "a.context_length": 8_192 },
  capabilities: ["thinking"],
};
/** How a run fails: the engine is to blame, or the request. */
const FAILURES = ["unavailable", "invalid_argument", "aborted", "cancelled"] as const;

const ENDPOINTS = [
  { operation: Operation.GENERATE, path: /^\/api\/generate$/, request: { prompt: "hi" } },
  {
    operation: Operation.CHAT,
    path: /^\/api\/chat$/,
    request: { messages: [{ role: "user", content: "hi" }] },
  },
  { operation: Operation.EMBED, path: /^\/api\/embed$/, request: { input: ["hi"] } },
];

const answers = fc.oneof(
  ...ENDPOINTS.map(({ operation, path, request }) => {
    const lines = goldenStreams(path)
      .flat()
      .filter((line) => typeof line === "object" && line !== null);
    const stream = fc.array(mutatedJson(lines), { minLength: 1, maxLength: 6 }).map((parts) => {
      return Buffer.concat(parts.flatMap((part) => [part, Buffer.from("\n")]));
    });
    const bytes = fc.oneof({ weight: 5, arbitrary: stream }, { weight: 1, arbitrary: withChanges(stream) });
    const status = fc.constantFrom(200, 200, 200, 200, 400, 404, 500);
    const shown = mutatedJson([SHOWN]);
    return fc.record({
      operation: fc.constant(operation),
      request: fc.constant(request),
      bytes,
      status,
      shown,
    });
  }),
);

export const engineAnswers = fuzzTarget({
  name: "engine-answers",
  about: "what an Ollama answers, as a worker reads it, and as the bridge takes it from an original worker",
  open: () => {
    let answer = { bytes: new Uint8Array(), status: 200 };
    let profile: ModelProfile = modelProfile(SHOWN, 4_096);
    const access: OllamaAccess = {
      host: "http://fuzz",
      takesQuestions: false,
      fetch: async () => new Response(answer.bytes, { status: answer.status }),
    };
    const runner = new OllamaRunner(access, () => profile);
    return {
      inputs: answers,
      probe: async ({ operation, request, bytes, status, shown }) => {
        answer = { bytes: new Uint8Array(bytes), status };
        const shownValue = jsonObject(shown);
        if (shownValue !== undefined) profile = modelProfile(shownValue, 4_096);
        const isContext = Number.isSafeInteger(profile.contextLength) && profile.contextLength > 0;
        mustHold(isContext, `a context of ${profile.contextLength} tokens`);
        for (const line of linesOf(bytes)) taken(() => isLastLine(line), ["unavailable"]);
        const pieces: Piece[] = [];
        const job = { jobId: "job", lease: 1, operation, model: "able:7b", request, resume: undefined };
        const run = () => runner.run(job, (piece) => void pieces.push(piece), new AbortController().signal);
        const result = await takenLater(run, FAILURES);
        for (const piece of pieces) checkPiece(piece);
        return result !== undefined;
      },
    };
  },
});

/** So many lines of an answer are looked at one by one. */
const LINES_MAX = 20;

/** What a worker sends on is what its messages can say. */
function checkPiece({ text, thinking, tokens, tokensMax, promptTokens }: Piece): void {
  const isText = [text, thinking].every((each) => each === undefined || typeof each === "string");
  const isCount = [tokens, tokensMax, promptTokens].every(
    (each) => each === undefined || (Number.isSafeInteger(each) && each >= 0 && each < 2 ** 32),
  );
  mustHold(
    isText && isCount,
    `a piece that is none: ${JSON.stringify({ text, thinking, tokens, tokensMax, promptTokens })}`,
  );
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let feed = bytes.indexOf(10); feed >= 0 && lines.length < LINES_MAX; feed = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, feed + 1));
    from = feed + 1;
  }
  return lines;
}

function jsonObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (thrown) {
    mustHold(
      thrown instanceof SyntaxError && !(thrown instanceof FlockError),
      "JSON.parse throws nothing else",
    );
  }
  return undefined;
}
