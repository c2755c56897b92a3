import { RecordedOllama, recordings, type TestAccount, TestMesh } from "@flock/harness";
import { eventually } from "@flock/provision/testing";
import { GenericGrpcClient, type GenericMessage } from "../conformance/generic-grpc-client.js";

/*
 * Options that decide over a worker's machine, from clients of every dialect: none reaches its Ollama, so it loads a
 * model once. And what needs more context than is served is refused.
 */

/** What clients ask for, in turns. */
const MACHINE_OPTIONS: readonly object[] = [
  { num_ctx: 512 },
  { num_ctx: 131_072, num_batch: 8 },
  { num_gpu: 0, main_gpu: 1, num_thread: 1 },
  { use_mmap: false, use_mlock: true, numa: true, low_vram: true, vocab_only: true, draft_num_predict: 4 },
];
const KEEP_ALIVES = [0, "0s", -1, "24h"];

describe("options that decide over a worker's machine", () => {
  let mesh: TestMesh;
  let alice: TestAccount;
  let grpc: GenericGrpcClient;
  let recorded: RecordedOllama;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 1 });
    recorded = await RecordedOllama.start(recordings.PLAIN);
    await mesh.startWorker({ ollamaUrl: recorded.url });
    alice = await mesh.account("alice");
    const { apiKey } = alice.client;
    grpc = await GenericGrpcClient.connect(mesh.state.grpcAddress, { apiKey, version: "v1" });
  }, 180_000);
  afterAll(async () => {
    grpc?.close();
    await mesh?.stop();
    await recorded?.stop();
  }, 60_000);

  async function post(path: string, body: object): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${alice.client.apiKey}` };
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${mesh.state.apiUrl}${path}`, request);
    return { status: response.status, text: await response.text() };
  }

  /** One request of each dialect. */
  function requests(model: string, prompt: string): readonly [string, object][] {
    const messages = [{ role: "user", content: prompt }];
    return [
      ["/api/generate", { model, prompt, stream: false }],
      ["/api/generate", { model, prompt, raw: true, stream: false }],
      ["/api/chat", { model, messages, stream: false }],
      ["/v1/chat/completions", { model, messages }],
      ["/v1/completions", { model, prompt }],
      ["/v1/responses", { model, input: prompt }],
      ["/v1/messages", { model, messages, max_tokens: 100 }],
    ];
  }

  const chat = (model: string, prompt: string, options: object = {}): Promise<readonly GenericMessage[]> =>
    grpc.stream("flock.public.v1.Inference", "Chat", {
      ...{ model, messages: [{ role: "user", content: prompt }], options, whole: true },
    });

  it("never reach its Ollama: clients of all dialects take turns, and the model is loaded once", async () => {
    for (const [turn, options] of MACHINE_OPTIONS.entries()) {
      const keep_alive = KEEP_ALIVES[turn];
      const given = { ...options, options, keep_alive, shift: turn % 2 === 0 };
      for (const [path, body] of requests(recorded.model, "Hello")) {
        const { status, text } = await post(path, { ...body, ...given });
        expect([path, status, text]).toEqual([path, 200, expect.stringContaining("The sea")]);
      }
      // Without a prompt: to load the model anew, or to unload it.
      await post("/api/generate", { model: recorded.model, ...given });
      await post("/api/chat", { model: recorded.model, messages: [], ...given });
      await chat(recorded.model, "Hello", { num_keep: turn * 10 });
    }
    expect(recorded.loads).toBe(1);
    // CAST: the worker always sends options.
    const bodies = recorded.seen as unknown as readonly { options: Record<string, unknown> }[];
    expect(bodies).toHaveLength(8 * MACHINE_OPTIONS.length);
    const contexts = new Set(bodies.map(({ options }) => options["num_ctx"]));
    expect(contexts).toEqual(new Set([expect.any(Number)]));
    const names = bodies.flatMap((body) => [...Object.keys(body), ...Object.keys(body.options)]);
    expect(names).not.toContain("keep_alive");
    const machine = MACHINE_OPTIONS.flatMap((options) => Object.keys(options));
    expect(machine.filter((name) => name !== "num_ctx" && names.includes(name))).toEqual([]);
  }, 60_000);

  it("give no room for a prompt that is longer than the context served: it is refused, and costs nothing", async () => {
    const books = await mesh.books();
    const held = () => books.held(`wallet:${alice.accountId}`);
    await eventually("all of before is settled", async () => (await held()) === 0n);
    const before = await books.balance(`wallet:${alice.accountId}`);
    const long = "Tell me a story about a llama. ".repeat(2_000);
    const room = { num_ctx: 1_000_000, options: { num_ctx: 1_000_000 } };
    for (const [path, body] of requests("flock-tiny", long)) {
      const { status, text } = await post(path, { ...body, ...room });
      expect([path, status, text]).toEqual([path, 400, expect.stringMatching(/context/)]);
      const { error, type } = JSON.parse(text) as { error: unknown; type?: string };
      if (path.startsWith("/api/")) expect(typeof error).toBe("string");
      else expect(error).toMatchObject({ type: "invalid_request_error", message: expect.any(String) });
      expect(type).toBe(path === "/v1/messages" ? "error" : undefined);
    }
    const embed = await post("/api/embed", { model: "flock-tiny", input: long, truncate: false, ...room });
    expect([embed.status, embed.text]).toEqual([400, expect.stringMatching(/context/)]);
    await expect(chat("flock-tiny", long)).rejects.toMatchObject({
      code: 3,
      details: expect.stringMatching(/context/),
    });
    await eventually("every hold is given back", async () => (await held()) === 0n);
    expect(await books.balance(`wallet:${alice.accountId}`)).toBe(before);
  }, 60_000);
});
