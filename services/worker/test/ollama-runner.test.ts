import type { ServerResponse } from "node:http";
import type { GrantedJob, Piece } from "@flock/mesh";
import { Operation } from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import { OllamaRunner } from "../src/ollama/ollama-runner.js";
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
  const runner = new OllamaRunner(await ollama.start());
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

  it("takes an end without a reason for a failure: upstream's runner died", async () => {
    const answer = (_request: SeenRequest, response: ServerResponse): void => {
      lines(response, { response: "Hel" }, { ...DONE, done_reason: "" });
      response.end();
    };
    await expect(run(answer, job())).rejects.toMatchObject({ code: "unavailable" });
  });

  it("tells a refused request (400) from a failing engine (500)", async () => {
    const answer = (status: number) => (_request: SeenRequest, response: ServerResponse) => {
      response
        .writeHead(status, { "content-type": "application/json" })
        .end('{"error":"does not support tools"}');
    };
    await expect(run(answer(400), job())).rejects.toMatchObject({
      code: "invalid_argument",
      message: "does not support tools",
    });
    await ollama.stop();
    await expect(run(answer(500), job())).rejects.toMatchObject({ code: "unavailable" });
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
    const runner = new OllamaRunner(await ollama.start());
    const once = () => runner.run(job(), () => {}, new AbortController().signal);
    await once();
    ollama.hangUpOnNextRequest();
    await expect(once()).resolves.toMatchObject({ doneReason: "stop" });
  });

  it("says that Ollama is away when nothing listens", async () => {
    ollama = new ScriptedOllama(() => {});
    const host = await ollama.start();
    await ollama.stop();
    const runner = new OllamaRunner(host);
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
  const resume = { deliveredText: "Once upon", deliveredTokens: 2, promptTokens: 0 };

  it("continues the rendered prompt, raw, without a second beginning-of-sequence, for what is left of its tokens", async () => {
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
      body: { raw: true, prompt: "<|user|>Hi<|assistant|>Once upon", options: { num_predict: 8, seed: 4 } },
    });
    // Nine prompt tokens, two of which are the delivered text's.
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

  it("becomes an open assistant message where Ollama cannot render only", async () => {
    await run(
      (request, response) => {
        if (request.body.stream === false) {
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ message: { content: "x" }, ...DONE }));
          return;
        }
        lines(response, DONE);
        response.end();
      },
      job({ operation: Operation.CHAT, request: { messages: [{ role: "user", content: "Hi" }] }, resume }),
    );
    expect(ollama.seen[1]?.body.messages).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Once upon" },
    ]);
  });
});
