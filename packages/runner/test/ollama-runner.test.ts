import type { ServerResponse } from "node:http";
import { RecordedOllama, recordings } from "@flock/harness";
import type { GrantedJob, Piece } from "@flock/jobs";
import { Operation } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { UNKNOWN_PROFILE } from "../src/model-profile.js";
import { OllamaRunner } from "../src/ollama-runner.js";
import { lines, ScriptedOllama, type SeenRequest } from "./scripted-ollama.js";

let ollama: ScriptedOllama;

afterEach(() => ollama.stop());

const DONE = { done: true, done_reason: "stop", prompt_eval_count: 5, eval_count: 3, eval_duration: 10 };

function job(changes: Partial<GrantedJob> = {}): GrantedJob {
  const request = { prompt: "Hi", options: { num_predict: 100, seed: 1 } };
  return {
    jobId: "j",
    lease: 1,
    operation: Operation.GENERATE,
    model: "m:latest",
    request,
    resume: undefined,
    ...changes,
  };
}

async function run(
  answer: (request: SeenRequest, response: ServerResponse) => void,
  granted: GrantedJob,
  signal = new AbortController().signal,
) {
  ollama = new ScriptedOllama(answer);
  const pieces: Piece[] = [];
  const runner = new OllamaRunner(await ollama.start(), () => UNKNOWN_PROFILE);
  const result = await runner.run(granted, (piece) => void pieces.push(piece), signal);
  return { result, pieces, text: pieces.map((piece) => piece.text).join("") };
}

describe("OllamaRunner", () => {
  it("streams what Ollama generates and reports its counts", async () => {
    const { result, text } = await run((_request, response) => {
      lines(response, { response: "Hel" }, { response: "lo" }, DONE);
      response.end();
    }, job());
    expect(text).toBe("Hello");
    expect(result).toMatchObject({
      doneReason: "stop",
      promptTokens: 5,
      completionTokens: 3,
      evalDurationNs: 10,
    });
    expect(ollama.seen[0]).toMatchObject({
      path: "/api/generate",
      body: { model: "m:latest", prompt: "Hi", stream: true },
    });
  });

  it("takes a stream that breaks off for a failure, never for an end", async () => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel" });
      setImmediate(() => response.destroy());
    };
    await expect(run(answer, job())).rejects.toMatchObject({ code: "unavailable" });
  });

  it("takes a line that is no JSON for a failure, skips none, and prints nothing of it", async () => {
    const printed = jest.spyOn(console, "warn").mockImplementation(() => {});
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "one " });
      response.write('{"response":"two "\n');
      response.write(`${JSON.stringify(DONE)}\n`);
      response.end();
    };
    await expect(run(answer, job())).rejects.toMatchObject({
      code: "unavailable",
      message: "Ollama sent a line that is no JSON",
    });
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it("takes an end without a reason for a failure: upstream's runner died", async () => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel" }, { ...DONE, done_reason: "" });
      response.end();
    };
    await expect(run(answer, job())).rejects.toMatchObject({ code: "unavailable" });
  });

  it.each([
    [400, "does not support tools", "invalid_argument"],
    [501, "This server does not support embeddings", "invalid_argument"],
    [500, "llama runner process has terminated", "unavailable"],
    [500, "words that nobody knows", "aborted"],
  ])("tells whose fault an answer %i is: %s", async (status, message, code) => {
    const answer = (_request: SeenRequest, response: ServerResponse) => {
      response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify({ error: message }));
    };
    await expect(run(answer, job())).rejects.toMatchObject({ code, message });
  });

  it("takes an answer that ends in order, but without a last line and without repeating itself, for a failure", async () => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel" });
      response.end();
    };
    await expect(run(answer, job())).rejects.toMatchObject({ code: "unavailable" });
  });

  it("runs every request with the same context and shift, whatever clients ask, so that no model is loaded anew", async () => {
    const recorded = await RecordedOllama.start(recordings.PLAIN);
    const runner = new OllamaRunner(recorded.url, () => ({
      contextLength: 4_096,
      stopWords: [],
      canThink: false,
      resumesFormat: false,
    }));
    const asked = [
      { prompt: "a", options: { num_ctx: 512 } },
      { prompt: "b", shift: true },
      { prompt: "c", shift: false, options: { num_ctx: 131_072, num_gpu: 0, num_batch: 1 } },
      { prompt: "d", raw: true, truncate: true },
    ];
    for (const request of asked) {
      const { loadDurationNs } = await runner.run(job({ request }), () => {}, new AbortController().signal);
      expect(loadDurationNs > 0).toBe(request === asked[0]);
    }
    expect(recorded.loads).toBe(1);
    expect(recorded.seen.map(({ truncate }) => truncate)).toEqual([false, false, false, true]);
    await recorded.stop();
    ollama = new ScriptedOllama(() => {});
    await ollama.start();
  });

  it.each([
    ["no vector for an input", "[[1]]"],
    ["a vector without numbers", "[[1],[]]"],
    ["no vectors at all", "null"],
    ["vectors with a count that is none", '[[1],[2]],"prompt_eval_count":{"a":2}'],
  ])("does not take %s for embeddings", async (_what, embeddings) => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      response.writeHead(200, { "content-type": "application/json" }).end(`{"embeddings":${embeddings}}`);
    };
    const granted = job({ operation: Operation.EMBED, request: { input: ["a", ""] } });
    await expect(run(answer, granted)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses to sell a hosted service's answer", async () => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel", remote_host: "https://cloud.example" });
      response.end();
    };
    await expect(run(answer, job())).rejects.toThrow("proxy");
  });

  it("hangs up on Ollama as soon as the job is cancelled", async () => {
    const abort = new AbortController();
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel" });
      abort.abort();
    };
    await expect(run(answer, job(), abort.signal)).rejects.toMatchObject({ code: "cancelled" });
    await eventually("it has hung up", () => ollama.hungUp > 0);
  });

  it.each([
    ["a hosted service's answer", { response: "x", remote_host: "https://elsewhere" }],
    ["more text than any answer has", { response: "x".repeat(20 * 1024 * 1024) }],
  ])("hangs up on Ollama when it refuses to read on: %s", async (_what, line) => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => lines(response, line);
    await expect(run(answer, job())).rejects.toMatchObject({ code: "unavailable" });
    await eventually("it has hung up", () => ollama.hungUp > 0);
  });

  it("passes an image on as it is, even if it reads like the path of a file of this machine", async () => {
    const images = [process.execPath];
    await run(
      (_request, response) => {
        lines(response, DONE);
        response.end();
      },
      job({ request: { prompt: "Hi", images } }),
    );
    expect(ollama.seen[0]?.body.images).toEqual(images);
  });

  it("does not notice that Ollama closed the connection it had kept", async () => {
    ollama = new ScriptedOllama((_request, response) => {
      lines(response, DONE);
      response.end();
    });
    const runner = new OllamaRunner(await ollama.start(), () => UNKNOWN_PROFILE);
    const once = () => runner.run(job(), () => {}, new AbortController().signal);
    await once();
    ollama.hangUpOnNextRequest();
    await expect(once()).resolves.toMatchObject({ doneReason: "stop" });
  });

  it("says that Ollama is away when nothing listens", async () => {
    ollama = new ScriptedOllama(() => {});
    const host = await ollama.start();
    await ollama.stop();
    const runner = new OllamaRunner(host, () => UNKNOWN_PROFILE);
    const signal = new AbortController().signal;
    await expect(runner.run(job(), () => {}, signal)).rejects.toMatchObject({ code: "unavailable" });
    await ollama.start();
  });

  it("passes embeddings on as they are", async () => {
    const { pieces, result } = await run(
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end('{"embeddings":[[0.5,-1]],"prompt_eval_count":4}');
      },
      job({ operation: Operation.EMBED, request: { input: ["a"] } }),
    );
    expect(Buffer.from(pieces[0]?.embeddingsJson ?? "").toString()).toBe("[[0.5,-1]]");
    expect(result).toMatchObject({ promptTokens: 4, completionTokens: 0 });
  });
});

describe("a resumed job", () => {
  const resume = {
    ...{
      deliveredThinking: "",
      deliveredText: "Once upon",
      deliveredTokens: 2,
      deliveredTokensMax: 2,
      promptTokens: 7,
    },
    ...{ blankTailLength: 0, blankTailTokens: 0 },
  };

  it("continues the rendered prompt, raw, for what is left of its tokens", async () => {
    const { text, result } = await run(
      (request, response) => {
        if (request.body._debug_render_only) {
          response.writeHead(200, { "content-type": "application/json" });
          response.end(JSON.stringify({ _debug_info: { rendered_template: "<s><|user|>Hi<|assistant|>" } }));
          return;
        }
        lines(response, { response: " a time" }, { ...DONE, prompt_eval_count: 9 });
        response.end();
      },
      job({
        operation: Operation.CHAT,
        request: { messages: [], options: { num_predict: 10, seed: 4 } },
        resume,
      }),
    );
    expect(text).toBe(" a time");
    expect(ollama.seen[0]).toMatchObject({ path: "/api/chat", body: { stream: false } });
    expect(ollama.seen[1]).toMatchObject({
      path: "/api/generate",
      body: {
        raw: true,
        prompt: "<s><|user|>Hi<|assistant|>Once upon",
        options: { num_predict: 8, seed: 4 },
      },
    });
    // What Ollama counts as prompt includes the delivered text.
    expect(result.promptTokens).toBe(7);
  });

  it("of a raw prompt needs no rendering", async () => {
    await run(
      (_request, response) => {
        lines(response, DONE);
        response.end();
      },
      job({ request: { prompt: "abc", raw: true }, resume }),
    );
    expect(ollama.seen.map((request) => request.body.prompt)).toEqual(["abcOnce upon"]);
  });

  /** An Ollama that renders `prompt` and continues with ` a time`. */
  const rendering = (prompt: string) => (request: SeenRequest, response: ServerResponse) => {
    if (request.body._debug_render_only) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ _debug_info: { rendered_template: prompt } }));
      return;
    }
    lines(response, { response: " a time" }, { ...DONE, prompt_eval_count: 9 });
    response.end();
  };

  it("keeps its images, in order, and whether its prompt may be cut", async () => {
    const messages = [
      { role: "user", content: "x", images: ["AAAA"] },
      { role: "user", content: "y", images: ["BBBB", "CCCC"] },
    ];
    const request = { messages, truncate: true, shift: true, options: { num_predict: 10 } };
    await run(rendering("<|user|>"), job({ operation: Operation.CHAT, request, resume }));
    expect(ollama.seen[1]?.body).toMatchObject({
      images: ["AAAA", "BBBB", "CCCC"],
      truncate: true,
      shift: false,
    });
  });

  it("is not refused for its client when Ollama refuses to go on", async () => {
    const answer = (request: SeenRequest, response: ServerResponse) => {
      if (request.body._debug_render_only) return rendering("p")(request, response);
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":"too long"}');
    };
    await expect(run(answer, job({ resume }))).rejects.toMatchObject({ code: "unavailable" });
  });

  describe("at an Ollama that cannot render only", () => {
    /** Generates `text` in pieces of two characters, whatever it is asked. */
    const generating = (text: string) => (request: SeenRequest, response: ServerResponse) => {
      if (request.body.stream === false) {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ response: "O", ...DONE }));
        return;
      }
      const pieces = text.match(/.{1,2}/gs) ?? [];
      lines(response, ...pieces.map((response) => ({ response })), { ...DONE, eval_count: pieces.length });
      response.end();
    };

    it("is run again from its beginning, and what was delivered is not delivered again", async () => {
      const { text, result } = await run(generating("Once upon a time"), job({ resume }));
      expect(text).toBe(" a time");
      expect(ollama.seen[1]?.body).toMatchObject({ prompt: "Hi" });
      expect(ollama.seen[1]?.body.raw).toBeUndefined();
      expect((result.resumedTokens ?? 0) + result.completionTokens).toBe(8);
    });

    it("fails, without a word to the client, if the model writes another text", async () => {
      const pieces: Piece[] = [];
      ollama = new ScriptedOllama(generating("Twice upon a time"));
      const runner = new OllamaRunner(await ollama.start(), () => UNKNOWN_PROFILE);
      const signal = new AbortController().signal;
      await expect(
        runner.run(job({ resume }), (piece) => void pieces.push(piece), signal),
      ).rejects.toMatchObject({ code: "unavailable" });
      expect(pieces).toEqual([]);
    });
  });
});
